"""The crontab as a lossless document. Pure: bytes in, bytes out.

The public names are here; the modules behind them are named after what they know.
"""

from fedtui.crontab import edit, patch
from fedtui.crontab.command import log_paths, program, programs, script_path, uses_logger
from fedtui.crontab.command_field import escape, split_percent
from fedtui.crontab.document import Document
from fedtui.crontab.identity import id_key
from fedtui.crontab.line import PAUSED, Block, Entry, Kind, Line, logged_command
from fedtui.crontab.patch import Difference, Row
from fedtui.crontab.splice import EditError

__all__ = [
    "PAUSED",
    "Block",
    "Difference",
    "Document",
    "EditError",
    "Entry",
    "Kind",
    "Line",
    "Row",
    "edit",
    "escape",
    "id_key",
    "log_paths",
    "logged_command",
    "patch",
    "program",
    "programs",
    "script_path",
    "split_percent",
    "uses_logger",
]
