"""Kill or fail a change at each of its file calls: the world is old or new, its undo step says which, and undo
leads back. `python -m tests.killpoints` tries every point; tests/test_killpoints.py a sample.
"""
