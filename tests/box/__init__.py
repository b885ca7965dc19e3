"""A real Debian with systemd, dbus, journald, logind and cron in namespaces, and the tests that run in it."""
