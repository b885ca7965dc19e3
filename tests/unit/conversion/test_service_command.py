"""What a service starts for a crontab line does what cron's shell does with it: both are run."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import pytest

from fedtui.action_result import Refused
from fedtui.conversion.to_timer_command import ServiceCommand, service_command
from fedtui.runs.cron_environment import CronAccount

ME = pwd.getpwuid(os.getuid())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, text, mode in (
        ("bin/say", '#!/bin/sh\nprintf "<%s>" "$0" "$PWD" "$@"; echo "$GREETING" >&2\n', 0o755),
        ("bin/bare", 'printf "<%s>" bare "$@"\n', 0o755),
        ("my scripts/say.sh", '#!/bin/sh\nprintf "<%s>" "$@"\n', 0o755),
        ("noexec.sh", "#!/bin/sh\necho no\n", 0o644),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    return tmp_path


def environment(home: Path, shell: str = "/bin/sh") -> dict[bytes, bytes]:
    found = {"HOME": home, "PATH": f"{home}/bin:/usr/bin:/bin", "SHELL": shell, "LOGNAME": ME.pw_name}
    found |= {"GREETING": "hello  100%", "DIR": f"{home}/my scripts"}
    return {name.encode(): str(value).encode() for name, value in found.items()}


def made_of(command: str, home: Path, shell: str = "/bin/sh", *, as_root: bool = False) -> ServiceCommand:
    account = CronAccount(ME.pw_name, ME.pw_uid, ME.pw_gid, str(home), shell)
    return service_command(command.encode(), account, environment(home, shell), opened_by_root=as_root)


def traces(argv: tuple[str, ...], log: str, home: Path, shell: str) -> tuple[int, bytes, bytes, bytes]:
    """Exit status, output and errors, and the log, of one run as systemd would start it."""
    (home / "log").unlink(missing_ok=True)
    with Path(log or os.devnull).open("ab") as file:
        out = file if log else subprocess.PIPE
        run = subprocess.run(
            argv, cwd=home, env=environment(home, shell), stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT if log else subprocess.PIPE, check=False
        )  # fmt: skip
    kept = (home / "log").read_bytes() if (home / "log").exists() else b"none"
    return run.returncode, run.stdout or b"", run.stderr or b"", kept


DIRECT = (
    "say",
    "say one 'two  3' \"four 4\" >> log 2>&1",
    "  say a\\ b >> log 2>&1  # each night",
    'say "$HOME" ~/x "$GREETING" x=$LOGNAME',
    "say >> $HOME/log 2>&1",
    "say 100% a,b @c >> ~/log 2>&1",
    "~/bin/say tilde",
    '"$DIR/say.sh" quoted',
    "sh 'my scripts/say.sh' given",
    "bash -c 'say inner; say \"$0\"' zero >> log 2>&1",
    "nice -n 3 say nice",
    "timeout 9 say late >> log 2>&1",
    "env A=1 say env",
    "nohup say hup >> log 2>&1",
)
BY_SHELL = (
    "FOO=1 say env",
    "cd 'my scripts' && say >> ../log 2>&1",
    "[ -x bin/say ] && say guarded >> log 2>&1",
    "[ -x /no/such ] && say not",
    "command -v no-such > /dev/null || say missing",
    "test -d bin && say tested",
    "if [ -d bin ]; then say branch; fi",
    "(say sub; say two) >> log 2>&1",
    "{ say group; } >> log 2>&1",
    "for x in 1 2; do say $x; done",
    "say one; say two >> log 2>&1",
    "say | cat",
    "say || true",
    "! say",
    "say > log",
    "say >> log",
    "say 2>&1 >> log",
    "say < /dev/null",
    "say *",
    "say {a,b}",
    "say $(echo sub)",
    "say `echo sub`",
    "say $UNKNOWN x",
    "say $DIR",
    "say ${GREETING#h}",
    "echo builtin",
    "exec say replaced",
    "bare script",
    "bin/say relative",
    "say 'open",
    "no-such-program",
    "./noexec.sh",
    "bin",
    "f() { say $1; }; f x",
)


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
@pytest.mark.parametrize("command", [*DIRECT, *BY_SHELL, "say &>> log", "say $'a'"])
def test_a_service_does_what_the_shell_does(command: str, shell: str, home: Path) -> None:
    made = made_of(command, home, shell)
    assert traces(made.argv, made.log, home, shell) == traces((shell, "-c", command), "", home, shell)


@pytest.mark.parametrize("command", DIRECT)
def test_one_command_of_certain_words_is_started_without_the_shell(command: str, home: Path) -> None:
    made = made_of(command, home)
    assert made.argv[:2] != ("/bin/sh", "-c")
    assert made.argv[0].startswith("/")
    assert made.log == (f"{home}/log" if ">>" in command else "")


@pytest.mark.parametrize("command", BY_SHELL)
def test_all_else_is_left_to_the_shell(command: str, home: Path) -> None:
    assert made_of(command, home) == ServiceCommand(("/bin/sh", "-c", command))


def test_words_of_bash_before_a_command_are_kept(home: Path) -> None:
    assert made_of("time say x", home, "/bin/bash").argv == ("/bin/bash", "-c", "time say x")


@pytest.mark.parametrize("shell", ["/bin/zsh", "/usr/bin/fish"])
def test_a_shell_that_reads_files_first_or_is_not_known_reads_the_line(shell: str, home: Path) -> None:
    assert made_of("say x", home, shell).argv == (shell, "-c", "say x")


@pytest.mark.parametrize(
    ("command", "background"),
    [
        ("say", False),
        ("say &", True),
        ("cd bin && say > /dev/null 2>&1 &", True),
        ("sh -c 'say & say'", True),
        ("nohup say", True),
        ("setsid -f say", True),
        ("(say & wait)", True),
        ("say 'a & b'", False),
        ("say \\& b && say # & c", False),
        ("say >& log", False),
        ("ssh host 'say &'", True),
    ],
)
def test_what_is_left_in_the_background_is_known(command: str, background: bool, home: Path) -> None:
    assert made_of(command, home).background is background


def test_a_log_that_its_user_could_lead_elsewhere_is_opened_by_the_shell(home: Path) -> None:
    (home / "target").touch()
    (home / "log").symlink_to(home / "target")
    assert made_of("say >> log 2>&1", home, as_root=True).argv[1] == "-c"
    assert made_of("say >> log 2>&1", home).log == f"{home}/log"


@pytest.mark.parametrize("command", ["", "  "])
def test_a_line_without_a_command_is_refused(command: str, home: Path) -> None:
    with pytest.raises(Refused, match="no command"):
        made_of(command, home)


def test_a_command_that_is_no_utf_8_is_refused(home: Path) -> None:
    account = CronAccount(ME.pw_name, ME.pw_uid, ME.pw_gid, str(home), "/bin/sh")
    with pytest.raises(Refused, match="not UTF-8"):
        service_command(b"say \xe9", account, environment(home), opened_by_root=False)
