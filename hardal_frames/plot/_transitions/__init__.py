"""The heatmap of what follows what."""
