"""The colours of events."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.plot._shared.colours import (
    _PINNED,
    DARK_GREY,
    EVENT_COLOURS,
    GREY,
    PETROFF10,
    colour_of,
)


@given(st.text())
def test_events_are_never_grey(name):
    """The two greys are kept for other."""
    assert colour_of(name) in EVENT_COLOURS
    assert not {GREY, DARK_GREY} & set(EVENT_COLOURS)


def test_the_explicit_other_is_grey():
    """The explicit other is grey, an event that is called so is not."""
    assert colour_of("other", is_other=True) == GREY
    assert colour_of("other") != GREY


def test_known_events_are_pinned():
    """Well-known names have colours of their own kind, of which the commonest are petroff's."""
    common = ["page_view", "view_item", "add_to_cart", "begin_checkout", "purchase", "search"]
    colours = [colour_of(name) for name in common]
    assert len(set(colours)) == len(colours)
    assert set(colours) <= set(PETROFF10)
    assert set(_PINNED.values()) <= set(EVENT_COLOURS)


def test_the_same_in_every_run():
    """The colour does not depend on the seed of hash()."""
    command = (
        "from hardal_frames.plot._shared.colours import colour_of; print(colour_of('ödeme_başlat'))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", command],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert said == {colour_of("ödeme_başlat")}
