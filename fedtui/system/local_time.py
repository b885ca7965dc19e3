"""Moments in the machine's own zone, whatever TZ the terminal has."""

from __future__ import annotations

from datetime import datetime

from fedtui.system.zone import local_zone


def clock_time(at: datetime) -> str:
    """Such as 14:05:12."""
    return f"{at.astimezone(local_zone()[1]):%H:%M:%S}"


def short_moment(at: datetime) -> str:
    """Such as "Tue 24 Nov 14:05"."""
    here = at.astimezone(local_zone()[1])
    return f"{here:%a} {here.day} {here:%b %H:%M}"


def day(at: datetime) -> str:
    """Such as 2026-11-24."""
    return f"{at.astimezone(local_zone()[1]):%Y-%m-%d}"


def stamp(at: datetime) -> str:
    """Such as 20261124-140512, for names of files."""
    return f"{at.astimezone(local_zone()[1]):%Y%m%d-%H%M%S}"
