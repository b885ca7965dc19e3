"""The file that a job should renew: whether it holds newer data than before the run. Judged apart."""

from __future__ import annotations

from datetime import datetime, timedelta

from fedtui.model import ProductAge

SLACK = timedelta(seconds=1)
"""How far a file's time may lag behind the clock: some file systems keep whole seconds."""

AFTER = timedelta(seconds=60)
"""How long after a run's end what it began may still be written."""

Renewal = tuple[bool | None, str]
"""Whether a run renewed its product (None: no longer known), and the words for it."""


def renewal(age: ProductAge, before: datetime | None, start: datetime, end: datetime) -> Renewal:
    """`age` is the product's after the run, `before` its newest data before, None where nobody looked.

    A file that was rewritten and holds nothing newer was not renewed.
    """
    name = f"its product {age.path}"
    if age.modified is None:
        return (None, f"its product {age.fault}") if age.fault else (False, f"{name} is not there")
    at = age.modified.astimezone(start.tzinfo)
    if age.modified < start - SLACK:
        return False, f"{name} was not renewed; it is from {at:%Y-%m-%d %H:%M:%S}"
    if age.at is None and not age.fault:
        return False, f"{name} is empty"
    if age.modified > end + AFTER:
        return None, f"{name} was written again since"
    if age.newest is None:
        return True, f"{name} was renewed at {at:%H:%M:%S}"
    data = f"its newest data is from {age.newest.astimezone(start.tzinfo):%Y-%m-%d %H:%M:%S}"
    if age.newest >= start - SLACK or (before is not None and age.newest > before):
        return True, f"{name} was renewed; {data}"
    if before is None:
        return None, f"{name} was written; {data}, and what it was before is not known"
    return False, f"{name} was rewritten and holds nothing newer; {data}"
