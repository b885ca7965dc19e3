"""The crontab as a lossless document. Pure: bytes in, bytes out, no I/O."""
