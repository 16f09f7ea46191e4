"""Texts that are one of a few, beside the plainest way to find them."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hardal_frames.analysis import _search

# Alike at both ends, as long as what is taken at once, twice as long, and around these.
ALIKE = ["", "a", "ab", "b", "xb"]
ALIKE += [
    stem + end for stem in ("a" * 14, "a" * 30, "ç" * 8, "ab" * 9) for end in ("", "b", "aab")
]
ALIKE += ["a" * 31 + "b" + "a" * 3, "a" * 16 + "c" + "a" * 15]
TEXTS = st.lists(st.sampled_from(ALIKE) | st.none(), max_size=40)
WANTED = st.sets(st.sampled_from(ALIKE), max_size=5).map(sorted)
KINDS = [pa.string(), pa.large_string()]


def plainly_found(texts, wanted):
    """Row and place of each text that is wanted."""
    return [(row, wanted.index(text)) for row, text in enumerate(texts) if text in wanted]


def found(texts, wanted, sieve):
    """Row and place of each text that is wanted, as ours finds them."""
    rows, places = _search.texts_found(texts, [each.encode() for each in wanted], sieve)
    return list(zip(rows.tolist(), places.tolist(), strict=True))


@pytest.mark.parametrize("kind", KINDS, ids=str)
@given(texts=TEXTS, wanted=WANTED, begin=st.integers(0, 5), end=st.integers(0, 45))
@example(texts=["a", "ab" * 9, "", "b"], wanted=["b"], begin=0, end=45)
@example(texts=["ab" * 9, "", ""], wanted=["ab" * 9], begin=0, end=45)
def test_any_sieve_finds_what_is_wanted(kind, texts, wanted, begin, end):
    """Wherever the texts stand among others, and whatever letter it looks at."""
    held = pa.array(texts, type=kind)[begin:end]
    sieves = [None]
    sizes = [len(each.encode()) for each in wanted]
    if sizes and min(sizes) and max(sizes) <= 32:
        letters = [each.encode() for each in wanted]
        at = range(1, min(*sizes, 16) + 1)
        sieves += [_search.Sieve._by_letter(letters, each) for each in at]
    for sieve in sieves:
        assert found(held, wanted, sieve) == plainly_found(texts[begin:end], wanted)


def test_the_sieve_lets_few_through():
    """Of the letters that the wanted ones share with others, the rarest one is looked at."""
    names = ["page_view", "view_item", "scroll", "click", "purchase"] * 100
    sieve = _search.Sieve.made_for([b"view_item", b"purchase"], pa.array(names))
    assert len(sieve.passed(pa.array(names))) == 200
    assert found(pa.array(names[:5]), ["purchase", "view_item"], sieve) == [(1, 1), (4, 0)]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ([], ["purchase"] * 4),
        ([b""], ["purchase"] * 4),
        ([b"p" * 33], ["purchase"] * 4),
        ([b"purchase"], ["purchase"] * 4),
        ([b"purchase"], ["page_view", None] * 4),
        ([b"purchase"], ["a"]),
    ],
    ids=["nothing", "no letter", "too long", "most are wanted", "missing", "few letters"],
)
def test_no_sieve_where_it_is_of_no_use(wanted, names):
    """Then each text is compared with each that is wanted."""
    assert _search.Sieve.made_for(wanted, pa.array(names)) is None


def test_what_a_missing_text_holds_is_not_looked_at():
    """Arrow may hold letters where a text is missing."""
    is_there, ends = b"\x02", np.array([0, 8, 16], dtype=np.int32)
    buffers = [pa.py_buffer(each) for each in (is_there, ends, b"purchase" * 2)]
    texts = pa.Array.from_buffers(pa.string(), 2, buffers)
    sieve = _search.Sieve._by_letter([b"purchase"], 1)
    assert found(texts, ["purchase"], sieve) == [(1, 0)]
