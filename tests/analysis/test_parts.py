"""Pieces of whole walkers, for several threads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.analysis import _parts


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


def test_many_events_where_numpy_counts_in_32_bits(monkeypatch):
    """As numpy 1.26 does on Windows."""
    counted = np.arange
    monkeypatch.setattr(np, "arange", lambda *ends, dtype=np.int32: counted(*ends, dtype=dtype))
    starts = np.arange(0, 30_000_001, 12, dtype=np.int64)
    pieces = _parts.whole_walkers(starts)
    assert pieces[0][0] == 0
    assert pieces[-1][1] == len(starts) - 1
