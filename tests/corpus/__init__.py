"""Command lines with their right answers, and how many of them fedtui reads rightly; see README.md."""
