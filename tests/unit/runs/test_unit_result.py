"""Verdicts on runs of units, from recorded answers of systemd 252."""

from __future__ import annotations

import json

from fedtui.model import Outcome
from fedtui.runs.unit_result import by_properties, verdict_of

STARTING = '{"__REALTIME_TIMESTAMP":"1795560755891926","MESSAGE_ID":"7d4958e842da4a758f6c1cdc7b36dcc5"}'
EXITED = (
    '{"EXIT_CODE":"exited","MESSAGE_ID":"98e322203f7a4ed290d09fe03c09fe15","COMMAND":"ExecStart",'
    '"EXIT_STATUS":"4","__REALTIME_TIMESTAMP":"1795560755892247"}'
)
KILLED = (
    '{"__REALTIME_TIMESTAMP":"1795560755911569","MESSAGE_ID":"98e322203f7a4ed290d09fe03c09fe15",'
    '"EXIT_STATUS":"9","COMMAND":"ExecStart","EXIT_CODE":"killed"}'
)
FAILED = (
    '{"__REALTIME_TIMESTAMP":"1795560755892378","UNIT_RESULT":"exit-code",'
    '"MESSAGE_ID":"d9b373ed55a64feb8242e02dbe79a49c"}'
)
TIMED_OUT = FAILED.replace("exit-code", "timeout")
STARTED = STARTING.replace("7d4958e842da4a758f6c1cdc7b36dcc5", "39f53479d3a045ac8e11786248231fbf")
SUCCESS = '{"MESSAGE_ID":"7ad2d189f7e94e70a38c781354912448","__REALTIME_TIMESTAMP":"1795560755926852"}'


def journal_result(*records: str) -> tuple[object, ...] | None:
    verdict = verdict_of([json.loads(record) for record in records])
    if verdict is None:
        return None
    result, end = verdict
    return result.outcome, result.exit_code, result.signal, result.reasons, end


def test_by_the_managers_words() -> None:
    assert journal_result(STARTING, EXITED, FAILED) == (Outcome.FAILED, 4, None, (), 1795560755.892378)
    assert journal_result(STARTING, KILLED, FAILED)[:3] == (Outcome.FAILED, None, "SIGKILL")  # type: ignore[index]
    assert journal_result(STARTING, SUCCESS) == (Outcome.OK, None, None, (), 1795560755.926852)
    assert journal_result(STARTING, TIMED_OUT)[:4] == (  # type: ignore[index]
        Outcome.FAILED,
        None,
        None,
        ("it ran into its time limit",),
    )


def test_a_success_after_the_start_may_have_been_a_signal() -> None:
    """A service that is no oneshot and gets SIGTERM: the manager says that it succeeded, and no more."""
    for records in ((STARTING, STARTED, SUCCESS), (STARTED, SUCCESS), (SUCCESS,)):
        outcome, code, signal, reasons, _ = journal_result(*records) or ()
        assert (outcome, code, signal) == (Outcome.UNKNOWN, None, None)
        assert "does not tell whether a signal ended it" in str(reasons)
    assert journal_result(STARTING, SUCCESS, STARTED)[0] is Outcome.OK  # type: ignore[index]


def test_no_word_of_an_end_is_no_verdict() -> None:
    assert journal_result(STARTING) is None
    assert journal_result(STARTING, EXITED) is None
    assert journal_result() is None


def properties(result: str, code: int, status: int) -> dict[str, object]:
    return {
        "Result": result,
        "ExecMainCode": code,
        "ExecMainStatus": status,
        "ExecMainStartTimestamp": 1_795_560_755_000_000,
        "ExecMainExitTimestamp": 1_795_560_756_500_000,
    }


UNIT = {"ActiveState": "inactive", "StateChangeTimestamp": 1_795_560_757_000_000}


def test_by_properties() -> None:
    result, end = by_properties(UNIT, properties("success", 1, 0))
    assert (result.outcome, result.exit_code, result.duration, end) == (Outcome.OK, 0, 1.5, 1795560756.5)
    result, _ = by_properties(UNIT, properties("exit-code", 1, 3))
    assert (result.outcome, result.exit_code, result.signal) == (Outcome.FAILED, 3, None)
    result, _ = by_properties(UNIT, properties("signal", 2, 15))
    assert (result.outcome, result.exit_code, result.signal) == (Outcome.FAILED, None, "SIGTERM")
    result, _ = by_properties(UNIT, properties("timeout", 1, 0))
    assert (result.outcome, result.exit_code, result.reasons) == (
        Outcome.FAILED,
        None,
        ("it ran into its time limit",),
    )


def test_what_a_signal_ended_is_never_ok() -> None:
    """systemd calls it a success when SIGTERM ends a service: nobody saw it end well."""
    result, _ = by_properties(UNIT, properties("success", 2, 15))
    assert (result.outcome, result.exit_code, result.signal) == (Outcome.FAILED, None, "SIGTERM")
    assert result.reasons == ("it was ended by SIGTERM, which systemd counts as a clean stop",)


def test_a_service_that_had_no_process_is_never_ok() -> None:
    result, _ = by_properties(UNIT, properties("success", 0, 0))
    assert result.outcome is Outcome.UNKNOWN
    result, _ = by_properties(UNIT, {})
    assert result.outcome is Outcome.UNKNOWN
