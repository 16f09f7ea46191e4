"""What the tests of charts share: no screen, and no figure left behind."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure


@pytest.fixture(autouse=True)
def no_figure_left():
    """Close what a test opened with pyplot."""
    yield
    plt.close("all")


@pytest.fixture
def new_axes():
    """Axes of a figure that pyplot knows nothing of."""

    def make(width=10, height=5, *, layout="constrained", **style):
        return Figure(figsize=(width, height), layout=layout).add_subplot(**style)

    return make
