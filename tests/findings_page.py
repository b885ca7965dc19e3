"""docs/findings.md, written from the rules: `python -m tests.findings_page`, or `make findings`."""

from __future__ import annotations

import textwrap
from pathlib import Path

from fedtui.health import RULES
from fedtui.health.checks import GROUPS, FindingGroupKey, Rule

PAGE = Path(__file__).parent.parent / "docs" / "findings.md"

_HEAD = """\
# Findings

What the doctor (`d` in the dashboard, `fedtui check` on the command line) looks for, code by code. A code
keeps its meaning. Errors keep a job from doing its work; warnings will, or may; notes say what is less than
it could be, and reach neither the health pane nor an exit status.

To silence a finding that you know of: `i` in the doctor, or by hand

- a line `# fedtui: ignore FT402` directly above the job's line in a cron table, or anywhere in a timer's unit
  file;
- `ignore = ["FT402"]` in `config.toml` for every job, `ignore = ["FT402 JOB"]` for the job of that id.

What could not be looked at is listed as not checked. It is never counted as passed.

This page is written by `make findings` from `fedtui/health/`.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(part for group in GROUPS for part in _group(group))])


def _group(group: FindingGroupKey) -> list[str]:
    rules = [rule for rule in RULES.values() if rule.group is group]
    heading = group.value[0].upper() + group.value[1:]
    number = GROUPS.index(group)
    return [f"## FT{number}xx: {heading}\n", *map(_rule, rules)] if rules else []


def _rule(rule: Rule) -> str:
    paragraph = _wrapped(f"*{rule.severity.value}*. {rule.why}")
    return f"### {rule.code} {rule.title}\n\n{paragraph}\n\n{_wrapped(f'**Fix.** {rule.fix}')}\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 110, break_on_hyphens=False, break_long_words=False)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
