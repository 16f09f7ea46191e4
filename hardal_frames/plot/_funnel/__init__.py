"""The funnel chart."""
