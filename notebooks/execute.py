"""Execute the notebooks in place, outputs kept, and draw the README's picture.

Run it from anywhere: python notebooks/execute.py
"""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from matplotlib.figure import Figure
from nbclient import NotebookClient

import hardal_frames as hf
from hardal_frames.sandbox import read_recording

HERE = Path(__file__).parent


def execute(path: Path) -> nbformat.NotebookNode:
    """Run a notebook where it lies.

    Parameters
    ----------
    path
        The notebook.

    Returns
    -------
    NotebookNode
        The notebook with its outputs, without what differs from run to run.
    """
    notebook = nbformat.read(path, as_version=4)
    # Of progress that is written over, only the end is kept, as a reader sees it.
    client = NotebookClient(
        notebook,
        timeout=120,
        resources={"metadata": {"path": str(path.parent)}},
        coalesce_streams=True,
    )
    # A backend chosen for this process would keep the kernel's charts out of the notebook.
    client.execute(env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata.pop("language_info", None)
    return notebook


def draw_picture(path: Path) -> None:
    """Draw the chart that the README shows."""
    recording = read_recording(HERE.parent / "data" / "shop.jsonl.gz")
    events = hf.events_from_records(
        {**event, "sessionId": session}
        for session, feed in recording.events.items()
        for event in feed
    )
    actions = events[events["type"] != "pageview"]
    figure = Figure(figsize=(10, 5), layout="constrained")
    hf.plot.journey(hf.journey_flows(actions), ax=figure.subplots(), title="First five actions")
    figure.savefig(path, dpi=100)


if __name__ == "__main__":
    for notebook_path in sorted(HERE.glob("*.ipynb")):
        nbformat.write(execute(notebook_path), notebook_path)
    draw_picture(HERE / "journey.png")
