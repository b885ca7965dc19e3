"""The verb `git-merge`: the automation branch merged into the operator's checkout, with nothing lost."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from pathlib import Path
from shlex import quote

from fedtui.action_result import Refused
from fedtui.cli.change import agreed
from fedtui.cli.exit_status import ExitStatus
from fedtui.cli.parser import UsageError
from fedtui.cli.records import JsonRecords, print_json
from fedtui.federation.git.merge_data import Merged, MergePlan, merge, plan_merge
from fedtui.federation.git.sync import BRANCH
from fedtui.pack import load_pack
from fedtui.safe_text import sanitize_and_mask
from fedtui.system.local_time import stamp
from fedtui.workspace import Workspace


async def git_merge(workspace: Workspace, options: Namespace) -> int:
    """`fedtui git-merge`: show what would be merged, ask, merge."""
    if workspace.ports.demo:
        raise Refused("The demo has no federation to be merged.")
    pack = await asyncio.to_thread(load_pack)
    if options.root is None and pack is None:
        raise UsageError("git-merge: --root DIR is needed, since no federation was set up here")
    root = Path(options.root or (pack.root if pack else "")).expanduser().absolute()
    mine = pack is not None and Path(pack.root) == root
    branch = options.branch or (pack.branch if pack is not None and mine else BRANCH)
    plan = await asyncio.to_thread(plan_merge, root, branch)
    records = JsonRecords(workspace.zone)
    if not plan.commits:
        _tell(f"{plan.checkout.branch} has all of {branch} already.", options, _record(plan, None, records))
        return ExitStatus.DONE
    if not options.json:
        print(sanitize_and_mask(plan.summary))
        for name in plan.files:
            print(f"  {sanitize_and_mask(name)}{'   joined' if name in plan.dirty else ''}")
    if options.dry_run:
        _tell("Dry run: nothing was merged.", options, _record(plan, None, records))
        return ExitStatus.DONE
    if not agreed(options, "Merge it?", "Nothing was merged.", "--yes merges without asking."):
        return ExitStatus.REFUSED
    done = await asyncio.to_thread(merge, plan, workspace.config.state, stamp(workspace.now()))
    said = f"Merged {branch} into {plan.checkout.branch}: {done.commit[:12]}."
    said += f" What lay uncommitted is kept in {done.kept}." if done.kept else ""
    back = f" Back: git -C {quote(str(plan.checkout.top))} reset --keep {done.before[:12]}"
    _tell(said + back, options, _record(plan, done, records))
    return ExitStatus.DONE


def _tell(said: str, options: Namespace, record: dict[str, object]) -> None:
    if options.json:
        print_json(options.json, record)
    else:
        print(sanitize_and_mask(said))


def _record(plan: MergePlan, done: Merged | None, records: JsonRecords) -> dict[str, object]:
    return {
        "branch": records.text(plan.branch),
        "into": records.text(plan.checkout.branch),
        "commits": plan.commits,
        "files": [records.text(name) for name in plan.files],
        "joined": [records.text(name) for name in plan.dirty],
        "commit": done.commit if done is not None else None,
        "before": done.before if done is not None else None,
        "kept_in": (done.kept or None) if done is not None else None,
    }
