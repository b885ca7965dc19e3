"""Runs: starting, supervising, following, recording, and what they print."""
