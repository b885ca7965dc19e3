"""The doctor's list: a row a finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from fedtui.model import Job
from fedtui.presentation.doctor_rows import DoctorRow, heading, row_line
from fedtui.widgets.row_table import RowTable


class FindingTable(RowTable[DoctorRow]):
    """Findings, groups of them, and what was not checked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(heading, lambda row, width: row_line(row, self._jobs, width), "The finding", id=id)
        self._jobs: Mapping[str, Job] = {}

    def show(self, rows: Sequence[DoctorRow], jobs: Mapping[str, Job]) -> None:
        """Show other rows; the cursor stays on its row, or near it."""
        self._jobs = jobs
        twins = Counter[str]()
        keys = []
        for row in rows:  # two rows may look the same, and one of them has the cursor
            keys.append(f"{row.key} {twins[row.key]}")
            twins[row.key] += 1
        self.set_rows(rows, keys)
