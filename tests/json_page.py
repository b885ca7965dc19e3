"""docs/json.md, written from `fedtui/cli/json_types.pyi`: `python -m tests.json_page`, or `make json`."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from fedtui.cli.exit_status import MEANINGS

CHECKOUT = Path(__file__).parent.parent
PAGE = CHECKOUT / "docs" / "json.md"
TYPES = CHECKOUT / "fedtui" / "cli" / "json_types.pyi"

_HEAD = """\
# JSON

What `--json` prints: one object on standard output, indented, in ASCII. It holds `"schema": 1` and the
answer:

```json
{{"schema": 1, "jobs": [{{"id": "crontab:1a2b3c4d", "name": "backup", ...}}]}}
```

Fields may be added within a schema; none is removed or renamed, and none changes its type. So ignore fields
that you do not know. Times are RFC 3339 with the offset of the machine's zone. Secrets are masked;
`--show-secrets` shows them in `list`, `show`, `logs`, `history`, `env`, `check` and `setup --status`. With
`--json` no verb asks: without `--yes` a change is refused.

The verbs that only read end within seconds, whatever hangs. What did not answer by then is in `incomplete`
(a list of [IncompleteRecord](#incompleterecord), empty where nothing is missing), and on standard error.
`list`, `next`, `show`, `history`, `logs`, `check`, `env`, `setup --status`, `undo --list`, and `restore` and
`drill` without a name have that field.

`--json=0` prints the shape from before schema 1, for one release. Write it with `=`: in
`fedtui show --json JOB` the word after `--json` is the job.

This page is written by `make json` from `fedtui/cli/json_types.pyi` and `fedtui/cli/exit_status.py`.

## Exit statuses

The same for all verbs:

| status | means |
| --- | --- |
{statuses}

Partly done: a set-up that left out jobs or additions that were asked for; `list --source` where one of the
sources could not be read; a change that failed and could not be rolled back as a whole. Outcome unknown: a
change was asked for and no answer came, so that it may be made, now or later; the message says how to check,
and its undo step is kept. `fedtui watch` and `fedtui run --wait` end with 1 when a run failed, with 3 when
how one ended is not known. Apart: `check` has the statuses of a Nagios plug-in
([monitoring.md](monitoring.md)), `check --alert` those in [alerting.md](alerting.md), and `git-sync` those in
[git-sync.md](git-sync.md). An interrupt ends with 130.

## Answers
"""

ENVELOPES = ("Envelope", "ReadingEnvelope")

_NAMES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


@dataclass(frozen=True)
class Field:
    """A field of a record, as the module has it."""

    name: str
    type: ast.expr
    text: str

    @property
    def nullable(self) -> bool:
        return "None" in ast.unparse(self.type)

    @property
    def meaning(self) -> str:
        return self.text.partition("Null: ")[0].strip()

    @property
    def null_when(self) -> str:
        return self.text.partition("Null: ")[2]


@dataclass(frozen=True)
class Record:
    """A class of the module."""

    name: str
    base: str
    text: str
    fields: tuple[Field, ...]


def records() -> list[Record]:
    """The classes of the module, in their order."""
    tree = ast.parse(TYPES.read_text(encoding="utf-8"))
    return [_record(node) for node in tree.body if isinstance(node, ast.ClassDef)]


def _record(node: ast.ClassDef) -> Record:
    fields = []
    for at, found in enumerate(node.body):
        if isinstance(found, ast.AnnAssign):
            text = _string(node.body[at + 1]) if at + 1 < len(node.body) else ""
            fields.append(Field(ast.unparse(found.target), found.annotation, text))
    return Record(node.name, ast.unparse(node.bases[0]), _string(node.body[0]), tuple(fields))


def _string(node: ast.stmt) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
    return ""


def page() -> str:
    """The whole page."""
    found = [record for record in records() if record.name not in ENVELOPES]
    answers = [record for record in found if record.base in ENVELOPES]
    statuses = "\n".join(f"| {status} | {text} |" for status, text in enumerate(MEANINGS))
    parts = [_HEAD.format(statuses=statuses)]
    for record in answers:
        parts += [f"{record.text}:\n", *_table(record)]
    parts.append("## Records\n")
    for record in found:
        if record not in answers:
            also = f" It has the fields of {_linked(record.base)}, and:" if record.base != "TypedDict" else ""
            parts += [f"### {record.name}\n", f"{record.text}{also}\n", *_table(record)]
    return "\n".join(parts)


def _table(record: Record) -> Iterator[str]:
    yield "| field | type | meaning | null when |"
    yield "| --- | --- | --- | --- |"
    for field in record.fields:
        yield f"| `{field.name}` | {_type(field.type)} | {_shown(field.meaning)} | {field.null_when} |"
    yield ""


def _type(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return _NAMES.get(name) or _linked(name)
        case ast.Constant(value=None):
            return "null"
        case ast.BinOp(left=left, right=right):
            return f"{_type(left)} or {_type(right)}"
        case ast.Subscript(value=ast.Name(id="NotRequired"), slice=inner):
            return f"{_type(inner)}, optional"
        case ast.Subscript(value=ast.Name(id="list"), slice=inner):
            return f"list of {_type(inner)}"
        case ast.Subscript(value=ast.Name(id="dict")):
            return "object of strings"
    raise ValueError(ast.unparse(node))


def _linked(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _shown(text: str) -> str:
    """The meaning, with the values of each enum that it names."""
    return re.sub(r"\{([\w.]+)\}", lambda match: _values(match[1]), text).replace("|", "\\|")


def _values(path: str) -> str:
    module, _, name = path.rpartition(".")
    members: type[Enum] = getattr(importlib.import_module(module), name)
    values = [f"`{member.value}`" for member in members]
    return f"{', '.join(values[:-1])} or {values[-1]}."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
