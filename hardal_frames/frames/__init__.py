"""Records to frame: API-shaped dicts become typed, timezone-aware DataFrames."""
