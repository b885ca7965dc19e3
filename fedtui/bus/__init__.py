"""The D-Bus port and its two adapters."""
