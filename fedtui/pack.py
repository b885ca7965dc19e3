"""What was set up of the federation pack: the one file that says so, `federation.toml` beside config.toml.

Written by the set-up and readable for people; the doctor, the alert check and `setup --status` read it. Its
mode is 0600, since the URLs of alert channels hold credentials.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import tomli_w

from fedtui.config import ConfigError, repair
from fedtui.model import SourceName
from fedtui.system.paths import config_file
from fedtui.system.regular_file import read_regular

BACKENDS = {"cron": "cron", "user": "user timers", "system": "system timers"}
"""What the pack's jobs can be put on, and what each is called."""

SOURCES = {"cron": SourceName.CRONTAB, "user": SourceName.USER_TIMER, "system": SourceName.SYSTEM_TIMER}
"""Where the jobs of each backend are rows of."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How things stood before the set-up, so that `setup --remove` leaves them so.

    `no_crontab` are the users who had none ("" is the user who set up). `made_folders` and `made_files` did
    not exist before; `renamed_remote` is the remote's URL before, empty where it was left alone.
    `made_lingering`: it was the set-up that turned lingering on.
    """

    no_crontab: tuple[str, ...] = ()
    made_folders: tuple[str, ...] = ()
    made_files: tuple[str, ...] = ()
    renamed_remote: str = ""
    made_lingering: bool = False


@dataclass(frozen=True, slots=True)
class Pack:
    """A federation that was set up.

    Paths are absolute. `profile` is a ready-made one's name or the path of a TOML file; `backend` "cron",
    "user" or "system"; `scripts` maps job keys ("sync") to their scripts, those that are scheduled, `adopted`
    those that were there before to their logs (empty for none), and `products` to the files that they should
    renew; `insisted` are the keys of those that are scheduled though they failed their test run, or run
    twice. `record`: the lines of one's own crontab are recorded; `alerts` are apprise URLs, `mail_to` an
    address for sendmail, `heartbeat` a URL that is fetched after each check. `since` is the day of the
    set-up, ISO 8601.
    """

    root: str
    profile: str
    backend: str
    log_dir: str
    since: str
    run_as: str = ""
    scripts: dict[str, str] = field(default_factory=dict)
    products: dict[str, str] = field(default_factory=dict)
    git: bool = False
    remote: str = "origin"
    branch: str = "automation/federated-sync"
    rotate: bool = False
    alerts: tuple[str, ...] = ()
    mail_to: str = ""
    heartbeat: str = ""
    record: bool = True
    insisted: tuple[str, ...] = ()
    adopted: dict[str, str] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)


def pack_file() -> Path:
    """Where the pack is written down, whether or not it is there."""
    return config_file().with_name("federation.toml")


def load_pack(path: Path | None = None) -> Pack | None:
    """The pack that was set up, None where there is none. Raises ConfigError for an unusable file."""
    path = path or pack_file()
    try:
        return read_pack(read_regular(path))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError, KeyError) as error:
        fix = repair(path.parent) or repair(path) if isinstance(error, OSError) else ""
        raise ConfigError(f"{path}: {error}. {fix}".removesuffix(". ")) from error


def read_pack(text: bytes) -> Pack:
    """Inverse of `to_payload`."""
    data: dict[str, Any] = tomllib.loads(text.decode("utf-8"))
    origin = data.pop("origin", {})
    origin.pop("lingering", None)  # older versions wrote it, and read it nowhere
    made: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in origin.items()
    }
    data |= {name: tuple(data.get(name, ())) for name in ("alerts", "insisted")}
    data.setdefault("record", False)  # older versions recorded nothing
    return Pack(**data, origin=Origin(**made))


def written(pack: Pack) -> bytes:
    """The text of federation.toml."""
    data: dict[str, Any] = {one.name: getattr(pack, one.name) for one in fields(pack) if one.name != "origin"}
    data["origin"] = {one.name: getattr(pack.origin, one.name) for one in fields(pack.origin)}
    head = b"# The federation pack, as `fedtui setup` left it; `fedtui setup --status` tells how it stands.\n"
    return head + tomli_w.dumps(data).encode("utf-8")
