"""Groups told apart by colour and by line, so that neither print nor the eye's colours matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.plot._shared.colours import (
    AMBER,
    BLUE,
    BROWN,
    CYAN,
    ORANGE,
    PURPLE,
    RED,
    SAND,
    Rgb,
    mixed,
    rgb,
)
from hardal_frames.plot._shared.shades import contrast

if TYPE_CHECKING:
    from hardal_frames.plot._shared.axes import Ink

Dashes = tuple[float, tuple[float, ...]]

MOST: Final = 8
"""How many groups can be told apart; more are drawn in grey."""

GROUP_COLOURS: Final = (BLUE, RED, AMBER, PURPLE, BROWN, CYAN, ORANGE, SAND)
"""Colours of groups of sessions, which stand in this order wherever they are compared."""

_DASHES: Final[tuple[Dashes, ...]] = (
    (0, ()),
    (0, (5, 1.6)),
    (0, (1.2, 1.2)),
    (0, (6, 1.4, 1.2, 1.4)),
    (0, (9, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (2.5, 2.5)),
    (0, (8, 1.5, 3, 1.5)),
)
_REST: Final = 0.3
_LEAST_CONTRAST: Final = 3.0
_STEPS: Final = 20


def line_of(place: int, ink: Ink) -> tuple[Rgb, Dashes]:
    """Colour and dashes of a group's line, seen against the ground of the Axes.

    Parameters
    ----------
    place
        Of the group, from 0.
    ink
        The Axes' colours.

    Returns
    -------
    (Rgb, Dashes)
        What matplotlib takes as color and linestyle.
    """
    if place >= MOST:
        return ink.faint(_REST), _DASHES[0]
    return legible(rgb(GROUP_COLOURS[place]), ink), _DASHES[place]


def legible(colour: Rgb, ink: Ink) -> Rgb:
    """Mix ink into a colour until it stands out from the ground.

    Examples
    --------
    >>> from hardal_frames.plot._shared.axes import Ink
    >>> white, black = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
    >>> legible((0.9, 0.9, 0.0), Ink(black, black, white)) < (0.9, 0.9, 0.0)
    True
    >>> legible(black, Ink(black, black, white))
    (0.0, 0.0, 0.0)
    """
    for share in np.linspace(1, 0, _STEPS).tolist():
        tone = mixed(colour, ink.strong, share)
        if contrast(tone, ink.ground) >= _LEAST_CONTRAST:
            return tone
    return ink.strong
