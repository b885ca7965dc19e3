"""The data committed on a branch of its own and pushed: the scheduled verb, and what it needs to work."""
