"""The jobs of one user's crontab as a source.

The bytes come through a `CrontabPort`: crontab(1) on a machine (`SystemCrontab`), a plain file in the
demo workspace. Nothing is polled but the port's stamp, which costs no line in cron's log.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fedtui.crontab import Document
from fedtui.model import Answer, Job, Problem, SourceName
from fedtui.safe_text import sanitize
from fedtui.sources.cron_jobs import CronClock, TableFacts, TableJobs
from fedtui.sources.source import LookingSource
from fedtui.system.cron_daemon import CronDaemon, CronProbe
from fedtui.system.crontab_port import CrontabError, CrontabMissing, CrontabPort
from fedtui.system.zone import local_zone

LONG = 500
"""Lines of a table from which on its first rows are shown before the rest of them."""
FIRST = 120

DaemonProbe = Callable[[], CronDaemon]
ZoneFunction = Callable[[], tuple[str, ZoneInfo]]
ClockFunction = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of a real machine."""
    return datetime.now(UTC)


class UserCrontabSource(LookingSource):
    """Source "crontab": one user's table behind a port.

    `home` is the user's home folder. `fault` says why cron ignores the file as it lies in the spool, where
    we can see it there (as root); empty for no fault. `all_on_record` as in `TableFacts`: on a machine a job
    may have run before anybody looked, so "never ran" would be a guess.
    """

    name = "crontab"

    def __init__(
        self,
        port: CrontabPort,
        user: str,
        home: str,
        *,
        daemon: DaemonProbe | None = None,
        zone: ZoneFunction = local_zone,
        clock: ClockFunction = utc_now,
        fault: Callable[[], str] = lambda: "",
        all_on_record: bool = False,
    ) -> None:
        self._port = port
        self._user = user
        self._home = home
        self._daemon = daemon or CronProbe()
        self._zone = zone
        self._clock = clock
        self._fault = fault
        self._all_on_record = all_on_record
        self._read_at: object = None
        self._known: tuple[bytes, str, str] | None = None
        self._table: TableJobs | None = None

    async def first_rows(self) -> Answer | None:
        """The rows that a screen shows at first; None where all rows come as soon. Never raises."""
        import asyncio

        return await asyncio.to_thread(self._look_at_first_rows)

    def watch(self) -> AsyncIterator[None]:
        """Yield within about a second of a change, and when a next run has come."""
        from fedtui.sources.polling import poll_changes

        return poll_changes(
            self.token, known=lambda: self._read_at, due=lambda: self.next_due, clock=self._clock
        )

    @property
    def own_table(self) -> bytes | None:
        """The table's text when it was last read; None for no table, or before it was read."""
        return None if self._known is None else self._known[0]

    def look(self) -> Answer:
        """The rows of the table, and whether cron is up."""
        self._read_at = self.token()
        daemon, now = self._daemon(), self._clock()
        schedulers = (daemon.scheduler,)
        try:
            table = self._port.read()
        except CrontabError as error:
            said = sanitize(error.sentence)
            if isinstance(error, CrontabMissing) and daemon.absent:
                missing = Problem(self.name, said, advice=error.advice, at=now, absent=True)
                return Answer(self.name, now, (), problems=(missing,))
            problem = Problem(self.name, said, "Untouched: the table itself.", error.advice, now)
            return Answer(self.name, now, None, problems=(problem,), schedulers=schedulers)
        if table is None and daemon.absent:
            missing = Problem(self.name, "no cron is installed here", at=now, absent=True)
            return Answer(self.name, now, (), problems=(missing,))
        rows = self._rows(table, daemon, now)
        notes = (computed_elsewhere(self.name, daemon, now),) if rows and daemon.dialect == "other" else ()
        commented = self._table.commented if self._table is not None else ()
        return Answer(self.name, now, rows, problems=notes, schedulers=schedulers, commented=commented)

    def _look_at_first_rows(self) -> Answer | None:
        daemon, now = self._daemon(), self._clock()
        try:
            table = self._port.read()
        except CrontabError:
            return None  # `look` tells of it
        if table is None or table.count(b"\n") < LONG:
            return None
        jobs = self._jobs_of(table, daemon).first(FIRST, now, CronClock(daemon, *self._zone()))
        return Answer(self.name, now, jobs, schedulers=(daemon.scheduler,))

    def token(self) -> object:
        """What differs when the answer may: cheap, and without a line in the log."""
        return self._port.stamp(), self._daemon(), self._zone()[0], self._fault()

    @property
    def next_due(self) -> datetime | None:
        """When the rows change by themselves: at the earliest next run."""
        return None if self._table is None else self._table.next_due

    def _rows(self, table: bytes | None, daemon: CronDaemon, now: datetime) -> tuple[Job, ...]:
        if table is None:
            self._known = self._table = None
            return ()
        return self._jobs_of(table, daemon).at(now, CronClock(daemon, *self._zone()))

    def _jobs_of(self, table: bytes, daemon: CronDaemon) -> TableJobs:
        known = (table, daemon.dialect, self._fault())
        if self._table is None or known != self._known:
            facts = TableFacts(
                SourceName.CRONTAB,
                "crontab",
                lambda _: self._home,
                editable=True,
                fault=known[2],
                all_on_record=self._all_on_record,
            )
            document = Document.parse(table, user=self._user, dialect=daemon.dialect)
            self._known, self._table = known, TableJobs(document, facts)
        return self._table


def computed_elsewhere(name: str, daemon: CronDaemon, now: datetime) -> Problem:
    """The label of every run of a daemon whose rules are not known here."""
    said = f"another cron runs here ({sanitize(daemon.detail)}): its runs are computed by croniter"
    advice = "They may differ from what that daemon does, above all where the clock is changed."
    return Problem(name, said, advice=advice, at=now, note=True)
