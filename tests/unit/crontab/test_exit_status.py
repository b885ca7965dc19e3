"""What an exit status 0 of a line proves; held to what real shells do with it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from shutil import which

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedtui.crontab.exit_status import doubt, doubt_of_argv, proven
from fedtui.model import Outcome, Result

PROVES = [
    "/opt/a.sh >> /var/log/a.log 2>&1",
    "a >> log 2>&1 # twice a day & at night | noon",
    "echo 'a & b | c' \"; d\" > x",
    "cd /srv && a",
    "cd /srv; . ./env; export X=1; a",
    "sleep 5; a",
    "[ -x a ] && a",
    "test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )",
    "[ -x /usr/lib/p ] && if [ ! -d /run/systemd/system ]; then /usr/lib/p; fi",
    "command -v a > /dev/null && a",
    "pgrep -x a || a --start",
    "ps aux | grep -v grep | grep -q a || a",
    "systemctl is-active -q a || systemctl restart a",
    "a && b && c",
    "a || exit 1; b",
    "a || { echo failed; exit 1; }; b",
    "a || exit; b",
    "a; rc=$?; echo done; exit $rc",
    "a || rc=1; b || rc=1; exit $rc",
    "set -e; a; b",
    "set -e\na\nb",
    "set -o pipefail; a | b",
    "set -euo pipefail; a | b; c",
    "bash -o pipefail -c 'a | b'",
    "bash -ec 'a; b'",
    "a & wait $!",
    "a & pid=$!; wait $pid",
    "yes | a",
    "a $(date +\\%F)",
    'out=$(a) && b "$out"',
    "if a; then b; else exit 1; fi",
    "if ! a; then echo failed; exit 1; fi",
    "for d in x y; do a $d || exit 1; done",
    "case $X in a) a ;; *) b ;; esac",
    "setsid --wait a",
    "systemd-run --user --wait a",
    "systemd-run --user --pipe a",
    "docker run --rm --name x image a",
    "docker exec -i c pg_dump -d shop > shop.sql",
    "docker exec c sh -c 'a && b'",
    "ssh -i key -p 22 host a",
    "ssh host 'a && b'",
    "timeout 60 nice -n 5 flock -n lock a",
    "a 'b & c' \"d | e\" f\\&g",
    "a # & noon",
    "sudo -n -u fed a -b",
    "setsid -w a",
    "bsub -K a",
    "sem --fg a",
    "tmux run-shell a",
    "script -qec a log",
    "sg adm -c a",
    "find . -name '*.tmp' -exec rm {} +",
    "find . -mtime +7 -delete",
    "a -j $(nproc) $(cat names | head -1)",
    "docker exec $(docker ps -qf name=x) a",
    "true",
    "echo hello",
    'echo "$(cat names | wc -l)" >> log',
    "",
]

IN_BACKGROUND = [
    *("a&", "a & # noon", "a &# noon", "a &>> log", "a 2>&1 > log&", "exec a &", "eval 'a &'", "time a &"),
    *("(a & b)", "{ a & }", "{ a & b; }", "b && (a &)", "b && { a & }", "if b; then a & fi"),
    *("case x in x) a & ;; esac", "while b; do a & done", "for i in 1 2; do a & done; wait"),
    *("nohup a &", "nohup nice a & disown", "cd /srv && nohup a &> log &", "timeout 9 sh -c 'a &'"),
    *("sudo -u fed sh -c 'a &'", "runuser -l fed -c 'a &'", "sg adm -c 'a &'", "ssh host nohup a '&'"),
    *("xargs sh -c 'a &'", "docker exec c sh -c 'a &'", "ksh -c 'a &> log'", "ash -c 'a &>> log'"),
]

LEAVE = {
    "setsid": ("setsid -f a", "setsid --fork a", "nohup setsid a", "flock lock setsid -f a"),
    "systemd-run": ("systemd-run a", "systemd-run --no-block a", "systemd-run --on-active=5 a"),
    "at": ("at now < file", "at -f script noon", "cd / && at now < file"),
    "batch": ("batch < file", "echo a | batch"),
    "docker": (
        *("docker run --detach=true image", "docker run -dit image", "docker run --name x -p 80:80 -d image"),
        *("docker exec -u root -d c a", "docker compose run -d a", "docker start c"),
    ),
    "podman": ("podman run -d image", "podman container start c"),
    "kubectl": ("kubectl create job a --image b",),
    "screen": ("screen -d -m a", "screen -S n -dm sh -c a", "screen -S n -X stuff a"),
    "tmux": ("tmux new -d a", "tmux new-session -s n -d a", "tmux split-window a", "tmux run-shell -b a"),
    "dtach": ("dtach -n socket a",),
    "daemonize": ("daemonize /bin/a", "daemonize -p pid /bin/a"),
    "start-stop-daemon": ("start-stop-daemon -Sbx a", "start-stop-daemon --start --background --exec a"),
    "ssh": ("ssh -fN host", "ssh -nf host a", "ssh -p 22 -f fed@host a", "ssh -o X=y -f host a"),
    "sudo": ("sudo -b a", "sudo -nb a", "sudo -u fed -b a", "sudo --background a"),
    "sem": ("sem -j2 a",),
    "sbatch": ("sbatch a.sh",),
    "pm2": ("pm2 start a.js",),
}

PROVES_NOTHING = {
    **dict.fromkeys(IN_BACKGROUND, "background: exit 0 does not say how a ends"),
    **{
        line: f"background: exit 0 only says that {name} has started it"
        for name, lines in LEAVE.items()
        for line in lines
    },
    "b $(a)": "list: exit 0 does not say how a inside $( ) ended",
    'b --of="$(a)" && c': "list: exit 0 does not say how a inside $( ) ended",
    "b `a` >> log": "list: exit 0 does not say how a inside $( ) ended",
    "X=$(a) b": "list: exit 0 does not say how a inside $( ) ended",
    "x=$(a); true": "list: exit 0 does not say how a ended, only the last command's end",
    "find . -exec a {} \\;": "list: exit 0 of find does not say how the command it starts ended",
    "find . -execdir a {} ';' -print": "list: exit 0 of find does not say how the command it starts ended",
    "cronic a": "list: exit 0 of cronic does not say how the command it starts ended",
    "script -qc a log": "list: exit 0 of script does not say how the command it starts ended",
    "script -ec 'a | b' log": "pipe: exit 0 is that of b, it does not say how a ended",
    "sg adm -c 'a | b'": "pipe: exit 0 is that of b, it does not say how a ended",
    "bash -s": "list: exit 0 of bash is that of the last command it reads",
    "echo 'a; b' | sh": "list: exit 0 of sh is that of the last command it reads",
    "a &": "background: exit 0 does not say how a ends",
    "a >> log 2>&1 &": "background: exit 0 does not say how a ends",
    "a &> log": "background: exit 0 does not say how a ends",
    "nohup a > /dev/null 2>&1 &": "background: exit 0 does not say how a ends",
    "(a &)": "background: exit 0 does not say how a ends",
    "{ a; } &": "background: exit 0 does not say how a ends",
    "a && b &": "background: exit 0 does not say how a ends",
    "a & b": "background: exit 0 does not say how a ends",
    "a & wait": "background: exit 0 does not say how a ends",
    "a & b & wait $!": "background: exit 0 does not say how a ends",
    "sh -c 'a &'": "background: exit 0 does not say how a ends",
    "su - fed -c 'a &'": "background: exit 0 does not say how a ends",
    "setsid a": "background: exit 0 only says that setsid has started it",
    "sudo -u fed setsid a": "background: exit 0 only says that setsid has started it",
    "echo a | at now": "background: exit 0 only says that at has started it",
    "systemd-run --user a": "background: exit 0 only says that systemd-run has started it",
    "start-stop-daemon --start -b --exec a": (
        "background: exit 0 only says that start-stop-daemon has started it"
    ),
    "docker run -d --rm image": "background: exit 0 only says that docker has started it",
    "docker compose -f x.yml up -d": "background: exit 0 only says that docker has started it",
    "screen -dmS name a": "background: exit 0 only says that screen has started it",
    "ssh -f host a": "background: exit 0 only says that ssh has started it",
    "false | tee -a log": "pipe: exit 0 is that of tee, it does not say how false ended",
    "a 2>&1 | logger -t a": "pipe: exit 0 is that of logger, it does not say how a ended",
    "a |& b": "pipe: exit 0 is that of b, it does not say how a ended",
    "a | b || exit 1": "pipe: exit 0 is that of b, it does not say how a ended",
    "a | b && c": "pipe: exit 0 is that of b, it does not say how a ended",
    "(set -o pipefail); a | b": "pipe: exit 0 is that of b, it does not say how a ended",
    "set -o pipefail; set +o pipefail; a | b": "pipe: exit 0 is that of b, it does not say how a ended",
    'bash -c "a | b"': "pipe: exit 0 is that of b, it does not say how a ended",
    "flock -n lock -c 'a | b'": "pipe: exit 0 is that of b, it does not say how a ended",
    "ssh host 'a | b'": "pipe: exit 0 is that of b, it does not say how a ended",
    "docker exec -i c sh -c 'a | b'": "pipe: exit 0 is that of b, it does not say how a ended",
    'eval "a | b"': "pipe: exit 0 is that of b, it does not say how a ended",
    "a; b": "list: exit 0 does not say how a ended, only the last command's end",
    "a; true": "list: exit 0 does not say how a ended, only the last command's end",
    "a; echo done": "list: exit 0 does not say how a ended, only the last command's end",
    "a; exit 0": "list: exit 0 does not say how a ended, only the last command's end",
    "set -e; a && b; c": "list: exit 0 does not say how a ended, only the last command's end",
    "a || true": "list: exit 0 also comes of what is behind ||, where a failed",
    "a || echo failed": "list: exit 0 also comes of what is behind ||, where a failed",
    "[ -x a ] && a || :": "list: exit 0 also comes of what is behind ||, where a failed",
    "! a": "list: exit 0 behind ! says that a failed",
    "if ! a; then echo failed; fi": "list: if only looks at how a ends",
    "for d in x y; do a $d; done": "list: exit 0 of a loop says how its last turn ended, not each a",
    'echo "$(a)"': "list: exit 0 does not say how a inside $( ) ended",
}


@pytest.mark.parametrize("line", PROVES)
def test_a_status_that_proves_that_the_job_went_well(line: str) -> None:
    assert doubt(line) == ""


@pytest.mark.parametrize("line", PROVES_NOTHING)
def test_a_status_that_proves_nothing(line: str) -> None:
    assert doubt(line) == PROVES_NOTHING[line]


def test_a_redirection_of_bash_is_a_background_job_to_dash() -> None:
    assert doubt("a &> log", "bash") == doubt("a &>> log", "bash") == doubt("a > >(tee log)", "bash") == ""
    assert doubt("a &> log", "sh", "bash") == doubt("bash -c 'a &> log'") == ""
    assert doubt("a &>> log", "dash").startswith("background: ")
    assert doubt("sh -c 'a &> log'", "bash").startswith("background: ")


def test_two_parentheses_are_arithmetic_to_bash_and_subshells_to_dash() -> None:
    assert doubt("((a &)) && b").startswith("list: the line cannot be read")
    assert doubt("((x = 1)) && b", "bash") == ""


def test_a_process_substitution_of_bash_and_a_trap_on_exit_hide_a_failure() -> None:
    for line in ("cat <(false)", "true > >(false)", "diff <(a) <(b)"):
        assert doubt(line, "bash").startswith("pipe: "), line
    for line in ('trap "exit 0" EXIT; false', "trap cleanup 0\nfalse", "trap 'rm -f x; exit 0' EXIT && a"):
        assert doubt(line).startswith("list: a trap"), line
    assert doubt("trap '' INT; a") == ""
    assert doubt("a --note 'no trap for me'") == ""


def test_a_program_that_is_started_without_a_shell() -> None:
    assert doubt_of_argv(("/bin/a", "b", "|", "c", "&"), "dash") == ""
    assert doubt_of_argv(("/bin/sh", "-c", "a | b"), "dash").startswith("pipe: ")
    assert doubt_of_argv(("/bin/bash", "-o", "pipefail", "-c", "a | b"), "dash") == ""


def test_only_an_ok_becomes_unknown() -> None:
    failed = Result(Outcome.FAILED, 3)
    assert proven(failed, "pipe: x") == failed
    assert proven(Result(Outcome.OK, 0), "pipe: x") == Result(Outcome.UNKNOWN, 0, reasons=("pipe: x",))


_WORDS = "good bad bad true false echo_x [_-e_/_] [_-e_/no_] cd_/ exit_0 exit_1 exit set_-e set_+e wait x=1"
_MORE = ["wait $!", "x=$(bad)", "good $(bad)", "good `bad`", "sh -c 'bad; good'", "sh -ec 'bad | good'"]
SIMPLE = st.sampled_from([*(word.replace("_", " ") for word in _WORDS.split()), *_MORE])


def _composed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = [" && ", " || ", " | ", "; ", "\n"]
    return st.one_of(
        st.builds(lambda a, op, b: a + op + b, inner, st.sampled_from(two), inner),
        st.builds(lambda a, b: f"{a} & {b}", inner, inner),
        inner.map(lambda a: f"( {a} )"),
        inner.map(lambda a: f"{{ {a}\n}}"),
        inner.map(lambda a: f"{{ {a}\n}} &"),
        inner.map(lambda a: f"! ( {a} )"),
        inner.map(lambda a: f"for i in 1 2; do {a}\ndone"),
        st.builds(lambda a, b, c: f"if {a}\nthen {b}\nelse {c}\nfi", inner, inner, inner),
        inner.map(lambda a: f"case x in x) {a} ;; esac"),
    )


LINES = st.recursive(SIMPLE, _composed, max_leaves=7)


@pytest.mark.parametrize("shell", ["dash", "bash"])
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=LINES, before=st.sampled_from(["", "", "set -o pipefail; "]))
def test_no_line_that_a_shell_ends_with_0_is_ok_though_a_command_failed(
    shell: str, tmp_path: Path, line: str, before: str
) -> None:
    path = which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    mark = tmp_path / "failed"
    mark.unlink(missing_ok=True)
    for name, code in (("good", "exit 0"), ("bad", 'echo >> "$MARK"; exit 1')):
        if not (tmp_path / name).exists():
            (tmp_path / name).write_text(f"#!/bin/sh\n{code}\n")
            (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "MARK": str(mark)}
    text = before + line
    done = subprocess.run([path, "-c", text], env=environment, capture_output=True, timeout=20, check=False)
    if done.returncode == 0 and mark.exists():
        assert doubt(text, shell), text
