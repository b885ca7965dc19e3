"""Every way to install fedtui gives the whole package; screens/ and styles/ live beside it as symlinks."""
