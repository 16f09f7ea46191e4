"""The chart of what two groups of sessions do differently."""
