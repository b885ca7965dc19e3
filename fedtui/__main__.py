"""The program's door: no verb opens the dashboard, a verb is handed to the command line."""

from __future__ import annotations


def main() -> int:
    """Run fedtui; returns the exit status."""
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
