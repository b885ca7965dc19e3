"""A compound change as an action: planned from its parts, made whole or not at all, undone as one step.

`plan_bundle` is for whoever works out parts (the set-up, a conversion); `apply` and `plan_undo` stand behind
the doors of change.py. The undo step is written before the first part is made (bundle_journal.py), so that a
kill in the middle leaves something that can be seen and taken back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from fedtui.actions import part_making, part_units
from fedtui.actions.bundle_journal import Journal, read
from fedtui.actions.bundle_parts import NothingToChange, resuming, still, to_do, undoing
from fedtui.actions.part_making import Maker, named
from fedtui.actions.part_words import diffs, steps
from fedtui.actions.parts import Bundle, FileText, Part, UnitSwitch, turned
from fedtui.actions.plan import Applied, Plan, Refused, Stale, Stands, Step
from fedtui.actions.undo_memory import already
from fedtui.actions.wording import undo_words, what_was_done
from fedtui.history.database import UndoStep
from fedtui.ports import Ports
from fedtui.system.atomic_write import sweep

__all__ = ["NothingToChange", "apply", "plan_bundle", "plan_undo", "stands"]


async def plan_bundle(
    verb: str,
    job_id: str,
    job_name: str,
    summary: str,
    parts: Sequence[Part],
    ports: Ports,
    done: str,
    warnings: Sequence[str] = (),
    destructive: bool = False,
) -> Plan:
    """The plan that makes these parts in their order; those that are so already are left out.

    Folders that a file needs are made along. Raises NothingToChange where nothing is left to do, and Refused
    where a part is not as its `before`, where a text would not be taken, or where privilege is missing.
    """
    wanted = await to_do(parts, ports)
    if not wanted:
        raise NothingToChange("Everything is as it should be already.")
    files = [part for part in wanted if isinstance(part, FileText)]
    await part_units.verified(files)
    return Plan(
        verb=verb,
        job_id=job_id,
        job_name=job_name,
        summary=summary,
        diffs=await asyncio.to_thread(diffs, wanted, ports),
        steps=await asyncio.to_thread(_steps, wanted, ports),
        change=Bundle(wanted, done),
        warnings=tuple(warnings),
        destructive=destructive,
    )


def _steps(parts: Sequence[Part], ports: Ports) -> tuple[Step, ...]:
    units = [
        part.path
        for part in parts
        if isinstance(part, FileText) and part.after and part_units.manager_of(part.path) is not None
    ]
    made = list(steps(parts, ports))
    if units:
        at = next(index for index, step in enumerate(made) if step.verb == "check")
        made.insert(
            at,
            Step(
                "check", "copies of the new units: done, it has nothing to say", ("systemd-analyze", "verify")
            ),
        )
    return tuple(made)


async def apply(plan: Plan, bundle: Bundle, ports: Ports) -> Applied:
    """Make the parts in their order, each read back; where one cannot be made, take back those before it.

    Raises Stale where the world is not as the plan was made on; Refused tells what stands where not all of
    it could be taken back, and then `u` takes the rest back.
    """
    await still(bundle.parts, ports)
    journal = await asyncio.to_thread(Journal, plan, bundle, ports)
    maker = Maker(ports, unread=bundle.made)
    made = 0
    try:
        for part in bundle.parts:
            await maker.make(part)
            made += 1
            await asyncio.to_thread(journal.note, made)
        await maker.finish()
    except Refused as refusal:
        await _take_back(bundle.parts, made, refusal, journal, ports)
        raise
    except Exception as error:
        failed = Refused(f"{error or type(error).__name__}.".replace("..", "."))
        await _take_back(bundle.parts, made, failed, journal, ports)
        raise failed from error
    return await asyncio.to_thread(journal.finish)


async def _take_back(
    parts: Sequence[Part], made: int, refusal: Refused, journal: Journal, ports: Ports
) -> None:
    """Turn round what was made, the last first. Raises Refused, with what stands where that fails."""
    maker = Maker(ports)
    left: list[str] = []
    stay: list[str] = []
    back = [*parts[:made]]
    if made < len(parts) and await _half_made(parts[made], ports):
        back.append(parts[made])
    for index in reversed(range(len(back))):
        try:
            part = turned(back[index])
            await maker.make(part)
            if await part_making.stands(part, ports) is not Stands.AFTER:
                stay.append(named(part))  # others have put something there
            stamp = await asyncio.to_thread(part_units.stamp_left, part, parts)
            if stamp is not None:
                await maker.make(stamp)
            if not left:
                await asyncio.to_thread(journal.note, index)
        except Refused as error:
            left.append(f"{named(back[index])} ({error.message.rstrip('.')})")
    try:
        await maker.finish()
    except Refused as error:
        left.append(f"what systemd has read ({error.message.rstrip('.')})")
    if left:
        raise Refused(
            refusal.message,
            f"The rest was taken back, but not {'; '.join(left)}.",
            " ".join(filter(None, (refusal.advice, "u takes that back when it can be."))),
        ) from refusal
    await asyncio.to_thread(journal.forget)
    if made or stay:
        raise Refused(refusal.message, _what_stands(refusal, stay), refusal.advice) from refusal


def _what_stands(refusal: Refused, stay: Sequence[str]) -> str:
    """What is in force after all was taken back that could be."""
    usual = refusal.untouched in (Refused("").untouched, Stale("").untouched)
    if usual and not stay:
        return "What had been done before was taken back: nothing is changed."
    said = ["What had been done before was taken back."]
    said += [] if usual else [refusal.untouched]
    said += [f"These stay, since they are in use by now: {', '.join(stay)}."] if stay else []
    return " ".join(said)


async def _half_made(part: Part, ports: Ports) -> bool:
    """Whether the part that failed left something; a unit may be enabled and not started."""
    try:
        now = await part_making.stands(part, ports)
    except Refused:
        return False
    return now is Stands.AFTER or (isinstance(part, UnitSwitch) and now is Stands.OTHER)


async def stands(step: UndoStep, ports: Ports) -> Stands:
    """Whether nothing of a change that was cut short is made: then there is nothing to take back."""
    kept = read(step.payload)
    for part in kept.parts:
        if isinstance(part, FileText):
            await asyncio.to_thread(sweep, Path(part.path))
    untouched = kept.made == 0 and not (kept.parts and await _half_made(kept.parts[0], ports))
    return Stands.BEFORE if untouched else Stands.OTHER


async def plan_undo(step: UndoStep, ports: Ports, cut: UndoStep | None = None) -> Plan:
    """The parts of `step` turned round, the last first; what others changed in tables since stays.

    Of a change that was cut short, those that were made; of an undo that was (`cut`), those that were not.
    Raises Refused where a file, a unit or the lines of a table were changed since.
    """
    kept = read(step.payload)
    made: tuple[Part, ...] = ()
    if cut is not None:
        made, parts, others = await resuming(read(cut.payload), ports)
    else:
        parts, others = await undoing(kept, ports)
    if not parts and not made:
        return already(step, "Everything")
    summary = undo_words(step)
    if cut is not None:
        summary += f" It was cut short: {len(parts)} of {len(made) + len(parts)} parts are left."
    elif not kept.finished:
        summary += f" It was cut short: {len(parts)} of {len(kept.parts)} parts had been made."
    if others:
        summary += " Other lines were changed since; they stay as they are."
    return Plan(
        verb="undo",
        job_id=step.job_id,
        job_name=step.job_name,
        summary=summary,
        diffs=await asyncio.to_thread(diffs, parts, ports),
        steps=await asyncio.to_thread(_steps_of_undo, parts, ports),
        change=Bundle(parts, f"Undone: {what_was_done(step)}.", step.id, cut.id if cut else None, made),
    )


def _steps_of_undo(parts: Sequence[Part], ports: Ports) -> tuple[Step, ...]:
    return steps(parts, ports) if parts else ()
