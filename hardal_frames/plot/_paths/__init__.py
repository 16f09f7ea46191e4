"""The parts of the paths chart."""
