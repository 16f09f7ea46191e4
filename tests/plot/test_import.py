"""What importing the charts does not do."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "before",
    ["", "plot.journey.__doc__; plot.transitions.__doc__; plot.comparison.__doc__"],
    ids=["import", "look"],
)
def test_matplotlib_loads_when_a_chart_is_drawn(before):
    """Importing hardal_frames.plot does not import matplotlib."""
    command = (
        "import sys; from hardal_frames import plot; "
        f"{before}; sys.exit(any(name.startswith('matplotlib') for name in sys.modules))"
    ).replace("; ;", ";")
    done = subprocess.run(
        [sys.executable, "-c", command], env={"PYTHONPATH": ":".join(sys.path)}, check=False
    )
    assert done.returncode == 0


def test_pyplot_loads_when_a_figure_is_needed():
    """With an Axes given, not even pyplot is imported."""
    command = (
        "import sys, pandas as pd; from matplotlib.figure import Figure; "
        "from hardal_frames import plot; "
        "flows = pd.DataFrame({'step': [1], 'source': ['a'], 'target': [None], 'kind': ['exit'], "
        "'sessions': [1]}); plot.journey(flows, ax=Figure().add_subplot()).figure.canvas.draw(); "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", command], env={"PYTHONPATH": ":".join(sys.path)}, check=False
    )
    assert done.returncode == 0
