"""What each touch is owed of the conversions that it led to, in exact fractions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from hardal_frames.analysis._amounts import BILLION, in_billionths
from hardal_frames.analysis._statistics import group_integers
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Weights = tuple[Fraction, Fraction, Fraction]

Model = Literal["last", "first", "linear", "position"]

# Which touches of a path take part in a model, and in paths of how many touches.
_PARTS: Final[dict[str, list[tuple[str, int, int | None]]]] = {
    "last": [("last", 1, None)],
    "first": [("first", 1, None)],
    "linear": [("every", 1, None)],
    "position": [("every", 1, 1), ("first", 2, None), ("last", 2, None), ("middle", 3, None)],
}
MODELS: Final = tuple(_PARTS)
PARTS: Final = ("every", "first", "last", "middle")

_PAIRS_AT_ONCE: Final = 4_000_000
_BITS_OF_A_DOUBLE: Final = 53
_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Paths:
    """The touches that led to each conversion: a run in a list of touches.

    Parameters
    ----------
    cells
        For each touch of the list, the first of the cells of its value.
    begins, lengths
        For each conversion, where its run begins and how many touches it has.
    offsets
        For each conversion, which of the cells of a value it counts in.
    width
        How many cells a value has.
    amounts
        What each is worth; NaN where that is not known.
    """

    cells: Integers
    begins: Integers
    lengths: Integers
    offsets: Integers
    width: int
    amounts: Floats

    @property
    def cell_count(self) -> int:
        """How many cells there are."""
        return int(self.cells.max(initial=0)) + self.width


@dataclass(frozen=True, slots=True)
class Credit:
    """Conversions and money of each cell, as integers over one denominator.

    Parameters
    ----------
    conversions, priced, billionths
        Numerators: of conversions, of those with an amount, and of their amounts in billionths.
    denominator
        The denominator of all.
    """

    conversions: list[int]
    priced: list[int]
    billionths: list[int]
    denominator: int

    def amounts(self, cells: Sequence[int]) -> Floats:
        """Money of some cells, each the nearest double."""
        whole = self.denominator * BILLION
        return np.array([self.billionths[cell] / whole for cell in cells], dtype=np.float64)


def adding_up(numerators: Sequence[int], denominator: int) -> Floats:
    """Fractions that add up to a whole number, so rounded that their sum is that number exactly.

    The nearest doubles, where their sum happens to be right. Elsewhere multiples of one power of
    two, small enough to be rounded like doubles, large enough to be added without rounding; those
    that lose most by rounding down are rounded up (the method of largest remainders).

    Examples
    --------
    >>> adding_up([2, 1, 2], 5).tolist(), float(adding_up([1] * 7, 7).sum())
    ([0.4, 0.2, 0.4], 1.0)
    """
    whole = sum(numerators) // denominator
    nearest = [each / denominator for each in numerators]
    result = np.array(nearest, dtype=np.float64)
    if sum(nearest) == whole == result.sum():
        return result
    unit = 1 << (_BITS_OF_A_DOUBLE - whole.bit_length())
    divided = [divmod(each * unit, denominator) for each in numerators]
    units = np.array([quotient for quotient, _ in divided], dtype=np.int64)
    by_loss = sorted(range(len(divided)), key=lambda place: -divided[place][1])
    units[by_loss[: whole * unit - int(units.sum())]] += 1
    return units / unit


def weights_of(position_weights: Sequence[float]) -> Weights:
    """Read the weights of the first touch, of those between together, and of the last.

    Raises
    ------
    InvalidInput
        If they are not three numbers from 0, or all are 0.
    """
    needed = (
        f"position_weights is {position_weights!r:.100}; three numbers from 0 are needed, for the "
        "first touch, for those between together, and for the last, such as (0.4, 0.2, 0.4)."
    )
    try:
        # Through text: 0.4 is two fifths, not the binary number nearest to them.
        first, between, last = (Fraction(str(float(each))) for each in position_weights)
    except (TypeError, ValueError):
        raise InvalidInput(needed) from None
    total = first + between + last
    if min(first, between, last) < 0 or total == 0:
        raise InvalidInput(needed)
    return first / total, between / total, last / total


@dataclass(frozen=True, slots=True)
class Owed:
    """Touches of one part of their paths, counted by cell and length of the path.

    Parameters
    ----------
    part
        Which touches of a path: a position among `PARTS`.
    cells, sizes
        The cell of the touch, and how many touches the path has.
    counts, priced, whole, parts
        Conversions, those with an amount, and their amounts in units and billionths.
    """

    part: int
    cells: Integers
    sizes: Integers
    counts: Integers
    priced: Integers
    whole: Integers
    parts: Integers


def owed_of(paths: Paths, model: Model) -> list[Owed]:
    """Count the touches that a model gives credit to.

    Parameters
    ----------
    paths
        The conversions and their touches.
    model
        How a conversion is shared.
    """
    base = int(paths.lengths.max(initial=0)) + 1
    return [
        _owed(paths, part, _chosen(paths, least, most), base) for part, least, most in _PARTS[model]
    ]


def credit_of(owed: Sequence[Owed], cell_count: int, model: Model, weights: Weights) -> Credit:
    """Share each conversion among the touches that led to it.

    Parameters
    ----------
    owed
        Touches that the model gives credit to.
    cell_count
        How many cells there are.
    model
        How a conversion is shared.
    weights
        What ``"position"`` gives to the first touch, to those between, and to the last.
    """
    shares = [
        {
            int(size): _weight(model, PARTS[each.part], int(size), weights)
            for size in np.unique(each.sizes)
        }
        for each in owed
    ]
    denominator = math.lcm(*(share.denominator for own in shares for share in own.values()))
    conversions, priced, billionths = (np.zeros(cell_count, dtype=object) for _ in range(3))
    for each, own in zip(owed, shares, strict=True):
        numerators = [int(own[size] * denominator) for size in each.sizes.tolist()]
        factor = np.array(numerators, dtype=object)
        np.add.at(conversions, each.cells, each.counts.astype(object) * factor)
        np.add.at(priced, each.cells, each.priced.astype(object) * factor)
        money = each.whole.astype(object) * BILLION + each.parts.astype(object)
        np.add.at(billionths, each.cells, money * factor)
    return Credit(conversions.tolist(), priced.tolist(), billionths.tolist(), denominator)


def _weight(model: Model, part: str, size: int, weights: Weights) -> Fraction:
    """Tell what a touch of that part is owed of a conversion with so many touches."""
    if part == "every":
        return Fraction(1, size)
    if model != "position":
        return Fraction(1)
    first, between, last = weights
    if part == "middle":
        return between / (size - 2)
    own = first if part == "first" else last
    if size > _TWO:
        return own
    return own / (first + last) if first + last else Fraction(1, 2)


def _chosen(paths: Paths, least: int, most: int | None) -> Integers:
    """Conversions with so many touches."""
    return np.flatnonzero(
        (paths.lengths >= least) & (True if most is None else paths.lengths <= most)
    )


def _owed(paths: Paths, part: str, chosen: Integers, base: int) -> Owed:
    is_priced = (~np.isnan(paths.amounts)).astype(np.int64)
    columns = [np.ones_like(is_priced), is_priced, *in_billionths(np.nan_to_num(paths.amounts))]
    some = []
    for touches, conversions in _pairs(paths, part, chosen):
        cells = paths.cells[touches] + paths.offsets[conversions]
        codes = cells * base + paths.lengths[conversions]
        some.append(_merged(codes, *(each[conversions] for each in columns)))
    codes, *sums = _merged(*(np.concatenate(each) for each in zip(*some, strict=True)))
    return Owed(PARTS.index(part), *np.divmod(codes, base), *sums)


def _merged(codes: Integers, *columns: Integers) -> list[Integers]:
    """Distinct codes, and the sum of each column for each."""
    distinct, which = np.unique(codes, return_inverse=True)
    return [distinct, *(group_integers(each, which, len(distinct)) for each in columns)]


def _pairs(paths: Paths, part: str, chosen: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Touches of one part of the chosen paths, and the conversion of each, some at a time."""
    begins, ends = paths.begins[chosen], paths.begins[chosen] + paths.lengths[chosen]
    if part == "first":
        ends = begins + 1
    elif part == "last":
        begins = ends - 1
    elif part == "middle":
        begins, ends = begins + 1, ends - 1
    sizes = ends - begins
    before = np.cumsum(sizes) - sizes
    cuts = np.flatnonzero(np.diff(before // _PAIRS_AT_ONCE, prepend=0)).tolist()
    for low, high in pairwise([0, *cuts, len(chosen)]):
        some = slice(low, high)
        shift = begins[some] - (before[some] - before[low : low + 1])
        touches = np.repeat(shift, sizes[some]) + np.arange(int(sizes[some].sum()))
        yield touches, np.repeat(chosen[some], sizes[some])
