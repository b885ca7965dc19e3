"""Kill or fail a change at each of its file calls: the world is old or new, and undo leads to the old.

`python -m tests.killpoints` tries every point; test_sample.py here and tests/box/test_kills.py try a sample.
"""
