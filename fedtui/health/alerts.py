"""FT711, FT712: whether those who are to be told of trouble would hear of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fedtui.config import ConfigError, load
from fedtui.health.host import Host
from fedtui.health.rules import Check, Report, Rule, check
from fedtui.history.alert_memory import AlertMemoryError, ChannelMemory, recall
from fedtui.model import Severity, Snapshot
from fedtui.sources.alert_addresses import addresses, labels

TEST = "fedtui check --alert --test"

NEVER_TESTED = Rule(
    "FT711",
    Severity.WARNING,
    "alert channel never tested",
    "Nothing has ever gone through it. A wrong address, a missing mailer or a refused token would be found "
    "out on the day on which it matters.",
    f"Send a test message: {TEST}.",
)
UNDELIVERED = Rule(
    "FT712",
    Severity.ERROR,
    "the last alert was not delivered",
    "There was something to tell, and it reached nobody through this channel. It is tried again at each "
    "check.",
    f"Mend the channel, and send a test message: {TEST}.",
)


@check(NEVER_TESTED, UNDELIVERED)
def channels(snapshot: Snapshot, host: Host) -> Iterator[Report]:
    """FT711, FT712: channels of the pack, or of config.toml, that are not known to work."""
    if not host.is_machine:
        return
    try:
        config = load()
        wanted = labels(addresses(host.pack(), config))
        known: Mapping[str, ChannelMemory] = recall(config.state).channels if wanted else {}
    except (ConfigError, AlertMemoryError) as error:
        yield NEVER_TESTED.unchecked("alert channels", str(error))
        yield UNDELIVERED.unchecked("alert channels", str(error))
        return
    for key, label in wanted.items():
        one = known.get(key)
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


CHECKS: tuple[Check, ...] = (channels,)
