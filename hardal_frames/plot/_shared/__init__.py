"""What charts have in common."""
