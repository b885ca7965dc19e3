"""Both bus adapters keep the port's contract, against the real bus of a booted machine."""

from __future__ import annotations
