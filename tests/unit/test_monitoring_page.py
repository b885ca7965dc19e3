"""docs/monitoring.md: its metrics are those that are written, its panel and its rules can be read."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from fedtui.cli.metrics import finding_families, job_families
from fedtui.cli.records import JsonRecords
from fedtui.model import Snapshot

PAGE = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 24, 13, 5, 12, tzinfo=UTC)


def written() -> set[str]:
    snapshot, records = Snapshot(NOW), JsonRecords(UTC)
    families = (*job_families(snapshot, {}, records), *finding_families(snapshot, records))
    return {family.name for family in families}


def test_the_page_names_every_metric_and_no_other() -> None:
    assert set(re.findall(r"\bfedtui_[a-z_]+", PAGE)) == written()


def test_the_panel_is_json() -> None:
    (panel,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert json.loads(panel)["type"] == "table"
