"""One full screen or dialog per file."""
