"""Each cron that fedtui knows, real and booted: `make hosts`. Not in `make test`: it needs bases of its own."""
