"""What changes the world: plan, show, apply, read back, undo."""
