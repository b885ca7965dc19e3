"""Each cron that fedtui knows, real and booted: `make hosts`. Its bases are not those of `make test`."""
