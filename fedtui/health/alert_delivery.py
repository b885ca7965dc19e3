"""FT711-FT713: whether alerts would reach their recipients."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from fedtui.alert_addresses import addresses, labels
from fedtui.config import ConfigError, load
from fedtui.health.checks import CheckReport, check, error_rule, warning_rule
from fedtui.health.file_facts import FileFacts
from fedtui.history.alert_memory import AlertMemory, AlertMemoryError, load_memory
from fedtui.model import Snapshot
from fedtui.pack import pack_file

TEST = "fedtui check --alert --test"

NEVER_TESTED = warning_rule(
    "FT711",
    "alert channel never tested",
    "Nothing has ever gone through it. A wrong address, a missing mailer or a refused token would be found "
    "out on the day on which it matters.",
    f"Send a test message: {TEST}.",
)
UNDELIVERED = error_rule(
    "FT712",
    "the last alert was not delivered",
    "There was something to tell, and it reached nobody through this channel. It is tried again at each "
    "check.",
    f"Fix the channel, and send a test message: {TEST}.",
)


NOT_RUN = warning_rule(
    "FT713",
    "the alert check does not run",
    "It was set up to look every ten minutes, and it has not looked for an hour: nobody would be told of "
    "anything.",
    "Look at its job, federated-alert; fedtui setup puts it back where it is gone.",
)

LATE = timedelta(hours=1)
"""How long no check may have run, and how long one is awaited after the set-up or a boot."""


@check(NEVER_TESTED, UNDELIVERED, NOT_RUN)
def channels(snapshot: Snapshot, host: FileFacts) -> Iterator[CheckReport]:
    """FT711-FT713: channels of the pack, or of config.toml, that are not known to work; no check of late."""
    if not host.is_machine:
        return
    try:
        config = load()
        wanted = labels(addresses(host.pack(), config))
        memory = load_memory(config.state) if wanted else AlertMemory()
    except (ConfigError, AlertMemoryError) as error:
        for rule in (NEVER_TESTED, UNDELIVERED, NOT_RUN):
            yield rule.unchecked("alert channels", str(error))
        return
    pack = host.pack()
    if pack is not None and (pack.alerts or pack.mail_to or pack.heartbeat):
        yield from _late(memory, snapshot.at, host)
    for key, label in wanted.items():
        one = memory.channels.get(key)
        if one is not None and one.failed is not None:
            at = one.failed.astimezone(host.zone())
            evidence = [f"{at:%Y-%m-%d %H:%M}  {one.why}"]
            evidence += [f"waiting  {len(one.waiting)}"] if one.waiting else []
            yield UNDELIVERED.found(
                f"What was last sent through {label} was not delivered: {one.why}.",
                tuple(evidence),
                command=TEST,
            )
        elif one is None or one.delivered is None:
            yield NEVER_TESTED.found(f"Nothing has gone through {label} yet.", (label,), command=TEST)


def since_boot() -> float:
    """Seconds since the machine was booted."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _late(memory: AlertMemory, now: datetime, host: FileFacts) -> Iterator[CheckReport]:
    set_up = host.changed(str(pack_file()))
    last = max(filter(None, (memory.checked, set_up)), default=None)
    if last is None or now - last <= LATE or timedelta(seconds=since_boot()) <= LATE:
        return
    at = f"{memory.checked.astimezone(host.zone()):%Y-%m-%d %H:%M}" if memory.checked is not None else "never"
    yield NOT_RUN.found("The alert check has not run for an hour.", (f"last run  {at}",))
