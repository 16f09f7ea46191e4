"""The chart of how many convert, as time goes by."""
