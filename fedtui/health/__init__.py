"""What keeps schedules from doing their work: one function per finding, each with its evidence."""
