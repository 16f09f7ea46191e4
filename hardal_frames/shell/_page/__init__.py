"""One page of HTML: its frame, its style, and what stands on it."""
