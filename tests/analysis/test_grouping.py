"""Rows brought together by value, also where the hashes of different texts are equal."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.analysis import _encoding, _grouping, _names, _order, _parts
from hardal_frames.schema import TEXT

TEXTS = st.one_of(
    [
        st.lists(st.text("ab ", min_size=length, max_size=length), max_size=60)
        for length in (1, 3, 4, 8, 12, 17)
    ]
    + [st.lists(st.text("aç \0", max_size=10), max_size=60)]
)


def few_hashes(letters):
    """Two values, so that nearly all texts share theirs with another one."""
    return (letters[:, -1].astype(np.uint64) % 2) << np.uint64(63)


def as_groups(rows, sizes):
    """Rows of each value, whatever the order of the values."""
    ends = np.cumsum(sizes).tolist()
    return {
        tuple(rows[end - size : end].tolist())
        for end, size in zip(ends, sizes.tolist(), strict=True)
    }


@pytest.mark.parametrize("hashed", [None, few_hashes], ids=["hashes", "few hashes"])
@given(values=TEXTS)
def test_rows_of_a_value_come_together_in_their_order(hashed, values):
    """Each value's rows are one run and ascend."""
    expected = {}
    for row, value in enumerate(values):
        expected.setdefault(value, []).append(row)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_parts, "AT_ONCE", 7)
        if hashed is not None:
            patch.setattr(_grouping, "hashes", hashed)
        rows, sizes = _grouping.rows_by_value(pd.Series(values, dtype=TEXT))
    assert as_groups(rows, sizes) == {tuple(rows) for rows in expected.values()}
    assert len(rows) == len(values)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([3, 1, 3]),
        pd.Series(["b", "a", "b"], dtype=pd.CategoricalDtype(["unused", "b", "a"])),
        pd.Series(["b", "a", "b"], dtype=object),
    ],
    ids=["integers", "categories", "objects"],
)
def test_values_of_any_kind_come_together(values):
    """Codes do what hashes do, and values that do not occur leave nothing."""
    assert as_groups(*_grouping.rows_by_value(values)) == {(0, 2), (1,)}


@given(
    walkers=st.lists(st.integers(0, 6), max_size=60),
    data=st.data(),
    scale=st.sampled_from([1, 10**9, 2**50, 2**60]),
)
def test_order_in_time_is_that_of_a_sort_by_walker_time_and_row(walkers, data, scale):
    """Also where two instants are further apart than an integer can say."""
    moments = st.integers(-7, 7)
    times = scale * np.array(
        data.draw(st.lists(moments, min_size=len(walkers), max_size=len(walkers))), dtype=np.int64
    )
    codes = np.array(walkers, dtype=np.int64)
    rows = np.argsort(codes, kind="stable")
    sizes = np.unique(codes, return_counts=True)[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_parts, "AT_ONCE", 7)
        instants = _order.order_in_time(rows, sizes, times)
    assert instants.tolist() == times[rows].tolist()
    assert rows.tolist() == sorted(
        range(len(walkers)), key=lambda row: (walkers[row], times[row], row)
    )


@pytest.mark.parametrize("names", [list("cabca"), ["b", None, "a", None, None], ["z"] * 3, []])
def test_names_are_encoded_in_pieces(monkeypatch, names):
    """Each has a dictionary of its own, in its own order, and may lack a name."""
    monkeypatch.setattr(_names, "_CODES_AT_ONCE", 2)
    whole, apart = (
        pa.chunked_array([[name] for name in names] if many else [names], type=pa.large_string())
        for many in (False, True)
    )
    for text in (whole, apart):
        column = pd.Series(pd.arrays.ArrowExtensionArray(text))
        codes, labels = _names.name_codes(column)
        assert [labels[code] if code >= 0 else None for code in codes] == names
        assert labels == sorted({name for name in names if name})


def test_texts_of_an_odd_number_of_rows_are_encoded_in_two_halves(monkeypatch):
    """The second half once went to the first thread as well."""
    monkeypatch.setattr(_encoding, "_MANY", 3)
    calls = []
    encoded = _encoding.encoded_texts
    monkeypatch.setattr(
        _encoding,
        "encoded_texts",
        lambda chunks: calls.append(len(chunks)) or encoded(chunks),
    )
    codes = _encoding.codes_of(pd.Series(list("cabca"), dtype=TEXT))
    assert (codes.tolist(), len(calls)) == ([0, 1, 2, 0, 1], 2)
