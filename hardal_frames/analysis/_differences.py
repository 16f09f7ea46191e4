"""Intervals of shares, some of observations that depend on one another, and of their difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.analysis._statistics import shares

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

_NORMAL_95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of one group, and how much their observations tell.

    Parameters
    ----------
    share
        The shares; NaN where there is nothing to have a share of.
    trials
        As how many independent observations those behind each share count.
    """

    share: Floats
    trials: Floats

    def limits(self) -> tuple[Floats, Floats]:
        """Interval that holds the true share in 95 of 100 samples (Wilson 1927).

        Examples
        --------
        >>> low, high = Shares(np.array([0.5]), np.array([10.0])).limits()
        >>> round(float(low[0]), 3), round(float(high[0]), 3)
        (0.237, 0.763)
        """
        square = _NORMAL_95**2
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = 1 + square / self.trials
            centre = (self.share + square / (2 * self.trials)) / scale
            spread = self.share * (1 - self.share) / self.trials + (square / 4) / self.trials**2
            half = _NORMAL_95 * np.sqrt(spread) / scale
        low = np.where(self.share == 0, 0.0, centre - half)
        high = np.where(self.share == 1, 1.0, centre + half)
        return low, high


def independent(successes: Integers, trials: Integers | int) -> Shares:
    """Shares of observations that know nothing of one another, such as sessions."""
    whole = np.broadcast_to(np.asarray(trials, dtype=np.float64), successes.shape)
    return Shares(shares(successes, trials), np.where(whole > 0, whole, np.nan))


@dataclass(frozen=True, slots=True)
class Clusters:
    """Sums over clusters, such as sessions, of what each holds; integers all, one of each a share.

    Parameters
    ----------
    successes, trials
        Sums of the successes and of the trials.
    successes_squared, trials_squared, products
        Sums of the squares of each cluster's successes, of its trials, and of one times the other.
    count
        How many clusters have trials.
    """

    successes: Integers
    trials: Integers
    successes_squared: Integers
    trials_squared: Integers
    products: Integers
    count: Integers

    def shares(self) -> Shares:
        """Shares, and as many trials as independent ones would tell the same.

        These are what is left of the trials when they are divided by the design effect: the
        variance of the share that clusters show, by that of independent trials (Kish 1965; with
        Wilson's interval Korn and Graubard 1998). They are never more than the trials, nor fewer
        than if all trials of a cluster had to come out alike, and that where no variance is seen.
        """
        share = shares(self.successes, self.trials)
        trials = np.where(self.trials > 0, self.trials, np.nan)
        least = trials**2 / self.trials_squared.clip(1)
        residual = self.successes_squared - 2 * share * self.products
        residual = (residual + share**2 * self.trials_squared).clip(0)
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = residual / trials**2 * self.count / (self.count - 1)
            told = share * (1 - share) / variance
        seen = (share > 0) & (share < 1) & (self.count > 1)
        return Shares(share, np.clip(np.where(seen, told, least), least, trials))


def difference_of(first: Shares, second: Shares) -> tuple[Floats, Floats, Floats]:
    """Second share less the first, and the interval that holds the true one in 95 of 100 samples.

    Newcombe's hybrid score method (his tenth), which joins the two Wilson intervals.

    References
    ----------
    Newcombe, Statistics in Medicine 17 (1998), 873-890,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    Examples
    --------
    >>> first, second = (independent(np.array([n]), m) for n, m in [(48, 80), (56, 70)])
    >>> [round(float(each[0]), 4) for each in difference_of(first, second)]
    [0.2, 0.0524, 0.3339]
    """
    low_first, high_first = first.limits()
    low_second, high_second = second.limits()
    difference = second.share - first.share
    below = np.hypot(second.share - low_second, high_first - first.share)
    above = np.hypot(high_second - second.share, first.share - low_first)
    return difference, difference - below, difference + above
