"""A key has one hash, wherever and however it stands."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames.engine._hashing import stable_hashes

KEYS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.text(alphabet="aşİı😀\0", max_size=40),
    st.integers(0, 300).map(lambda length: "x" * length),
    st.integers(126, 130).map(lambda length: "ş" * (length // 2)),
)


@given(st.lists(KEYS, max_size=30), st.integers(0, 30), st.booleans())
def test_company_means_nothing(keys, at, is_large):
    """Alone, in a slice, in chunks, as a dictionary, short or long text: one hash."""
    kind = pa.large_string() if is_large else pa.string()
    whole = pa.array(keys, kind)
    expected = [int(stable_hashes(pa.array([key], kind))[0]) for key in keys]
    assert stable_hashes(whole).tolist() == expected
    assert stable_hashes(whole.slice(at)).tolist() == expected[at:]
    assert stable_hashes(pa.chunked_array([whole[:at], whole[at:]])).tolist() == expected
    assert stable_hashes(whole.dictionary_encode()).tolist() == expected
    chunks = [whole[:at].dictionary_encode(), whole[at:].dictionary_encode()]
    assert stable_hashes(pa.chunked_array(chunks)).tolist() == expected


@given(st.lists(KEYS, max_size=30, unique=True))
def test_keys_are_told_apart(keys):
    """Other keys have other hashes, also where zeros are at their ends; only null has none."""
    hashes = stable_hashes(pa.array(keys, pa.string())).tolist()
    assert len(set(hashes)) == len(keys)
    assert [key for key, found in zip(keys, hashes, strict=True) if not found] == [
        key for key in keys if key is None
    ]


def test_hashes_never_change():
    """Folders that others wrote rely on them."""
    keys = ["a", "ses_000001", "İstanbul", "", "x" * 200, None]
    assert stable_hashes(pa.array(keys)).tolist() == [
        13901862227108223836,
        5238338775881581570,
        6922837465851961617,
        16789392407314121478,
        10205568089174323286,
        0,
    ]


def test_numbers():
    """A whole number hashes as its text, whatever its width."""
    texts = stable_hashes(pa.array(["0", "-5", "9007199254740993", None]))
    for kind in (pa.int64(), pa.decimal128(20, 0)):
        numbers = pa.array([0, -5, 9007199254740993, None]).cast(kind)
        np.testing.assert_array_equal(stable_hashes(numbers), texts)


def test_spread():
    """Neighbours fall into parts evenly, in any number of these."""
    keys = pa.array([f"ses_{number:06d}" for number in range(20_000)])
    for parts in (2, 7, 64):
        held = np.bincount((stable_hashes(keys) % np.uint64(parts)).astype(int), minlength=parts)
        assert held.min() > 0.7 * 20_000 / parts
        assert held.max() < 1.3 * 20_000 / parts


@pytest.mark.parametrize("size", [126, 127, 128, 129, 255, 256])
def test_dictionaries_of_any_width(size):
    """A dictionary may have as many values as its codes can count, and no room for one more."""
    values = [f"v{number}" for number in range(size)]
    for kind in (pa.uint8(), pa.int8(), pa.int16()):
        if size > 128 and kind == pa.int8():
            continue
        codes = pa.array([None, 0, size - 1], kind)
        coded = pa.DictionaryArray.from_arrays(codes, values)
        plain = stable_hashes(pa.array([None, values[0], values[-1]]))
        np.testing.assert_array_equal(stable_hashes(coded), plain)


@pytest.mark.parametrize("kind", [pa.string(), pa.int64(), pa.dictionary(pa.int8(), pa.string())])
def test_nothing(kind):
    """No keys, no hashes."""
    assert len(stable_hashes(pa.array([], kind))) == 0
    assert len(stable_hashes(pa.chunked_array([], kind))) == 0


def test_no_keys():
    """Lists name nobody."""
    with pytest.raises(hf.InvalidInput, match="make them text first"):
        stable_hashes(pa.array([["a"], ["b"]]))
