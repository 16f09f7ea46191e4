"""The axis of durations: its scale, its ends, its ticks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from hardal_frames.plot._shared.axes import ink_of
from hardal_frames.plot._shared.panel import Panel, share_ticks
from hardal_frames.plot._shared.time_axis import TICKS, TimeAxis, marks, time_axis

SECONDS = st.floats(-1e9, 1e9)
GROUPS = st.lists(st.lists(SECONDS, max_size=20).map(np.array), min_size=1, max_size=3)


@given(GROUPS, st.booleans())
def test_everything_is_on_the_axis(groups, zero):
    """From the first to the last time, 0 included where it is wanted."""
    axis = time_axis(groups, zero=zero)
    assert axis.first < axis.last
    assert axis.straight > 0
    for group in groups:
        if len(group):
            assert axis.first <= group.min()
            assert group.max() <= axis.last
    if zero:
        assert axis.first <= 0
    assert axis.ticks()


@given(SECONDS, SECONDS, st.sampled_from(TICKS))
def test_places_ascend_and_lead_back(one, two, straight):
    """Longer is farther right, and a place tells its duration."""
    axis = TimeAxis(straight, -1.0, 1.0)
    low, high = sorted((one, two))
    assert axis.place(low) <= axis.place(high)
    assert axis.seconds_at(float(axis.place(one))) == pytest.approx(one, rel=1e-9, abs=1e-12)


@given(st.lists(SECONDS, min_size=1, max_size=20).map(np.array))
def test_places_are_those_of_the_drawn_scale(values):
    """Where numpy says a duration lies, matplotlib draws it."""
    axis = time_axis([values])
    ax = Figure().add_subplot()
    Panel(ax, ink_of(ax), axis, 1.0)
    ax.set_xlim(axis.first, axis.last)
    drawn = ax.transAxes.inverted().transform(
        ax.transData.transform(np.column_stack([values, np.zeros(len(values))]))
    )[:, 0]
    assert np.allclose(drawn, axis.shares(values), atol=1e-6)


@given(GROUPS, st.floats(30, 2000), st.floats(2, 12))
def test_marks_stay_apart(groups, length, letter):
    """No label touches another one; there is always one."""
    axis = time_axis(groups)
    found = marks(axis, length, lambda text: letter * len(text))
    assert found
    assert [tick for tick, _ in found] == sorted(tick for tick, _ in found)
    ends = [(float(axis.shares(tick)) * length, letter * len(label) / 2) for tick, label in found]
    for (one, half), (two, other) in itertools.pairwise(ends):
        assert two - other >= one + half


def test_rare_short_times_do_not_stretch_the_axis():
    """One of many times under a second leaves the axis straight up to what is common."""
    axis = time_axis([np.array([0.002, *[30.0] * 99])])
    assert (axis.straight, axis.first) == (15.0, 0.0)
    assert time_axis([np.array([0.02] * 9 + [30.0])]).straight == 0.01


def test_without_times():
    """An axis without times has ends, too."""
    assert time_axis([np.array([])]).last > 0
    assert time_axis([np.array([0.0])]) == TimeAxis(1.0, 0.0, 5.0)


def test_only_some_marks():
    """The caller's own times are marked, the first and the last of them first."""
    axis = TimeAxis(15.0, 0.0, 86_400.0)
    only = [30.0, 300.0, 86_400.0]
    found = marks(axis, 500, lambda text: 6.0 * len(text), only, spare=20)
    assert found == [(30.0, "30s"), (300.0, "5m"), (86_400.0, "1d")]
    few = marks(axis, 60, lambda text: 12.0 * len(text), only, spare=20)
    assert [tick for tick, _ in few] == [30, 86_400]
    assert [label for _, label in marks(axis, 500, lambda text: 6.0 * len(text), only)] == [
        "30s", "5m"
    ]  # fmt: skip


@given(st.floats(1e-5, 1), st.integers(1, 8))
def test_share_ticks(top, most):
    """Round shares from 0 to the first that is not below the top, never beyond all."""
    ticks = share_ticks(top, most)
    assert ticks[0] == 0
    assert ticks[-1] * 1.0011 >= top
    assert ticks[-1] <= 1
    assert 2 <= len(ticks) <= most + 1
    assert ticks == sorted(set(ticks))
