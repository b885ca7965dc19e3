"""The fixtures of the changes: a world with a crontab, and jobs in it."""

from tests.unit.changes.conftest import *  # noqa: F403
