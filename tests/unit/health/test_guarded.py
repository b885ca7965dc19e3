"""Lines and services that do without what is not there, or bring it themselves; and those that do not."""

from __future__ import annotations

import posixpath
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fedtui.health.file_facts import FileFacts
from fedtui.health.probes import ProbeCache
from fedtui.model import Finding
from tests.unit.health.answers import Machine
from tests.unit.health.rows import all_findings, table, timer

ASKED = {"FT110", "FT114", "FT118", "FT126", "FT129", "FT130", "FT131", "FT132", "FT133", "FT401"}

_PLACES = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
USUAL = " ".join(f"{folder}/tool" for folder in _PLACES)


class Nearly(Machine):
    """A host called web1 where everything is there but what is `gone`, and where logs can be written."""

    def __init__(self, gone: Sequence[str], real: Path | None = None) -> None:
        super().__init__(ProbeCache(machine=False), {})
        self._gone = tuple(gone)
        self._real = str(real)

    def exists(self, path: str) -> bool | None:
        if path.startswith(self._real):
            return super().exists(path)
        return not any(f"{path}/".startswith(f"{gone}/") for gone in self._gone if "/" in gone)

    def executable(self, path: str) -> bool:
        return posixpath.basename(path) not in self._gone and self.exists(path) is True

    def appendable(self, path: str) -> str | None:
        there = self.exists(posixpath.dirname(path)) and not path.startswith("/var/log/")
        return None if there else f"{path} is not writable"

    def names(self, folder: str) -> tuple[str, ...]:
        """Nothing is mounted at /mnt/c."""
        if folder.startswith(self._real):
            return super().names(folder)
        return ("x",) if self.exists(folder) and "/mnt/c" not in folder else ()

    def is_called(self, pattern: str) -> bool:
        return pattern in ("web1", "Linux")


def said(line: str, gone: str) -> dict[str, Finding]:
    """What is found in fed's line where these are gone, by code; notes too."""
    *settings, command = line.split("\n")
    text = "\n".join([*settings, f"0 3 * * * {command}\n"])
    found = all_findings(*table(text, "/home/fed"), host=Nearly(gone.split()))
    return {one.code: one for one in found if one.code in ASKED}


def service_says(
    folder: Path, settings: str, gone: str, unit: str = "", *, own: bool = False
) -> dict[str, Finding]:
    """The same of a service with these lines in [Service], and in [Unit]; `own`: of the user's manager."""
    service = folder / "a.service"
    service.write_text(f"[Unit]\n{unit}\n[Service]\n{settings}\n")
    start = next(line for line in settings.splitlines() if line.startswith("ExecStart="))
    row = timer(folder, "[Timer]\nOnCalendar=hourly\n", service_fragment=str(service), user_manager=own)
    argv = shlex.split(start.partition("=")[2].lstrip("-@"))
    row = replace(row, command=shlex.join(argv), user="root")
    found = all_findings(row, host=Nearly(gone.split(), folder))
    return {one.code: one for one in found if one.code in ASKED}


@pytest.mark.parametrize(
    ("line", "gone", "codes"),
    [
        # tested before
        ("[ -d /srv/x ] && cd /srv/x/current && ./run.sh", "/srv/x", ""),
        ("if [ -d /srv/x ]; then cd /srv/x/current; ./run.sh; fi", "/srv/x", ""),
        ("test -f /srv/x/conf/on && cd /srv/x/bin && ./run.sh", "/srv/x", ""),
        ("[ -d /srv/x ] && cd /srv/x/current && ./run.sh", "/srv/x/current", "FT129"),
        ("test -f /srv/x/conf/on && cd /srv/x/bin && ./run.sh", "/srv/x/bin", "FT129"),
        ("[ ! -f /srv/lock ] && cd /srv/x && ./run.sh", "/srv/x /srv/lock", "FT129"),
        ("ls /srv/x/run.sh >/dev/null 2>&1 && /srv/x/run.sh", "/srv/x", ""),
        ("ls /opt/x/lock >/dev/null 2>&1 || /srv/x/run.sh", "/opt/x /srv/x", "FT110"),
        # mounted
        ("mountpoint -q /mnt/c && /mnt/c/x.sh", "/mnt/c/x.sh", ""),
        ("mountpoint -q /mnt/c && cd /mnt/c/repo && git fetch", "/mnt/c/repo", ""),
        ("mountpoint -q /mnt/d && /mnt/d/x.sh", "/mnt/d/x.sh", "FT110"),
        ("grep -qs ' /mnt/c ' /proc/mounts && /mnt/c/x.sh", "/mnt/c/x.sh", ""),
        ("df | grep -q /mnt/c && /mnt/c/x.sh", "/mnt/c/x.sh", ""),
        ("mount /mnt/c && /mnt/c/run.sh; umount /mnt/c", "/mnt/c/run.sh", ""),
        ("sshfs h:/x /mnt/c && cd /mnt/c/deep && ./x", "/mnt/c/deep", ""),
        # brought by the line
        ("git clone -q URL /srv/t/x && cd /srv/t/x && make", "/srv/t/x", ""),
        ("cd /srv/t/x && git clone -q URL /srv/t/x", "/srv/t/x", "FT129"),
        ("tar -xzf b.tgz -C /srv/tmp && cd /srv/tmp/x", "/srv/tmp/x", ""),
        ("tar -czf b.tgz -C /srv/tmp . && cd /srv/tmp/x", "/srv/tmp/x", "FT129"),
        ("rsync -a nas:/x/ /srv/y/ && cd /srv/y", "/srv/y", ""),
        ("cp -r /srv/tpl /srv/rel && cd /srv/rel && make", "/srv/rel", ""),
        ("cp -r /srv/tpl /srv/rel && cd /srv/tpl", "/srv/tpl", "FT129"),
        ("curl -fsSL https://x.org/x -o /tmp/x.sh && sh /tmp/x.sh", "/tmp/x.sh", ""),
        ("wget -qO /tmp/x.sh https://x.org/x && sh /tmp/x.sh", "/tmp/x.sh", ""),
        ("gen.py > /tmp/x.sh && sh /tmp/x.sh", "/tmp/x.sh", ""),
        ("sh /tmp/x.sh > /tmp/x.sh", "/tmp/x.sh", "FT110"),
        ("cd /srv/g && git pull -q || git clone -q URL /srv/g", "/srv/g", ""),
        ("test -d /srv/g || git clone URL /srv/g; cd /srv/g && git pull", "/srv/g", ""),
        ("cd /srv/g && git pull -q || mail -s failed ops", "/srv/g", "FT129"),
        ("cd /srv/t && git clone -q https://h/x.git && cd x && ./run.sh", "/srv/t/x", ""),
        ("cd /srv/t && tar xzf x.tgz && cd x && ./run.sh", "/srv/t/x", ""),
        ("cd /srv/t && tar czf x.tgz y && cd x && ./run.sh", "/srv/t/x", "FT129"),
        ("cd /srv/t && unzip -qo x.zip -d /srv/u && ./x.sh", "/srv/t/x.sh", "FT110"),
        ("cd /srv/t && curl -fsSO https://h/x.sh && sh x.sh", "/srv/t/x.sh", ""),
        ("cd /srv/t && curl -fsS https://h/x.sh && sh x.sh", "/srv/t/x.sh", "FT110"),
        ("cd /srv/t && wget -q https://h/x.sh && sh x.sh", "/srv/t/x.sh", ""),
        ("curl -fsS https://h/x | tee /tmp/x.sh > /dev/null; sh /tmp/x.sh", "/tmp/x.sh", ""),
        ("aws s3 cp s3://b/x.sh /tmp/x.sh && sh /tmp/x.sh", "/tmp/x.sh", ""),
        ("svn co -q URL /srv/t/x && /srv/t/x/run.sh", "/srv/t/x", ""),
        ("svn up -q /srv/t/x && /srv/t/x/run.sh", "/srv/t/x", "FT110"),
        ("cd /srv/t && make -s && ./x", "/srv/t/x", ""),
        ("gcc -o /tmp/x x.c && /tmp/x", "/tmp/x", ""),
        ("gpg -o /tmp/x.sh -d x.gpg && sh /tmp/x.sh", "/tmp/x.sh", ""),
        ("python3 -m venv /srv/v && /srv/v/bin/pip install x", "/srv/v", ""),
        ("cd /srv/t && npm ci && node_modules/.bin/x", "/srv/t/node_modules", ""),
        ("cd /srv/t && npm ci && node x.js", "/srv/t/x.js", "FT110"),
        ("composer install -d /srv/t && /srv/t/vendor/bin/x", "/srv/t/vendor", ""),
        ("rclone mount r: /mnt/c --daemon && cd /mnt/c/d && make", "/mnt/c/d", ""),
        ("while [ ! -e /srv/x.sh ]; do sleep 5; done; /srv/x.sh", "/srv/x.sh", ""),
        ("until [ -e /srv/x.sh ]; do sleep 5; done; /srv/x.sh", "/srv/x.sh", ""),
        ("while [ -e /srv/lock ]; do sleep 5; done; /srv/x.sh", "/srv/x.sh", "FT110"),
        ("until [ -e /srv/x.sh ]; do sleep 5; break; done; /srv/x.sh", "/srv/x.sh", "FT110"),
        ("dpkg -s tool >/dev/null 2>&1 && tool run", "tool", ""),
        ("dpkg -i tool.deb && tool run", "tool", "FT132"),
        # of another host
        ('[ "$(uname)" = Darwin ] && tool', "tool", ""),
        ('[ "$(uname -s)" = Linux ] && tool', "tool", "FT132"),
        ('[ "$(hostname)" = db1 ] && /srv/db/dump.sh', "/srv/db", ""),
        ('[ "$(hostname)" = web1 ] && /srv/db/dump.sh', "/srv/db", "FT110"),
        ('[ "$(hostname)" != web1 ] && /srv/db/dump.sh', "/srv/db", ""),
        ('[ "$(hostname)" = db1 ] || exit 0; cd /srv/db && ./dump.sh', "/srv/db", ""),
        ('[ "$(hostname)" = db1 ] || exit 0; cd /tmp; /srv/db/dump.sh', "/srv/db", ""),
        ('[ "$(hostname)" = web1 ] || exit 0; cd /tmp; /srv/db/dump.sh', "/srv/db", "FT110"),
        ('[ "$(hostname)" = db1 ] && exit 0; /srv/db/dump.sh', "/srv/db", "FT110"),
        ('[ "$(hostname)" = web1 ] && exit 0; /srv/db/dump.sh', "/srv/db", ""),
        ('[ "$(hostname)" = db1 ] || /srv/db/dump.sh', "/srv/db", "FT110"),
        ('[ "$(hostname)" = db1 ] && true; /srv/db/dump.sh', "/srv/db", "FT110"),
        ("if [ `hostname -s` = db1 ]; then cd /srv/db; ./dump.sh; fi", "/srv/db", ""),
        ("case $(hostname) in db*) /srv/db/dump.sh;; esac", "/srv/db", ""),
        ("case $(date +\\%u) in 1) /srv/db/dump.sh;; esac", "/srv/db", "FT110"),
        # programs that the line has another for, or asks for
        ("tar c /srv | (pigz || gzip) > b.tgz", "pigz", ""),
        ("tar c /srv | (pigz || gzip) > b.tgz", "gzip", "FT132"),
        ("D=$(gdate +\\%F || date +\\%F); echo $D", "gdate", ""),
        ("nvidia-smi >/dev/null || exit 0; /srv/gpu/run.sh", "nvidia-smi", ""),
        ("docker info >/dev/null 2>&1 && docker system prune -f", "docker", ""),
        ("[ -S /run/docker.sock ] && docker system prune -f", "docker /run/docker.sock", ""),
        ("[ -S /run/docker.sock ] && docker system prune -f", "docker", "FT132"),
        ("backup-run || alert-ops", "backup-run", "FT132"),
        ("backup >/dev/null 2>&1 || backup", "backup", "FT132"),
        ("certbot renew >/dev/null 2>&1 && systemctl reload nginx", "certbot", "FT132"),
        ("taskset -cp 0 1234; chrt -r -p 10 1234", "1234", ""),
        ("taskset -c 0 tool", "tool", "FT132"),
        ("SHELL=/bin/zsh\nprint hi | tool", "print", ""),
        # commands of screen's own; folders and words that env is given
        ("screen -S game -p 0 -X stuff 'save-all^M'", "stuff", ""),
        ("screen -dmS game stuff", "stuff", "FT132"),
        ("cd /srv/x; run; cd -; run", "/home/fed/-", ""),
        ("su - app -c /srv/x.sh", "/srv/x.sh", "FT110"),
        ("cd $D; /srv/x.sh", "/srv/x.sh", "FT110"),
        # variables and folders that are given to what starts the program
        ("PATH=/srv/bin:$PATH sh -c 'tool'", USUAL, ""),
        ("PATH=/srv/bin:$PATH sh -c 'tool'", "tool", "FT132"),
        ("env PATH=/srv/bin:/bin flock -n /tmp/l -c 'tool'", USUAL, ""),
        ("PATH=/srv/bin find /srv -exec tool {} +", USUAL, ""),
        ("PATH=/srv/bin xargs -a l tool", USUAL, ""),
        ("PATH=/srv/bin sh -c 'true'; tool", USUAL, "FT118"),
        ("HOME=/srv/h sh -c 'cd ~/app && ~/x.sh'", "/home/fed", ""),
        ("HOME=/srv/h sh -c 'cd ~/app && ~/x.sh'", "/srv/h", "FT110 FT129"),
        ("env HOME=/srv/h bash -lc 'cd; ./x.sh'", "/home/fed/x.sh", ""),
        ("D=/srv/d sh -c 'cd $D && ./x.sh'", "/srv/d", "FT129"),
        ("ssh -o A=b web 'D=/x; cd $D'", "/x", ""),
        ("find /srv/in -execdir ./x.sh {} \\;", "/home/fed/x.sh", ""),
        ("find /srv/in -exec ./x.sh {} \\;", "/home/fed/x.sh", "FT110"),
        ("tmux new -d -c /srv/x 'python3 y.py'", "/home/fed/y.py", ""),
        ("poetry -C /srv/x run python y.py", "/home/fed/y.py", ""),
        ("ruby -C /srv/x y.rb; bun --cwd=/srv/x y.ts", "/home/fed", ""),
        ("ruby -S rake x; julia -t 4 /srv/x.jl", "/home/fed", ""),
        ("python3 -Im pkg.job; python3 -mpkg.job; node --eval 'f(1)'", "/home/fed", ""),
        ("python3 -I pkg.job", "/home/fed/pkg.job", "FT110 FT114"),
        ("java --add-opens a/b=ALL -jar x.jar", "/home/fed/x.jar", "FT110 FT114"),
        ("env --chdir=/srv/x ./run.sh", "/home/fed/run.sh", ""),
        ("env --chdir=/srv/x ./run.sh", "/srv/x", "FT110 FT129"),
        ("env -S 'A=b python3 -u' /srv/x/run.py", "/srv/x", "FT110"),
        # substitutions inside code in double quotes
        ('sh -c "cd /srv/x && ./dump.sh > b-$(date +\\%F).sql"', "/srv/x", "FT129"),
        ('sh -c "[ -d /srv/x ] && /srv/x/dump.sh $(hostname)"', "/srv/x", ""),
        ("backup >/srv/b || mail -s failed ops", "backup", "FT132"),
    ],
)
def test_what_a_line_can_do_without(line: str, gone: str, codes: str) -> None:
    assert set(said(line, gone)) == set(codes.split())


@pytest.mark.parametrize("line", ["cd /srv/g || exit 0; ./run.sh", "cd /srv/g 2>/dev/null && ./bin/x"])
def test_a_folder_that_the_line_expects_to_be_gone_at_times_is_a_note(line: str) -> None:
    assert said(line, "/srv/g")["FT129"].severity == "note"
    assert said(line.replace("exit 0", "exit 1").replace("2>", ">"), "/srv/g")["FT129"].severity == "error"


@pytest.mark.parametrize(
    ("line", "gone", "severity"),
    [
        ("mkdir -p /srv/new && /srv/x/run.sh >> /srv/new/x.log 2>&1", "/srv/new", ""),
        ("/srv/x/run.sh >> /srv/new/x.log 2>&1; mkdir -p /srv/new", "/srv/new", "error"),
        ("[ -d /mnt/d ] && rsync -a a b >> /mnt/d/rsync.log 2>&1", "/mnt/d", ""),
        ("mountpoint -q /mnt/c && /srv/x/run.sh >> /mnt/c/log/x.log", "/mnt/c/log", ""),
        ("mount /mnt/c && /srv/x/run.sh >> /mnt/c/log/x.log", "/mnt/c/log", ""),
        ("sudo sh -c '/srv/x/run.sh >> /var/log/x.log 2>&1'", "", ""),
        ("sudo /srv/x/run.sh >> /var/log/x.log 2>&1", "", "error"),
        ("/srv/x/run.sh 2>&1 | sudo tee -a /var/log/x.log", "", ""),
        ("/srv/x/run.sh 2>&1 | tee -a /var/log/x.log", "", "warning"),
        ("su app -c '/srv/x/run.sh >> /var/log/x.log'", "", ""),
        ("sudo rclone sync a b --log-file=/var/log/rclone.log", "", ""),
        ("rclone sync a b --log-file=/var/log/rclone.log", "", "warning"),
        ("rm -f /var/log/x.log; /srv/x/run.sh >> /var/log/x.log", "", "error"),
    ],
)
def test_who_opens_the_log_and_when(line: str, gone: str, severity: str) -> None:
    found = said(line, gone).get("FT401")
    assert (found.severity if found else "") == severity
    if severity == "warning":
        assert "runs, but" in found.sentence if found else False


@pytest.mark.parametrize(
    "line",
    [
        "/usr/bin/docker compose run --rm web bin/tootctl media remove",
        "/usr/bin/ssh web bin/deploy.sh",
        "/usr/bin/docker exec c bin/occ files:scan",
        "/usr/bin/kubectl exec d -- bin/rails runner x",
    ],
)
def test_a_path_that_is_looked_for_elsewhere_depends_on_no_folder_here(line: str) -> None:
    assert said(line, "") == {}
    assert set(said("bin/deploy.sh", "")) == {"FT114"}


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ('script -qec "docker exec -it db pg_dump app" /dev/null', ""),
        ("screen -dmS u docker exec -it web ./u.sh", ""),
        ('tmux new -d "docker exec -it web ./u.sh"', ""),
        ("unbuffer docker exec -it web ./u.sh", ""),
        ("docker exec -it web ./u.sh; script -qc ls /dev/null", "FT133"),
        ("sh -c 'docker exec -it web ./u.sh'", "FT133"),
        ("screen -dm systemctl --user restart x", "FT133"),
        (". ~/.Xdbus; notify-send x", ""),
        ("scrot /srv/x.png", "FT133"),
        ("xvfb-run scrot /srv/x.png; xset -display :0 dpms force off", ""),
        ("busctl --user call a b c d", "FT133"),
        (". ~/.profile; notify-send x", "FT133"),
        (". ~/.Xdbus; docker exec -it web ./u.sh", "FT133"),
        ('eval "$(tool)"; gsettings set a b c', ""),
        ("export $(grep -z DBUS_SESSION_BUS_ADDRESS /proc/9/environ) && gsettings set a b c", ""),
        ('echo "$DBUS_SESSION_BUS_ADDRESS"; gsettings set a b c', "FT133"),
    ],
)
def test_a_line_that_has_a_terminal_made(line: str, codes: str) -> None:
    assert set(said(line, "")) == set(codes.split())


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        (". /srv/venv/bin/activate && python3 job.py", "FT110"),
        (". ~/.borg.env; borg create", "FT110"),
        (". ~/.borg.env 2>/dev/null || true; borg create", "FT110"),
        ("[ -f ~/.borg.env ] && . ~/.borg.env; borg create", ""),
        ("SHELL=/bin/bash\n. ~/.borg.env; borg create", ""),
        ("SHELL=/bin/bash\nsource ~/.borg.env && borg create", "FT110"),
        ("SHELL=/bin/bash\nsource ~/.borg.env || source ~/.other; borg create", ""),
        ("bash -c 'source /srv/venv/bin/activate && python3 job.py'", "FT110"),
    ],
)
def test_a_file_that_is_read_first_and_gone(line: str, codes: str) -> None:
    assert set(said(line, "/srv/venv /home/fed/.borg.env")) - {"FT114"} == set(codes.split())


@pytest.mark.parametrize(
    ("line", "gone", "codes"),
    [
        ("sudo tool run", "tool", "FT132"),
        ("sudo -u app nice tool run", "tool", "FT132"),
        ("sudo tool -i", "tool", "FT132"),
        ("sudo tool run", "", ""),
        ("sudo -iu app tool run", "tool", ""),
        ("sudo -u app -i tool run", "tool", ""),
        ("sudo -u app bash -c 'tool run'", "tool", ""),
        ("command -v tool >/dev/null && sudo tool run", "tool", ""),
    ],
)
def test_a_program_that_sudo_does_not_find(line: str, gone: str, codes: str) -> None:
    if gone == "tool":
        gone = f"tool {USUAL} /snap/bin/tool"
    assert set(said(line, gone)) == set(codes.split())


def test_sudo_finds_what_only_another_user_may_execute() -> None:
    assert said("sudo tool run", "tool") == {}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("XDG_RUNTIME_DIR=/run/user/$UID systemctl --user start x", "$UID"),
        ("sleep $((RANDOM \\% 600)); run", "$RANDOM"),
        ("sleep $(($RANDOM \\% 600)) && run", "$RANDOM"),
        ("SHELL=/bin/bash\nsleep $((RANDOM \\% 600)); run $UID", ""),
        ("bash -c 'sleep $((RANDOM \\% 600))'; run", ""),
        ("sleep $(bash -c 'echo $((RANDOM \\% 60))'); run", ""),
        ("sleep $(echo $((RANDOM \\% 60))); run", "$RANDOM"),
        ("RANDOM=5\nsleep $((RANDOM \\% 600)); run", ""),
        ("UID=$(id -u); run $UID", ""),
    ],
)
def test_a_variable_that_only_bash_has(line: str, name: str) -> None:
    found = said(line, "").get("FT130")
    assert (found.sentence.partition(" uses ")[2].partition(",")[0] if found else "") == name


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("set -o pipefail; pg_dump app | gzip > /srv/b.gz", "set -o pipefail"),
        ("set -euo pipefail; pg_dump app | gzip > /srv/b.gz", "set -o pipefail"),
        ("SHELL=/bin/bash\nset -o pipefail; pg_dump app | gzip > /srv/b.gz", ""),
        ("(set -o pipefail 2>/dev/null) && set -o pipefail; a | b", ""),
        ("bash -c 'set -o pipefail; a | b'", ""),
        ("sh -c 'set -o pipefail; a | b'", "set -o pipefail"),
        ("/srv/run.sh > >(tee -a /srv/x.log) 2>&1", ">( )"),
        ("/srv/run.sh 2> >(logger)", ">( )"),
        ("tar c b-${D//-/}", "${D//...}"),
        ('echo "it\'s ${x:0:3}"', "${x:...}"),
        ("a | b; exit ${PIPESTATUS[0]}", "${PIPESTATUS[...}"),
        ("PATH+=:/opt/bin; run", "NAME+="),
        ("sleep $[RANDOM\\%3600] && run", "$[...]"),
        ("cp /etc/{passwd,group} /b/", "{passwd,group}"),
        ("cp /srv/f{,.bak}", "{,.bak}"),
        ("cp '/etc/{passwd,group}' \"/b/{1..2}\" /c/\\{a,b} ${X}{a}", ""),
        ("docker ps --format {{.ID,x}}; find /x -exec cp {} /b \\;", ""),
        ("dirs=(a b); tar c $dirs", "NAME=( )"),
        ("SHELL=/bin/bash\ndirs=(a b); tar c ${dirs[@]} ${D//-/}", ""),
        ("echo ${x:-a/b} ${x%/*} ${x#*[}; awk '{print ${x:1}}' \"\\${x:1}\"", ""),
        ("ssh h 'echo ${x:1}; a=(b)'", ""),
        ("(flock -n 200; /srv/run.sh) 200>/tmp/l", "200>"),
        ("(flock -n 9; /srv/run.sh) 9>/tmp/l", ""),
        ("read -t 5 x < /srv/in; run", "read -t"),
        ("while read -r a b; do run; done < /srv/in", ""),
        ("kill -SIGHUP $(cat /run/x.pid)", "kill -SIGHUP"),
        ("kill -HUP $(cat /run/x.pid); /bin/kill -SIGHUP 1; pkill -SIGHUP x", ""),
        ("trap 'rm /srv/l' SIGTERM; run", "trap SIGTERM"),
        ("trap 'rm /srv/l' TERM EXIT; run", ""),
        ("exec -a name run", "exec -a"),
        ('sh -c "run &> /dev/null"', "&>"),
        ("flock -n /tmp/l sh -c 'run |& logger'", "|&"),
        ("flock -n /tmp/l -c 'run &> /dev/null'", "&>"),
        ("SHELL=/bin/bash\nflock -n /tmp/l -c 'run &> /dev/null'", ""),
        ("docker exec web sh -c 'run &> /dev/null'; ssh h 'run |& x'", ""),
        ("bash -c 'run &> /dev/null'; sh -c \"echo '&> x'\"", ""),
        ("[ a =~ b ] && run", "[ =~"),
        ("i=1; i=$((i++)); run", "++ in $(( ))"),
        ("i=1; i=$((i+1)); echo $((i - -1)) $(( (i+1)*2 )) '$((i++))'; run", ""),
        ("echo $(bash -c 'echo $((2**3))')", ""),
        ("for i in {1..5}; do run; done", "{1..5}"),
        ("for i in 1 '{1..5}'; do run {a,b}; done", ""),
        ("SHELL=/bin/bash\nfor i in {1..5}; do read -t 5 x; kill -SIGHUP $((i++)); done", ""),
        ("SHELL=/bin/bash\n(flock -n 200; /srv/run.sh) 200>/tmp/l", ""),
        ("[ -f /srv/x && /srv/run.sh", "[ without ]"),
        ("[ -f /srv/x] && /srv/run.sh", "[ without ]"),
        ("SHELL=/bin/bash\n[-f /srv/x ] && /srv/run.sh", "[-f"),
        ('SHELL=/bin/bash\n[[ -f /srv/x ]] && [ "$x" ]&& /srv/run.sh', ""),
    ],
)
def test_what_only_bash_has(line: str, words: str) -> None:
    found = said(line, "").get("FT126")
    assert (found.sentence.partition(" uses ")[2].partition(", which")[0] if found else "") == words


@pytest.mark.parametrize(
    "line",
    [
        *(
            "a &&",
            "a |",
            "a && && b",
            "a | | b",
            "&& a",
            "; a",
            "a & ; b",
            "a;; b",
            "a && ; b",
            "{ a }",
            "( )",
        ),
        *("if a; then fi", "if a then b; fi", "if a; then b", "for i in 1; do ; done", "while a; do b"),
        *("if a; then b; else fi", "a; }", "a )", "(a", "a > ", "a 'b", 'a "$(b', "{ ; a; }", "{ a && }"),
        *(
            "a &",
            "a & b",
            "a;",
            "a & wait;",
            "{ a; }",
            "(a)",
            "(a;)",
            "if a; then b; fi",
            "! a",
            "a | b && c &",
        ),
        *(
            "for i in 1; do a; done",
            "for i; do a; done",
            "while a; do b; done > /srv/x",
            "case a in b) ;; esac",
        ),
        *(
            "case a in b) c;; *) d; esac",
            "f() { a; }; f",
            "if a; then b; elif c; then d; else e; fi",
            "{ a & }",
        ),
        *("[ a ] && { b || c; }", "a # ; ; &&", "a \\; b", "until a; do b & done", "if a & then b; fi"),
    ],
)
def test_a_line_that_no_shell_reads_to_its_end(line: str) -> None:
    refused = {
        subprocess.run([shell, "-n"], input=line.encode(), capture_output=True, check=False).returncode != 0
        for shell in ("dash", "bash")
    }
    assert {"FT126" in said(line, "")} == refused


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
def test_code_that_its_shell_does_not_read_to_its_end(tmp_path: Path, shell: str) -> None:
    codes = set() if shell == "zsh" else {"FT126"}
    assert set(said(f"nice {shell} -c 'a & ; b'", "")) == codes
    assert set(service_says(tmp_path, f"ExecStart=/bin/{shell} -c 'a & ; b'", "")) == codes
    assert said(f"{shell} -c 'a & b'", "") == {}


@pytest.mark.parametrize("line", ["; a", "{ a }", "if a; then; b; fi"])
def test_zsh_reads_what_others_refuse(line: str) -> None:
    assert "FT126" not in said(f"SHELL=/bin/zsh\n{line}", "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("#!/bin/sh\nset -euo pipefail\na | b\n", 2),
        ("#!/bin/sh\n# later: set -o pipefail\nset -e\nset -o pipefail\n", 4),
        ("#!/bin/bash\nset -euo pipefail\n", 0),
        ("#!/bin/sh\n(set -o pipefail 2>/dev/null) && set -o pipefail\n", 0),
        ('#!/bin/sh\nif [ -n "$BASH_VERSION" ]; then\nset -o pipefail\nfi\n', 0),
    ],
)
def test_a_script_that_its_shell_ends_at_pipefail(tmp_path: Path, text: str, line: int) -> None:
    script = tmp_path / "run.sh"
    script.write_text(text)
    script.chmod(0o755)
    host = FileFacts(probes=ProbeCache(machine=False))
    found = all_findings(*table(f"0 3 * * * {script}\n"), host=host)
    said = [one.evidence[0] for one in found if one.code == "FT126"]
    assert said == ([f"{script}:{line}  set -o pipefail"] if line else [])
    found = all_findings(
        *table(f"0 3 * * * bash {script}\n"), host=FileFacts(probes=ProbeCache(machine=False))
    )
    assert "FT126" not in {one.code for one in found}


def test_what_only_bash_has_in_a_service(tmp_path: Path) -> None:
    start = "ExecStart=/bin/{} -c 'set -o pipefail; a | b'"
    assert service_says(tmp_path, start.format("sh"), "")["FT126"].sentence == (
        "a.service uses set -o pipefail, which its shell does not have."
    )
    assert not service_says(tmp_path, start.format("bash"), "")


@pytest.mark.parametrize(
    ("settings", "gone", "codes"),
    [
        ("Environment=PATH=/srv/venv/bin:/usr/bin\nExecStart=/bin/sh -c 'tool run'", USUAL, ""),
        ("Environment=PATH=/srv/venv/bin:/usr/bin\nExecStart=/bin/sh -c 'tool run'", "tool", "FT132"),
        ("Environment=PATH=%h/bin\nExecStart=/usr/bin/env tool run", "tool", ""),
        ("ExecStart=/usr/bin/env tool run", "tool", "FT132"),
        ('Environment="A=b c" "PATH=/srv/venv/bin"\nExecStart=/usr/bin/env tool run', "/usr/bin/tool", ""),
        ("Environment=PATH=/srv/venv/bin\nExecStart=tool run", f"{USUAL} /.local", "FT132"),
        ("Environment=D=/srv/x\nExecStart=/bin/sh ${D}/run.sh", "/x.sh", ""),
        ("Environment=D=/srv/x\nExecStart=/bin/sh ${D}/run.sh", "/srv/x", "FT110"),
        ("Environment=D=/srv/x\nExecStart=/bin/sh -c 'cd $D && ./run.sh'", "/srv/x", "FT129"),
        ("Environment=D=/srv/x\nExecStart=/bin/sh -c 'D=/srv/y; $${D}/run.sh'", "/srv/x", ""),
        ("Environment=D=/srv/x\nExecStart=/bin/sh -c 'D=/srv/y; ${D}/run.sh'", "/srv/x", "FT110"),
        ("Environment=D=/srv/x\nEnvironmentFile=/srv/e\nExecStart=/bin/sh ${D}/run.sh", "/srv/x", ""),
        ("Environment=D=%h/x\nExecStart=/bin/sh ${D}/run.sh", "/x", ""),
        ("ExecStart=/bin/sh ${D}/run.sh", "/run.sh", ""),
        ("ExecStart=/bin/sh -c '[ -x /srv/x ] && tool $$(hostname)'", "tool", "FT132"),
        ("ExecSearchPath=/srv/bin\nExecStart=tool run", USUAL, ""),
        ("EnvironmentFile=-/srv/none\nExecStart=/usr/bin/env tool", "/srv/none tool", "FT132"),
        ("EnvironmentFile=/srv/hidden\nExecStart=/usr/bin/env tool", "tool", ""),
        ("User=fed\nEnvironment=HOME=/srv/h\nExecStart=/bin/sh -c '$HOME/x.sh'", "/srv/h", "FT110"),
        ("User=fed\nEnvironment=HOME=/srv/h\nExecStart=/bin/sh -c '$HOME/x.sh'", "/x.sh", ""),
        ("WorkingDirectory=%S\nEnvironment=HOME=/srv\nExecStart=/bin/sh -c 'x/run.sh'", "/srv/x", ""),
        ("StateDirectory=app\nWorkingDirectory=/var/lib/app/d\nExecStart=/bin/true", "/var/lib/app", ""),
        (
            "StateDirectory=app\nWorkingDirectory=/var/lib/app/d\nExecStart=/bin/true",
            "/var/lib/app/d",
            "FT129",
        ),
        ("RuntimeDirectory=a app\nWorkingDirectory=/run/app\nExecStart=/bin/true", "/run/app", ""),
        ("RootDirectory=/srv/jail\nWorkingDirectory=/w\nExecStart=/app/run.sh", "/app /w", ""),
        ("BindReadOnlyPaths=/srv/code:/app\nExecStart=/app/run.sh", "/app", ""),
        ("BindPaths=/srv/code\nExecStart=/app/run.sh", "/app", "FT110"),
        ("ExecCondition=/usr/bin/mountpoint -q /mnt/c\nExecStart=/mnt/c/run.sh", "/mnt/c/run.sh", ""),
        ("ExecStartPre=/usr/bin/git clone URL /srv/y\nExecStart=/srv/y/run.sh", "/srv/y", ""),
        ("ExecStartPre=/usr/bin/git clone URL /srv/y\nExecStart=/srv/z/run.sh", "/srv/y /srv/z", "FT110"),
        ("ExecStartPre=/bin/mkdir /srv/y\nWorkingDirectory=/srv/y\nExecStart=/bin/true", "/srv/y", "FT129"),
    ],
)
def test_what_a_service_sets(tmp_path: Path, settings: str, gone: str, codes: str) -> None:
    assert set(service_says(tmp_path, settings, gone)) == set(codes.split())


@pytest.mark.parametrize(
    ("settings", "own", "codes"),
    [
        ("ExecStart=/usr/bin/docker exec -it db pg_dump app", False, "FT133"),
        ("ExecStart=/usr/bin/docker exec -it db pg_dump app", True, "FT133"),
        ("ExecStart=/usr/bin/docker exec -i db pg_dump app", False, ""),
        ("EnvironmentFile=/srv/e\nExecStart=/usr/bin/docker exec -it db pg_dump app", False, "FT133"),
        ("StandardInput=tty\nExecStart=/usr/bin/docker exec -it db pg_dump app", False, ""),
        ("ExecStart=/usr/bin/systemctl --user restart x", False, "FT133"),
        ("ExecStart=/usr/bin/systemctl --user restart x", True, ""),
        ("PAMName=login\nExecStart=/usr/bin/systemctl --user restart x", False, ""),
        ("Environment=XDG_RUNTIME_DIR=/run/user/1\nExecStart=/bin/systemctl --user stop x", False, ""),
    ],
)
def test_a_service_that_needs_a_terminal_or_session(
    tmp_path: Path, settings: str, own: bool, codes: str
) -> None:
    assert set(service_says(tmp_path, settings, "", own=own)) == set(codes.split())


def test_a_missing_program_that_systemd_is_to_ignore_is_a_warning(tmp_path: Path) -> None:
    assert service_says(tmp_path, "ExecStart=-/srv/x.sh", "/srv/x.sh")["FT110"].severity == "warning"
    assert service_says(tmp_path, "ExecStart=@/srv/x-y.sh x", "/srv/x-y.sh")["FT110"].severity == "error"


def test_drop_ins_of_a_service_count(tmp_path: Path) -> None:
    (tmp_path / "a.service.d").mkdir()
    drop_in = tmp_path / "a.service.d" / "path.conf"
    drop_in.write_text("[Service]\nEnvironment=PATH=/srv/venv/bin\n")
    assert not service_says(tmp_path, "ExecStart=/usr/bin/env tool", USUAL)
    drop_in.write_text("[Service]\nNice=5\n")
    assert set(service_says(tmp_path, "ExecStart=/usr/bin/env tool", "tool")) == {"FT132"}


@pytest.mark.parametrize(
    ("unit", "gone", "codes"),
    [
        ("ConditionPathExists=/srv/g/run.sh", "/srv/g", ""),
        ("ConditionPathExists=|/srv/g/run.sh", "/srv/g", ""),
        ("ConditionPathIsDirectory=/srv/g", "/srv/g", ""),
        ("ConditionPathExists=!/srv/g/off", "/srv/g", "FT110"),
        ("ConditionPathExists=/srv/other", "/srv/g", "FT110"),
        ("ConditionHost=db1", "/srv/g", ""),
        ("ConditionHost=web1", "/srv/g", "FT110"),
        ("RequiresMountsFor=/srv/g", "/srv/g", ""),
        ("RequiresMountsFor=/srv/g", "/srv/g/run.sh", "FT110"),
    ],
)
def test_conditions_of_a_service(tmp_path: Path, unit: str, gone: str, codes: str) -> None:
    assert set(service_says(tmp_path, "ExecStart=/srv/g/run.sh", gone, unit)) == set(codes.split())


def test_a_service_on_a_disk_that_is_not_mounted_yet(tmp_path: Path) -> None:
    needs = "RequiresMountsFor=/mnt/c"
    assert not service_says(tmp_path, "ExecStart=/mnt/c/run.sh", "/mnt/c/run.sh", needs)
    assert set(service_says(tmp_path, "ExecStart=/mnt/c/run.sh", "/mnt/c/run.sh")) == {"FT110"}


@pytest.mark.parametrize(
    ("line", "gone", "codes"),
    [
        ("root /srv/x.sh", "root", "FT131"),
        ("fed /srv/x.sh", "fed", "FT131"),
        ("fed cd /srv && make", "fed", "FT131"),
        ("daemon /srv/x.sh", "daemon", "FT131"),
        ("daemon php /srv/x.php", "daemon", "FT131"),
        ("daemon -x", "daemon -x", "FT132"),
        ("nobodyatall /srv/x.sh", "nobodyatall", "FT132"),
        ("fed create /repo::x /home", "/usr/bin/fed /bin/fed create", "FT118"),
        ("fed create /repo::x /home", "fed create", "FT132"),
        ("SHELL=/bin/bash\nBASH_ENV=~/.env\nfed pull -q", "fed pull", ""),
    ],
)
def test_a_program_that_is_called_as_the_user_is(line: str, gone: str, codes: str) -> None:
    assert set(said(line, gone)) == set(codes.split())
