"""Reading a chart back: its renderer, and the texts that can be seen."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg


def drawn(ax):
    """Draw the figure as saving it does."""
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    return canvas.get_renderer()


def visible(ax):
    """List the texts that can be seen."""
    return [text for text in ax.texts if text.get_visible()]


def said(ax):
    """List what the visible texts say."""
    return [text.get_text() for text in visible(ax)]
