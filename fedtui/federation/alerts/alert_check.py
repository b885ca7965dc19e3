"""The alert check, `fedtui check --alert`: collect, compare with the memory, send what is new, remember it.

What is new is written down before anything is sent, and each delivery as it is made: a check that is killed
in between tells nothing twice but the one message that was on its way, and forgets nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fedtui.alert_addresses import HEARTBEAT, Address, labels
from fedtui.config import Config
from fedtui.federation.alerts.channels import Undelivered, send
from fedtui.federation.alerts.collect import WatchedJob, collect
from fedtui.federation.alerts.message import Message, message, test_message
from fedtui.federation.alerts.transitions import advance_alerts, emptied, standing, tried
from fedtui.history.alert_memory import (
    AlertEvent,
    AlertMemory,
    AlertMemoryError,
    ChannelMemory,
    load_memory,
    only_check,
    save_memory,
    set_aside,
)
from fedtui.model import Snapshot
from fedtui.system.table_loaded_at import TableLoadTimes
from fedtui.verdicts.evidence import LoadedAt

SendMessage = Callable[[Address, Message, datetime], None]
"""Brings a message to an address. Blocking; raises Undelivered. `channels.send` is one."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one message: `why` is empty where the channel took it."""

    label: str
    count: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class AlertReport:
    """What one check did.

    `standing` are the problems that last; `unseen` counts the jobs that could not be seen, `paused` those
    among `looked_at` that are paused and so not judged. `trouble` are sentences on what is not as it should
    be with the check itself. Of a `test` nothing was looked at.
    """

    looked_at: int
    unseen: int
    new: tuple[AlertEvent, ...]
    standing: tuple[AlertEvent, ...]
    sent: tuple[Delivery, ...]
    trouble: tuple[str, ...] = ()
    test: bool = False
    paused: int = 0

    @property
    def status(self) -> int:
        """Exit status: 0 all was looked at and told, 1 something was not, 3 nothing could be looked at."""
        if self.looked_at == 0 and not self.test:
            return 3
        return 1 if self.unseen or self.trouble or any(one.why for one in self.sent) else 0


class AlertCheck:
    """One check: where it remembers, whom it tells, what time it is, and since when tables are in force."""

    def __init__(
        self,
        config: Config,
        recipients: Sequence[Address],
        host: str,
        now: Callable[[], datetime],
        send: SendMessage = send,
        loaded_at: LoadedAt | None = None,
    ) -> None:
        self._config = config
        self._state = config.state
        self._channels = [one for one in recipients if one.kind != HEARTBEAT]
        self._heartbeats = [one for one in recipients if one.kind == HEARTBEAT]
        self._labels = labels(recipients)
        self._by = send
        self._loaded_at = loaded_at or TableLoadTimes()
        self._host = host
        self._now = now
        self._trouble: list[str] = []

    async def check(
        self, find: Callable[[AlertMemory], Sequence[WatchedJob]], snapshot: Snapshot
    ) -> AlertReport:
        """Look at the jobs that `find` names, and tell what is new.

        Raises AlertMemoryError where another check is running.
        """
        with only_check(self._state):
            memory = await asyncio.to_thread(self._recall)
            now = self._now()
            watched = find(memory)
            found = await collect(watched, snapshot, memory, self._config, now, self._loaded_at)
            by_key = {one.key: self._labels[one.key] for one in self._channels}
            memory, new = advance_alerts(memory, found, by_key, now, [one.key for one in self._heartbeats])
            await self._keep(memory)
            memory, sent = await self._deliver(memory)
            left_out = ""
            if sent and all(one.why for one in sent):
                left_out = "no message reached anybody"
            elif watched and all(one.job is None and one.unseen for one in watched):
                left_out = "nothing could be looked at"
            sent += await self._beat(memory, left_out)
        unseen = sum(one.job is None and bool(one.unseen) for one in watched)
        looked_at = len(watched) - unseen
        paused = sum(one.job is not None and one.job.paused for one in watched)
        lasting = tuple(standing(memory.subjects))
        trouble = tuple(self._trouble)
        return AlertReport(looked_at, unseen, new, lasting, tuple(sent), trouble, paused=paused)

    async def test(self) -> AlertReport:
        """Send a test message through every channel, and fetch the heartbeats."""
        with only_check(self._state):
            memory = await asyncio.to_thread(self._recall)
            sent: list[Delivery] = []
            for channel in self._channels:
                now = self._now()
                why = await self._send(channel, test_message(self._host, now))
                memory = tried(self._with(memory, channel), channel.key, now, why)
                sent.append(Delivery(self._labels[channel.key], 1, why))
            await self._keep(memory)
            sent += await self._beat(memory)
        return AlertReport(0, 0, (), (), tuple(sent), tuple(self._trouble), test=True)

    def _recall(self) -> AlertMemory:
        try:
            return load_memory(self._state)
        except AlertMemoryError as error:
            aside = set_aside(self._state)
            self._trouble.append(f"{error}. It was moved to {aside}, and open problems are sent again.")
            return AlertMemory()

    async def _keep(self, memory: AlertMemory) -> None:
        try:
            await asyncio.to_thread(save_memory, self._state, replace(memory, saved=self._now()))
        except AlertMemoryError as error:
            said = f"{error}: what is sent now will be sent again."
            if said not in self._trouble:  # silence would be worse than telling it twice
                self._trouble.append(said)

    async def _deliver(self, memory: AlertMemory) -> tuple[AlertMemory, list[Delivery]]:
        sent: list[Delivery] = []
        for channel in self._channels:
            waits = memory.channels[channel.key]
            if not waits.waiting:
                continue
            now = self._now()
            why = await self._send(channel, message(waits.waiting, waits.dropped, self._host, now))
            sent.append(Delivery(waits.label, len(waits.waiting), why))
            memory = tried(memory, channel.key, now, why)
            memory = memory if why else emptied(memory, channel.key)
            await self._keep(memory)
        return memory, sent

    async def _send(self, channel: Address, what: Message) -> str:
        """Why the channel did not take it; empty where it did."""
        try:
            await asyncio.to_thread(self._by, channel, what, self._now())
        except Undelivered as error:
            return str(error)
        return ""

    async def _beat(self, memory: AlertMemory, left_out: str = "") -> list[Delivery]:
        """Fetch the heartbeats, unless there is a reason to let their receiver raise the alarm."""
        sent: list[Delivery] = []
        for heartbeat in self._heartbeats:
            label, now = self._labels[heartbeat.key], self._now()
            if left_out:
                self._trouble.append(f"{label} was left out, since {left_out}.")
                continue
            why = await self._send(heartbeat, _NOTHING)
            memory = tried(self._with(memory, heartbeat), heartbeat.key, now, why)
            sent.append(Delivery(label, 0, why))
        if sent:
            await self._keep(memory)
        return sent

    def _with(self, memory: AlertMemory, address: Address) -> AlertMemory:
        """The memory with a place for the address."""
        known = memory.channels.get(address.key) or ChannelMemory(self._labels[address.key])
        return replace(memory, channels={**memory.channels, address.key: known})


_NOTHING = Message("", "", "")
