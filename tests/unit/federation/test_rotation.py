"""The text of the rotation's configuration, and what is made of logrotate's answers.

The answers in `ANSWERS` are those of logrotate 3.21 (Debian 12), the names of files shortened.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedtui.action_result import Refused
from fedtui.bus.port import Bus, BusError
from fedtui.changes.edits import FileEdit
from fedtui.config import Config
from fedtui.federation.job_account import JobAccount
from fedtui.federation.profile import load_profile
from fedtui.federation.rotation import check as rotation_check
from fedtui.federation.rotation import rotation as module
from fedtui.federation.rotation.rotation import pack_logs, rotated_logs, rotation, rotation_gone
from fedtui.federation.rotation.text import config_text
from fedtui.history.database import History
from fedtui.model import Severity
from fedtui.pack import Pack
from fedtui.ports import Ports
from fedtui.system.program import Ended

NOBODY = JobAccount("nobody", 65534, 65534, "/nonexistent", "/bin/sh", own=True)


def text(logs: list[Path], *, as_root: bool = False) -> str:
    return config_text(logs, NOBODY, as_root=as_root).decode()


def test_the_configuration_as_a_person_reads_it() -> None:
    made = text([Path("/logs/my sync.log"), Path("/logs/dashboard-metrics.log")])
    assert made.partition("\n\n")[2] == (
        '"/logs/my sync.log"\n"/logs/dashboard-metrics.log" {\n'
        "    weekly\n    rotate 4\n    compress\n    delaycompress\n    missingok\n    notifempty\n"
        "    nocopytruncate\n    create 0644 nobody nogroup\n}\n"
    )


def test_a_log_that_nobody_else_may_read_stays_so(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch(0o600)
    (tmp_path / "a.log").chmod(0o600)
    made = text([tmp_path / "a.log", tmp_path / "b.log"])
    assert "create 0600 nobody nogroup" in made.partition('b.log"')[0]
    assert "create 0644 nobody nogroup" in made.partition('b.log"')[2]
    assert made.count("# Managed by fedtui") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another")
def test_root_rotates_as_the_user_who_may_write_to_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir(mode=0o755)
    os.chown(folder, 65534, 65534)
    assert "    su nobody nogroup\n" in text([folder / "a.log"], as_root=True)
    assert "    su nobody nogroup\n" in text([tmp_path / "not there" / "a.log"], as_root=True)
    os.chown(folder, 0, 65534)
    assert "    su " not in text([folder / "a.log"], as_root=True)
    folder.chmod(0o775)
    assert "    su root nogroup\n" in text([folder / "a.log"], as_root=True)


LINK = "log /l/a.log is symbolic link. Rotation of symbolic links is not allowed to avoid security issues"
FOLDER = (
    'skipping "/l/a.log" because parent directory has insecure permissions (It\'s world writable or writable '
    'by group which is not "root") Set "su" directive in config file to tell logrotate which user/group '
    "should be used for rotation"
)
DUPLICATE = "fedtui-federation:4 duplicate log entry for /l/a.log"
ANSWERS = {
    "duplicate": (
        f"error: {DUPLICATE}\n",
        (DUPLICATE, "/l/a.log is not among the logs that logrotate takes"),
    ),
    "not ours": ("error: other:3 unknown option 'frob' -- ignoring line\nconsidering log /l/a.log\n", ()),
    "not there yet": ("considering log /l/a.log\n  log /l/a.log does not exist -- skipping\n", ()),
    "link": (f"considering log /l/a.log\n  {LINK} -- skipping.\n", (LINK,)),
    "folder": (f"considering log /l/a.log\nerror: {FOLDER}.\n", (FOLDER,)),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_messages_decide_whatever_the_exit_status(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, wanted = ANSWERS[name]
    answer = Ended(0, b"", f"{said}considering log /l/b.log\n".encode())
    main = tmp_path / "logrotate.conf"
    main.write_text("weekly\ninclude /etc/logrotate.d\n")
    monkeypatch.setattr(rotation_check, "run_program", lambda *_, **__: answer)
    monkeypatch.setattr(rotation_check, "LOGROTATE_CONF", main)
    monkeypatch.setattr(rotation_check, "configurations", lambda: (main,))
    logs = [Path("/l/a.log"), Path("/l/b.log")]
    found = rotation_check.complaints_system("/usr/sbin/logrotate", "fedtui-federation", b"", logs)
    assert found == wanted


def test_a_machine_that_does_not_read_the_folder_rotates_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = tmp_path / "logrotate.conf"
    main.write_text("weekly\n")
    monkeypatch.setattr(rotation_check, "LOGROTATE_CONF", main)
    monkeypatch.setattr(rotation_check, "configurations", lambda: (main,))
    (found,) = rotation_check.complaints_system("/usr/sbin/logrotate", "fedtui-federation", b"", [])
    assert found == f"{main} does not include /etc/logrotate.d, so nothing there is read"


@pytest.fixture
def ports(tmp_path: Path) -> Ports:
    config = Config(state=tmp_path / "state")

    async def no_bus(_user: bool) -> Bus:
        raise BusError(BusError.DISCONNECTED, "no such file")

    return Ports(config, "nobody", {}, no_bus, History(config.database), lambda: datetime.now(UTC))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder; not root, and a logrotate that has nothing to say against the file."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    monkeypatch.setattr(rotation_check, "program", lambda: "/usr/sbin/logrotate")
    monkeypatch.setattr(rotation_check, "complaints_own", lambda *_: ())
    return tmp_path


def pack(home: Path, backend: str = "cron") -> Pack:
    return Pack("/root", "conservative", backend, str(home / "logs"), "2026-11-24")


async def test_a_users_logs_are_rotated_by_a_job_of_theirs(home: Path, ports: Ports) -> None:
    made = await rotation(pack(home), [home / "logs" / "sync.log"], NOBODY, ports)
    (job,) = made.jobs
    config = home / "config/fedtui/logrotate.conf"
    state = ports.config.state / "logrotate.status"
    assert job.argv == ("/usr/sbin/logrotate", "--state", str(state), str(config))
    assert job.log == str(home / "logs" / "federated-rotate.log")
    (edit,) = made.edits
    assert isinstance(edit, FileEdit)
    assert (edit.path, made.by, made.issues) == (str(config), str(config), ())
    assert b"federated-rotate.log" in (edit.after or b"")
    config.parent.mkdir(parents=True)
    config.write_bytes(edit.after or b"")
    again = await rotation(pack(home), [home / "logs" / "sync.log"], NOBODY, ports)
    assert (again.edits, again.jobs) == ((), (job,))
    gone = await rotation_gone(ports)
    assert [one.path for one in gone.edits if isinstance(one, FileEdit)] == [str(config)]


async def test_a_configuration_of_the_users_own_is_not_written_over(home: Path, ports: Ports) -> None:
    config = home / "config/fedtui/logrotate.conf"
    config.parent.mkdir(parents=True)
    config.write_text("/l/mine.log {\n}\n")
    with pytest.raises(Refused, match="not fedtui's"):
        await rotation(pack(home), [home / "logs" / "sync.log"], NOBODY, ports)
    assert (await rotation_gone(ports)).edits == ()


async def test_a_log_that_the_guides_configuration_rotates_is_left_to_it(
    home: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = home / "federated-learning"
    guide.write_text(f"{home}/logs/federated-*.log {{\n  weekly\n}}\n")
    monkeypatch.setattr(module, "configurations", lambda: (guide,))
    logs = [home / "logs" / name for name in ("federated-sync.log", "dashboard-metrics.log")]
    made = await rotation(pack(home, "user"), logs, NOBODY, ports)
    (note,) = made.issues
    assert (note.severity, note.key) == (Severity.NOTE, "rotate")
    assert note.text.startswith(f"{guide} rotates federated-sync.log already")
    assert isinstance(made.edits[0], FileEdit)
    assert b"dashboard-metrics.log" in (made.edits[0].after or b"")
    assert b"federated-sync.log" not in (made.edits[0].after or b"")
    only = await rotation(pack(home), logs[:1], NOBODY, ports)
    assert (only.edits, only.jobs, only.by) == ((), (), str(guide))


async def test_what_keeps_logs_from_being_rotated_is_an_error(
    home: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await rotation(pack(home), [home / "{logs}" / "sync.log"], NOBODY, ports)
    assert made.jobs == ()
    assert "takes no braces" in made.issues[0].text
    monkeypatch.setattr(rotation_check, "complaints_own", lambda *_: ("log a is symbolic link",))
    made = await rotation(pack(home), [home / "sync.log"], NOBODY, ports)
    assert (made.edits, made.jobs, made.by) == ((), (), "")
    assert made.issues[0].severity is Severity.ERROR
    monkeypatch.setattr(rotation_check, "program", lambda: None)
    made = await rotation(pack(home), [home / "sync.log"], NOBODY, ports)
    assert (made.jobs, made.issues[0].advice) == ((), "sudo apt install logrotate")


async def test_the_status_says_when_nothing_rotates_any_more(
    home: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "configurations", lambda: ())
    profile, folder = load_profile("conservative"), home / "logs"
    made = await rotation(pack(home), pack_logs(profile, folder, {}), NOBODY, ports)
    assert isinstance(made.edits[0], FileEdit)
    config = Path(made.by)
    config.parent.mkdir(parents=True)
    config.write_bytes(made.edits[0].after or b"")
    assert list(module.faults(pack(home), profile, runs=True)) == []
    (paused,) = module.faults(pack(home), profile, runs=False)
    assert paused.endswith("the job federated-rotate is gone or paused.")
    config.write_bytes(config.read_bytes().replace(b"dashboard-metrics", b"another"))
    (edited,) = module.faults(pack(home), profile, runs=True)
    assert edited.startswith("Nothing rotates dashboard-metrics.log any more")


def test_what_rotation_made_of_a_log(tmp_path: Path) -> None:
    for name in ("a.log", "a.log.1", "a.log.2.gz", "a.log-2026112502.backup", "a.logs", "aa.log.1"):
        (tmp_path / name).touch()
    assert [path.name for path in rotated_logs(tmp_path / "a.log")] == [
        "a.log-2026112502.backup",
        "a.log.1",
        "a.log.2.gz",
    ]
