"""Texts as they are drawn: none on another one, none outside the figure."""

from __future__ import annotations

import itertools
import random

import numpy as np
from matplotlib.figure import Figure

from tests.plot.artists import drawn

LAYOUTS = ["constrained", "tight", None]


def labels(ax):
    """List all texts of the Axes that are seen: labels, ticks and title too."""
    texts = [
        *ax.texts,
        *ax.get_xticklabels(),
        *ax.get_yticklabels(),
        ax.xaxis.label,
        ax.yaxis.label,
        ax._left_title,
    ]
    low, high = sorted(ax.get_xlim())
    return [
        text
        for text in texts
        if text.get_visible()
        and text.get_text().strip()
        and not (text in ax.get_xticklabels() and not low <= text.get_position()[0] <= high)
    ]


def require_apart(figure):
    """Draw the figure, and find all texts apart and inside."""
    renderer = drawn(figure.axes[0])
    texts = [text for ax in figure.axes for text in labels(ax)]
    assert texts
    boxes = np.array([text.get_window_extent(renderer).extents for text in texts])
    inside = figure.bbox.extents + np.array([-1.5, -1.5, 1.5, 1.5])
    for text, box in zip(texts, boxes, strict=True):
        name = text.get_text()
        assert (box[:2] >= inside[:2]).all(), (name, box)
        assert (box[2:] <= inside[2:]).all(), (name, box)
    for one, two in itertools.combinations(range(len(texts)), 2):
        shared = np.minimum(boxes[one, 2:], boxes[two, 2:]) - np.maximum(
            boxes[one, :2], boxes[two, :2]
        )
        # Boxes have room for the tails of letters, which may touch.
        assert shared[0] <= 1 or shared[1] <= 2, (texts[one].get_text(), texts[two].get_text())


def figures(generator):
    """Make a figure of some size and layout, and the Axes to draw into."""
    layout = generator.choice(LAYOUTS)
    size, rows = generator.choice([((10, 5), 1), ((13.3, 7.5), 1), ((10, 7), 2)])
    figure = Figure(figsize=size, layout=layout)
    return figure, list(np.ravel(figure.subplots(rows, rows)))


def check_random(draw, seeds, sizes=((10, 5), (13.3, 7.5))):
    """Draw in several sizes, layouts and a grid, and measure the texts.

    `draw` gets a generator of chance and the Axes, which is one of a grid where it is small.
    """
    for seed in seeds:
        generator = random.Random(seed)
        for size in sizes:
            layout = generator.choice(LAYOUTS)
            figure = Figure(figsize=size, layout=layout)
            draw(generator, figure.add_subplot(), in_grid=False)
            require_apart(figure)
        figure = Figure(figsize=(10, 7), layout=generator.choice(LAYOUTS[:2]))
        for ax in figure.subplots(2, 2).flat:
            draw(generator, ax, in_grid=True)
        require_apart(figure)
