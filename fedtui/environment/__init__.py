"""Why a job works in a shell and fails in its scheduler: the two environments, side by side.

`given_side` tells what cron or systemd gives a job, `shell_side` what the user's login shell has; `compare`
puts them together with the programs that the job looks up in PATH, says what of it matters, and what would
fix it. Nothing is changed here, and no command of a job is run: the engine sets a line.
"""

from fedtui.environment.compare import compare
from fedtui.environment.sides import given_side, shell_side
from fedtui.environment.values import (
    Comparison,
    Program,
    Reason,
    Relation,
    SchedulerSide,
    ShellSide,
    Variable,
)

__all__ = [
    "Comparison",
    "Program",
    "Reason",
    "Relation",
    "SchedulerSide",
    "ShellSide",
    "Variable",
    "compare",
    "given_side",
    "shell_side",
]
