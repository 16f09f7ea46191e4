"""The libraries that answer, each in a module of the same form: prepare, and QUERIES by task."""
