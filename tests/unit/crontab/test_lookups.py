"""What a line or a script looks up in PATH and reads from its environment, as far as it can be told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.crontab.lookups import (
    Called,
    called_files,
    first_line,
    line_lookups,
    script_lookups,
    shell_of_script,
    variables_read,
)

HERE = {"HOME": "/home/fed", "PATH": "/usr/bin:/bin"}


def names(command: str) -> list[str]:
    return [found.name for found in line_lookups(command.encode(), "/home/fed", HERE)]


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
        ("PATH=/x:$PATH jq", []),
        ("sudo -u eve backup", ["sudo"]),
        ("env PATH=/y bar", ["env"]),
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
    found = line_lookups(b"command -v jq >/dev/null && jq . | sort", "/", HERE)
    assert [(one.name, one.tested) for one in found] == [("jq", True), ("sort", False)]


def test_a_path_set_on_the_line_is_the_path_that_counts() -> None:
    (found,) = line_lookups(b"PATH=$HOME/bin:$PATH; export PATH; jq .", "/", HERE)
    assert (found.name, found.path) == ("jq", "/home/fed/bin:/usr/bin:/bin")


def test_called_files() -> None:
    found = called_files(
        b"cd ~/r && bash s/a.sh && ~/bin/b 1; python3 c.py; bash -l d.sh; jq", "/home/fed", HERE
    )
    assert found == (
        Called("/home/fed/r/s/a.sh", True, "/usr/bin:/bin"),
        Called("/home/fed/bin/b", False, "/usr/bin:/bin"),
        Called("/home/fed/r/d.sh", True, None),
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
        ("sort", 23),
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
    line_lookups(text.encode(), "/", HERE)
    called_files(text.encode(), "/", HERE)
