"""The crontab as a lossless document. Pure: bytes in, bytes out.

The public names for reading are here; the modules behind them are named after what they know. What changes a
document (`edit`, `table_diff`) is imported from there: listing jobs need not load it.
"""

from fedtui.crontab.command import CommandLine, log_paths, read_command
from fedtui.crontab.command_field import escape, split_percent
from fedtui.crontab.document import Document
from fedtui.crontab.identity import id_key
from fedtui.crontab.line import PAUSED, Block, Entry, Line, LineKind

__all__ = [
    "PAUSED",
    "Block",
    "CommandLine",
    "Document",
    "Entry",
    "Line",
    "LineKind",
    "escape",
    "id_key",
    "log_paths",
    "read_command",
    "split_percent",
]
