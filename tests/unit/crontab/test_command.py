"""What a command line tells of its job without being run; where it is not certain, nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.crontab import Document, log_paths, read_command
from fedtui.crontab.shell_lists import AndOr, parse_leniently
from fedtui.crontab.shell_words import Redirect, Unreadable, Word, read_easy, tokens

HOME = "/home/fed"
GIT = (
    b"cd /srv/repo && bash scripts/sync-learning-data.sh && git add data/ && "
    b'git commit -m "Auto-sync $(date +%Y-%m-%d)" && git push origin a/b >> /var/log/federated-git.log 2>&1'
)
ANACRON = b"test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }"
PHP = (
    b"[ -x /usr/lib/php/sessionclean ] && if [ ! -d /run/systemd/system ]; then /usr/lib/php/sessionclean; fi"
)


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        (b"bash x.sh >> /var/log/x.log 2>&1", ("/var/log/x.log",)),
        (b"x > /tmp/x.log", ("/tmp/x.log",)),
        (b"x > /tmp/x.log 2> /tmp/x.err", ("/tmp/x.log", "/tmp/x.err")),
        (b"x > /tmp/x.log 2>> /tmp/x.err", ("/tmp/x.err", "/tmp/x.log")),
        (b"R CMD BATCH x.R", ("/home/fed/x.Rout",)),
        (b"R CMD BATCH x.R logs/x.out", ("/home/fed/logs/x.out",)),
        (b"curl -s u -o ~/duck.log", ("/home/fed/duck.log",)),
        (b"curl -s u -o ~/x.json", ()),
        (b"x &>> ~/x.log", ()),  # dash starts x in the background and makes an empty file
        (b"bash -c 'x &>> ~/x.log'", ("/home/fed/x.log",)),
        (b"x >& ~/x.log", ("/home/fed/x.log",)),
        (b"pg_dump shop > ~/shop.sql", ()),
        (b"date > ~/stamp", ()),
        (b"sensors >> ~/temperatures.txt", ()),
        (b"x >> ~/x.txt 2>&1", ("/home/fed/x.txt",)),
        (b"for i in 1 2; do x; done >> ~/x.log 2>&1", ("/home/fed/x.log",)),
        (b"rsync -a --log-file=/tmp/r.log a b", ("/tmp/r.log",)),
        (b"ssh host 'x >> /var/log/x.log'", ()),
        (b"crontab -l > /backup/crontab.txt", ()),
        (b"crontab -l > ~/crontab.backup", ()),
        (b"x > /srv/blog/feed", ()),
        (b"x > /srv/www/catalog", ()),
        (b"x > /home/login/www/sitemap.txt", ()),
        (b"x > ~/outline", ()),
        (b"x > ~/cronlog", ("/home/fed/cronlog",)),
        (b"x > ~/log/x.txt", ("/home/fed/log/x.txt",)),
        (b"iptables-save > /etc/iptables/rules.v4", ()),
        (b"dpkg --get-selections > /backup/packages.selections", ()),
        (b"pg_dump app >> ~/dump.log 2>&1", ("/home/fed/dump.log",)),
        (b"bash -c 'x > >(tee -a ~/x.log) 2>&1'", ("/home/fed/x.log",)),
        (b"x > >(tee -a ~/x.log)", ()),  # nothing that dash knows
        (b"x 2>> err.log", ("/home/fed/err.log",)),
        (b"x >/dev/null 2>&1", ()),
        (b"x >/dev/null 2>>~/err.log", ("/home/fed/err.log",)),
        (b"x 2>&1 | tee -a $HOME/logs/x.log", ("/home/fed/logs/x.log",)),
        (b"x 2>&1 | tee x.log y.log >/dev/null", ("/home/fed/x.log", "/home/fed/y.log")),
        (b"x >> ${HOME}/'my logs'/x\\ y.log", ("/home/fed/my logs/x y.log",)),
        (b'x >> "$HOME/logs/x.log" 2>&1', ("/home/fed/logs/x.log",)),
        (b"cd /srv/app && ./x >> logs/x.log", ("/srv/app/logs/x.log",)),
        (b"cd app; ./x >> logs/x.log", ("/home/fed/app/logs/x.log",)),
        (b"(cd /srv; x) >> x.log", ("/home/fed/x.log",)),
        (b"(cd /srv; x >> y.log) > /dev/null", ("/srv/y.log",)),
        (b"cd /srv | tee x.log", ("/home/fed/x.log",)),
        (b"cd $APP && x >> x.log", ()),
        (b"cd /a || cd /b; x >> x.log", ()),
        (b"{ a; b; } >> ~/x.log 2>&1", ("/home/fed/x.log",)),
        (b"(a; b) >> ~/x.log 2>&1", ("/home/fed/x.log",)),
        (b"LOG=/tmp/x.log; x >> $LOG", ("/tmp/x.log",)),
        (b"LOG=$(mktemp); x >> $LOG", ()),
        (b"x >> ~/x-$(date +%F).log", ()),
        (b"x >> ~/x-`date`.log", ()),
        (b"x >> $UNKNOWN/x.log", ()),
        (b"x >> ~other/x.log", ()),
        (b"x >> /logs/*.log", ()),
        (b"x >> /logs/{a,b}.log", ()),
        (b"echo \"a > b\" '> c'", ()),
        (b"[[ a > b ]] && x >> ~/x.log", ("/home/fed/x.log",)),
        (b"x # >> ~/x.log", ()),
        (b"x >> 'unclosed", ()),
        (b"x < ~/input", ()),
        (b"mysqldump db > ~/db.sql 2>> ~/err.log", ("/home/fed/err.log",)),
        (b"a > ~/data.csv; b >> ~/b.log 2>&1", ("/home/fed/b.log",)),
        (b"bash -c 'x >> ~/x.log 2>&1'", ("/home/fed/x.log",)),
        (b'flock -n /tmp/l -c "python3 ~/m.py 2>&1 | tee -a ~/m.log"', ("/home/fed/m.log",)),
        (b"find / -exec bash -c 'mv {} {}.old && touch {}' \\;", ()),
        (b"exec >> ~/x.log 2>&1; x", ("/home/fed/x.log",)),
        (b"x >> caf\xe9.log", ("/home/fed/caf\udce9.log",)),
        (b"x 1>>~/x.log 2>&1\r", ("/home/fed/x.log",)),
        (GIT, ("/var/log/federated-git.log",)),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_log_paths(command: bytes, paths: tuple[str, ...]) -> None:
    assert log_paths(command, HOME) == paths


def test_the_tables_environment_counts() -> None:
    settings_above = ((b"HOME", b"/srv/home"), (b"LOGS", b"/srv/logs"))
    assert log_paths(b"x >> $LOGS/x.log 2>&1", HOME, settings_above) == ("/srv/logs/x.log",)
    assert log_paths(b"x >> ~/x.log 2>&1", HOME, settings_above) == ("/srv/home/x.log",)
    assert log_paths(b"x >> x.log", HOME, settings_above) == ("/srv/home/x.log",)


@pytest.mark.parametrize(
    ("command", "script", "names", "name"),
    [
        (b"bash /opt/sync-data.sh --all", "/opt/sync-data.sh", ("bash",), "sync-data"),
        (b"/opt/sync-data.sh", "/opt/sync-data.sh", (), "sync-data"),
        (b"~/bin/x", "/home/fed/bin/x", (), "x"),
        (b"sync-data", None, ("sync-data",), "sync-data"),
        (b"/usr/bin/python3 -u ~/m.py", "/home/fed/m.py", (), "m"),
        (b"python3 -m pkg.mod run", None, ("python3",), "mod"),
        (b"python3 -c 'print(1)'", None, ("python3",), "python3"),
        (b"cd ~/x && bash scripts/y.sh", "/home/fed/x/scripts/y.sh", ("bash",), "y"),
        (b"nice -n 10 ionice -c3 bash y.sh", "/home/fed/y.sh", ("nice", "ionice", "bash"), "y"),
        (b"timeout -k 5 60 /opt/y.sh", "/opt/y.sh", ("timeout",), "y"),
        (b"flock -n -w 5 /tmp/lock /opt/y.sh", "/opt/y.sh", ("flock",), "y"),
        (b"env A=b C=d nohup /opt/y.sh", "/opt/y.sh", ("env", "nohup"), "y"),
        (b"A=b C='d e' /opt/y.sh", "/opt/y.sh", (), "y"),
        (b"[ -x /opt/y.sh ] && /opt/y.sh", "/opt/y.sh", (), "y"),
        (b"sleep 30; /opt/y.sh", "/opt/y.sh", (), "y"),
        (b". ~/.profile; /opt/y.sh", "/opt/y.sh", (), "y"),
        (b"sh -ec 'cd /opt; ./y.sh'", "/opt/y.sh", (), "y"),
        (b"bash -l", None, ("bash",), "bash"),
        (b"$RUN /opt/y.sh", None, (), "$RUN"),
        (b"~/venv/bin/python ~/app/run.py", "/home/fed/app/run.py", (), "run"),
        (b"$HOME/venv/bin/python $HOME/m/manage.py clean", "/home/fed/m/manage.py", (), "clean"),
        (b"$APP/venv/bin/python $APP/manage.py clean", None, (), "clean"),
        (b'"$HOME/.local/bin/poetry" run python -m a.b.daily', None, (), "daily"),
        (b"nice ~/bin/cronic ~/bin/run.sh", "/home/fed/bin/run.sh", ("nice",), "run"),
        (b"PY=/srv/v/bin/python; nice $PY /srv/m.py", "/srv/m.py", ("nice",), "m"),
        (b'X=/opt/x; [ -x "$X" ] && "$X" -q', "/opt/x", (), "x"),
        (b". /c.sh && conda activate ml && python train.py", "/home/fed/train.py", ("python",), "train"),
        (b'eval "$(pyenv init -)" && pyenv shell 3.11 && python t.py', "/home/fed/t.py", ("python",), "t"),
        (b". ~/.rvm/scripts/rvm && rvm use 3.2 && ruby job.rb", "/home/fed/job.rb", ("ruby",), "job"),
        (b"[ -e /l ] && exit; touch /l; /srv/run.sh", "/srv/run.sh", (), "run"),
        (b"touch /srv/beat", None, ("touch",), "touch"),
        (b"expr $(date +%W) % 2 >/dev/null || /srv/x.sh", "/srv/x.sh", (), "x"),
        (b"findmnt /m && /m/x.sh", "/m/x.sh", (), "x"),
        (b"ls /opt/x.sh >/dev/null && /opt/x.sh", "/opt/x.sh", (), "x"),
        (b"mountpoint -q /m || mount /m", None, ("mount",), "mount"),
        (b"curl -fsSL https://u/x.sh -o /t/x.sh && chmod +x /t/x.sh && /t/x.sh", "/t/x.sh", (), "x"),
        (b"curl -fsSL https://u/x -o /t/x.gz && /srv/y.sh", None, ("curl",), "curl"),
        (b"yarn workspace @acme/api run migrate", None, ("yarn",), "migrate"),
        (b"npm --prefix d -w api run cleanup", None, ("npm",), "cleanup"),
        (b"cd /srv && php spark tasks:run", "/srv/spark", ("php",), "tasks:run"),
        (b"mix run -e 'App.clean()'", None, ("mix",), "App.clean()"),
        (b"cd /srv && ./gradlew -q nightly", "/srv/gradlew", (), "nightly"),
        (b"logsave -a /var/log/x.log /srv/run.sh", "/srv/run.sh", ("logsave",), "run"),
        (b"docker run --rm --entrypoint /app/x.sh img:1 --all", None, ("docker",), "x"),
        (b"pct exec 101 -- /srv/x.sh", None, ("pct",), "x"),
        (b"sentry-cli monitors run b -- /srv/x.sh", "/srv/x.sh", ("sentry-cli",), "x"),
        (b"/srv/x/run\\ me.sh", "/srv/x/run me.sh", (), "run me"),
        (b"perl -ne'print if /x/' /var/log/x.log", None, ("perl",), "perl"),
        (b"perl -MFile::Find /srv/y.pl", "/srv/y.pl", ("perl",), "y"),
        (b'pwsh -NoProfile -Command "Get-Date"', None, ("pwsh",), "pwsh"),
        (b"pwsh -NoProfile -file /srv/x.ps1", "/srv/x.ps1", ("pwsh",), "x"),
        (b"bash $DIR/y.sh", None, ("bash",), "y"),
        (b"echo hi >> x", None, (), "echo"),
        (b"", None, (), "empty command"),
        (b"   ", None, (), "empty command"),
        (b"'unclosed", None, (), "'unclosed"),
        (b"sh x.sh && y 'unclosed", None, ("sh",), "x"),
        (ANACRON, None, ("run-parts",), "cron.daily"),
        (PHP, "/usr/lib/php/sessionclean", (), "sessionclean"),
        (GIT, "/srv/repo/scripts/sync-learning-data.sh", ("bash",), "sync-learning-data"),
        (b"env -S 'A=b python3 -u /srv/x.py'", "/srv/x.py", ("env", "python3"), "x"),
        (b"env -u A -iS'python3 /srv/x.py' 7", "/srv/x.py", ("env", "python3"), "x"),
        (b'env -S "$X"', None, ("env",), "env"),
        (b"env $(cat /srv/.env | xargs) /srv/x.sh", "/srv/x.sh", ("env",), "x"),
        (b"env --chdir=/srv ./x.sh", "/srv/x.sh", ("env",), "x"),
        (b"screen -S game -p 0 -X stuff 'save-all^M'", None, ("screen",), "screen"),
        (b"screen -dmS game /srv/x.sh -X", "/srv/x.sh", ("screen",), "x"),
        (b"autossh -M 0 -f -N u@host", None, ("autossh",), "autossh"),
        (b"ip netns exec vpn curl -s u", None, ("ip", "curl"), "curl"),
        (b"ip netns add vpn", None, ("ip",), "ip"),
        (b"setpriv --reuid app --clear-groups -- /srv/x.sh", "/srv/x.sh", ("setpriv",), "x"),
        (b"choom -n 500 -- /srv/x.sh", "/srv/x.sh", ("choom",), "x"),
        (b"parallel -j4 /srv/x.sh ::: a b", "/srv/x.sh", ("parallel",), "x"),
        (b"parallel 'gzip -9 {}' ::: a b", None, ("gzip",), "gzip"),
        (b"aws-vault exec prod -- aws s3 sync a b", None, ("aws-vault", "aws"), "aws"),
        (b"su -l app --command=/srv/x.sh", "/srv/x.sh", (), "x"),
        (b'su - pg -c "pg_dumpall > /srv/b-$(date +%F).sql"', None, ("pg_dumpall",), "pg_dumpall"),
        (b'sh -c "D=/srv; \\$D/x.sh $(date)"', "/srv/x.sh", (), "x"),
        (b'sh -c "$RUN $(date)"', None, ("sh",), "$RUN $(date)"),
        (b"xargs -a list -n1 /srv/x.sh", None, ("xargs",), "x"),
        (b"cat urls | xargs wget -q", None, ("xargs",), "wget"),
        (b"R CMD BATCH --vanilla x.R", "/home/fed/x.R", ("R",), "x"),
        (b"R --vanilla --file=/srv/x.R", "/srv/x.R", ("R",), "x"),
        (b"R -e 'f()'", None, ("R",), "R"),
        (b"gawk -f /srv/x.awk log", "/srv/x.awk", ("gawk",), "x"),
        (b"awk '/x/' log", None, ("awk",), "awk"),
        (b"tclsh /srv/x.tcl", "/srv/x.tcl", ("tclsh",), "x"),
        (b"mix run priv/x.exs", None, ("mix",), "x"),
        (b"if ! /srv/x.sh; then echo failed | mail ops; fi", "/srv/x.sh", (), "x"),
        (b"if df | awk '/9.%/'; then /srv/x.sh; fi", "/srv/x.sh", (), "x"),
        (b"who | grep -q fed || /srv/x.sh", "/srv/x.sh", (), "x"),
        (b"smartctl -H d | grep -q OK || echo bad | mail ops", None, ("smartctl",), "smartctl"),
        (b"echo hi | mail ops", None, ("mail",), "mail"),
        (b"[ -e p ] && kill -0 $(cat p) || /srv/x.sh", "/srv/x.sh", (), "x"),
        (b"systemctl is-active -q x && /srv/x.sh", "/srv/x.sh", (), "x"),
        (b"kill -0 $(cat p)", None, (), "kill"),
        (b"taskset -cp 0 $(pgrep x)", None, ("taskset",), "taskset"),
        (b"tcsh -f /srv/x.csh", "/srv/x.csh", ("tcsh",), "x"),
        (b"strace -f -o log /srv/x.sh", "/srv/x.sh", ("strace",), "x"),
        (b"apptainer exec -B /a img.sif python3 /app/x.py", None, ("apptainer",), "x"),
        (b"/srv/x.sh &&", None, (), "x"),
        (b"; /srv/x.sh", None, (), "x"),
        (b"python3 -Im a.b.daily", None, ("python3",), "daily"),
        (b"python3 -mjson.tool x", None, ("python3",), "tool"),
        (b"node --eval 'f()'", None, ("node",), "node"),
        (b"java --add-opens a/b=ALL -jar /srv/x.jar", "/srv/x.jar", ("java",), "x"),
        (b"ssh u@h -p 22 uptime", None, ("ssh",), "uptime"),
        (b"bash <(curl -s u/i.sh)", None, ("bash",), "bash"),
        (b'sh -c "$(curl -s u/i.sh)"', None, ("sh",), "sh"),
        (b'for s in a b; do sh "$s"; done', None, ("sh",), "sh"),
        (b"dpkg -s x >/dev/null && /srv/x.sh", "/srv/x.sh", (), "x"),
        (b"dotnet run --project /srv/x", None, ("dotnet",), "dotnet"),
        (b"dotnet /srv/x.dll run", "/srv/x.dll", ("dotnet",), "x"),
        (b"deno task nightly", None, ("deno",), "nightly"),
        (b"sleep 300 && date >> ~/date.txt", None, ("date",), "date"),
        (b"ssh-add -q key && git push -q", None, ("git",), "git"),
        (b"/opt/caf\xe9.sh", "/opt/caf\udce9.sh", (), "café"),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_what_a_line_runs(command: bytes, script: str | None, names: tuple[str, ...], name: str) -> None:
    line = read_command(command, HOME)
    assert line.script == script
    assert line.programs == names
    assert line.program == (names[0] if names else None)
    (entry,) = Document.parse(b"0 * * * * " + command.replace(b"%", b"\\%") + b"\n").entries
    assert entry.name == name


@pytest.mark.parametrize(
    ("command", "script", "folder"),
    [
        (b"sudo -iu fed ./x/run.sh", None, None),
        (b"sudo -u fed -i bash -c 'x/run.sh'", None, None),
        (b"sudo -i /srv/run.sh", "/srv/run.sh", None),
        (b"sudo -H -u fed bash -c '~/x/run.sh'", None, "/root"),
        (b"su fed -c 'cd ~/x && ./run.sh'", None, None),
        (b"nice sudo -u fed sh -c 'cd /srv && ./run.sh'", "/srv/run.sh", "/srv"),
        (b"sudo -u fed $HOME/x/run.sh", "/root/x/run.sh", "/root"),
        (b"sudo -u root sh -c '~/run.sh'", "/root/run.sh", "/root"),
        (b"runuser -u fed -- ./run.sh", "/root/run.sh", "/root"),
        (b"env -C /srv sh -c './run.sh'", "/srv/run.sh", "/srv"),
    ],
)
def test_home_and_folder_of_another_user(command: bytes, script: str | None, folder: str | None) -> None:
    line = read_command(command, "/root", (), "root")
    assert (line.script, line.directory) == (script, folder)


@pytest.mark.parametrize(
    ("command", "uses"),
    [
        (b"x | logger -t x", True),
        (b"x | /usr/bin/logger", True),
        (b"systemd-cat -t x /opt/x", True),
        (b"/opt/logger.sh", False),
        (b"echo logger", False),
    ],
)
def test_use_of_the_system_log(command: bytes, uses: bool) -> None:
    assert read_command(command, HOME).uses_logger is uses


characters = st.sampled_from("ab /~*?[]{}()<>|&;!#=\\'\"`$%-.\t\r\xe9")
phrases = st.sampled_from(["cd ", "$(", "2>&1", ">>", "bash -c ", "$HOME", "if ", "[["])
pieces = st.one_of(characters, phrases)


@settings(max_examples=200)
@given(st.lists(pieces, max_size=15).map("".join))
def test_no_line_is_too_odd_and_every_path_is_absolute(text: str) -> None:
    command = text.encode("latin-1")
    assert all(path.startswith("/") for path in log_paths(command, HOME))
    line = read_command(command, HOME)
    assert line.script is None or line.script.startswith("/")
    assert all("/" not in name for name in line.programs)
    table = b"0 0 * * * x" + command.replace(b"%", b"\\%") + b"\n"
    assert [bool(entry.name) for entry in Document.parse(table).entries] == [True]


WORDS = "a ab/c ~/x ~ ~u 2 2> 2>&1 >> > < 1>&2 if { x=1 é -o a,b % {a,b} | 'q' # 12 & x~y >| <<"
PIECES = st.sampled_from([*WORDS.split(), " ", "  ", "\t", "\n"])


@settings(max_examples=200)
@given(st.lists(PIECES, max_size=9).map("".join))
def test_easy_lines_are_read_as_the_scanner_reads_them(line: str) -> None:
    easy = read_easy(line)
    if easy is None:
        return
    try:
        found = tokens(line, bash=False)
    except Unreadable:
        pytest.fail("the scanner cannot read it")
    assert easy[0] == [one for one in found if isinstance(one, Word)]
    assert easy[1] == [one for one in found if isinstance(one, Redirect)]
    assert len(easy[0]) + len(easy[1]) == len(found)
    assert all(line.startswith(word.raw, word.at) for word in easy[0])


@pytest.mark.parametrize(
    "line",
    [
        "sh ~/sync.sh 7 >> ~/logs/sync.log 2>&1",
        "x>> a 2>> b",
        ">> 2>&1 x",
        "if true",
        "x >",
        "~ ~/ ~u a~b",
        "1>&2 x",
        "12 3>a",
    ],
)
def test_lines_at_the_border_of_easy(line: str) -> None:
    inner: Any = test_easy_lines_are_read_as_the_scanner_reads_them
    inner.hypothesis.inner_test(line)


@settings(max_examples=300)
@given(
    st.lists(st.one_of(pieces, st.sampled_from([*"(){};\n", "if ", "; fi", "do ", "esac", "<<E\n"]))),
    st.booleans(),
)
def test_any_text_is_parsed_to_an_end(parts: list[str], bash: bool) -> None:
    text = "".join(parts)
    lists, _ = parse_leniently(text, bash=bash)
    assert all(text.startswith(word.raw, word.at) for one in lists for word in words_of(one))


def words_of(one: AndOr) -> Iterator[Word]:
    """Every word of a list, those inside compound commands too."""
    for pipeline in one.pipelines:
        for command in pipeline.commands:
            yield from (*command.words, *command.head, *(item.target for item in command.redirects))
            for inner in (each for lists in (*command.tests, *command.lists) for each in lists):
                yield from words_of(inner)


@pytest.mark.parametrize(
    "piece", ["a ", "$(", "{", "(", "'", '"$(', "if ", "a;", "`", "[[ ", "{a,", "a|", "${", "<<E "]
)
def test_a_line_of_ten_million_characters_is_not_read(piece: str) -> None:
    line = read_command((piece * (10_000_000 // len(piece))).encode(), HOME)
    assert not line.whole
    assert (line.logs, line.script, line.programs) == ((), None, ())
    (entry,) = Document.parse(b"0 * * * * " + (piece * 150).encode() + b"\n").entries
    assert entry.name
