"""Counts by key, and names as codes, beside the plainest way to have them."""

from collections import Counter
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.analysis import _counts, _encoding, _names
from hardal_frames.schema import TEXT

KEYS = st.lists(st.integers(0, 20), max_size=30)
NAMES = st.lists(st.sampled_from(["view", "cart", "", "ödeme", None]), max_size=40)
KINDS = {
    "text": TEXT,
    "objects": object,
    "category": "category",
    "arrow": pd.ArrowDtype(pa.string()),
    "dictionary": pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string())),
}


@pytest.mark.parametrize("few", [1, 1000])
@given(parts=st.lists(KEYS, max_size=5))
def test_counts_of_parts_add_up(few, parts):
    """Whether there is a place for each key or only for those that occur."""
    with mock.patch.object(_counts, "_FEW", few):
        counted = [_counts.occurring(np.array(part, dtype=np.int64), below=21) for part in parts]
        found, [counts] = _counts.merged(counted, below=21)
    together = Counter(key for part in parts for key in part)
    assert list(zip(found.tolist(), counts.tolist(), strict=True)) == sorted(together.items())


@pytest.mark.parametrize("kind", KINDS)
@given(names=NAMES, wanted=st.sets(st.sampled_from(["cart", "ödeme", "", "never"])))
def test_rows_named_are_those_with_the_names(kind, names, wanted):
    """Missing names belong to none, for every kind of text; None where it is not quick."""
    column = pd.Series(names, dtype=KINDS[kind])
    found = _names.rows_named(_encoding.decoded(column), wanted)
    if found is None:
        assert kind == "objects"
        return
    expected = [name in wanted for name in names]
    assert found.rows.tolist() == np.flatnonzero(expected).tolist()
    assert [found.labels[code] for code in found.codes] == [n for n in names if n in wanted]
    assert found.labels == sorted(set(names) & wanted)


def test_many_names_are_not_looked_for_one_by_one():
    """Comparing with each would be slower than giving all names codes."""
    names = [f"name {number}" for number in range(17)]
    assert _names.rows_named(pd.Series(names, dtype=TEXT), names) is None


@pytest.mark.parametrize("kind", KINDS)
@given(names=NAMES)
def test_name_codes_are_positions_in_the_labels(kind, names):
    """In alphabetical order, missing names apart, also where parts are coded one by one."""
    with mock.patch.object(_encoding, "_MANY", 3):
        codes, labels = _names.name_codes(pd.Series(names, dtype=KINDS[kind]))
    assert labels == sorted({name for name in names if name is not None})
    assert [None if code < 0 else labels[code] for code in codes] == names
