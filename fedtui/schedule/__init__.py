"""Cron and timer schedules: parse, next runs, plain words. Pure: `now` is a parameter."""
