"""Where fedtui keeps its own things, and what the user set in `config.toml`.

Folders follow the XDG base directory specification. The config file is optional; a mistake in it is
reported by name and line, and the defaults hold.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class ConfigError(Exception):
    """config.toml cannot be used; the message names the file and the mistake."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one user. `state` holds the database, backups and outputs (mode 0700)."""

    state: Path
    bus: str = "dbus-fast"
    theme: str = "fedtui-dark"
    ascii: bool = False
    log_size_warning: int = 50 * 1024 * 1024
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        """The SQLite file of runs and undo steps."""
        return self.state / "history.db"

    @property
    def backups(self) -> Path:
        """Where the text of every table is kept before it is changed."""
        return self.state / "backup"

    @property
    def outputs(self) -> Path:
        """Where the output of runs started by fedtui is kept."""
        return self.state / "runs"


def xdg_folder(variable: str, default: str) -> Path:
    """A base folder: what `variable` says if that is absolute, else `default` below the home folder."""
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / default


def config_file() -> Path:
    """The path of the user's config.toml, whether or not it is there."""
    return xdg_folder("XDG_CONFIG_HOME", ".config") / "fedtui" / "config.toml"


def load(path: Path | None = None) -> Config:
    """Read config.toml over the defaults. Raises ConfigError for a file that cannot be used."""
    path = path or config_file()
    state = xdg_folder("XDG_STATE_HOME", ".local/state") / "fedtui"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config(state=state)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    import tomllib  # most users have no file, and it takes a while to load

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    return Config(state=state, **_settings(path, data))


def _settings(path: Path, data: dict[str, Any]) -> dict[str, Any]:
    kinds: dict[str, type] = {"bus": str, "theme": str, "ascii": bool, "log_size_warning": int, "keys": dict}
    for name, value in data.items():
        kind = kinds.get(name)
        if kind is None:
            raise ConfigError(f"{path}: unknown setting {name!r}; known are {', '.join(kinds)}")
        if type(value) is not kind:
            raise ConfigError(f"{path}: {name} must be a {kind.__name__}")
    if data.get("bus", "dbus-fast") not in ("dbus-fast", "pydbus"):
        raise ConfigError(f"{path}: bus must be 'dbus-fast' or 'pydbus'")
    return data
