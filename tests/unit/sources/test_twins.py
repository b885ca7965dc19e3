"""Rows of one table that would share a name, and the names that a job had before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.crontab import Document
from fedtui.history.lineage import heirs, records_of
from fedtui.model import APART, Job, SourceName
from fedtui.results.rules import RuleBook
from fedtui.sources.cron_jobs import CronClock, TableFacts, TableJobs
from fedtui.system.cron_daemon import CronDaemon
from fedtui.verdicts.limits import AgeLimit, age_limit

NOW = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)


def rows(*lines: str) -> tuple[Job, ...]:
    document = Document.parse("".join(f"{line}\n" for line in lines).encode(), user="fed")
    facts = TableFacts(SourceName.CRONTAB, "crontab", lambda _: "/home/fed", True)
    clock = CronClock(CronDaemon(True, "debian", "cron", 1, NOW), "UTC", ZoneInfo("UTC"))
    return TableJobs(document, facts).at(NOW, clock)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["0 1 * * * x >> a.log", "0 1 * * * y"], ["x", "y"]),
        (["0 1 * * * x >> a.log", "0 2 * * * x >> b.log"], ["x → a.log", "x → b.log"]),
        (["0 1 * * * x >> /a/x.log", "0 1 * * * x >> /b/x.log"], ["x → a/x.log", "x → b/x.log"]),
        (["0 1 * * * certbot renew", "0 1 * * * certbot -q delete"], ["certbot → renew", "certbot → delete"]),
        (["# every night", "0 1 * * * x", "# by hand", "0 1 * * * x"], ["x → every night", "x → by hand"]),
        (["0 1 * * * x", "30 2 * * 0 x"], ["x → daily 01:00", "x → Sun 02:30"]),
        (["0 1 * * * x", "0 1 * * * x"], ["x → #1", "x → #2"]),
        (
            ["0 1 * * * x >> a", "0 1 * * * x -v >> a", "0 1 * * * x"],
            ["x → a, daily 01:00", "x → a, -v", "x → daily 01:00"],
        ),
        (
            ["0 1 * * * curl -u a:S3cretPw99 h", "0 2 * * * curl -u b:S3cretPw98 h"],
            ["curl → daily 01:00", "curl → daily 02:00"],
        ),
        (
            ["0 1 * * * curl -u a:S3cretPw99 h/a", "0 1 * * * curl -u b:S3cretPw98 h/b"],
            ["curl → h/a", "curl → h/b"],
        ),
        (
            ["0 1 * * * cd /srv/a && php artisan t", "0 1 * * * cd /srv/b && php artisan t"],
            ["t → /srv/a", "t → /srv/b"],
        ),
        (["0 1 * * * ssh web1 /srv/x.sh", "0 1 * * * ssh web2 /srv/x.sh"], ["x → web1", "x → web2"]),
        (
            ["0 1 * * * rsync -a /srv/a nas:/b", "0 2 * * * rsync -a /srv/c nas:/b"],
            ["rsync → /srv/a", "rsync → /srv/c"],
        ),
        (
            ["# name: n", "0 1 * * * x >> a.log", "# name: n", "0 1 * * * y >> b.log"],
            ["n → a.log", "n → b.log"],
        ),
    ],
)
def test_rows_of_one_name_are_told_apart(lines: Sequence[str], names: Sequence[str]) -> None:
    assert [job.name for job in rows(*lines)] == names


COMMANDS = st.sampled_from(
    ["x", "x >> a.log", "x -v", "x -w >> a.log", "y", "php /a/artisan t", "php /b/artisan t"]
)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), COMMANDS), max_size=7))
def test_no_two_rows_have_one_name(lines: list[tuple[int, str]]) -> None:
    found = rows(*(f"{minute} 1 * * * {command}" for minute, command in lines))
    assert len({job.name for job in found}) == len(lines)
    assert all(job.name.partition(APART)[0] in job.names or APART not in job.name for job in found)


@pytest.mark.parametrize(
    ("command", "name", "former"),
    [
        ("cd /srv/app && php artisan report:send", "report:send", "artisan"),
        ("php /srv/app/bin/console app:sms:send", "app:sms:send", "console"),
        ("su - worker -c 'cd /app && python3 product.py'", "product", "su"),
        ("docker exec web python -m src.jobs.scan", "scan", "docker"),
        ("cronic ~/bin/commit.sh", "commit", "cronic"),
        ("echo start; mv /a /b", "mv", "echo"),
        ("python3 -m pkg.mod", "mod", "pkg.mod"),
        ("npm run build", "build", "npm"),
        ("sh -c 'cd /srv; ./x.sh'", "x", ""),
        ("nice -n 5 /opt/sync.sh", "sync", ""),
        ("~/venv/bin/python ~/app/run.py", "run", "python"),
        ("PY=/srv/v/bin/python; $PY /srv/m.py", "m", "$PY"),
        ("su - app -c '~/venv/bin/python ~/m.py'", "m", "su python"),
        ("perl -ne'print' /var/log/x.log", "perl", "x"),
        (". ~/.nvm/nvm.sh && nvm use 20 && node d/index.js", "index", "nvm"),
        ("mountpoint -q /m || mount /m; /m/x.sh", "x", "mountpoint mount"),
        ("php /srv/spark tasks:run", "tasks:run", "spark"),
        ('pwsh -Command "Get-Date"', "pwsh", "Get-Date"),
    ],
)
def test_a_job_answers_to_the_names_it_had_before(command: str, name: str, former: str) -> None:
    (job,) = rows(f"0 1 * * * {command}")
    assert (job.name, job.aliases) == (name, tuple(former.split()))


def test_a_variable_of_the_table_is_looked_through() -> None:
    (job,) = rows("PHP=/usr/bin/php8.2", "0 1 * * * $PHP /srv/x/artisan schedule:run")
    assert (job.name, job.aliases) == ("schedule:run", ("$PHP",))


def test_a_row_answers_to_the_name_that_told_it_apart_before() -> None:
    first, second = rows("0 1 * * * cd /srv/a && git pull", "0 1 * * * cd /srv/b && git pull")
    assert first.names == ("git → /srv/a", "git", "git → #1")
    assert second.names == ("git → /srv/b", "git", "git → #2")


def test_settings_under_a_name_from_before_hold() -> None:
    sent, first, second = rows(
        "0 1 * * * php /srv/app/artisan report:send",
        "0 2 * * * sh b.sh >> a.log",
        "0 3 * * * sh b.sh >> b.log",
    )
    book = RuleBook(
        {}, {"artisan": {"product": "/old"}, "b": {"product": "/both"}, "b → b.log": {"product": "/own"}}
    )
    assert [book.product_of(job) for job in (sent, first, second)] == ["/old", "/both", "/own"]
    assert age_limit(sent, NOW, {"artisan": 60.0}) == AgeLimit(60.0, own=True)
    assert not age_limit(first, NOW, {"artisan": 60.0}).own


def test_a_job_that_moves_keeps_the_history_under_a_name_from_before() -> None:
    (job,) = rows("0 1 * * * php /srv/app/artisan report:send")
    past = records_of([replace(job, id="crontab:old", name="artisan", aliases=())], ["crontab:old"])
    assert heirs([job], past.values(), (), lambda _: True) == {"crontab:old": job.id}


def test_a_twin_that_moves_is_still_the_same_job() -> None:
    before = rows("0 1 * * * x -v >> a.log", "0 2 * * * x >> b.log")
    past = records_of(before, [before[0].id])
    (alone,) = rows("0 1 * * * x -v >> a.log")
    moved = replace(alone, id="user-timer:x.timer", name="x.timer", aliases=())
    assert heirs([moved], past.values(), (), lambda _: True) == {before[0].id: moved.id}
