"""What is accepted, what is refused and with which complaint, and what an accepted line means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from fedtui.crontab import Document, LineKind
from fedtui.schedule.cron import CronSchedule, ScheduleError, parse_schedule, split_schedule
from fedtui.schedule.dialect import BUSYBOX, CRONIE, DEBIAN
from tests.oracle.cron import Cron
from tests.oracle.expressions import Expressions, certain
from tests.oracle.recorded import ONE_FOR_ALL

# The nicknames leave other flags behind than the fields they stand for (entry.c): @daily is no wildcard job
# and not of every weekday by a star, which its runs do not tell from one that is.
NICKNAME_FLAGS = {
    "@yearly": "W",
    "@annually": "W",
    "@monthly": "W",
    "@weekly": "D",
    "@daily": "",
    "@midnight": "",
    "@hourly": "h",
}


def flags(schedule: CronSchedule) -> str:
    """m, h, D and W for fields that begin with a star; R for @reboot."""
    if schedule.reboot:
        return "R"
    if schedule.dialect not in (DEBIAN, CRONIE):
        return ""
    if schedule.nickname:
        return NICKNAME_FLAGS[schedule.nickname]
    stars = zip("mhDW", (schedule.fields[place] for place in (0, 1, 2, 4)), strict=True)
    return "".join(letter for letter, field in stars if field.star)


def listed(values: Sequence[int]) -> str:
    return ",".join(map(str, values)) or "-"


def fields(schedule: CronSchedule) -> list[str]:
    """The values of the five fields; BusyBox's crond forgets those of a day field that restricts nothing."""
    values = [schedule.minutes, schedule.hours, schedule.days, schedule.months, schedule.weekdays]
    if schedule.dialect is BUSYBOX and schedule.fields:
        day, weekday = schedule.fields[2].star, schedule.fields[4].star
        if day != weekday:
            values[2 if day else 4] = ()
    return list(map(listed, values))


def own_reading(line: str, dialect: str) -> tuple[str, ...]:
    """What fedtui makes of a line, as `Cron.read` says it."""
    read = Document.parse(f"{line}\n".encode("latin-1"), user="root", dialect=dialect).lines[0]
    if read.kind is LineKind.ENVIRONMENT and read.setting is not None:
        name, value = read.setting
        if dialect == "busybox" and name == b"MAILTO":
            value = b""  # Debian's busybox sends no mail, and forgets it
        return ("ENV", b"=".join((name, value)).decode("latin-1"))
    if read.kind is LineKind.BAD:
        return ("ERR", read.error)
    if read.entry is None:
        return ("END",)
    schedule = parse_schedule(read.entry.schedule, dialect)
    command = read.entry.field if schedule.dialect.percent else read.entry.command
    return ("JOB", f"{flags(schedule)}.", *fields(schedule), command.decode("latin-1"))


def own_schedule(text: str, dialect: str) -> tuple[str, ...]:
    """The same for a text with ` x` behind it, through the schedule type alone."""
    line = f"{text} x"
    try:
        written, rest = split_schedule(line.encode("latin-1"), dialect, root=True)
        schedule = parse_schedule(written, dialect)
    except ScheduleError as error:
        return ("ERR", error.cron_words)
    return ("JOB", f"{flags(schedule)}.", *fields(schedule), line[rest:])


def compare(
    what: str,
    lines: list[str],
    answers: list[tuple[str, ...]],
    own: list[tuple[str, ...]],
    say: Callable[[str], None],
) -> None:
    wrong = [
        f"{line!r}: cron {answer}; fedtui {ours}"
        for line, answer, ours in zip(lines, answers, own, strict=True)
        if answer != ours
        # which complaint a ~ gets hangs on chance
        and not (answer[0] == ours[0] == "ERR" and ("~" in line or answer[1] in ONE_FOR_ALL))
    ]
    kinds = {kind: sum(answer[0] == kind for answer in answers) for kind in ("JOB", "ERR", "ENV")}
    say(
        f"{len(lines):,} {what}: {kinds['JOB']:,} jobs, {kinds['ERR']:,} refused, {kinds['ENV']:,} settings; "
        f"{len(wrong)} disagreements"
    )
    assert not wrong, "\n".join(wrong[:20])
    assert kinds["JOB"] > len(lines) // 5
    assert kinds["ERR"] > len(lines) // 20


def _of_one_meaning(texts: Iterable[str], cron: Cron) -> list[str]:
    return [text for text in texts if cron.dialect == "cronie" or certain(text, cron.dialect)]


def test_schedules(cron: Cron, seed: int, cases: int, say: Callable[[str], None]) -> None:
    made = Expressions(seed + 1)
    texts = _of_one_meaning((made.wrong_or_right() for _ in range(cases)), cron)
    if cron.dialect == "cronie":
        texts[::4] = [text.replace("-", "~") for text in texts[::4]]
    answers = cron.read([f"{text} x" for text in texts])
    compare(
        f"{cron.dialect}: beginnings of lines",
        texts,
        answers,
        [own_schedule(text, cron.dialect) for text in texts],
        say,
    )


def test_whole_lines(cron: Cron, seed: int, cases: int, say: Callable[[str], None]) -> None:
    made = Expressions(seed + 2)
    lines = _of_one_meaning((made.line() for _ in range(cases // 2)), cron)
    compare(
        f"{cron.dialect}: lines",
        lines,
        cron.read(lines),
        [own_reading(line, cron.dialect) for line in lines],
        say,
    )
