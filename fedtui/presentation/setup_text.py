"""The set-up screen in words and signs: which step is how far, the profiles side by side, 24 hours of one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from enum import IntEnum
from itertools import takewhile

from fedtui.changes.plan import Plan
from fedtui.federation.managed_job import ManagedJob
from fedtui.federation.profile import Profile, ProfileJob, timeline
from fedtui.federation.setup.preflight import Preflight
from fedtui.federation.setup.request import SetupRequest
from fedtui.federation.setup.rollout import RolloutStage
from fedtui.federation.setup.status import PackStatus
from fedtui.federation.setup.test_run import TestRun
from fedtui.federation.setup_issue import SetupIssue
from fedtui.model import Outcome
from fedtui.pack import BACKENDS
from fedtui.presentation.glyphs import Span, Tone
from fedtui.presentation.home import tilde
from fedtui.presentation.times import here
from fedtui.schedule.describe import describe

CELLS = 48
"""Half hours of a day."""

_LEGEND = ((1, "▂", "1"), (3, "▄", "2–3"), (10, "▆", "4–10"))
_MORE = "█"


class SetupStep(IntEnum):
    """The steps, in their order; STATUS is before them: what is set up already."""

    STATUS = 0
    SCRIPTS = 1
    TEST_RUN = 2
    PROFILE = 3
    LOGS = 4
    BACKEND = 5
    EXTRAS = 6
    REVIEW = 7

    @property
    def title(self) -> str:
        """What it is called."""
        return _TITLES[self]


_TITLES = ("Set up", "Scripts", "Test run", "Profile", "Logs", "Backend", "Git, alerts", "Review")
STEPS = tuple(step for step in SetupStep if step)


@dataclass(slots=True)
class Progress:
    """How far the set-up is: what was chosen, what was found, what was tried.

    `reached` is the furthest step. `refusal` says why the look around came to nothing, `no_plan` why there is
    no plan; `nothing` that all is as it should be; `beside` what was found of the optional parts. `running`
    is the job in its test run, `output` what it printed.
    """

    request: SetupRequest
    profiles: tuple[Profile, ...]
    step: SetupStep = SetupStep.SCRIPTS
    reached: SetupStep = SetupStep.SCRIPTS
    preflight: Preflight | None = None
    refusal: tuple[str, str] = ("", "")
    untried: tuple[ManagedJob, ...] = ()
    test_runs: dict[str, TestRun] = field(default_factory=dict)
    running: str = ""
    output: list[str] = field(default_factory=list)
    plan: Plan | None = None
    no_plan: tuple[str, str] = ("", "")
    nothing: bool = False
    beside: tuple[SetupIssue, ...] = ()
    looking: bool = False
    status: PackStatus | None = None

    @property
    def profile(self) -> Profile | None:
        """The chosen profile, one of the user's own included."""
        wanted = self.request.profile
        ready = next((one for one in self.profiles if one.source == wanted), None)
        return ready or (self.preflight.profile if self.preflight is not None else None)

    @property
    def backend(self) -> str:
        return self.request.backend or (self.preflight.backend if self.preflight is not None else "cron")

    @property
    def to_do(self) -> tuple[ManagedJob, ...]:
        """The jobs whose test run is still to come."""
        return tuple(job for job in self.untried if job.key not in self.test_runs)

    @property
    def failed(self) -> frozenset[str]:
        """The keys of the jobs that are kept out by their test run."""
        insisted = self.preflight.insisted if self.preflight is not None else frozenset()
        return frozenset(one.key for one in self.test_runs.values() if not one.good) - insisted

    def choose(self, **changes: object) -> None:
        """Ask for something else; what was found for the old request holds no more."""
        self.request = replace(self.request, **changes)  # type: ignore[arg-type]  # fields by name
        self.plan, self.no_plan, self.nothing = None, ("", ""), False


def step_glyph(progress: Progress, step: SetupStep) -> Span:
    """The glyph of a step: here, done, done with a doubt, still to come."""
    if step is progress.step:
        return Span("►", Tone.ACCENT, bold=True)
    if step is SetupStep.SCRIPTS and progress.preflight is not None:
        blocked = progress.preflight.blocked()
        return Span("▲", Tone.WARN) if blocked else Span("✓", Tone.OK)
    if step is SetupStep.TEST_RUN and progress.test_runs:
        bad = any(not test_run.good for test_run in progress.test_runs.values())
        return Span("▲", Tone.WARN) if bad or progress.to_do else Span("✓", Tone.OK)
    if step is SetupStep.TEST_RUN and progress.preflight is not None and not progress.untried:
        return Span("✓", Tone.OK)
    if step is SetupStep.TEST_RUN:
        return Span("○", Tone.MUTED)
    return Span("✓", Tone.OK) if step < progress.reached else Span("○", Tone.MUTED)


def step_fact(progress: Progress, step: SetupStep, home: str) -> str:
    """What is chosen or found in a step, in a few words."""
    preflight = progress.preflight
    match step:
        case SetupStep.SCRIPTS:
            if preflight is None:
                return "looking …" if progress.looking else "where is ROOT?"
            return f"{sum(one.path is not None for one in preflight.found)} of {len(preflight.found)} found"
        case SetupStep.TEST_RUN:
            return _trial_words(progress)
        case SetupStep.PROFILE:
            return progress.profile.name if progress.profile is not None else "conservative"
        case SetupStep.LOGS:
            return tilde(str(preflight.logs.path), home) if preflight is not None else ""
        case SetupStep.BACKEND:
            return BACKENDS[progress.backend]
        case SetupStep.EXTRAS:
            return ", ".join(extras(progress.request)) or "optional"
    return "diff, then apply"


EXTRA_WORDS = {
    "git": ("commits", "every 6 hours data/ is committed and pushed, on a branch of its own: many commits"),
    "rotate": ("rotation", "the logs are rotated weekly, four are kept"),
    "record": ("exit codes", "of cron lines, by fedtui's recorder; systemd keeps its own"),
    "alerts": ("alerts", "an apprise URL that gets problems and recoveries"),
    "mail_to": ("mail", "who gets alerts by mail, through sendmail"),
    "heartbeat": ("heartbeat", "a URL that is fetched after each check, for a watcher elsewhere"),
}
"""The optional parts by the field of the request that asks for each: its title, and what it does."""


def extras(request: SetupRequest) -> list[str]:
    """The optional parts that are wanted."""
    return [title for name, (title, _) in EXTRA_WORDS.items() if getattr(request, name)]


def _trial_words(progress: Progress) -> str:
    if progress.running:
        return "running …"
    if progress.preflight is None:
        return ""
    good = sum(test_run.good for test_run in progress.test_runs.values())
    bad = len(progress.test_runs) - good
    parts = [f"{good} ok"] if good else []
    parts += [f"{bad} failed"] if bad else []
    parts += [f"{len(progress.to_do)} to come"] if progress.to_do else []
    return ", ".join(parts) or "nothing to test"


def test_run_glyph(progress: Progress, job: ManagedJob) -> Span:
    """The glyph of a job's test run."""
    if progress.running == job.key:
        return Span("►", Tone.ACCENT)
    test_run = progress.test_runs.get(job.key)
    if test_run is None:
        return Span("○", Tone.MUTED)
    result = test_run.run.result if test_run.run is not None else None
    if not test_run.good or result is None:
        return Span("✗", Tone.FAIL, bold=True)
    if result.outcome is Outcome.WARNINGS:
        return Span("▲", Tone.WARN)
    return Span("»", Tone.MUTED) if result.outcome is Outcome.SKIPPED else Span("✓", Tone.OK)


def root_words(progress: Progress, home: str) -> str:
    """ROOT, as a person would write it."""
    root = str(progress.preflight.root) if progress.preflight is not None else progress.request.root or ""
    return tilde(root, home)


# Profiles


def short(job: ProfileJob) -> str:
    """When a job runs, in a few cells: "every 15 min"."""
    return describe(job.times).short


def runs_a_day(profile: Profile, now: datetime, zone: tzinfo) -> int:
    """How many runs the profile starts in the next 24 hours."""
    return sum(one.a_day for one in timeline(profile, now, zone, 1))


@dataclass(frozen=True, slots=True)
class TimelineDay:
    """A job's runs of today, one cell for each half hour of the wall clock; `next` where today has none."""

    name: str
    cells: str
    runs: int
    next: str = ""


def day_of(job: ProfileJob, now: datetime, zone: tzinfo) -> TimelineDay:
    """Today's runs of a job."""
    local = now.astimezone(zone)
    begin = local.replace(hour=0, minute=0, second=0, microsecond=0)
    end = begin + timedelta(days=1)
    runs = takewhile(lambda run: run.timestamp() < end.timestamp(), job.times.runs(_before(begin), zone))
    counts = [0] * CELLS
    for run in runs:
        counts[run.hour * 2 + run.minute // 30] += 1
    total = sum(counts)
    soonest = next(job.times.runs(now, zone), None)
    words = "" if total or soonest is None else f"{here(soonest, now):%a %d %b %H:%M}"
    return TimelineDay(job.key, "".join(map(_cell, counts)), total, words)


def legend() -> tuple[Span, ...]:
    """What the cells stand for."""
    marks = [piece for _, glyph, words in _LEGEND for piece in (Span(f"{glyph} {words}  ", Tone.MUTED),)]
    return (
        Span("· none  ", Tone.MUTED),
        *marks,
        Span(f"{_MORE} more, in each half hour", Tone.MUTED),
    )


def now_cell(now: datetime) -> int:
    """The half hour that it is."""
    return now.hour * 2 + now.minute // 30


def _before(moment: datetime) -> datetime:
    return moment - timedelta(seconds=1)


def _cell(count: int) -> str:
    if not count:
        return "·"
    return next((glyph for most, glyph, _ in _LEGEND if count <= most), _MORE)


# The rollout


def rollout(standing: RolloutStage | None) -> list[tuple[str, str, bool, str]]:
    """The three weeks: their names, what is done in them, whether it is now, and how far it is."""
    names = (("week 1", "by hand"), ("week 2", "scheduled"), ("week 3", "with commits"))
    rows = []
    for number, (week, words) in enumerate(names, start=1):
        at = standing is not None and standing.week == number
        far = ""
        if at and standing is not None and number == 2:
            far = f"day {standing.days + 1}" + (", ready" if standing.ready else "")
        rows.append((week, words, at, far))
    return rows
