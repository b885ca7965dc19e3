"""Where fedtui keeps its own things, and what the user set in `config.toml`.

Folders follow the XDG base directory specification. The config file is optional; a mistake in it is
reported by name and line, and the defaults hold.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import Any

from fedtui.system.paths import config_file, other_owner, user_name, xdg_folder
from fedtui.system.regular_file import read_regular

FRESHNESS = "freshness"
"""The folder of the state folder in which is noted what was read of the jobs' products."""


class ConfigError(Exception):
    """config.toml cannot be used; the message names the file and the mistake."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one user. `state` holds the database, backups and outputs (mode 0700).

    `rules` are the user's own rules for reading output, `jobs` those for single jobs, by name or id; both as
    TOML gives them (`fedtui.results` reads them). `alert` says who is notified of trouble: `urls`, `mail_to`,
    `heartbeat`, and in `stale`, by a job's name or id, from which age on it is stale, in seconds. `faults`
    say which of our folders cannot be used, and how to fix that, `notes` what else is to be known of them;
    `unread`: config.toml is there, and could not be read.
    """

    state: Path
    bus: str = "dbus-fast"
    theme: str = "fedtui-dark"
    ascii: bool = False
    log_size_warning: int = 50 * 1024 * 1024
    keys: dict[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    rules: dict[str, Any] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    alert: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    unread: bool = False

    @property
    def database(self) -> Path:
        """The SQLite file of runs and undo steps."""
        return self.state / "history.db"

    @property
    def theme_file(self) -> Path:
        """The name of the theme that was chosen last, where config.toml names none."""
        return self.state / "theme"

    @property
    def backups(self) -> Path:
        """Where the text of every table is kept before it is changed."""
        return self.state / "backup"

    @property
    def freshness(self) -> Path:
        """Where is noted what was read of the jobs' products."""
        return self.state / FRESHNESS

    @property
    def age_limits(self) -> Mapping[str, float]:
        """How old what jobs bring may be, in seconds by a job's id or name: [alert.stale]."""
        limits: Mapping[str, float] = self.alert.get("stale", {})
        return limits

    @property
    def watches(self) -> Path:
        """Where watches over jobs are kept."""
        return self.state / "watches"

    @property
    def recorder(self) -> Path:
        """The folder of the recorder of cron lines: the program `record`, and what it wrote in `runs/`."""
        return self.state / "recorder"

    @property
    def outputs(self) -> Path:
        """Where the output of runs started by fedtui is kept."""
        return self.state / "runs"


def load(path: Path | None = None) -> Config:
    """Read config.toml over the defaults. Raises ConfigError for a file that cannot be used."""
    path = path or config_file()
    state = xdg_folder("XDG_STATE_HOME", ".local/state") / "fedtui"
    usual = Config(state, notes=tuple(_notes(state)), faults=tuple(_faults(state)))
    try:
        text = read_regular(path).decode()
    except FileNotFoundError:
        return _with_last_theme(usual)
    except OSError as error:
        fix = repair(path.parent) or repair(path)
        said = f"{path} cannot be read ({error.strerror}), so the defaults hold. {fix}".rstrip()
        return _with_last_theme(replace(usual, faults=(*usual.faults, said), unread=True))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    import tomllib  # most users have no file, and it takes a while to load

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    config = replace(usual, **_settings(path, data))
    return config if "theme" in data else _with_last_theme(config)


def _notes(state: Path) -> Iterator[str]:
    """That the state folder is not the one that HOME names."""
    owner = other_owner(Path.home()) if os.geteuid() == 0 else ""
    if owner:
        yield f"HOME is the home of {owner}: as root, fedtui keeps its files in {state}."


def _faults(state: Path) -> Iterator[str]:
    """That the state folder, or what lies in it, cannot be used."""
    names: list[str] = []
    with suppress(OSError):
        names = os.listdir(state)  # noqa: PTH208
    for path in (state / "history.db", state, *(state / name for name in names)):
        fix = repair(path, state)
        if fix:
            yield f"fedtui works without history: {fix}"
            return


def repair(path: Path, whole: Path | None = None) -> str:
    """Why we cannot use a file or folder of ours, there or not, and how to fix that; empty where we can.

    `whole` is the folder that is to be ours with all in it, where that is more than `path`.
    """
    path = Path(os.path.realpath(path))
    for place in (path, *path.parents):
        with suppress(OSError):
            facts = place.stat()
            break
    else:
        return ""
    is_folder = stat.S_ISDIR(facts.st_mode)
    if place != path and not is_folder:
        return f"{place} is no folder. Move it away: mv {quote(str(place))} {quote(str(place))}.old"
    wanted = os.W_OK | (os.R_OK if place == path else 0) | (os.X_OK if is_folder else 0)
    if os.access(place, wanted):
        return ""
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        return f"{place} is on a read-only file system."
    home = Path(os.path.realpath(Path.home()))
    # A home that is another's, such as / of a service's account, is nothing to take over.
    if not place.is_relative_to(home) or (place == home and facts.st_uid != os.geteuid()):
        return f"{place} is not yours to write in. Name a folder that is: XDG_STATE_HOME=DIR"
    if facts.st_uid != os.geteuid():
        target = whole if whole is not None and place == path else place
        command = f"sudo chown -R {user_name(os.geteuid())} {quote(str(target))}"
        return f"{place} belongs to {user_name(facts.st_uid)}. Fix: {command}"
    command = f"chmod u+rw{'x' * is_folder} {quote(str(place))}"
    return f"{place} has mode {facts.st_mode & 0o7777:04o}. Fix: {command}"


def _with_last_theme(config: Config) -> Config:
    """With the theme that was chosen last; one that cannot be read was not chosen."""
    try:
        name = read_regular(config.theme_file).decode().strip()
    except (OSError, UnicodeDecodeError):
        return config
    return replace(config, theme=name) if re.fullmatch(r"[\w-]{1,64}", name) else config


def remember_theme(config: Config, name: str) -> None:
    """Keep the name of a theme for the next start. Blocking. Raises OSError."""
    from fedtui.system.atomic_write import write_atomically  # a verb does without

    write_atomically(config.theme_file, f"{name}\n".encode())


def _settings(path: Path, data: dict[str, Any]) -> dict[str, Any]:
    kinds: dict[str, type] = {
        "bus": str,
        "theme": str,
        "ascii": bool,
        "log_size_warning": int,
        "keys": dict,
        "ignore": list,
        "rules": dict,
        "job": dict,
        "alert": dict,
    }
    for name, value in data.items():
        kind = kinds.get(name)
        if kind is None:
            raise ConfigError(f"{path}: unknown setting {name!r}; known are {', '.join(kinds)}")
        if type(value) is not kind:
            raise ConfigError(f"{path}: {name} must be a {kind.__name__}")
    if data.get("bus", "dbus-fast") not in ("dbus-fast", "pydbus"):
        raise ConfigError(f"{path}: bus must be 'dbus-fast' or 'pydbus'")
    jobs = data.pop("job", {})
    if not all(isinstance(table, dict) for table in jobs.values()):
        raise ConfigError(f'{path}: settings of one job belong under [job."NAME"]')
    if data.get("log_size_warning", 1) < 1:
        raise ConfigError(f"{path}: log_size_warning must be a number of bytes above 0")
    if "keys" in data:
        data["keys"] = {name: _keys(path, name, keys) for name, keys in data["keys"].items()}
    if "alert" in data:
        data["alert"] = _alert(path, data["alert"])
    for code in data.get("ignore", ()):
        if not isinstance(code, str) or re.fullmatch(r"FT\d{3}( \S.*)?", code) is None:
            raise ConfigError(f'{path}: ignore lists codes such as "FT402" or "FT402 JOB", not {code!r}')
    return {**data, "jobs": jobs, "ignore": tuple(data.get("ignore", ()))}


def _alert(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    """The table [alert], its spans in seconds."""
    kinds: dict[str, type] = {"urls": list, "mail_to": str, "heartbeat": str, "stale": dict}
    for name, value in table.items():
        if name not in kinds or type(value) is not kinds[name]:
            raise ConfigError(f"{path}: [alert] has urls (a list), mail_to, heartbeat, and stale (a table)")
    if not all(isinstance(url, str) for url in table.get("urls", ())):
        raise ConfigError(f"{path}: urls in [alert] is a list of texts")
    return {**table, "stale": {job: _span(path, job, text) for job, text in table.get("stale", {}).items()}}


_SPANS = {"min": 60, "h": 3600, "d": 86400}


def _span(path: Path, job: str, text: object) -> int:
    """A span such as "90 min", "2 h" or "3d" in seconds."""
    found = re.fullmatch(r"(\d{1,5}) ?(min|h|d)", text) if isinstance(text, str) else None
    if found is None or int(found[1]) == 0:
        raise ConfigError(f'{path}: stale of {job} must be a span such as "90 min", "2 h" or "3 d"')
    return int(found[1]) * _SPANS[found[2]]


def _keys(path: Path, name: str, keys: object) -> str:
    """The keys of one action, without blanks around them."""
    found = [key.strip() for key in keys.split(",")] if isinstance(keys, str) else []
    if not found or not all(found):
        raise ConfigError(f'{path}: the keys of {name} must be a text such as "r" or "r,f5"')
    return ",".join(found)
