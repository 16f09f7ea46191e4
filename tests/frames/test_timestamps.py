"""Timestamps read at once are those read one by one."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.frames.timestamps import NOT_A_TIME, parse_timestamps
from tests.frames.records import INSTANTS

TEXTS = INSTANTS.filter(lambda written: isinstance(written, str) and written != "\ud800")
MANY = [None] * 200


@given(
    st.one_of(st.lists(TEXTS, max_size=20), st.lists(INSTANTS, max_size=20)),
    st.sampled_from([UTC, ZoneInfo("Europe/Berlin")]),
)
def test_many_are_read_as_one_is(written, zone):
    """Beside hundreds of others, a timestamp is the instant that it is alone."""
    together = parse_timestamps([*written, *MANY], naive_zone=zone)
    alone = [parse_timestamps([each], naive_zone=zone) for each in written]
    expected = [instant for one in alone for instant in one.microseconds.tolist()]
    assert together.microseconds.tolist() == expected + [NOT_A_TIME] * len(MANY)
    assert together.naive == sum(one.naive for one in alone)


@pytest.mark.parametrize(
    ("written", "naive"),
    [("1970-01-01T00:00:01.25Z", 0), ("1970-01-01 03:00:01.25+03:00", 0),
     ("1970-01-01T00:00:01.250", 300)],
)  # fmt: skip
def test_common_shapes_need_no_python(monkeypatch, written, naive):
    """The shapes that feeds have are read at once, all of them."""
    monkeypatch.setattr("hardal_frames.frames.timestamps._from_text", None)
    parsed = parse_timestamps([written] * 300)
    assert parsed.microseconds.tolist() == [1_250_000] * 300
    assert parsed.naive == naive
