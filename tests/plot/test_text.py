"""Numbers, durations and names as the charts write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.plot._shared.text import (
    UNKNOWN,
    count_text,
    duration_text,
    first_fitting,
    one_line,
    percent_text,
    shortened,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.04, "0.04s"),
        (49, "49s"),
        (59.6, "1m"),
        (61, "1m 1s"),
        (720, "12m"),
        (4800, "1h 20m"),
        (3599.9, "1h"),
        (86_399, "1d"),
        (259_200, "3d"),
        (270_000, "3d 3h"),
        (-90, "-1m 30s"),
        (float("nan"), ""),
    ],
)
def test_durations_read_like_speech(seconds, text):
    """A duration is written in its leading units, rounded before it is cut up."""
    assert duration_text(seconds) == text


@given(st.floats(min_value=0, max_value=1))
def test_only_all_is_100_percent(share):
    """No share but 1 reads 100%, none but 0 reads 0%."""
    for fine in (False, True):
        assert (percent_text(share, fine=fine) == "100%") == (share == 1)
        assert (percent_text(share, fine=fine) == "0%") == (share == 0)


def test_percent_of_nothing_is_a_dash():
    """An undefined share is written as such."""
    assert percent_text(float("nan")) == UNKNOWN


def test_decimals_only_below_ten_percent():
    """The finer form has a decimal below 10 % and never reads 10.0%."""
    assert [percent_text(share, fine=True) for share in (0.0994, 0.0996, 0.12)] == [
        "9.9%",
        "10%",
        "12%",
    ]


def test_counts_have_separators():
    """Thousands are separated."""
    assert count_text(1_234_567) == "1,234,567"


@given(st.text())
def test_names_stay_on_one_line(name):
    """Whatever a name holds, it is written on one line and is never empty."""
    line = one_line(name)
    assert line
    assert len(line.splitlines()) == 1


@given(st.text(), st.integers(0, 20))
def test_shortened_fits(text, room):
    """A shortened text fits and begins like the whole."""
    cut = shortened(text, room, len)
    assert len(cut) <= room
    assert text.startswith(cut.rstrip("…"))


@given(st.text("ilmW ", min_size=1, max_size=30), st.floats(-5, 60))
def test_shortened_is_the_longest_start_that_fits(text, room):
    """However different the letters are in width, no longer start of the text fits."""

    def width_of(piece):
        return float(sum({"i": 0, "l": 0.5, "m": 2, "W": 5}.get(letter, 1) for letter in piece))

    starts = [text, *(text[:end] + "…" for end in range(len(text) - 1, 0, -1))]
    longest = next((start for start in starts if width_of(start) <= room), "")
    assert shortened(text, room, width_of).rstrip("…").rstrip() == longest.rstrip("…").rstrip()


def test_nothing_fits():
    """If no wording fits, nothing is written."""
    assert not first_fitting(["long", "longer"], 3, len)
