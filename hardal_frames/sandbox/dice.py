"""Chance that comes out the same on every platform and in every version of Python."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Dice"]

Choice = TypeVar("Choice")

PAUSE_QUANTILES: Final = (
    400, 1_700, 2_600, 3_500, 4_500, 5_600, 6_800, 8_200, 9_800, 11_700, 14_000,
    16_700, 20_000, 24_000, 28_900, 35_000, 43_000, 56_000, 77_000, 118_000, 240_000,
)  # fmt: skip
"""Milliseconds between two actions: a log-normal, median 14 s, cut at both ends, in 5 % steps."""


class Dice:
    """Draws from a seeded stream of numbers.

    Only `random.Random.random` is used, the one method that Python promises not to change, and only
    arithmetic that IEEE 754 fixes to the last bit: no logarithms, which differ between C libraries.

    Parameters
    ----------
    seed
        The same seed gives the same draws.

    Examples
    --------
    >>> Dice(1).whole(1, 6) == Dice(1).whole(1, 6)
    True
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random  # noqa: S311  (made-up visitors need no secrets)

    def chance(self, probability: float) -> bool:
        """Say yes with the given probability."""
        return self._random() < probability

    def whole(self, lowest: int, highest: int) -> int:
        """Draw a whole number between the two, both included."""
        return lowest + int(self._random() * (highest - lowest + 1))

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """Draw one of the choices, each as likely as the others."""
        return choices[int(self._random() * len(choices))]

    def weighted(self, weights: Mapping[Choice, int]) -> Choice:
        """Draw one of the keys, as likely as its weight says."""
        bounds = list(accumulate(weights.values()))
        return list(weights)[bisect(bounds, int(self._random() * bounds[-1]))]

    def pause(self) -> int:
        """Draw the milliseconds that a visitor takes before the next action."""
        place = self._random() * (len(PAUSE_QUANTILES) - 1)
        step = int(place)
        low, high = PAUSE_QUANTILES[step : step + 2]
        return low + int((place - step) * (high - low))
