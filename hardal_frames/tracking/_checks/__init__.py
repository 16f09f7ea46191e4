"""The checks: each takes the log and gives what it found."""
