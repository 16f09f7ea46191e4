"""Shades of one hue, contrast, and groups told apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames.plot._shared.axes import Ink
from hardal_frames.plot._shared.groups import MOST, legible, line_of
from hardal_frames.plot._shared.shades import brightness, contrast, letters_on, linear_light, shades

WHITE, BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
CHANNEL = st.floats(0, 1)
COLOUR = st.tuples(CHANNEL, CHANNEL, CHANNEL)
INKS = [Ink(BLACK, (0.4,) * 3, WHITE), Ink(WHITE, (0.6,) * 3, BLACK)]


def lightness(colours):
    """Lightness of OKLab, by its definition."""
    red, green, blue = linear_light(colours).T
    l = np.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)  # noqa: E741
    m = np.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    s = np.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s


@pytest.mark.parametrize("ground", [WHITE, BLACK, (0.12, 0.12, 0.15), (0.95, 0.9, 0.8)])
def test_steps_look_equally_large(ground):
    """Lightness goes one way in equal steps, away from the ground; so it does in grey."""
    colours = shades(ground)
    assert colours.min() >= 0
    assert colours.max() <= 1
    steps = np.diff(lightness(colours))
    assert np.ptp(steps) < 0.15 * abs(steps.mean())
    away = np.abs(brightness(colours) - brightness(np.array([ground])))
    assert away[-1] > away[0]
    assert (np.diff(brightness(colours)) > 0).all() or (np.diff(brightness(colours)) < 0).all()


@given(COLOUR)
def test_letters(colour):
    """Black or white, whichever has more contrast, which always suffices."""
    letters = tuple(letters_on(np.array([colour]))[0].tolist())
    assert letters in (WHITE, BLACK)
    assert contrast(colour, letters) == max(contrast(colour, WHITE), contrast(colour, BLACK))
    assert contrast(colour, letters) >= 4.5


@given(COLOUR, st.sampled_from(INKS))
def test_lines_stand_out(colour, ink):
    """A line has the contrast that lines need."""
    assert contrast(legible(colour, ink), ink.ground) >= 3


def test_ink_that_hardly_stands_out():
    """Where not even the ink stands out, a line has the ink."""
    assert legible((0.5, 0.5, 0.5), Ink((0.6,) * 3, (0.55,) * 3, (0.5,) * 3)) == (0.6,) * 3


@pytest.mark.parametrize("ink", INKS)
def test_groups_differ(ink):
    """Colours and dashes of all groups that are told apart differ; all others are one grey."""
    lines = [line_of(place, ink) for place in range(MOST)]
    assert len({colour for colour, _ in lines}) == MOST
    assert len({dashes for _, dashes in lines}) == MOST
    red, green, blue = line_of(MOST, ink)[0]
    assert line_of(MOST, ink) == line_of(MOST + 9, ink)
    assert red == green == blue
