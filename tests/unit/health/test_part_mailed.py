"""FT134: what a line leaves to cron's mail while a log takes the rest."""

from __future__ import annotations

import pytest

from fedtui.model import Severity
from tests.unit.health.answers import machine
from tests.unit.health.rows import all_findings, by_code, table


@pytest.mark.parametrize(
    ("command", "title", "remedy"),
    [
        ("a.sh > a.log", "errors of a.sh go to mail", "a.sh > a.log 2>&1"),
        ("a.sh | tee -a a.log", "errors of a.sh go to mail", None),
        ("a.sh 2>> a.log", "output of a.sh goes to mail", None),
        ("a.sh && b.sh >> a.log 2>&1", "output of a.sh goes to mail", None),
        ("cd /srv; a.sh > a.log && b.sh >> a.log 2>&1", "errors of a.sh go to mail", None),
        ("sh -c 'a.sh >> a.log'", "errors of a.sh go to mail", None),
        ("flock -n lock a.sh >> a.log", "errors of a.sh go to mail", "flock -n lock a.sh >> a.log 2>&1"),
        ("a.sh >> a.log 2>&1", None, None),
        ("a.sh >> a.log 2>> b.log", None, None),
        ("a.sh >> a.log 2>/dev/null", None, None),
        ("a.sh &>> a.log", None, None),
        ("a.sh 2>&1 | tee -a a.log", None, None),
        (". venv/bin/activate && a.sh >> a.log 2>&1", None, None),
        (". ~/.env; borg prune; borg list >> a.log 2>&1", "output of borg goes to mail", None),
        ("(a.sh; b.sh) >> a.log 2>&1", None, None),
        ("exec >> a.log 2>&1; a.sh", None, None),
        ("cd /srv && a.sh >> a.log 2>&1", None, None),
        (". ~/.env; a.sh >> a.log 2>&1; b.sh", "output of b.sh goes to mail", None),
        ("[ -x a.sh ] && a.sh >> a.log 2>&1 || echo failed", None, None),
        ("mysqldump shop > shop.sql", None, None),  # errors that are to be mailed: there is no log
        ("a.sh > /dev/null", None, None),
    ],
)
def test_what_of_a_line_goes_to_mail(command: str, title: str | None, remedy: str | None) -> None:
    finding = by_code(*table(f"SHELL=/bin/bash\n0 1 * * * {command}\n")).get("FT134")
    assert (finding.title if finding else None) == title
    if finding:
        assert finding.severity is Severity.NOTE
        assert (finding.remedy.text if finding.remedy else None) == remedy


def test_one_note_for_a_table_whose_lines_are_all_so() -> None:
    lines = [f"{at} 1 * * * /srv/job{at} >> job.log\n" for at in range(10)]
    assert len([one for one in all_findings(*table("".join(lines[:3]))) if one.code == "FT134"]) == 3
    quiet = "# fedtui: ignore FT134\n"
    found = [
        one for one in all_findings(*table("".join((*lines[:9], quiet, lines[9])))) if one.code == "FT134"
    ]
    assert [one.title for one in found] == ["a part of the output of 9 jobs goes to mail"]
    assert found[0].evidence[0] == "errors of job0 of job0  crontab:1"
    assert found[0].evidence[-1] == "and 1 more"
    assert found[0].job_id is None


def test_without_mail_it_goes_nowhere() -> None:
    title = "errors of a.sh go nowhere"
    assert by_code(*table('MAILTO=""\n0 1 * * * a.sh > a.log\n'))["FT134"].title == title
    files = dict.fromkeys(("/usr/sbin/sendmail", "/usr/lib/sendmail"), False)
    assert by_code(*table("0 1 * * * a.sh > a.log\n"), host=machine(files=files))["FT134"].title == title
