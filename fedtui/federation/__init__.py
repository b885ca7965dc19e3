"""The federation pack: the jobs of a federation set up, kept fresh, committed, rotated and rehearsed.

Planning only, where it can be: a module here works out `changes.edits` and hands them to `changes` to be
shown, confirmed, applied and undone like any other change.
"""
