"""Exact quantiles in two rounds, when durations are too many to keep."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames import schema
from hardal_frames.analysis import _spread
from tests.engine.analyses import BY_SESSION
from tests.engine.made import made_frame, require_equal
from tests.engine.test_merging import SEEDS, cut
from tests.strategies import MARCH, frame_of

YEAR = 366 * 86_400_000_000
GAPS = st.one_of(
    st.sampled_from([0, 0, 1, 1000, 10**6, 10**6]),
    st.integers(0, 300),
    st.integers(0, 3 * YEAR),
    # Neighbours in one bin, and about its ends.
    st.integers(0, 40).flatmap(
        lambda bits: st.integers(-2, 2).map(lambda by: max(0, 2**bits + by))
    ),
)
TIMED = [name for name in BY_SESSION if "time" in name or name == "transitions"]
LIMITS = [(0, 0), (3, 5), (2, 1 << 20), (1 << 20, 4)]


@pytest.fixture(params=LIMITS[:2], ids=str)
def _limits(request, monkeypatch):
    """So few durations of a part, and of all, are kept as they are."""
    set_limits(monkeypatch, *request.param)


def set_limits(monkeypatch, of_part, of_all):
    """Keep so few durations."""
    monkeypatch.setattr(_spread, "_FEW_OF_PART", of_part)
    monkeypatch.setattr(_spread, "_FEW", of_all)


def frame_of_gaps(gaps):
    """Sessions of A and B in turn, with these gaps between them."""
    events = []
    for session, own in enumerate(gaps):
        at = MARCH
        for place, gap in enumerate([0, *own]):
            at += gap
            events.append(
                {
                    "session_id": f"s{session}",
                    "visitor_id": "v",
                    "id": f"{place}",
                    "name": "AB"[place % 2] if session % 3 else "ABC"[place % 3],
                    "timestamp": at,
                    "type": "custom",
                    "path": None,
                    "sequence": place,
                }
            )
    return frame_of(events)


@pytest.mark.usefixtures("_limits")
@pytest.mark.parametrize("name", TIMED)
def test_folder(tmp_path, name):
    """Every analysis with quantiles, part by part."""
    frame = made_frame()
    hf.partition_events(frame, tmp_path / "in", rows_per_part=150)
    require_equal(BY_SESSION[name], hf.scan_events(tmp_path / "in"), frame)


@pytest.mark.parametrize("limits", LIMITS, ids=str)
@settings(max_examples=15)
@given(gaps=st.lists(st.lists(GAPS, max_size=7), max_size=8), seed=SEEDS)
def test_any_durations(limits, gaps, seed):
    """Zeros, equal ones, neighbours of one bin, years: to the microsecond."""
    frame = frame_of_gaps(gaps)
    with pytest.MonkeyPatch.context() as patched:
        set_limits(patched, *limits)
        for analysis in (
            hf.transitions,
            lambda events: hf.transition_times(events, quantiles=[0, 0.001, 0.333, 0.5, 0.9, 1]),
            lambda events: hf.conversion_time(events, "A", "B", missing="zero"),
        ):
            pd.testing.assert_frame_equal(
                analysis(cut(frame, frame["session_id"], seed)), analysis(frame), check_exact=True
            )


def test_second_round_moves_few(tmp_path, monkeypatch):
    """Of many distinct durations only those in the bins of wanted ranks are collected."""
    set_limits(monkeypatch, 0, 0)
    frame = frame_of_gaps([[number * 997 + 13] for number in range(3000)])
    frame["name"] = pd.array(frame["name"].replace("C", "B"), dtype=schema.TEXT)
    collected = []
    real = _spread.Ranks.collected

    def spying(self, grouped):
        found = real(self, grouped)
        collected.append(int(found.counts.sum()))
        return found

    monkeypatch.setattr(_spread.Ranks, "collected", spying)
    hf.partition_events(frame, tmp_path / "in", rows_per_part=500)
    scan = hf.scan_events(tmp_path / "in")
    require_equal(hf.transitions, scan, frame)
    assert len(collected) == scan.parts
    assert 0 < sum(collected) < 300
