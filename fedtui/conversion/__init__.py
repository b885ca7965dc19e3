"""One job moved between cron and systemd: what can be said there too, and what is lost, in words."""
