"""The two environments of a job and what differs, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fedtui.model import Job, Severity
from fedtui.safe_text import MASK, mask_secrets
from fedtui.system.path_lookup import ProgramLookup

RawEnvironment = Mapping[bytes, bytes]

_NO_SECRETS = frozenset({"SSH_AUTH_SOCK"})
"""The path of a socket: masked by its name, it would hide what is worth seeing and protect nothing."""


class Relation(StrEnum):
    """What the scheduler's side is to the shell's; the value is what JSON prints."""

    DIFFERS = "differs"
    MISSING = "missing"
    EXTRA = "extra"
    SAME = "same"
    NOWHERE = "nowhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SchedulerSide:
    """What a scheduler gives a job. `scheduler` is "cron" or "systemd", `how` where the facts come from.

    `where` is a run under it, as in "fails in cron".

    `commands` are the job's command lines, as a shell would get them; `directory` where they start, `shell`
    the program that reads them ("" for a unit: systemd starts it without one). `reader` is the uid and the
    groups of the user it runs as, None where that is ourselves. `unit` is the service of a timer.
    """

    scheduler: str
    where: str
    environment: RawEnvironment
    how: str
    commands: tuple[bytes, ...]
    directory: str
    shell: str = ""
    reader: tuple[int, tuple[int, ...]] | None = None
    unit: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShellSide:
    """What the login shell of `user` has. `notes` say what is not as it should be (a profile that hangs)."""

    user: str
    program: str
    environment: RawEnvironment
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable on both sides; None where it is not set. `read_at` tells where the job reads it, or "".

    `matters`: it is read by the job, or needed by a program that the job calls.
    """

    name: str
    given: bytes | None
    shell: bytes | None
    read_at: str = ""
    matters: bool = False

    @property
    def relation(self) -> Relation:
        """The scheduler's value against the shell's."""
        if self.given == self.shell:
            return Relation.SAME
        if self.given is None:
            return Relation.MISSING
        return Relation.EXTRA if self.shell is None else Relation.DIFFERS


@dataclass(frozen=True, slots=True)
class Program:
    """A program that the job looks up in PATH: where (`line 41 of sync.sh`), and where it leads on each side.

    `tested`: the script asks whether it is there, and may do without. `on_line`: the job's own line calls it.
    """

    name: str
    where: str
    given: ProgramLookup
    shell: ProgramLookup
    tested: bool = False
    on_line: bool = False

    @property
    def relation(self) -> Relation:
        """Where it leads, compared: two paths to one file are the same."""
        if not (self.given.known and self.shell.known):
            return Relation.UNKNOWN
        if self.given.path is None:
            return Relation.NOWHERE if self.shell.path is None else Relation.MISSING
        if self.shell.path is None:
            return Relation.EXTRA
        return Relation.SAME if self.given.real == self.shell.real else Relation.DIFFERS


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that matters, in words; `names` are the parts of it to set in bold."""

    severity: Severity
    lead: str
    sentence: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides of one job. `fixes` maps variables to the values that would fix it, PATH first.

    `scripts` are the files that were read for the programs they call.
    """

    job: Job
    given: SchedulerSide
    shell: ShellSide
    variables: tuple[Variable, ...]
    programs: tuple[Program, ...]
    reasons: tuple[Reason, ...]
    fixes: Mapping[str, str]
    path: str
    scripts: tuple[str, ...] = ()

    def count(self, relation: Relation) -> int:
        """How many variables are so."""
        return sum(1 for variable in self.variables if variable.relation is relation)

    def value_for(self, name: str) -> str | None:
        """The value that would make the scheduler's side as the shell's; None where nothing is to be set."""
        if name == "PATH":
            return self.path
        variable = next((one for one in self.variables if one.name == name), None)
        if variable is None or variable.shell is None or name in ("LOGNAME", "USER"):
            return None
        value = variable.shell.decode("utf-8", "surrogateescape")
        return None if variable.relation is Relation.SAME else value


def masked(name: str, value: str) -> str:
    """The value as it may be shown: all of it hidden where the name speaks of a secret."""
    if name in _NO_SECRETS:
        return value
    if mask_secrets(f"{name}=x") != f"{name}=x":
        return f"{MASK} (masked)" if value else value
    return mask_secrets(f"{name}={value}").removeprefix(f"{name}=")
