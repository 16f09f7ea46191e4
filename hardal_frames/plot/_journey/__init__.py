"""The journey chart."""
