"""Debug the tracking: what is wrong with these events, and what happened in this session."""
