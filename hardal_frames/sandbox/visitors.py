"""Who visits the made-up shop, with what, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hardal_frames.sandbox.dice import Dice

__all__ = ["Visitor", "draw_start", "draw_visit_count", "draw_visitor"]

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR

VISIT_COUNTS: Final = {1: 60, 2: 18, 3: 9, 4: 5, 5: 3, 6: 2, 7: 1, 9: 1, 10: 1}
HOUR_WEIGHTS: Final = (
    12, 7, 4, 2, 2, 3, 7, 14, 24, 32, 38, 42, 46, 44, 42, 42, 44, 46, 50, 58, 68, 72, 58, 30,
)  # fmt: skip
"""How busy each hour of the day is: the evening most, the night least."""

MACHINES: Final = {
    ("mobile", "Android", "Chrome"): 34,
    ("mobile", "Android", "Samsung Internet"): 8,
    ("mobile", "iOS", "Safari"): 22,
    ("mobile", "iOS", "Chrome"): 3,
    ("desktop", "Windows", "Chrome"): 16,
    ("desktop", "Windows", "Edge"): 5,
    ("desktop", "Windows", "Firefox"): 3,
    ("desktop", "macOS", "Safari"): 4,
    ("desktop", "macOS", "Chrome"): 2,
    ("desktop", "Linux", "Firefox"): 1,
    ("tablet", "iPadOS", "Safari"): 2,
}
COUNTRIES: Final = {"TR": 88, "DE": 4, "NL": 2, "AZ": 2, "GB": 1, "FR": 1, "AT": 1, "US": 1}


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with the machine that they use.

    Parameters
    ----------
    id
        What the tracker calls them.
    user_id
        What the shop calls them once they log in.
    email
        Their address, made up.
    device, os, browser
        Their machine.
    country
        ISO code of where they are.
    """

    id: str
    user_id: str
    email: str
    device: str
    os: str
    browser: str
    country: str


def draw_visitor(number: int, dice: Dice) -> Visitor:
    """Make a visitor up.

    Parameters
    ----------
    number
        Makes the ids unique.
    dice
        Where chance comes from.

    Returns
    -------
    Visitor
        The visitor.

    Examples
    --------
    >>> from hardal_frames.sandbox.dice import Dice
    >>> draw_visitor(7, Dice(1)).id
    'vis_00007'
    """
    device, system, browser = dice.weighted(MACHINES)
    return Visitor(
        id=f"vis_{number:05d}",
        user_id=f"u_{number:05d}",
        email=f"musteri{number}@posta.example",
        device=device,
        os=system,
        browser=browser,
        country=dice.weighted(COUNTRIES),
    )


def draw_visit_count(dice: Dice) -> int:
    """Draw how many sessions a visitor has: mostly one, rarely ten.

    Parameters
    ----------
    dice
        Where chance comes from.

    Returns
    -------
    int
        From 1 to 10.
    """
    return dice.weighted(VISIT_COUNTS)


def draw_start(dice: Dice, days: int, first_hour: int) -> int:
    """Draw when a session begins.

    Parameters
    ----------
    dice
        Where chance comes from.
    days
        Length of the recording.
    first_hour
        Hour of the day at which the recording begins.

    Returns
    -------
    int
        Milliseconds after the begin of the recording.
    """
    weights = {step: HOUR_WEIGHTS[(first_hour + step) % 24] for step in range(24)}
    day = dice.whole(0, days - 1)
    return day * DAY + dice.weighted(weights) * HOUR + dice.whole(0, HOUR - 1)
