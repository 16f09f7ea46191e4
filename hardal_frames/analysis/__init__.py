"""Analyse: an events frame in, a table out."""
