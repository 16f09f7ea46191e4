"""Texts of a chart as they are drawn: whether any lie on each other or outside."""

from __future__ import annotations

import itertools

from tests.plot.artists import drawn


def written(ax):
    """List every text that can be seen: in the chart, at its ticks, its title and label."""
    ticks = [*ax.get_xticklabels(), *ax.get_yticklabels()]
    texts = [*ax.texts, *ticks, ax.xaxis.label, ax.yaxis.label, ax._left_title]
    return [text for text in texts if text.get_visible() and text.get_text()]


def assert_texts_apart_and_inside(figure, *, across=0.5, along=2.5):
    """Measure the texts of all charts of a figure as drawn; boxes include the space of letters."""
    renderer = drawn(figure.axes[0])
    boxes = [
        (text.get_text(), text.get_window_extent(renderer))
        for ax in figure.axes
        for text in written(ax)
    ]
    for said, box in boxes:
        assert figure.bbox.x0 - 1 <= box.x0, said
        assert box.x1 <= figure.bbox.x1 + 1, said
        assert figure.bbox.y0 - 1 <= box.y0, said
        assert box.y1 <= figure.bbox.y1 + 1, said
    for (one, first), (two, second) in itertools.combinations(boxes, 2):
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert wide <= across or high <= along, (one, two)
