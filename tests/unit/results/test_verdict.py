"""Verdicts on what real jobs print; the federation's scripts first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.config import ConfigError
from fedtui.model import Outcome, ProductAge, Result, Run
from fedtui.results import OutputPart, RuleBook, RunOutputText, judge, overlaps, renewal, rules_of
from fedtui.results.reading import LONGEST, kind_of
from fedtui.safe_text import sanitize

RULES = rules_of()
START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)

# bash's `echo -e "${YELLOW}[WARNING]${NC} ..."`, as the federation's scripts write it
SYNC_DID_NOTHING = (
    b"\x1b[0;34m[INFO]\x1b[0m Starting learning data sync...\n"
    b"\n"
    b"\x1b[0;34m[INFO]\x1b[0m Extracting high-value patterns...\n"
    b"\x1b[1;33m[WARNING]\x1b[0m No telemetry found at /home/fed/telemetry/hybrid-events.jsonl\n"
    b"\x1b[0;34m[INFO]\x1b[0m Syncing fine-tuning dataset...\n"
    b"\x1b[1;33m[WARNING]\x1b[0m No fine-tuning dataset found at /home/fed/fine-tuning/dataset.jsonl\n"
    b"\x1b[0;34m[INFO]\x1b[0m Creating telemetry snapshot...\n"
    b"\x1b[1;33m[WARNING]\x1b[0m No telemetry found at /home/fed/telemetry/hybrid-events.jsonl\n"
    b"\x1b[0;32m[SUCCESS]\x1b[0m Updated federation metrics\n"
    b"\n"
    b"\x1b[0;32m[SUCCESS]\x1b[0m \xe2\x9c\x85 Learning data sync complete!\n"
)
EXPORT_SUCCESS = (
    b"\x1b[0;32m[SUCCESS]\x1b[0m Qdrant is accessible\n"
    b"\x1b[0;34m[INFO]\x1b[0m Exporting collection: skills-patterns\n"
    b"\x1b[0;32m[SUCCESS]\x1b[0m Exported skills-patterns: 120 points \xe2\x86\x92 /srv/skills.json\n"
)
EXPORT_DOWN = (
    b"\x1b[0;34m[INFO]\x1b[0m Checking Qdrant availability...\n"
    b"\x1b[0;31m[ERROR]\x1b[0m Qdrant is not accessible at http://localhost:6333\n"
    b"\x1b[0;34m[INFO]\x1b[0m Start Qdrant with: podman-compose up -d qdrant\n"
)
GIT_CLEAN = b"On branch automation/federated-sync\nnothing to commit, working tree clean\n"
GIT_UNTRACKED = (
    b'Untracked files:\n  (use "git add <file>..." to include in what will be committed)\n\tx\n\n'
    b'nothing added to commit but untracked files present (use "git add" to track)\n'
)


def ended(status: int | None, **more: object) -> Result:
    outcome = Outcome.UNKNOWN if status is None else Outcome.OK if status == 0 else Outcome.FAILED
    return replace(Result(outcome, status), **more)  # type: ignore[arg-type]  # a test's shorthand


def verdict(status: int | None, text: bytes, command: str = "") -> Result:
    return judge(ended(status), RunOutputText((OutputPart("output", text),)), RULES, command)


def test_a_sync_that_warned_three_times_and_says_complete_is_not_plain_ok() -> None:
    result = verdict(0, SYNC_DID_NOTHING)
    assert (result.outcome, result.warnings, result.exit_code) == (Outcome.WARNINGS, 3, 0)
    assert result.reasons == (
        "3 warnings: line 4 [WARNING] No telemetry found at /home/fed/telemetry/hybrid-events.jsonl",
        "line 6 [WARNING] No fine-tuning dataset found at /home/fed/fine-tuning/dataset.jsonl",
        "line 8 [WARNING] No telemetry found at /home/fed/telemetry/hybrid-events.jsonl",
    )
    assert result.evidence == ("9 lines read, output",)


def test_success_in_the_text_does_not_outrank_exit_status_1() -> None:
    result = verdict(1, EXPORT_SUCCESS)
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, 1)
    assert result.reasons[0].startswith("its last line: [SUCCESS] Exported skills-patterns")


def test_a_failure_is_explained_by_the_error_it_printed() -> None:
    result = verdict(1, EXPORT_DOWN)
    assert result.outcome is Outcome.FAILED
    assert result.reasons == ("1 error: line 2 [ERROR] Qdrant is not accessible at http://localhost:6333",)


@pytest.mark.parametrize(
    "text",
    [
        b"already running; skipping\n",
        b"collect: already running; skipping\n",
        b"14:00:01 INFO another instance is running (pid 4711), exiting\n",
        b"could not acquire lock /tmp/sync.lock\n",
    ],
)
def test_a_job_that_says_it_was_locked_out_was_skipped(text: bytes) -> None:
    result = verdict(0, text)
    assert (result.outcome, result.reasons[0]) == (Outcome.SKIPPED, "locked")
    assert verdict(3, text).outcome is Outcome.FAILED


@pytest.mark.parametrize("text", [GIT_CLEAN, GIT_UNTRACKED])
@pytest.mark.parametrize("status", [0, 1])
def test_git_with_nothing_to_commit_found_no_work(text: bytes, status: int) -> None:
    result = verdict(status, text)
    assert (result.outcome, result.exit_code) == (Outcome.SKIPPED, status)
    assert result.reasons[:2] == ("no work", "git found nothing to commit")


def test_a_push_that_fails_after_nothing_to_commit_is_a_failure() -> None:
    text = GIT_CLEAN + b"fatal: unable to access 'https://github.com/x/y/': Could not resolve host\n"
    assert verdict(1, text).outcome is Outcome.FAILED
    assert verdict(128, GIT_CLEAN).outcome is Outcome.FAILED


def test_warnings_before_nothing_to_commit_are_warnings() -> None:
    result = verdict(1, SYNC_DID_NOTHING + GIT_CLEAN)
    assert (result.outcome, result.warnings) == (Outcome.WARNINGS, 3)
    assert "no work" in result.reasons


@pytest.mark.parametrize(
    ("command", "status", "text", "outcome"),
    [
        ("flock -n /tmp/l bash sync.sh", 1, b"", Outcome.SKIPPED),
        ("/usr/bin/flock --nonblock /tmp/l bash sync.sh >> x 2>&1", 1, b"\n \n", Outcome.SKIPPED),
        ("flock -xn /tmp/l -c 'bash sync.sh'", 1, b"", Outcome.SKIPPED),
        ("flock -E 75 -n /tmp/l true", 75, b"", Outcome.SKIPPED),
        ("flock -n -E75 /tmp/l true", 1, b"", Outcome.FAILED),
        ("flock -n --conflict-exit-code=9 /tmp/l true", 9, b"", Outcome.SKIPPED),
        ("flock -n /tmp/l bash sync.sh", 1, b"connection refused\n", Outcome.FAILED),
        ("flock -n /tmp/l bash sync.sh", 2, b"", Outcome.FAILED),
        ("flock /tmp/l bash sync.sh -n", 1, b"", Outcome.FAILED),
        ("flock -w 5 /tmp/l bash sync.sh", 1, b"", Outcome.FAILED),
        ("bash flocks.sh -n x", 1, b"", Outcome.FAILED),
        ("flock -n /tmp/l bash sync.sh", 0, b"", Outcome.OK),
    ],
)
def test_the_silence_of_flock(command: str, status: int, text: bytes, outcome: Outcome) -> None:
    result = verdict(status, text, command)
    assert result.outcome is outcome
    if outcome is Outcome.SKIPPED:
        assert result.reasons[0] == "locked"


@pytest.mark.parametrize(("seconds", "outcome"), [(4.0, Outcome.SKIPPED), (1800.0, Outcome.FAILED)])
def test_flock_that_is_shut_out_ends_at_once(seconds: float, outcome: Outcome) -> None:
    silent = RunOutputText((OutputPart("output", b""),))
    assert judge(ended(1, duration=seconds), silent, RULES, "flock -n /l bash x.sh").outcome is outcome


def test_an_output_that_could_not_be_read_is_not_known_to_be_silent() -> None:
    command = "flock -n /tmp/l bash sync.sh"
    result = judge(ended(1), RunOutputText(unread="permission denied"), RULES, command)
    assert result.outcome is Outcome.FAILED
    assert result.evidence == ("output not read: permission denied",)
    cut = RunOutputText((OutputPart("output", b"", b"", 12),))
    assert judge(ended(1), cut, RULES, command).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("[WARNING] jq not found", "warning"),
        ("\\033[1;33m[WARNING]\\033[0m left as written by echo", "warning"),
        ("-e \x1b[1;33m[WARNING]\x1b[0m by a shell whose echo knows no -e", "warning"),
        ("14:00:01 WARN node2: Qdrant does not answer", "warning"),
        ("2026-11-24T14:00:01.123Z WARN  [main] slow", "warning"),
        ("2026-11-24 14:00:01,123 - fed.sync - WARNING - slow", "warning"),
        ("WARNING:root:slow", "warning"),
        ("sync.sh: warning: no nodes", "warning"),
        ("main.c:3:5: warning: unused variable", "warning"),
        ("Nov 24 14:00:01 node1 sync[42]: WARNING: slow", "warning"),
        ('{"time": "14:00", "level": "warn", "msg": "slow"}', "warning"),
        ("time=14:00 level=warning msg=slow", "warning"),
        ("⚠ no nodes", "warning"),
        ("⚠️  no nodes", "warning"),
        ("fatal: not a git repository", "error"),
        ("error: failed to push some refs", "error"),
        ("[ERROR] Qdrant is not accessible", "error"),
        ("/bin/sh: 1: jq: not found", "error"),
        ("sync.sh: line 7: jq: command not found", "error"),
        ("zsh: command not found: jq", "error"),
        ("Traceback (most recent call last):", "error"),
        ("E: Unable to locate package jq", "error"),
        ("❌ export failed", "error"),
        ("Mon Nov 30 10:00:00 UTC 2026 ERROR: no disk", "error"),
        ("Mon Nov 30 10:00:00 UTC 2026: ERROR: no disk", "error"),
        ("Mon Nov 30 10:00:00 +03 2026 ERROR: no disk", "error"),
        ("Mon Nov 30 10:00:00 AM CEST 2026 WARNING no disk", "warning"),
        ("Mon 30 Nov 2026 10:00:00 AM UTC ERROR: no disk", "error"),
        ("Mon, 30 Nov 2026 10:00:00 +0100 ERROR no disk", "error"),
        ("2026-11-30 10:00 ERROR: no disk", "error"),
        ("2026-11-30_10:00:00 ERROR: no disk", "error"),
        ("2026-11-30 10:00:00 UTC ERROR no disk", "error"),
        ("2026-11-30 10:00:00 - ERROR - no disk", "error"),
        ("2026-11-30 10:00:00.123 | ERROR    | sync:main:7 - no disk", "error"),
        ("2026/11/30 10:00:00 [error] 7#7: no disk", "error"),
        ("2026-11-30T10:00:00+00:00 host prog[1]: ERROR no disk", "error"),
        ("Nov 30 10:00:00 ERROR: no disk", "error"),
        ("Nov 30 10:00:00 host ERROR: no disk", "error"),
        ("10:00 ERROR no disk", "error"),
        ("[FAILED] no disk", "error"),
        ("FAILED: no disk", "error"),
        ("- ERROR: no disk", "error"),
        ("*** ERROR ***", "error"),
        ("--- FAIL: TestDisk", "error"),
        ("npm ERR! code ENOENT", "error"),
        ("PHP Fatal error:  Uncaught Error", "error"),
        ("cp: cannot stat 'a': No such file or directory", "warning"),
        ("/opt/sync.sh: line 3: /srv/x: Permission denied", "warning"),
        ("tee: /srv/x: No space left on device", "warning"),
        ("Mon Nov 30 10:00:00 UTC 2026 INFO error: none", ""),
        ("2026-11-30 10:00:00 INFO error: none", ""),
        ("2026-11-30 10:00:00 INFO sync: error: none", ""),
        ("2026-11-30T10:00:00Z INFO sync: error: none", ""),
        ("Nov 30 10:00:00 INFO error: none", ""),
        ("Nov 30 10:00:00 host prog[1]: INFO error: none", ""),
        ("Nov 30 10:00:00 host prog[1]: DEBUG retry after ERROR: none", ""),
        ("10:00:00 INFO error: none", ""),
        ("10:00:00 copied, no ERROR seen", ""),
        ("Mon Nov 30 10:00:00 UTC 2026 copied, no ERROR seen", ""),
        ("2026-11-30 10:00:00 NOTICE: error: none", ""),
        ("Failed: 0, passed: 12", ""),
        ("  failed: 0", ""),
        ("Failed password for root was not seen", ""),
        ("- error handling improved", ""),
        ("No such file or directory was tested", ""),
        ("[INFO] /srv/x: No such file or directory", ""),
        ("[INFO] error: none", ""),
        ("[SUCCESS] no errors", ""),
        ("✅ Export complete", ""),
        ("0 errors, 0 warnings", ""),
        ("Error handling was tested", ""),
        ("Extracted 12 error solutions", ""),
        ("warnings are counted here", ""),
        ("patterns/error-solutions.jsonl: 12 lines", ""),
        ("sync: 12 patterns pulled, 3 pushed", ""),
        ("OK: error: 0", ""),
    ],
)
def test_levels_of_lines(line: str, kind: str) -> None:
    if kind:
        result = verdict(0, line.encode())
        assert (result.outcome, result.warnings) == (Outcome.WARNINGS, 1)
        assert result.reasons[0].startswith(f"1 {kind}: line 1 ")
    else:
        assert verdict(0, line.encode()).outcome is Outcome.OK


def test_without_an_exit_status_the_text_decides_nothing() -> None:
    result = verdict(None, SYNC_DID_NOTHING)
    assert (result.outcome, result.warnings) == (Outcome.UNKNOWN, 3)
    assert result.reasons[0].startswith("3 warnings: line 4")
    assert verdict(None, b"all is well\n").outcome is Outcome.UNKNOWN
    locked = verdict(None, b"already running; skipping\n")
    assert (locked.outcome, locked.reasons) == (
        Outcome.UNKNOWN,
        ("locked", "line 1 already running; skipping"),
    )


def test_a_signal_is_a_failure_whatever_was_printed() -> None:
    killed = Result(Outcome.FAILED, None, "SIGKILL")
    result = judge(killed, RunOutputText((OutputPart("output", GIT_CLEAN),)), RULES)
    assert (result.outcome, result.signal) == (Outcome.FAILED, "SIGKILL")


def test_many_warnings_are_counted_and_a_few_are_quoted() -> None:
    text = b"".join(b"WARN number %d\n" % number for number in range(1, 9))
    result = verdict(0, text)
    assert result.warnings == 8
    assert result.reasons[0] == "8 warnings: line 1 WARN number 1"
    assert result.reasons[-1] == "and 3 more"


def test_what_is_quoted_is_safe_and_shows_no_secret() -> None:
    result = verdict(0, b"WARN \x9b]0;owned\x07 API_TOKEN=abc123 \xe2\x80\xae" + b"x" * 5000)
    (reason,) = result.reasons
    assert "abc123" not in reason
    assert sanitize(reason) == reason
    assert len(reason) < 200


def test_a_gap_in_the_output_is_told() -> None:
    output = RunOutputText((OutputPart("output", b"begin\n", b"WARN at the end\n", 5_000_000),))
    result = judge(ended(0), output, RULES)
    assert result.reasons == ("1 warning: near the end: WARN at the end",)
    assert "5,000,000 bytes in the middle of the output were not read" in result.evidence


def test_two_places_are_told_apart() -> None:
    output = RunOutputText((OutputPart("output", b"one\n"), OutputPart("~/logs/x.log", b"WARN two\n")))
    assert judge(ended(0), output, RULES).reasons == ("1 warning: ~/logs/x.log line 1 WARN two",)


def test_the_users_own_rules_are_added() -> None:
    table = {
        "warning": [r"\bretrying\b"],
        "ignore": ["known nuisance"],
        "skipped": [
            {"reason": "no work", "exit": [75]},
            {"reason": "locked", "match": "busy", "where": "any"},
        ],
        "levels": {"warning": ["ACHTUNG"]},
    }
    rules = rules_of(table)

    def seen(status: int, text: bytes) -> Result:
        return judge(ended(status), RunOutputText((OutputPart("output", text),)), rules)

    assert seen(0, b"retrying node2\n").warnings == 1
    assert seen(0, b"ACHTUNG: langsam\n").warnings == 1
    assert seen(0, b"WARN known nuisance\n").outcome is Outcome.OK
    assert seen(75, b"").reasons == ("no work",)
    assert seen(0, b"busy\nbye\n").outcome is Outcome.SKIPPED
    assert seen(1, b"busy\nbye\n").outcome is Outcome.FAILED


def test_rules_of_a_job_are_found_by_name_and_id() -> None:
    jobs = {"sync": {"product": "~/a"}, "crontab:1": {"warning": ["x"]}, "other": {"warning": ["y"]}}
    book = RuleBook({"ignore": ["z"]}, jobs)
    assert book.tables("sync", "crontab:1") == ({"ignore": ["z"]}, {"product": "~/a"}, {"warning": ["x"]})
    rules = book.of("sync", "crontab:1")
    assert kind_of("an x", rules) == "warning"
    assert kind_of("an x and z", rules) == ""
    assert kind_of("an x", book.of("sync")) == ""
    book.check()
    with pytest.raises(ConfigError, match="no regular expression"):
        RuleBook({}, {"sync": {"error": ["("]}}).check()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"warning": ["("]}, "is no regular expression"),
        ({"warnings": ["x"]}, "'warnings' is none"),
        ({"warning": "x"}, "'warning' is none, or has the wrong form"),
        ({"levels": {"loud": ["x"]}}, "'levels'"),
        ({"skipped": [{"match": "x"}]}, "needs a reason"),
        ({"skipped": [{"reason": "x", "exit": [256]}]}, "from 0 to 255"),
        ({"skipped": [{"reason": "x", "exits": [1]}]}, "'exits' is no part of a rule"),
        ({"skipped": [{"reason": "x", "exit_option": "-E"}]}, "needs a group"),
        ({"skipped": [{"reason": "x", "where": "first"}]}, "'last' or 'any'"),
        ({"product": 3}, "'product'"),
    ],
)
def test_a_mistake_in_the_rules_is_named(table: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        rules_of(table)


def test_the_product_is_judged_apart_and_never_turns_into_ok() -> None:
    span = (START, START + timedelta(seconds=5))

    def seen(status: int | None, modified: datetime | None, size: int = 9) -> Result:
        age = ProductAge("data/x.jsonl", modified if size else None, modified=modified)
        return judge(ended(status), RunOutputText(), RULES, product=renewal(age, None, *span))

    renewed = seen(0, START + timedelta(seconds=3))
    assert (renewed.outcome, renewed.reasons) == (Outcome.OK, ())
    assert renewed.evidence == ("its product data/x.jsonl was renewed at 13:00:03",)
    old = seen(0, START - timedelta(hours=2))
    assert (old.outcome, old.warnings) == (Outcome.WARNINGS, 1)
    assert old.reasons == (
        "1 warning: its product data/x.jsonl was not renewed; it is from 2026-11-24 11:00:00",
    )
    assert seen(0, None).reasons == ("1 warning: its product data/x.jsonl is not there",)
    assert seen(0, START, 0).outcome is Outcome.WARNINGS
    assert seen(0, START + timedelta(hours=1)).evidence == (
        "its product data/x.jsonl was written again since",
    )
    for status, outcome in ((1, Outcome.FAILED), (None, Outcome.UNKNOWN)):
        assert seen(status, START + timedelta(seconds=3)).outcome is outcome


@pytest.mark.parametrize(
    ("newest", "before", "outcome", "said"),
    [
        (3, None, Outcome.OK, "was renewed; its newest data is from 2026-11-24 13:00:03"),
        (-600, -900, Outcome.OK, "was renewed; its newest data is from 2026-11-24 12:50:00"),
        (-600, -600, Outcome.WARNINGS, "was rewritten and holds nothing newer; its newest data is from"),
        (-600, None, Outcome.OK, "from 2026-11-24 12:50:00, and what it was before is not known"),
    ],
)
def test_a_product_written_again_is_renewed_only_by_newer_data(
    newest: float, before: float | None, outcome: Outcome, said: str
) -> None:
    def at(seconds: float | None) -> datetime | None:
        return None if seconds is None else START + timedelta(seconds=seconds)

    age = ProductAge("data/x.jsonl", at(newest), modified=at(4), lines=1)
    product = renewal(age, at(before), START, START + timedelta(seconds=5))
    result = judge(ended(0), RunOutputText(), RULES, product=product)
    assert result.outcome is outcome
    assert said in " ".join((*result.reasons, *result.evidence))


def test_overlaps_are_counted() -> None:
    def run(start: float, end: float | None, result: Result | None = None) -> Run:
        at = START + timedelta(seconds=start)
        return Run(f"r{start}", "j", at, None if end is None else START + timedelta(seconds=end), result)

    done = ended(0)
    now = START + timedelta(seconds=100)
    assert overlaps([run(0, 10, done), run(10, 20, done), run(30, 31, done)], now) == 0
    assert overlaps([run(0, 25, done), run(10, 20, done), run(24, 31, done)], now) == 2
    assert overlaps([run(0, None), run(60, None)], now) == 1
    assert overlaps([run(0, None, ended(None)), run(60, None)], now) == 0


# Properties

texts = st.lists(
    st.sampled_from(
        [SYNC_DID_NOTHING, EXPORT_SUCCESS, GIT_CLEAN, b"WARN x\n", b"already running; skipping\n"]
    )
    | st.binary(max_size=60),
    max_size=6,
).map(b"".join)
commands = st.sampled_from(["bash sync.sh", "flock -n /l bash sync.sh", "git commit -m x"]) | st.text(
    max_size=40
)


@given(texts, commands, st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_no_text_makes_a_failure_ok(text: bytes, command: str, status: int) -> None:
    result = verdict(status, text, command)
    assert result.outcome is not Outcome.OK
    if status not in (1, 75):
        assert result.outcome is Outcome.FAILED or "flock" in command
    assert result.exit_code == status


@given(texts, commands)
@settings(max_examples=150, deadline=None)
def test_no_text_makes_an_unknown_end_known(text: bytes, command: str) -> None:
    assert verdict(None, text, command).outcome is Outcome.UNKNOWN
    killed = Result(Outcome.FAILED, None, "SIGTERM")
    assert (
        judge(killed, RunOutputText((OutputPart("output", text),)), RULES, command).outcome is Outcome.FAILED
    )


@given(texts, st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_ok_means_that_no_line_warns(text: bytes, at: int) -> None:
    with_warning = text[:at] + b"\nWARNING: seen\n" + text[at:]
    assert verdict(0, with_warning).outcome is Outcome.WARNINGS


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=500)
def test_any_line_is_read_in_little_time_and_quoted_safely(line: str) -> None:
    assert kind_of(line[:LONGEST], RULES) in ("", "error", "warning")
    for reason in verdict(1, line.encode("utf-8", "surrogatepass")).reasons:
        assert sanitize(reason) == reason


def test_lines_that_may_be_of_others_are_never_taken_for_silence() -> None:
    output = RunOutputText((OutputPart("~/x.log", b""),), unclear="where its lines begin is not known")
    assert judge(ended(1), output, RULES, "flock -n /l true").outcome is Outcome.FAILED
    assert judge(ended(0), output, RULES).evidence == (
        "no output, ~/x.log",
        "where its lines begin is not known",
    )
