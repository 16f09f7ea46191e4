"""How faults of each kind are put into a recording."""
