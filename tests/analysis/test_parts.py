"""Pieces of whole walkers, for several threads."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.analysis import _parts, _statistics


@given(
    lengths=st.lists(st.integers(1, 30), max_size=40),
    at_once=st.integers(1, 50),
    threads=st.integers(1, 9),
)
def test_each_walker_is_in_one_piece(lengths, at_once, threads):
    """However many events are taken at once, and by however many threads."""
    starts = np.cumsum([0, *lengths])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_parts, "AT_ONCE", at_once)
        patch.setattr(_parts, "_threads", lambda: threads)
        pieces = _parts.whole_walkers(starts)
    walkers = [walker for first, end in pieces for walker in range(first, end)]
    assert walkers == list(range(len(lengths)))
    assert len(pieces) <= -(-sum(lengths) // at_once) + threads - 1
    assert all(first < end for first, end in pieces)


def count_in_32_bits(monkeypatch):
    """Have numpy count as it does on Windows in version 1.26."""
    counted = np.arange
    monkeypatch.setattr(np, "arange", lambda *ends, dtype=np.int32: counted(*ends, dtype=dtype))


def test_many_events_where_numpy_counts_in_32_bits(monkeypatch):
    """No walker is left out."""
    count_in_32_bits(monkeypatch)
    starts = np.arange(0, 30_000_001, 12, dtype=np.int64)
    pieces = _parts.whole_walkers(starts)
    assert pieces[0][0] == 0
    assert pieces[-1][1] == len(starts) - 1


def test_long_times_where_numpy_counts_in_32_bits(monkeypatch):
    """Nor is a median lost."""
    count_in_32_bits(monkeypatch)
    hours = np.array([0, 1, 2, 4, 8, 9]) * 3_600_000_000
    groups = np.array([0, 0, 0, 1, 1, 2])
    [medians] = _statistics.group_quantiles(hours, groups, 3, [_statistics.MEDIAN])
    assert (medians / np.timedelta64(1, "h")).tolist() == [1, 6, 9]


@pytest.mark.parametrize("threads", [1, 2])
def test_both_fail_as_if_in_turn(monkeypatch, threads):
    """Whichever is done first."""
    monkeypatch.setattr(_parts, "_threads", lambda: threads)

    def first():
        time.sleep(0.01)
        raise ValueError("first")

    def second():
        raise ValueError("second")

    length = _parts.AT_ONCE + 1
    with pytest.raises(ValueError, match="first"):
        _parts.both(first, second, length=length)
    with pytest.raises(ValueError, match="second"):
        _parts.both(lambda: 1, second, length=length)
    assert _parts.both(lambda: 1, lambda: 2, length=length) == (1, 2)


def test_few_items_need_no_thread(monkeypatch):
    """At the end of a process there are none."""
    monkeypatch.setattr(_parts, "ThreadPoolExecutor", None)
    assert _parts.both(lambda: 1, lambda: 2, length=_parts.AT_ONCE) == (1, 2)


@given(
    numbers=st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3), max_size=200),
    at_once=st.integers(1, 20),
    threads=st.integers(1, 9),
)
def test_sorted_in_threads(numbers, at_once, threads):
    """As one thread sorts them."""
    found = np.array(numbers, dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_parts, "AT_ONCE", at_once)
        patch.setattr(_parts, "_threads", lambda: threads)
        _parts.sort(found)
    assert found.tolist() == sorted(numbers)
