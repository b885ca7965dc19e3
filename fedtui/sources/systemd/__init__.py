"""systemd's timers as a source of jobs: facts over D-Bus, change signals instead of polling."""

from fedtui.sources.systemd.timers import TimerSource

__all__ = ["TimerSource"]
