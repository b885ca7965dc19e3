"""Which jobs a change touches, by their source: only that is read again after it."""

from __future__ import annotations

from fedtui.changes.edits import (
    Edit,
    FileEdit,
    LingerEdit,
    MaskEdit,
    PausedTimerEdit,
    RenameEdit,
    TableEdit,
    UnitEdit,
)
from fedtui.changes.plan import Plan
from fedtui.changes.unit_edits import open_manager
from fedtui.model import SourceName


def touched_sources(plan: Plan) -> frozenset[SourceName]:
    """The sources whose jobs are others after `plan`; none for a setting of fedtui's own."""
    return frozenset().union(*map(_touched, plan.change.edits))


def _touched(edit: Edit) -> frozenset[SourceName]:
    match edit:
        case TableEdit(table=table):
            return _of_table(table)
        case UnitEdit() | MaskEdit() | PausedTimerEdit():
            return _of_manager(edit.user_manager)
        case LingerEdit():
            return _of_manager(True)
        case FileEdit(path=path):
            return _of_file(path)
        case RenameEdit(source=source, target=target):
            return _of_file(source) | _of_file(target)
    return frozenset()


def _of_table(table: str) -> frozenset[SourceName]:
    return frozenset({SourceName.CRONTAB if table == "crontab" else SourceName.SYSTEM_CRONTAB})


def _of_manager(user_manager: bool) -> frozenset[SourceName]:
    return frozenset({SourceName.USER_TIMER if user_manager else SourceName.SYSTEM_TIMER})


def _of_file(path: str) -> frozenset[SourceName]:
    if path.startswith(("/etc/cron", "/etc/anacrontab")):
        return _of_table(path)
    manager = open_manager(path)
    return frozenset() if manager is None else _of_manager(manager)
