"""Logs wherever they are kept: files, their pages and growth, and the journal."""
