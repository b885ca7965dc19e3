"""The database of runs and of undo steps, in the state folder."""
