"""The verb `git-sync`: what the schedule of the git automation runs.

Each way it can end has a word of its own and an exit status (`git.sync_result`); the last lines say
which, for people and for `results`.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from argparse import Namespace
from pathlib import Path

from fedtui.action_result import Refused
from fedtui.cli.parser import UsageError
from fedtui.cli.records import JsonRecords, print_json
from fedtui.federation.git.sync import BRANCH, GitSync, SyncReport, SyncRequest
from fedtui.federation.git.sync_result import SyncResult
from fedtui.pack import Pack, load_pack
from fedtui.safe_text import sanitize_and_mask
from fedtui.system.git_checkout import CancelFlag
from fedtui.workspace import Workspace

_ENDS_IT = (signal.SIGTERM, signal.SIGINT)


async def git_sync(workspace: Workspace, options: Namespace) -> int:
    """`fedtui git-sync`: sync, commit, push, prove."""
    if workspace.ports.demo:
        raise Refused("The demo has no federation to be synced.", "Nothing was run.")
    order = await asyncio.to_thread(_order, workspace, options)
    stop = CancelFlag()
    sync = GitSync(order, _nothing if options.json else _told, _drop if options.json else _passed, stop)
    loop = asyncio.get_running_loop()
    for number in _ENDS_IT:
        loop.add_signal_handler(number, stop.ask)
    try:
        report = await asyncio.to_thread(sync.run)
    finally:
        for number in _ENDS_IT:
            loop.remove_signal_handler(number)
    if options.json:
        print_json(options.json, _record(report, order, JsonRecords(workspace.zone)))
    else:
        for line in _lines(report):
            print(line)
    return report.ending.status


def _order(workspace: Workspace, options: Namespace) -> SyncRequest:
    pack = load_pack()
    if options.root is None and pack is None:
        raise UsageError("fedtui git-sync: --root DIR is needed, since no federation was set up here")
    root = (
        Path(options.root).expanduser().absolute()
        if options.root is not None
        else Path(pack.root if pack else "")
    )
    mine: Pack | None = pack if pack is not None and Path(pack.root) == root else None
    if not root.is_dir():
        raise Refused(f"There is no folder {root}.", "Nothing was run.", "Give the checkout: --root DIR")
    return SyncRequest(
        root=root,
        state=workspace.config.state,
        rules=workspace.book.of("federated-sync"),
        remote=options.remote or (mine.remote if mine else "origin"),
        branch=options.branch or (mine.branch if mine else BRANCH),
        pack=mine,
        dry_run=options.dry_run,
    )


def _told(line: str) -> None:
    print(f"git-sync: {sanitize_and_mask(line)}", flush=True)


def _nothing(line: str) -> None:
    """With --json the only output is the object at the end."""


def _passed(data: bytes) -> None:
    """The script's own output, byte for byte: it goes where the schedule sends it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _drop(data: bytes) -> None:
    """With --json it is not shown; its verdict is."""


def _lines(report: SyncReport) -> list[str]:
    """The end of the output; its first words are levels, as `results` reads them."""
    ending = report.ending
    fine = ending in (SyncResult.OK, SyncResult.WARNINGS)
    skipped = ending in (SyncResult.SKIPPED, SyncResult.BUSY)
    lines = [f"[WARNING] {note}" if not skipped else f"git-sync: {note}" for note in report.notes]
    if fine:
        return [sanitize_and_mask(line) for line in (*lines, f"git-sync: {ending.word}: {report.message}")]
    if skipped:
        return [sanitize_and_mask(line) for line in (*lines, f"[SKIPPED] {ending.word}: {report.message}")]
    lines += [f"[ERROR] {ending.word}: {report.message}"]
    lines += [f"  kept: {report.kept}"] if report.kept else []
    lines += [f"  do: {report.advice}"] if report.advice else []
    return [sanitize_and_mask(line) for line in lines]


def _record(report: SyncReport, order: SyncRequest, records: JsonRecords) -> dict[str, object]:
    return {
        "status": report.ending.word,
        "exit_status": report.ending.status,
        "message": records.text(report.message),
        "kept": records.text(report.kept) or None,
        "advice": records.text(report.advice) or None,
        "notes": [records.text(note) for note in report.notes],
        "script": None if report.script is None else records.result(report.script),
        "files": report.files,
        "commit": report.commit or None,
        "remote": order.remote,
        "branch": order.branch,
        "worktree": report.worktree or None,
    }
