"""Numbers, times and names as people write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

UNKNOWN: Final = "\N{EN DASH}"
ELLIPSIS: Final = "…"
EMPTY_NAME: Final = "(empty)"
NO_VALUE: Final = "(none)"
"""What a group without a value is called."""

_WHOLE_FROM: Final = 0.1
_SMALLEST: Final = 0.001
_TINY: Final = 1e-6
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_TWO_UNITS_BELOW: Final = 10


class Measures(Protocol):
    """Measures texts."""

    def width(self, text: str, size: float) -> float:
        """Width in points of a text in the given font size."""

    def sized(self, size: float) -> Callable[[str], float]:
        """Give the function that measures texts in this font size."""


def count_text(count: int) -> str:
    """Write a count with thousands separators.

    Examples
    --------
    >>> count_text(1857), count_text(1_000_000_000)
    ('1,857', '1,000,000,000')
    """
    return f"{count:,}"


def amount_text(count: int, noun: str) -> str:
    """Write a count and what is counted.

    Examples
    --------
    >>> amount_text(1, "session"), amount_text(1857, "session")
    ('1 session', '1,857 sessions')
    """
    return f"{count_text(count)} {noun}{'s' * (count != 1)}"


def percent_text(share: float, *, fine: bool = False) -> str:
    """Write a share as a percentage that never claims all or nothing when it is not.

    Parameters
    ----------
    share
        From 0 to 1; NaN where it is undefined.
    fine
        Whether shares below 10 % get a decimal.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> [percent_text(share) for share in (1, 0.588, 0.043, 0.004, 0.0001, 0)]
    ['100%', '59%', '4%', '0.4%', '<0.1%', '0%']
    >>> percent_text(float("nan")) == UNKNOWN
    True
    >>> percent_text(0.043, fine=True), percent_text(0.9996), percent_text(0.997)
    ('4.3%', '>99.9%', '99.7%')
    """
    if not math.isfinite(share):
        return UNKNOWN
    if share in (0, 1):
        return f"{share:.0%}"
    if 0 < share < _SMALLEST:
        return "<0.1%"
    if 1 - _SMALLEST < share < 1:
        return ">99.9%"
    needs_decimal = share < (_WHOLE_FROM if fine else 0.0095) or f"{share:.0%}" == "100%"
    # 9.96 % with a decimal would read 10.0%.
    decimals = 1 if needs_decimal and f"{share:.1%}" != "10.0%" else 0
    return f"{share:.{decimals}%}"


def duration_text(seconds: float) -> str:
    """Write a duration in its one or two leading units.

    Parameters
    ----------
    seconds
        The duration; NaN where there is none.

    Returns
    -------
    str
        Such as ``"49s"``; empty for NaN.

    Examples
    --------
    >>> [duration_text(value) for value in (0, 0.4, 49, 90, 725, 4800, 259_200, float("nan"))]
    ['0s', '0.4s', '49s', '1m 30s', '12m', '1h 20m', '3d', '']
    >>> duration_text(59.7), duration_text(-49), duration_text(3599.9)
    ('1m', '-49s', '1h')
    """
    if not math.isfinite(seconds):
        return ""
    if seconds < 0:
        return f"-{duration_text(-seconds)}"
    if 0 < seconds < 1:
        return f"{max(seconds, 0.001):.1g}s"
    return _leading_units(round(seconds))


def _leading_units(seconds: int) -> str:
    for place, (unit, letter) in enumerate(_UNITS[:-1]):
        finer, finer_letter = _UNITS[place + 1]
        # Rounded in the finer unit first: 3,599 s in minutes must not read 60m.
        pieces = round(seconds / finer)
        leading, rest = divmod(pieces, unit // finer)
        if leading == 0:
            continue
        if leading >= _TWO_UNITS_BELOW or rest == 0:
            return f"{leading}{letter}"
        return f"{leading}{letter} {rest}{finer_letter}"
    return f"{seconds}s"


def one_line(name: str) -> str:
    r"""Write a name on one line, whatever blanks and control characters it holds.

    Examples
    --------
    >>> one_line(" add\nto\tcart "), one_line("")
    ('add to cart', '(empty)')
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(printable.split()) or EMPTY_NAME


def shortened(text: str, room: float, width_of: Callable[[str], float]) -> str:
    """Cut a text, with an ellipsis, to the longest start that fits.

    Parameters
    ----------
    text
        What to write.
    room
        The width that there is.
    width_of
        Measures a text.

    Returns
    -------
    str
        The text itself if it fits; empty if not even one letter does.

    Examples
    --------
    >>> shortened("begin_checkout", 9, len), shortened("search", 9, len)
    ('begin_ch…', 'search')
    >>> shortened("search", 1, len)
    ''
    """
    width = width_of(text)
    if width <= room:
        return text
    fits, fails, guess = 0, len(text), len(text)
    while fails - fits > 1:
        # Measuring takes long, and letters are nearly alike: the next guess is mostly right.
        guess = min(max(int(guess * room / max(width, _TINY)), fits + 1), fails - 1)
        width = width_of(text[:guess] + ELLIPSIS)
        if width <= room:
            fits = guess
        else:
            fails = guess
    return text[:fits].rstrip() + ELLIPSIS if fits else ""


def first_fitting(texts: Iterable[str], room: float, width_of: Callable[[str], float]) -> str:
    """Pick the first of several wordings that fits; empty if none does.

    Examples
    --------
    >>> first_fitting(["sessions, % of all", "sessions"], 10, len)
    'sessions'
    """
    return next((text for text in texts if width_of(text) <= room), "")
