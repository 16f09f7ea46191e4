"""Serve: the command line, the demonstration and its report."""
