"""The colour of an event: the same name has the same colour in every chart.

The colours are those of petroff10 (Petroff 2021, arXiv:2107.02270), written out because matplotlib
has them only from 3.10, each with a darker or lighter tone beside it. Its two greys mean "other"
and never an event.
"""

from __future__ import annotations

import zlib
from typing import Final

Rgb = tuple[float, float, float]

BLUE: Final = "#3f90da"
AMBER: Final = "#ffa90e"
RED: Final = "#bd1f01"
PURPLE: Final = "#832db6"
BROWN: Final = "#a96b59"
ORANGE: Final = "#e76300"
SAND: Final = "#b9ac70"
CYAN: Final = "#92dadd"
GREY: Final = "#94a4a2"
DARK_GREY: Final = "#717581"

PETROFF10: Final = (BLUE, AMBER, RED, GREY, PURPLE, BROWN, ORANGE, SAND, DARK_GREY, CYAN)
OTHER_COLOUR: Final = GREY
"""The colour of the explicit other, which no event has."""

_TONE: Final = 0.38
_LIGHT_FROM: Final = 0.45


def rgb(colour: str) -> Rgb:
    """Red, green and blue of a ``#rrggbb`` colour, each from 0 to 1.

    Examples
    --------
    >>> rgb("#ff0000")
    (1.0, 0.0, 0.0)
    """
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def mixed(first: Rgb, second: Rgb, share: float) -> Rgb:
    """Mix two colours; `share` is how much of the first there is.

    Examples
    --------
    >>> mixed((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), 0.25)
    (0.25, 0.25, 0.25)
    """
    red, green, blue = (
        share * one + (1 - share) * two for one, two in zip(first, second, strict=True)
    )
    return red, green, blue


def luminance(colour: Rgb) -> float:
    """How light a colour looks, from 0 (black) to 1 (white).

    Examples
    --------
    >>> luminance((1.0, 1.0, 1.0)) > luminance((0.0, 1.0, 0.0)) > luminance((0.0, 0.0, 1.0))
    True
    """
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _tone(colour: str) -> str:
    """Take the darker tone of a light colour, the lighter one of a dark colour."""
    values = rgb(colour)
    towards = (0.0, 0.0, 0.0) if luminance(values) > _LIGHT_FROM else (1.0, 1.0, 1.0)
    return "#" + "".join(f"{round(part * 255):02x}" for part in mixed(towards, values, _TONE))


_HUES: Final = (BLUE, AMBER, RED, PURPLE, BROWN, ORANGE, SAND, CYAN)
EVENT_COLOURS: Final = (*_HUES, *(_tone(hue) for hue in _HUES))
"""Every colour that an event can have."""

# Kin share a hue: looking, the cart, the checkout, the account.
_PINNED: Final = {
    "page_view": BLUE,
    "session_start": _tone(BLUE),
    "click": _tone(BLUE),
    "view_item": CYAN,
    "view_item_list": _tone(CYAN),
    "select_item": _tone(CYAN),
    "search": SAND,
    "view_search_results": _tone(SAND),
    "add_to_cart": AMBER,
    "view_cart": _tone(AMBER),
    "remove_from_cart": RED,
    "begin_checkout": ORANGE,
    "add_shipping_info": _tone(ORANGE),
    "add_payment_info": _tone(RED),
    "purchase": PURPLE,
    "refund": _tone(PURPLE),
    "login": BROWN,
    "sign_up": _tone(BROWN),
    "add_to_wishlist": _tone(BROWN),
    "view_promotion": _tone(SAND),
    "select_promotion": _tone(SAND),
}


def colour_of(name: str, *, is_other: bool = False) -> str:
    """Colour of an event name, as ``#rrggbb``.

    Parameters
    ----------
    name
        The event's name.
    is_other
        Whether this is the explicit other and not an event that happens to be called so.

    Returns
    -------
    str
        The same for the same name, in every run and on every machine.

    Examples
    --------
    >>> colour_of("page_view"), colour_of("other", is_other=True)
    ('#3f90da', '#94a4a2')
    >>> colour_of("other") == OTHER_COLOUR
    False
    """
    if is_other:
        return OTHER_COLOUR
    if name in _PINNED:
        return _PINNED[name]
    return EVENT_COLOURS[zlib.crc32(name.encode(errors="backslashreplace")) % len(EVENT_COLOURS)]
