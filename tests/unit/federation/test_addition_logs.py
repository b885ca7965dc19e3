"""A job that the set-up adds is not scheduled onto a log that it cannot write."""

from __future__ import annotations

from tests.unit.federation.test_adoption import Operator, operator, ports

__all__ = ["operator", "ports"]


async def test_the_alert_check_is_left_out_where_its_log_cannot_be_appended_to(operator: Operator) -> None:
    wish = {"adopt": True, "record": False, "heartbeat": "http://localhost/beat"}
    plan = await operator.plan(**wish)
    assert "pack alert (" in repr(plan.diffs)
    (operator.logs / "federated-alert.log").mkdir()
    plan = await operator.plan(**wish)
    assert "pack alert (" not in repr(plan.diffs)
    (warning,) = plan.warnings
    assert warning.startswith(
        f"{operator.logs}/federated-alert.log cannot be appended to: it is no plain file."
    )
