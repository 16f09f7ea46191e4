"""The report: what it is about, what is worked out, and how it is told."""
