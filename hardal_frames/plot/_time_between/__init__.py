"""The chart of times between two events."""
