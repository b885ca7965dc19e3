"""Where the pack's jobs run: lines of a crontab, or pairs of units; put there, read back, taken away."""
