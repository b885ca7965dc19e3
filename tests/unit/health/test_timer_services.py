"""FT215, FT216: services that a timer starts."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedtui.health.service_settings import as_for_a_shell
from tests.unit.health.rows import NOW, by_code, timer


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("/usr/local/bin/sync.sh >> /var/log/sync.log 2>&1", ">>"),
        ("/usr/local/bin/sync.sh > /var/log/sync.log", ">"),
        ("/usr/local/bin/sync.sh 2>/dev/null", "2>"),
        ("/usr/bin/du -s /srv | /usr/bin/mail ops", "|"),
        ("/usr/bin/true && /usr/bin/touch /srv/done", "&&"),
        ("/usr/local/bin/sync.sh &>> sync.log", "&>>"),
        ("/usr/bin/tar czf /b/x-$(date +%%F).tgz /srv", "$(date +%%F)"),
        ("/usr/bin/tar czf /b/`hostname`.tgz /srv", "`hostname`"),
        ("/usr/bin/rsync -a ~/x /b", "~/x"),
        ("-/bin/rm -f /srv/tmp/*.tmp", "/srv/tmp/*.tmp"),
        ("/usr/bin/find /srv/* -name *.tmp", None),
        ("/bin/rm -f /srv/tmp/x~/y", None),
        ("/usr/bin/rsync -a '~/x' $HOME/y ${HOME}/z", None),
        ("/bin/sh -c 'rm -f /srv/$(date +%%F)/*.tmp ~/x'", None),
        ("/bin/sh -c '/usr/local/bin/sync.sh >> /var/log/sync.log 2>&1'", None),
        ('/bin/bash -c "du -s /srv | mail ops"', None),
        ("/usr/bin/find /srv -size +1M -print", None),
        ("/usr/bin/awk $1>2{print}", None),
        ("/usr/local/bin/sync.sh --at <now>", None),
    ],
)
def test_shell_syntax_in_exec_start(tmp_path: Path, command: str, word: str | None) -> None:
    service = tmp_path / "a.service"
    service.write_text(f"[Service]\nExecStart={command}\n")
    found = by_code(timer(tmp_path, "[Timer]\nOnCalendar=hourly\n", service_fragment=str(service)))
    sentence = found["FT215"].sentence if "FT215" in found else None
    wanted = f"systemd hands {word} to the program of a.service as an argument."
    assert sentence == (None if word is None else wanted)


@pytest.mark.parametrize(
    ("state", "hours", "overdue"),
    [("active", 2, True), ("active", 0.5, False), ("activating", 2, False)],
)
def test_a_service_that_stays_up(tmp_path: Path, state: str, hours: float, overdue: bool) -> None:
    job = timer(
        tmp_path,
        "[Timer]\nOnUnitActiveSec=1h\n",
        monotonic=(("OnUnitActiveSec", 3600.0),),
        service_active_state=state,
    )
    job = replace(job, running_since=NOW - timedelta(hours=hours))
    found = by_code(job)
    assert ("FT216" in found) is overdue
    if overdue:
        assert found["FT216"].title == "a.timer is overdue: its service is still up"


words = st.lists(st.text(st.sampled_from("aA_ '\"\\\\${}();\n"), max_size=8), min_size=1, max_size=4)


@given(words)
def test_a_shell_gets_the_words_that_the_program_gets(argv: list[str]) -> None:
    plain = [word.replace("$", "$$") for word in argv]
    assert shlex.split(as_for_a_shell(shlex.join(plain))) == argv


@pytest.mark.parametrize(
    ("word", "given"),
    [
        ("${D}/run.sh", "/srv/my x/run.sh"),
        ("a'${D}'b", "a'/srv/my x'b"),
        ("$$D $${D}", "$D ${D}"),
        ("$D/x", "$D/x"),
        ("x${NONE}y", "xy"),
    ],
)
def test_a_shell_puts_in_what_systemd_puts_in(word: str, given: str) -> None:
    line = f"printf %s {as_for_a_shell(shlex.quote(word))}"
    done = subprocess.run(
        ["sh", "-c", line], env={"D": "/srv/my x"}, capture_output=True, text=True, check=True
    )
    assert done.stdout == given


def test_a_variable_that_is_a_word_of_its_own_is_split() -> None:
    line = f"printf '%s.' {as_for_a_shell(shlex.join(['$D']))}"
    done = subprocess.run(["sh", "-c", line], env={"D": "-a b"}, capture_output=True, text=True, check=True)
    assert done.stdout == "-a.b."
