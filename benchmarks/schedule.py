"""Next runs per second, parse + next per second, and the next-run pane over 10,000 jobs, beside croniter.

Run as `python -m benchmarks.schedule`. The figures of one run belong together: croniter is the baseline
measured on the same machine in the same minute. The budgets: 100,000 runs/s, 10,000 parse + next/s, ten
times croniter at iterating.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from croniter import croniter

from fedtui.model import CronFacts, Job, Location, SourceName
from fedtui.schedule import cron, describe, fields
from fedtui.schedule.contention import busy_minutes
from fedtui.schedule.pitfalls import find_pitfalls
from fedtui.schedule.upcoming import upcoming

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 14, 5, 12, tzinfo=ZONE)
JOBS = 10_000


def schedules(count: int) -> list[str]:
    """Random schedules of the usual shapes, the same each time."""
    choose = random.Random(20261124)

    def field(low: int, high: int) -> str:
        kind = choose.random()
        if kind < 0.4:
            return "*"
        if kind < 0.55:
            return f"*/{choose.choice((2, 3, 5, 7, 10, 15))}"
        if kind < 0.85:
            return str(choose.randint(low, high))
        first, last = sorted((choose.randint(low, high), choose.randint(low, high)))
        return f"{first}-{last}"

    return [
        " ".join((field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))) for _ in range(count)
    ]


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The best of some runs of `work`, in seconds."""
    best = float("inf")
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def forget() -> None:
    """Empty the caches, so that parsing is measured and not remembering."""
    cron.parse_schedule.cache_clear()
    fields.read_debian.cache_clear()
    describe.describe.cache_clear()


def parse_and_next(texts: list[str]) -> None:
    """Parse each schedule again and ask for its next run."""
    forget()
    for text in texts:
        next(cron.parse_schedule(text).runs(NOW, ZONE), None)


def iterate(text: str, count: int) -> None:
    """Ask for the next `count` runs."""
    for _ in islice(cron.parse_schedule(text).runs(NOW, ZONE), count):
        pass


def iterate_croniter(text: str, count: int) -> None:
    """The same through croniter."""
    times = croniter(text, NOW)
    for _ in range(count):
        times.get_next(datetime)


def jobs(texts: list[str]) -> list[Job]:
    """Jobs as the crontab source hands them over."""
    made = []
    for number, text in enumerate(texts):
        facts = CronFacts("crontab", text.encode(), b"true", zone=ZONE.key)
        first = next(cron.parse_schedule(text).runs(NOW, ZONE), None)
        name = f"job-{number}"
        place = Location("crontab", number)
        made.append(Job(name, name, SourceName.CRONTAB, "fed", text, "", place, next_run=first, facts=facts))
    return made


def figures() -> dict[str, float]:
    """What the budgets are about: per second, and the ratio to croniter on the same random schedules."""
    texts = [text for text in schedules(400) if next(cron.parse_schedule(text).runs(NOW, ZONE), None)]
    each, others = 250, 10
    own = len(texts) * each / seconds(lambda: [iterate(text, each) for text in texts])
    sample = texts[:40]
    their_diff = (
        len(sample) * others / seconds(lambda: [iterate_croniter(text, others) for text in sample], 1)
    )
    many = schedules(JOBS)
    return {
        "next_runs_per_s": own,
        "croniter_runs_per_s": their_diff,
        "ratio": own / their_diff,
        "parse_and_next_per_s": JOBS / seconds(lambda: parse_and_next(many)),
    }


def main() -> None:
    """Measure and print."""
    texts = schedules(JOBS)
    known = figures()
    print(f"runs of random schedules    {known['next_runs_per_s']:16,.0f}/s", end="")
    print(f"   croniter {known['croniter_runs_per_s']:8,.0f}/s   {known['ratio']:5.0f} times")
    sample = texts[:300]
    other = len(sample) / seconds(lambda: [croniter(text, NOW).get_next(datetime) for text in sample], 1)
    print(
        f"parse + next, {JOBS:,} random {known['parse_and_next_per_s']:16,.0f}/s   croniter {other:8,.0f}/s"
    )
    for text in ("*/5 * * * *", "30 2 * * 1-5", "0 9 13 * fri"):
        own = 50_000 / seconds(lambda text=text: iterate(text, 50_000))
        other = 2_000 / seconds(lambda text=text: iterate_croniter(text, 2_000))
        print(f"runs of {text:22} {own:14,.0f}/s   croniter {other:8,.0f}/s   {own / other:5.0f} times")
    listed = jobs(texts)
    runs = seconds(lambda: list(islice(upcoming(listed, NOW), 20)))
    print(f"next 20 runs of {JOBS:,} jobs  {runs * 1000:16.1f} ms")
    piles = seconds(lambda: busy_minutes(listed, NOW), 1)
    print(f"pile-ups of {JOBS:,} jobs      {piles * 1000:16.1f} ms")
    words = seconds(
        lambda: (describe.describe.cache_clear(), [describe.describe(cron.parse_schedule(t)) for t in texts])
    )
    print(f"words for {JOBS:,} schedules   {words * 1000:16.1f} ms")
    warned = seconds(lambda: [find_pitfalls(cron.parse_schedule(text), ZONE, NOW) for text in texts[:1000]])
    print(f"pitfalls of one schedule     {warned:16.3f} ms")


if __name__ == "__main__":
    main()
