"""The parts of the session chart."""
