"""Keep: what was fetched, on disk."""
