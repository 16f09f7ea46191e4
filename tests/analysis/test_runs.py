"""Runs of equal values, and the proof that no value has two, against the plain way."""

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hardal_frames.analysis import _parts, _runs, _texts
from hardal_frames.schema import TEXT

VALUES = st.one_of(
    st.text("ab", max_size=3),
    st.text("ab", min_size=8, max_size=8),
    st.text("aç\0", max_size=20),
    st.text("ab", min_size=1, max_size=2).map(lambda text: f"{text}, ending as many others do"),
    st.sampled_from(["x" * 200, "y" * 200, "x" * 129]),
)
COLUMNS = st.lists(st.tuples(VALUES, st.integers(1, 9)), max_size=12).map(
    lambda runs: [value for value, length in runs for _ in range(length)]
)


def one_hash(letters):
    """One number for all texts, which proves nothing of any two."""
    return np.zeros(len(letters), dtype=np.uint64)


def begins_if_distinct(column, rows=None):
    """Where runs begin, or None if not all are proven to be of distinct values."""
    runs = _runs.runs_of(column, rows)
    return None if runs is None or not runs.are_distinct() else runs.starts.tolist()[:-1]


def begins_of_runs(values):
    """Where runs begin, or None if a value has two."""
    runs = [(value, len(list(rows))) for value, rows in itertools.groupby(values)]
    if len({value for value, _ in runs}) < len(runs):
        return None
    ends = itertools.accumulate(length for _, length in runs)
    return [end - length for end, (_, length) in zip(ends, runs, strict=True)]


@pytest.mark.parametrize("hashed", [None, one_hash], ids=["hashes", "one hash"])
@pytest.mark.parametrize("dtype", [TEXT, "category"], ids=["text", "categories"])
@given(values=COLUMNS, data=st.data())
def test_runs_of_all_rows_and_of_some(hashed, dtype, values, data):
    """In pieces of seven rows, whose edges may fall into a run or between two."""
    if dtype == "category":
        # pandas 2.2 takes texts that differ by a zero at the end for one category.
        values = [value.replace("\0", "b") for value in values]
    chosen = data.draw(st.none() | st.lists(st.booleans(), min_size=len(values)))
    rows = None if chosen is None else np.flatnonzero(chosen[: len(values)])
    seen = values if rows is None else [values[row] for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_parts, "AT_ONCE", 7)
        if hashed is not None:
            patch.setattr(_runs, "hashes", hashed)
        found = begins_if_distinct(pd.Series(values, dtype=dtype), rows)
    assert found == begins_of_runs(seen)


@given(texts=st.lists(st.text("aç\0", max_size=20), min_size=1), data=st.data())
@example(texts=[""], data=None)
def test_the_end_of_a_text_is_filled_up_in_front(texts, data):
    """It is the same whatever stands before the text and beside it."""
    begin = 0 if data is None else data.draw(st.integers(0, len(texts) - 1))
    ends = [text.encode().rjust(16, b"\xff")[-16:] for text in texts[begin:]]
    column = pa.array(texts, type=pa.large_string())[begin:]
    places = np.arange(len(column))
    assert [bytes(row) for row in _texts.last_letters(column, places)] == ends


def test_missing_values_have_no_runs():
    """Who lacks a value belongs to no run, of whatever kind the column is."""
    for dtype in (TEXT, "category", object):
        assert _runs.runs_of(pd.Series(["a", None], dtype=dtype)) is None


def test_rows_that_lack_nothing_have_runs_beside_others_that_do():
    """One missing value elsewhere in the column changes nothing."""
    column = pd.Series(["a", None, "a", "b"], dtype=TEXT)
    assert begins_if_distinct(column, np.array([0, 2, 3])) == [0, 2]
    assert begins_if_distinct(column, np.array([0, 1, 2])) is None
