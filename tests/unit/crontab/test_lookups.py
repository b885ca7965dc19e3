"""What a line or a script looks up in PATH and reads from its environment, as far as it can be told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.crontab.command import read_command
from fedtui.crontab.lookups import (
    Called,
    Lookup,
    called_by,
    first_line,
    lookups_of,
    script_lookups,
    shell_of_script,
    variables_read,
)
from fedtui.crontab.naming import entry_name
from fedtui.crontab.shell_state import walk

# Each line: a command, the name of its job, what it looks up on this host.
RUNNERS = (Path(__file__).parent / "runners.txt").read_text(encoding="utf-8").splitlines()
HERE = {"HOME": "/home/fed", "PATH": "/usr/bin:/bin"}


def lookups(command: str) -> list[Lookup]:
    """Those whose PATH is certain."""
    found = lookups_of(walk(command.encode(), "/home/fed", HERE).steps)
    return [one for one in found if one.path]


def names(command: str) -> list[str]:
    return [found.name for found in lookups(command)]


@pytest.mark.parametrize("row", RUNNERS)
def test_runners_with_their_options(row: str) -> None:
    command, name, found = row.rsplit(" | ", 2)
    looked_up = lookups_of(read_command(command.encode(), "/home/fed").here)
    assert (entry_name(command.encode()), {one.name for one in looked_up}) == (name, set(found.split()))


def test_a_lookup_is_on_the_line_of_its_command() -> None:
    text = "#!/bin/sh\n\ntaskset -cp 0 $(pgrep x)\nmail -s $(hostname) x\n\nrm $(ls | head)\n"
    found = script_lookups(text, "/", HERE)
    assert {one.name: one.line for one in found} == (
        {"taskset": 3, "pgrep": 3, "mail": 4, "hostname": 4, "rm": 6, "ls": 6, "head": 6}
    )


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("bash scripts/sync.sh >> /l 2>&1", ["bash"]),
        ('cd ~/r && git add data/ && git commit -m "A $(date +%Y) `hostname`"', ["git", "date", "hostname"]),
        ("flock -n /l nice -n 5 python3 x.py", ["flock", "nice", "python3"]),
        ("/usr/bin/true | /opt/x", []),
        (". ~/.profile; jq .", []),
        ("bash -lc 'jq . x'", ["bash"]),
        ("bash -c 'jq . x | sort'", ["bash", "jq", "sort"]),
        ("PATH=/x:$PATH jq", ["jq"]),
        ("PATH=$X jq", []),
        ("sudo -u eve backup", ["sudo"]),
        ("env PATH=/y bar", ["env", "bar"]),
        ("poetry run bar", ["poetry"]),
        ("ssh host bar", ["ssh"]),
        ("find . -exec gzip {} + | xargs -r rm", ["find", "gzip", "xargs", "rm"]),
        ("env LANG=C sort x", ["env", "sort"]),
        ("exec nohup baz &", ["nohup", "baz"]),
        ("[ -x /x ] && echo hi; test -f y || exit 3", []),
        ("$TOOL --now", []),
        ("echo 'unclosed", []),
    ],
)
def test_names_on_a_line(command: str, found: list[str]) -> None:
    assert names(command) == found


def test_a_name_that_is_asked_about_is_marked() -> None:
    found = lookups("command -v jq >/dev/null && jq . | sort")
    assert [(one.name, one.tested) for one in found] == [("jq", True), ("sort", False)]


def test_a_path_set_on_the_line_is_the_path_that_counts() -> None:
    (found,) = lookups("PATH=$HOME/bin:$PATH; export PATH; jq .")
    assert (found.name, found.path) == ("jq", "/home/fed/bin:/usr/bin:/bin")


def test_called_files() -> None:
    line = b"cd ~/r && bash s/a.sh && ~/bin/b 1 && python3 c.py && bash -l d.sh && [ -x /e ] && /e && jq"
    r, path = "/home/fed/r", "/usr/bin:/bin"
    assert called_by(walk(line, "/home/fed", HERE).steps) == (
        Called(f"{r}/s/a.sh", True, path, False, False, r),
        Called("/home/fed/bin/b", False, path, True, False, r),
        Called(f"{r}/c.py", False, path, False, False, r),
        Called(f"{r}/d.sh", True, None, False, False, r),
        Called("/e", False, path, True, True, r, True, frozenset({("path", "/e", True), ("x", "/e", True)})),
    )


SCRIPT = """\
#!/bin/bash
# don't
set -euo pipefail
log() { printf '%s\\n' "$*"; }
function helper {
  rsync -a x y
}
URL=${QDRANT_URL:-http://x}
n=$(curl -s "$URL/collections" | jq -r '.result[]
  | .name')   # it's fine
arr=(one two
 three)
case "$1" in
  start) foo ;;
  *) bar ;;
esac
cat <<EOF
 nothing here
EOF
if command -v node >/dev/null; then node x; fi
log hi; helper
for f in *.json; do
   python3 a.py "$f" \\
     --x | sort -u
done
[[ $a =~ ^(x|y)$ ]] && tput bold
PATH="$HOME/bin:$PATH"
mytool "$API_HOST"
. ./env
after
"""


def test_a_script() -> None:
    found = [(one.name, one.line) for one in script_lookups(SCRIPT, "/home/fed", HERE)]
    assert found == [
        ("rsync", 6),
        ("curl", 9),
        ("jq", 9),
        ("cat", 17),
        ("node", 20),
        ("python3", 23),
        ("sort", 24),
        ("tput", 26),
        ("mytool", 28),
    ]
    paths = {one.name: one.path for one in script_lookups(SCRIPT, "/home/fed", HERE)}
    assert (paths["tput"], paths["mytool"]) == ("/usr/bin:/bin", "/home/fed/bin:/usr/bin:/bin")


def test_variables_that_a_script_reads() -> None:
    assert variables_read(SCRIPT, script=True) == {"a": 26, "HOME": 27, "API_HOST": 28}
    assert variables_read("echo '$A' \"$B\" ${C:?} ${D-x} ${E%.*}; F=1; echo $F", script=False) == {
        "B": 1,
        "C": 1,
        "E": 1,
    }


@pytest.mark.parametrize(
    ("text", "words", "shell"),
    [
        ("#!/bin/sh -e\nx", ("/bin/sh",), True),
        ("#!/usr/bin/env bash\n", ("/usr/bin/env", "bash"), True),
        ("#! /usr/bin/env -S python3 -u\n", ("/usr/bin/env", "python3"), False),
        ("\x7fELF", (), False),
        ("echo", (), False),
    ],
)
def test_the_first_line_says_who_reads_a_file(text: str, words: tuple[str, ...], shell: bool) -> None:
    assert (first_line(text), shell_of_script(text)) == (words, shell)


@settings(max_examples=200)
@given(st.text(alphabet="ab $(){}[]'\"`\\\n;|&<>=#!EOFcase in", max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for found in script_lookups(text, "/", HERE):
        assert text.count("\n") + 1 >= found.line >= 1
        assert found.name in text.replace("\\\n", "").replace("\\", "").replace("'", "").replace('"', "")
    variables_read(text, script=True)
    steps = walk(text.encode(), "/", HERE).steps
    lookups_of(steps)
    called_by(steps)
