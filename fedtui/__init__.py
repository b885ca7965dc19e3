"""fedtui: one terminal screen for everything that runs on a schedule on a Linux machine."""

__version__ = "0.1.0"
