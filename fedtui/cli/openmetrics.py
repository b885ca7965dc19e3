"""The OpenMetrics text format (openmetrics.io, version 1.0): families of samples to text.

Only what node_exporter's textfile collector understands too, which reads the older text format: gauges,
label values escaped, numbers without a timestamp. To it `# UNIT` and `# EOF` are comments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite

Labels = Mapping[str, str]


@dataclass(slots=True)
class Family:
    """One gauge; its `unit` ("seconds", "bytes") must end its name."""

    name: str
    text: str
    unit: str = ""
    samples: list[tuple[Labels, float]] = field(default_factory=list)

    def add(self, value: float, **labels: str) -> None:
        """One more sample; a sample of the same labels must not have been added."""
        self.samples.append((labels, value))


def exposition(families: Iterable[Family]) -> str:
    """The text of all families that have samples, with its end mark."""
    lines: list[str] = []
    for family in families:
        if not family.samples:
            continue
        lines.append(f"# TYPE {family.name} gauge")
        if family.unit:
            lines.append(f"# UNIT {family.name} {family.unit}")
        lines.append(f"# HELP {family.name} {_escaped(family.text)}")
        lines += [f"{family.name}{_labels(labels)} {_number(value)}" for labels, value in family.samples]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _labels(labels: Labels) -> str:
    told = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if not isfinite(value):
        raise ValueError(f"{value} is no number of ours")
    return str(int(value)) if value == int(value) else repr(round(value, 6))
