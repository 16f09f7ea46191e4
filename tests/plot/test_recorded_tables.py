"""Charts of the recorded event logs: whatever real sessions hold, texts stay apart."""

from __future__ import annotations

import gzip
import json

import pytest
from matplotlib.figure import Figure

import hardal_frames as hf
from hardal_frames import plot
from tests.plot.text_boxes import require_apart

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module", params=["otto20", "moodle_la"])
def events(request, shared_datasets):
    """All events of a log."""
    with gzip.open(shared_datasets / request.param / "hardal.jsonl.gz", "rt") as lines:
        return hf.events_from_records([json.loads(line) for line in lines])


@pytest.mark.parametrize("size", [(10, 5), (5, 3.5)])
def test_charts(events, size):
    """Transitions, times, conversion and comparison, large and small."""
    first, second = events["name"].value_counts().index[:2]
    half = events["session_id"].isin(events["session_id"].unique()[::2])
    times = {
        pair: hf.time_between(events, first, second, pair=pair, unmatched=True)
        for pair in ("first-first", "any-firstafter")
    }
    charts = [
        lambda ax: plot.transitions(hf.transitions(events, times=False), ax=ax),
        lambda ax: plot.time_between(times, ax=ax),
        lambda ax: plot.time_between(times, ax=ax, kind="histogram"),
        lambda ax: plot.conversion_time(hf.conversion_time(events, first, second), ax=ax),
        lambda ax: plot.comparison(hf.compare_transitions(events[half], events[~half]), ax=ax),
    ]
    for chart in charts:
        figure = Figure(figsize=size, layout="constrained")
        chart(figure.add_subplot())
        require_apart(figure)
