"""The tests: unit and property tests, pilot tests, snapshots, and those that run in a booted machine."""
