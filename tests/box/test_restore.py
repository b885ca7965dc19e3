"""`crontab -r` on a real machine: noticed in the dashboard and by `check`, and put back byte for byte."""

from __future__ import annotations

import json

from tests.box.federation import install, table
from tests.box.machine import Box, wait_until
from tests.box.terminal import Terminal

TABLE = b'# mine\nMAILTO=""\n0 0 1 1 * true one\n0 0 1 1 *   printf "a\\t%%b" > /dev/null\n'
BACKUP = "/home/fed/.local/state/fedtui/backup"


def kept(box: Box) -> list[str]:
    return box.run(["ls", BACKUP]).stdout.split()


def codes(box: Box) -> set[str]:
    found = json.loads(box.run(["fedtui", "check", "--json"]).stdout)["findings"]
    return {finding["code"] for finding in found}


def test_a_table_that_crontab_r_removed_is_put_back_from_the_dashboard(box: Box) -> None:
    install(box, TABLE)
    assert "FT013" not in codes(box)
    with Terminal(box, ["fedtui"]) as terminal:
        terminal.wait_for("true one", timeout=20)
        wait_until(lambda: len(kept(box)) == 1, 15, "a copy is kept")
        assert box.run(["stat", "-c", "%a %U", f"{BACKUP}/{kept(box)[0]}"]).stdout == "600 fed\n"
        box.run(["crontab", "-r"], check=True)
        terminal.wait_for("The crontab lost all its 2 jobs. d: restore it")
        assert "FT013" in codes(box)
        terminal.press("d")
        terminal.wait_for("FT013")
        terminal.press("enter")
        terminal.wait_for("what will be done")
        terminal.press("y")
        wait_until(lambda: table(box) == TABLE, 15, "the table is put back")
        terminal.wait_gone("FT013")
        terminal.press("u")
        terminal.wait_for("Apply this change?")
        terminal.press("y")
        wait_until(lambda: table(box) is None, 15, "the restore is undone")
    assert "FT013" not in codes(box), "it was emptied by that undo"
    box.run(["fedtui", "redo", "--yes"], check=True)
    assert table(box) == TABLE


def test_root_puts_back_the_table_of_whom_it_was(box: Box) -> None:
    named = TABLE.replace(b"0 0 1 1", b"# name: one\n0 0 1 1", 1)
    install(box, named)
    box.run(["fedtui", "pause", "one", "--yes"], "root", check=True)
    box.run(["crontab", "-r"], check=True)
    (name,) = (
        row.split()[0]
        for row in box.output(["fedtui", "restore"], "root").splitlines()
        if "crontab@fed." in row
    )
    plan = json.loads(box.output(["fedtui", "restore", name, "--dry-run", "--json"], "root"))["plan"]
    assert [diff["title"] for diff in plan["diffs"]] == ["crontab of fed"]
    box.run(["fedtui", "restore", name, "--yes"], "root", check=True)
    assert table(box) == named


def test_root_has_its_own_table_copied_and_not_that_of_others(box: Box) -> None:
    install(box, TABLE)
    own = b"0 0 1 1 * true root\n"
    box.run(["crontab", "-"], "root", input=own, check=True)
    try:
        with Terminal(box, ["fedtui"], user="root") as terminal:
            terminal.wait_for("true root", timeout=20)
            wait_until(lambda: own in copies_of_root(box), 15, "a copy is kept")
            assert TABLE not in copies_of_root(box)
            box.run(["crontab", "-r"], "root", check=True)
            terminal.wait_for("The crontab lost its job. d: restore it")
    finally:
        box.run(["crontab", "-r"], "root")


def copies_of_root(box: Box) -> list[bytes]:
    folder = "/root/.local/state/fedtui/backup"
    names = box.run(["ls", folder], "root").stdout.split()
    return [box.read(f"{folder}/{name}") for name in names]


def test_root_puts_back_a_system_table_by_its_file_name(box: Box) -> None:
    path, text = "/etc/cron.d/nightly", b"# name: tidy\n0 0 1 1 * root true tidy\n"
    box.write(path, text, user="root")
    try:
        box.run(["fedtui", "pause", "tidy", "--yes"], "root", check=True)
        box.run(["rm", "/root/.local/state/fedtui/history.db"], "root", check=True)  # only the name is left
        rows = box.output(["fedtui", "restore"], "root").splitlines()
        (row,) = (row.split() for row in rows if row.startswith("nightly."))
        assert row[-3:] == ["2", "1", "1"]
        box.run(["fedtui", "restore", row[0], "--yes"], "root", check=True)
        assert box.read(path) == text
    finally:
        box.run(["rm", path], "root")
