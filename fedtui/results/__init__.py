"""How a run ended: reads its exit status and what it printed into one verdict. Pure.

`judge` is the door; `rules` holds what it looks for, as data (`rules.toml`, and the user's own additions),
`reading` finds it in the text. The exit status outranks the text, and warnings outrank a plain ok.
"""

from fedtui.results.product import Renewal, renewal
from fedtui.results.reading import OutputPart, RunOutputText
from fedtui.results.rules import RuleBook, Rules, rules_of
from fedtui.results.verdict import judge, overlaps

__all__ = [
    "OutputPart",
    "Renewal",
    "RuleBook",
    "Rules",
    "RunOutputText",
    "judge",
    "overlaps",
    "renewal",
    "rules_of",
]
