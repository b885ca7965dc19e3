"""The rules by which output is read, as data: those that are shipped, and what the user adds to them."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from fedtui.config import ConfigError
from fedtui.model import Job
from fedtui.pack import Pack

TomlTable = Mapping[str, Any]
"""A table of rules as TOML gives it."""

_LISTS = ("error", "warning", "ignore")
_LEVELS = ("error", "warning", "calm", "error_signs", "warning_signs", "calm_signs")
_TEXTS = ("reason", "because", "match", "where", "command")
_SKIP_KEYS: Mapping[str, type] = {
    **dict.fromkeys(_TEXTS, str),
    "exit": list,
    "exit_option": str,
    "silent": bool,
    "within": int,
}
# The letters of a zone; not of INFO or FAIL.
_ZONE = r"(?:\s?[+-]\d\d(?::?\d\d)?|Z|\s(?:MSK|UTC|WIB|[A-Z]{2,3}T)(?![A-Za-z]))?"
_DAY = r"(?:[A-Z][a-z]{2} [ \d]\d|[ \d]?\d [A-Z][a-z]{2}(?: \d{4})?)"
_STAMP = (
    rf"\[?(?:\d{{4}}[-/.]\d\d[-/.]\d\d[T _])?\d\d:\d\d(?::\d\d)?(?:[.,]\d{{1,9}})?{_ZONE}\]?"
    # syslog's stamp, with its host or without it, and the one of newer syslogs
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?: \S{1,64})??"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[+-]\d\d:\d\d|Z)"
    r" \S{1,64}(?= [\w.@/-]{1,60}(?:\[\d+\])?: )"
    # date(1)
    rf"|[A-Z][a-z]{{2}},? {_DAY} \d\d:\d\d:\d\d(?: [AP]M)?{_ZONE}(?: \d{{4}})?"
)
# A program, a file with its line, a thread, a logger: what may be between the time and the level.
_ORIGIN = (
    r"[\w.@/+-]{1,60}(?:\[\d+\])?(?::\d+){0,2}:\s+|\[[^\]\n]{0,40}\]\s*|\([^)\n]{0,40}\)\s*|[\w.]{1,40}\s-\s"
)


@dataclass(frozen=True, slots=True)
class SkipRule:
    """When a run counts as skipped; see rules.toml for each part. `exits` are the statuses it speaks of.

    `within` is the most seconds that such a run takes, as far as its duration is known; 0: any.
    """

    reason: str
    because: str = ""
    match: re.Pattern[str] | None = None
    anywhere: bool = False
    command: re.Pattern[str] | None = None
    exits: frozenset[int] = frozenset((0,))
    exit_option: re.Pattern[str] | None = None
    silent: bool = False
    within: int = 0

    def exits_for(self, command: str) -> frozenset[int]:
        """The statuses that the rule speaks of in a run of `command`; none where it is another's rule."""
        if self.command is not None and not self.command.search(command):
            return frozenset()
        option = self.exit_option.search(command) if self.exit_option is not None else None
        return self.exits if option is None else frozenset((int(option[1]),))


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one job. `level` finds a line's level: its groups are named by kind."""

    errors: tuple[re.Pattern[str], ...]
    warnings: tuple[re.Pattern[str], ...]
    ignored: tuple[re.Pattern[str], ...]
    level: re.Pattern[str]
    skips: tuple[SkipRule, ...]


def rules_of(*tables: TomlTable) -> Rules:
    """The shipped rules with those of `tables` before them. Raises ConfigError for what is no rule."""
    tables = (_shipped(), *tables)
    for table in tables:
        _check(table)
    errors, warnings, ignored = (
        tuple(_pattern(name, text) for table in tables for text in table.get(name, ())) for name in _LISTS
    )
    levels = {
        name: [word for table in tables for word in table.get("levels", {}).get(name, ())] for name in _LEVELS
    }
    # The user's own rules are asked first: they know the job better.
    skips = tuple(_skip(skip) for table in reversed(tables) for skip in table.get("skipped", ()))
    return Rules(errors, warnings, ignored, _level(levels), skips)


class RuleBook:
    """The user's rules for all jobs: `common` ones, and those of single jobs by name or id.

    `pack` loads the federation set-up of `user`; `home` is where `~` leads for a timer's job.
    """

    def __init__(
        self,
        common: TomlTable,
        jobs: Mapping[str, TomlTable],
        pack: Callable[[], Pack | None] = lambda: None,
        user: str = "",
        home: str = "",
    ) -> None:
        self._common = common
        self._jobs = jobs
        self._pack = pack
        self._user = user
        self._home = home
        self._made: dict[tuple[str, ...], Rules] = {}

    def tables(self, *names: str) -> tuple[TomlTable, ...]:
        """What holds for a job known by `names` (its name, its id), for `rules_of`: the common ones first."""
        return (self._common, *(self._jobs[name] for name in names if name in self._jobs))

    def of(self, *names: str) -> Rules:
        """The rules of a job known by `names`. Raises ConfigError."""
        own = tuple(name for name in names if name in self._jobs)
        if own not in self._made:
            self._made[own] = rules_of(*self.tables(*own))
        return self._made[own]

    def product_of(self, job: Job) -> str:
        """The absolute path of the file that the job should renew; empty for none. Raises ConfigError.

        `product` in config.toml wins over what the federation set-up says of its own jobs.
        """
        names = (*job.aliases, job.name, job.id)
        self.of(*names)  # what is no rule is refused
        declared = (table.get("product") for table in reversed(self.tables(*names)))
        path: str = next(filter(None, declared), "") or self._product_of_pack(job)
        home = job.facts.home or self._home
        return path and os.path.join(home, path.replace("~", home, 1) if path.startswith("~/") else path)  # noqa: PTH118

    def _product_of_pack(self, job: Job) -> str:
        if job.managed:
            with suppress(ConfigError):  # FT710 reports a set-up that cannot be read
                pack = self._pack()
                if pack is not None and job.user in (pack.run_as or self._user, ""):
                    return pack.products.get(job.managed, "")
        return ""

    def check(self) -> None:
        """Raise ConfigError where a rule is none."""
        for name in ("", *self._jobs):
            self.of(name)


@lru_cache(maxsize=1)
def _shipped() -> TomlTable:
    text = resources.files("fedtui.results").joinpath("rules.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _check(table: TomlTable) -> None:
    for name, value in table.items():
        if name in _LISTS:
            fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        elif name == "levels":
            fits = isinstance(value, dict) and all(
                key in _LEVELS and isinstance(words, list) and all(isinstance(word, str) for word in words)
                for key, words in value.items()
            )
        elif name == "skipped":
            fits = isinstance(value, list) and all(isinstance(item, dict) for item in value)
        else:
            fits = name == "product" and isinstance(value, str)
        if not fits:
            known = ", ".join((*_LISTS, "levels", "skipped", "product"))
            raise ConfigError(f"the rule {name!r} is none, or has the wrong form; there are {known}")


def _pattern(name: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ConfigError(f"the rule {name} = {text!r} is no regular expression: {error}") from error


def _skip(table: TomlTable) -> SkipRule:
    for name, value in table.items():
        kind = _SKIP_KEYS.get(name)
        if kind is None or type(value) is not kind:
            known = ", ".join(_SKIP_KEYS)
            raise ConfigError(
                f"skipped: {name!r} is no part of a rule, or has the wrong form; there are {known}"
            )
    exits = table.get("exit", [0])
    if not all(type(status) is int and 0 <= status <= 255 for status in exits):
        raise ConfigError("skipped: exit is a list of statuses from 0 to 255")
    if table.get("where", "last") not in ("last", "any"):
        raise ConfigError("skipped: where is 'last' or 'any'")
    if not table.get("reason"):
        raise ConfigError("skipped: a rule needs a reason, such as 'locked' or 'no work'")

    def pattern(name: str) -> re.Pattern[str] | None:
        return _pattern(f"skipped: {name}", table[name]) if table.get(name) else None

    option = pattern("exit_option")
    if option is not None and option.groups < 1:
        raise ConfigError("skipped: exit_option needs a group that is the status")
    return SkipRule(
        reason=table["reason"],
        because=table.get("because", ""),
        match=pattern("match"),
        anywhere=table.get("where") == "any",
        command=pattern("command"),
        exits=frozenset(exits),
        exit_option=option,
        silent=table.get("silent", False),
        within=table.get("within", 0),
    )


def _level(levels: Mapping[str, list[str]]) -> re.Pattern[str]:
    """One pattern that finds the level of a line; the group that matched tells of which kind it is."""
    parts = []
    for kind in ("calm", "error", "warning"):
        words = "|".join(map(re.escape, sorted(levels[kind], key=len, reverse=True)))
        signs = "|".join(map(re.escape, levels[f"{kind}_signs"]))
        named = rf"[\[<(]\s*(?i:{words})\s*[\])>]|(?:{words})(?=[\s:!-]|$)|(?i:{words})(?=:)"
        field = rf"(?i:[\"']?(?:level|lvl|severity)[\"']?\s*[=:]\s*[\"']?(?:{words})\b)"
        parts.append(
            rf"(?P<{kind}>{named}|{field}" + (rf"|(?:{signs})\ufe0f?(?=\s|$)" if signs else "") + ")"
        )
    # A structured line may name its level anywhere: `time=... level=warning msg=...`, {"level": "warn"}.
    anywhere = r"(?:.{0,300}?[\s{,](?=[\"']?(?:level|lvl|severity)[\"']?\s*[=:]))?"
    return re.compile(
        rf"\s*(?:-e\s+)?(?:(?:{_STAMP})[\s,:|-]*)?(?:(?:{_ORIGIN}){{0,3}}?|{anywhere})(?:{'|'.join(parts)})"
    )
