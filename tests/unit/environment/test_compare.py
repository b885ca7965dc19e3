"""What differs between the two sides, what of it matters to the job, and what would fix it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedtui.environment import Comparison, Relation, SchedulerSide, ShellSide, compare
from fedtui.environment.reasons import suggested_path
from fedtui.environment.values import masked
from fedtui.model import CronFacts, Job, Location, Severity, SourceName
from fedtui.safe_text import MASK
from fedtui.system.path_lookup import ProgramLookup, look_up


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with programs that cron's PATH has not, or has otherwise."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("fedq", "env", "own-tool"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


def both(
    line: str,
    tools: Path,
    home: Path,
    given: dict[str, str] | None = None,
    shell: dict[str, str] | None = None,
) -> Comparison:
    command = line.encode()
    job = Job(
        "crontab:1",
        "job",
        SourceName.CRONTAB,
        "fed",
        "@daily",
        "daily",
        Location("crontab", 4),
        facts=CronFacts("crontab", b"@daily " + command, command),
    )
    ours = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "HOME": str(home), **(given or {})}
    their_diff = {"PATH": f"{tools}:/usr/bin:/bin", "SHELL": "/bin/bash", "HOME": str(home), **(shell or {})}
    sides = ({name.encode(): value.encode() for name, value in side.items()} for side in (ours, their_diff))
    one, other = sides
    side = SchedulerSide("cron", "in cron", one, "by the test", (command,), str(home), ours["SHELL"])
    return compare(job, side, ShellSide("fed", "/bin/bash", other))


def reason_lines(comparison: Comparison) -> list[str]:
    return [f"{reason.severity.value}: {reason.lead} {reason.sentence}" for reason in comparison.reasons]


def test_a_program_that_cron_does_not_find(tools: Path, tmp_path: Path) -> None:
    found = both("fedq . x | own-tool && sort y", tools, tmp_path)
    assert {one.name: one.relation for one in found.programs} == {
        "fedq": Relation.MISSING,
        "own-tool": Relation.MISSING,
        "sort": Relation.SAME,
    }
    lead = "error: Works in your shell, fails in cron:"
    sentence = f"the line calls fedq, and cron's PATH has no {tools}. Nor does it find own-tool."
    assert reason_lines(found) == [f"{lead} {sentence}"]
    assert found.fixes == {"PATH": f"{tools}:/usr/bin:/bin"}


def test_what_a_script_calls_is_told_with_its_line(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text("#!/bin/bash\necho\nn=$(fedq . a)\n")
    found = both("cd ~ && bash x.sh >> log 2>&1", tools, tmp_path)
    assert found.scripts == (f"{tmp_path}/x.sh",)
    assert reason_lines(found)[0].startswith(
        "error: Works in your shell, fails in cron: line 3 of x.sh calls fedq, and cron's PATH has no "
    )


def test_the_interpreter_of_a_script_is_looked_up_too(tools: Path, tmp_path: Path) -> None:
    script = tmp_path / "x.py"
    script.write_text("#!/usr/bin/env own-tool\nprint()\n")
    found = both("~/x.py", tools, tmp_path)
    assert [(one.name, one.where, one.relation) for one in found.programs] == [
        ("own-tool", "line 1 of x.py", Relation.MISSING)
    ]


@pytest.mark.parametrize(
    "line",
    [
        ". ~/.profile; fedq .",
        "bash -lc 'fedq .'",
        "PATH={tools}:$PATH; fedq .",
        "command -v fedq && fedq .",
        "{tools}/fedq .",
    ],
)
def test_a_job_that_sees_to_it_itself_is_not_accused(tools: Path, tmp_path: Path, line: str) -> None:
    found = both(line.format(tools=tools), tools, tmp_path)
    assert (reason_lines(found), found.fixes) == ([], {})


def test_another_program_of_the_same_name(tools: Path, tmp_path: Path) -> None:
    found = both("env sort x", tools, tmp_path)
    assert reason_lines(found) == [
        f"warning: Another program: the line calls env: /usr/bin/env in cron, {tools}/env in your shell."
    ]
    assert found.fixes == {"PATH": f"{tools}:/usr/bin:/bin"}


def test_a_program_that_is_nowhere(tools: Path, tmp_path: Path) -> None:
    found = both("no-such-tool", tools, tmp_path)
    assert reason_lines(found) == ["error: Not found: the line calls no-such-tool, which is on neither PATH."]
    assert found.fixes == {}


def test_a_file_that_may_not_be_executed(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "fedq").write_text("x")
    found = both("fedq", tools, tmp_path, given={"PATH": f"{tmp_path}/bin"})
    assert reason_lines(found)[0].endswith(
        f"the line calls fedq, and {tmp_path}/bin/fedq may not be executed."
    )


def test_a_variable_that_is_read_and_not_set(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text('A=1\ncurl "$HOST_URL" "$A" "${OTHER:-x}"\n')
    shell = {"HOST_URL": "u", "A": "b", "OTHER": "c", "UNREAD": "d"}
    found = both("sh x.sh $DIRECT", tools, tmp_path, shell={**shell, "DIRECT": "e"})
    assert [reason for reason in reason_lines(found) if "Missing" in reason] == [
        "warning: Missing: the line reads DIRECT, which cron does not set.",
        "warning: Missing: line 2 of x.sh reads HOST_URL, which cron does not set.",
    ]
    names = [one.name for one in found.variables]
    assert names[:4] == ["PATH", "SHELL", "DIRECT", "HOST_URL"]
    assert names[-1] == "HOME"


def test_an_agent_matters_where_ssh_is_used(tools: Path, tmp_path: Path) -> None:
    shell = {"SSH_AUTH_SOCK": "/run/x"}
    sentence = "warning: Missing: it uses ssh, and cron does not set SSH_AUTH_SOCK: no agent, no key in it."
    assert sentence in reason_lines(both("git push", tools, tmp_path, shell=shell))
    assert sentence not in reason_lines(both("sort x", tools, tmp_path, shell=shell))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[[ -f x ]] && sort x", "[["),
        ("source ~/e; sort x", "source"),
        ("sort x &> y", "&>"),
        ("sort <<< x", "<<<"),
        ("echo '[[ a ]] source' && sort x", ""),
        ("sort x > y 2>&1", ""),
    ],
)
def test_what_only_bash_understands(tools: Path, tmp_path: Path, line: str, words: str) -> None:
    if Path("/bin/sh").resolve().name != "dash":
        pytest.skip("/bin/sh is not dash here")
    found = both(line, tools, tmp_path)
    expected = (
        f"error: Another shell: the line uses {words}, which /bin/sh (dash) does not know; /bin/bash does."
    )
    assert reason_lines(found) == ([expected] if words else [])
    assert found.fixes == ({"SHELL": "/bin/bash"} if words else {})
    assert both(line, tools, tmp_path, given={"SHELL": "/bin/bash"}).fixes == {}


def test_what_cannot_be_looked_into_is_not_known(tools: Path, tmp_path: Path) -> None:
    def find(name: str, path: str, directory: str, who: object) -> ProgramLookup:
        known = path.startswith(str(tools))
        return (
            look_up(name, path, directory)
            if known
            else ProgramLookup(None, None, "cannot be looked into: /x", False)
        )

    made = both("fedq", tools, tmp_path)
    found = compare(made.job, made.given, made.shell, find)
    assert found.programs[0].relation is Relation.UNKNOWN
    assert (found.reasons, found.fixes) == ((), {})


def test_the_suggested_path_lasts(tools: Path, tmp_path: Path) -> None:
    shell = f"relative::/usr/bin:/no/such/folder:{tmp_path}:/run/user/0/x:/usr/bin:/usr/sbin"
    assert suggested_path("/bin:/opt/only-cron", shell, ()) == "/usr/bin:/usr/sbin:/bin:/opt/only-cron"


def test_a_path_too_long_for_a_crontab_keeps_what_is_needed(tools: Path, tmp_path: Path) -> None:
    many = [f"/usr/{'.' if number % 2 else '../usr'}/{'./' * number}bin" for number in range(1, 30)]
    programs = both("fedq", tools, tmp_path).programs
    path = suggested_path("/usr/bin:/bin", ":".join([*many, str(tools)]), programs)
    assert len(path) <= 993
    assert str(tools) in path.split(":")
    assert path.endswith(":/usr/bin:/bin")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("API_TOKEN", "a b c", f"{MASK} (masked)"),
        ("DB_PASSWORD", "", ""),
        ("DB_URL", "postgres://u:secret@h/d", f"postgres://u:{MASK}@h/d"),
        ("SSH_AUTH_SOCK", "/run/user/1/agent", "/run/user/1/agent"),
        ("PATH", "/usr/bin:/bin", "/usr/bin:/bin"),
    ],
)
def test_secrets_are_masked_whole(name: str, value: str, shown: str) -> None:
    assert masked(name, value) == shown


def test_severities_come_worst_first(tools: Path, tmp_path: Path) -> None:
    found = both("env $X | fedq", tools, tmp_path, shell={"X": "1"})
    assert [reason.severity for reason in found.reasons] == [
        Severity.ERROR,
        Severity.WARNING,
        Severity.WARNING,
    ]
