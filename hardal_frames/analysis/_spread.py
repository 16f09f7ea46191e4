"""Exact quantiles of durations that are never all in one place.

First, durations are counted by their size: those of one exponent and the same seven leading binary
digits are one bin, so that a bin spans less than a hundredth of what it holds. The counts tell in
which bins the wanted ranks lie. Then only the durations in these bins are collected, a percent or
two of all, and the value at each rank is read off. Nothing is approximated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import numpy as np

from hardal_frames.analysis._counts import occurring
from hardal_frames.analysis._statistics import interpolated
from hardal_frames.analysis._tally import Tally, dense_codes, tally_of_ones

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    import numpy.typing as npt

    from hardal_frames.analysis._sequences import Codes
    from hardal_frames.analysis._statistics import Durations

    Integers = npt.NDArray[np.int64]

_DIGITS: Final = 45
"""So many bits of a float of 64 are left out; exponent and seven digits are left."""

_BIN_BITS: Final = 18

_FEW_OF_PART: Final = 1 << 16
_FEW: Final = 8_000_000
"""So many durations are kept as they are, which spares a second round."""


def bins_of(durations: Integers) -> Integers:
    """Bin of each duration that is not negative; a longer one has no lower bin."""
    return durations.astype(np.float64).view(np.int64) >> _DIGITS


class GroupedDurations(NamedTuple):
    """Durations, none negative, and what they are durations of.

    Parameters
    ----------
    durations
        In microseconds.
    groups
        Group of each, as a row of the tally; in a narrow type, not to reckon with.
    tally
        Key of each group; its counts mean nothing here.
    """

    durations: Integers
    groups: Codes
    tally: Tally


def spread_of(grouped: GroupedDurations) -> Tally:
    """Count durations by group and bin, which becomes the last column of the keys."""
    durations, groups, tally = grouped
    packed = groups.astype(np.int64) << _BIN_BITS | bins_of(durations)
    found, [counts] = occurring(packed, below=len(tally.keys) << _BIN_BITS)
    keys = np.column_stack([tally.keys[found >> _BIN_BITS], found & ((1 << _BIN_BITS) - 1)])
    return Tally(tally.labels, keys, counts[:, np.newaxis])


@dataclass(frozen=True, eq=False)
class Measured:
    """Durations as they are, as long as they are few, and their spread when they are many.

    Parameters
    ----------
    few
        The durations; None if they are many.
    spread
        What `spread_of` counts; None if they are few.
    """

    few: GroupedDurations | None
    spread: Tally | None

    @classmethod
    def of(cls, grouped: GroupedDurations) -> Measured:
        """Count durations."""
        if len(grouped.durations) > _FEW_OF_PART:
            return cls(None, spread_of(grouped))
        return cls(grouped, None)

    @classmethod
    def merged(cls, parts: Sequence[Measured]) -> Measured:
        """Put durations of parts together; those that are few in all parts stay as they are."""
        few = [part.few for part in parts if part.few is not None]
        if len(few) < len(parts) or sum(len(each.durations) for each in few) > _FEW:
            return cls(None, Tally.merged([part.as_spread() for part in parts]))
        tally = Tally.merged([each.tally for each in few])
        groups = [tally.places_of(each.tally).astype(np.int32)[each.groups] for each in few]
        durations = np.concatenate([each.durations for each in few])
        return cls(GroupedDurations(durations, np.concatenate(groups), tally), None)

    def as_spread(self) -> Tally:
        """Count the durations by size."""
        return cast("Tally", self.spread) if self.few is None else spread_of(self.few)


@dataclass(frozen=True, eq=False)
class Ranks:
    """Where among the durations of each group the wanted ranks lie.

    Parameters
    ----------
    groups
        Group and how many durations it has.
    bins
        Group, bin, and how many durations it has; only bins in which a wanted rank lies.
    before
        For each of the bins, how many durations of its group are in lower bins.
    quantiles
        The quantiles.
    """

    groups: Tally
    bins: Tally
    before: Integers
    quantiles: tuple[Fraction, ...]

    @classmethod
    def of(cls, spread: Tally, quantiles: Sequence[Fraction]) -> Ranks:
        """Find the bins of the wanted ranks.

        Parameters
        ----------
        spread
            What `spread_of` counted, merged.
        quantiles
            The quantiles.
        """
        spread = spread.added_up()
        groups = spread.grouped_by(spread.keys.shape[1] - 1)
        sizes, counts = groups.counts[:, 0], spread.counts[:, 0]
        begins = np.cumsum(sizes) - sizes
        ends = np.cumsum(counts)
        wanted = np.unique(
            [
                np.searchsorted(ends, begins + rank, side="right")
                for rank in _ranks(sizes, quantiles)
            ]
            if len(sizes)
            else np.empty(0, dtype=np.int64)
        )
        bins = Tally(spread.labels, spread.keys[wanted], spread.counts[wanted])
        group_of_bin = np.searchsorted(np.cumsum(sizes), ends[wanted] - 1, side="right")
        before = ends[wanted] - counts[wanted] - begins[group_of_bin]
        return cls(groups, bins, before, tuple(quantiles))

    def collected(self, grouped: GroupedDurations) -> Tally:
        """Durations in the bins, as the last column of the keys, and how often each occurs."""
        durations, groups, tally = grouped
        codes = dense_codes(
            np.concatenate([self.bins.keys[:, :-1], tally.known_as(self.bins.labels)])
        )
        codes = np.unique(codes, return_inverse=True)[1].reshape(-1)  # few bits, as bins follow
        of_bin, of_group = codes[: len(self.before)], codes[len(self.before) :]
        chosen = np.isin(
            of_group[groups] << _BIN_BITS | bins_of(durations),
            of_bin << _BIN_BITS | self.bins.keys[:, -1],
        )
        keys = np.column_stack([tally.keys[groups[chosen]], durations[chosen]])
        return tally_of_ones(keys, tally.labels)

    def read_off(self, collected: Tally) -> list[Durations]:
        """Quantiles of each of the groups.

        Parameters
        ----------
        collected
            What `collected` found, merged.
        """
        own = collected.coded_as(self.bins.labels).added_up()
        sizes = self.groups.counts[:, 0]
        bins = self.bins.counts[:, 0]
        group_codes = dense_codes(np.concatenate([self.groups.keys, self.bins.keys[:, :-1]]))
        of_bin = np.searchsorted(group_codes[: len(sizes)], group_codes[len(sizes) :])
        collected_before = np.cumsum(bins) - bins
        # Bins stand by group and ascend in each, and so do the durations in them.
        ends = np.cumsum(own.counts[:, 0])
        values = own.keys[:, -1]
        whole = np.cumsum(sizes) - sizes
        starts = whole[of_bin] + self.before

        def at(rank: Integers) -> Integers:
            bin_of_rank = np.searchsorted(starts, whole + rank, side="right") - 1
            place = collected_before[bin_of_rank] + (whole + rank - starts[bin_of_rank])
            return values[np.searchsorted(ends, place, side="right")]

        return [interpolated(at, sizes, quantile) for quantile in self.quantiles]


def _ranks(sizes: Integers, quantiles: Sequence[Fraction]) -> list[Integers]:
    """Positions from 0 between which each quantile lies."""
    below = [(sizes - 1) * each.numerator // each.denominator for each in quantiles]
    return [*below, *(np.minimum(each + 1, sizes - 1) for each in below)]
