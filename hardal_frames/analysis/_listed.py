"""Tables with a row a walker, or a pair of events: rows of parts, and their order in the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from hardal_frames.analysis._encoding import ranks
from hardal_frames.analysis._parts import sort
from hardal_frames.analysis._statistics import BITS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt
    from pandas.api.extensions import ExtensionArray

    Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Listed:
    """Rows that belong to walkers, in order.

    Parameters
    ----------
    table
        The rows: by instant, then by the walker's key; those of one walker at one instant as they
        follow each other in its feed.
    instants
        The instant by which each row is ordered, in microseconds since 1970 UTC.
    walkers
        Name of each row's walker.
    """

    table: pd.DataFrame
    instants: Integers
    walkers: pd.Series[Any]

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """Put the rows of all parts in order; no walker is in two of them."""
        filled = [part for part in parts if len(part.table)] or list(parts[:1])
        if len(filled) == 1:
            return filled[0]
        table = pd.concat([part.table for part in filled], ignore_index=True)
        instants = np.concatenate([part.instants for part in filled])
        walkers = pd.concat([part.walkers for part in filled], ignore_index=True)
        order = in_order_of_time(instants, walkers.array.take)
        table = table.take(order).reset_index(drop=True)
        return cls(table, instants[order], walkers.take(order).reset_index(drop=True))


def listed(table: pd.DataFrame, instants: Integers, key: str) -> Listed:
    """Rows whose column ``key`` names the walker."""
    return Listed(table, instants, table[key])


def in_order_of_time(instants: Integers, keys_at: Callable[[Integers], ExtensionArray]) -> Integers:
    """Order of rows by their instant, then their key, then as they are.

    Parameters
    ----------
    instants
        The instants.
    keys_at
        Gives the keys of some of the rows.
    """
    order, moments = _nearly_ordered(instants)
    as_next = np.append(moments[1:] == moments[:-1], False)[: len(order)]
    tied = np.flatnonzero(as_next | np.roll(as_next, 1))
    if len(tied):
        # Few rows share an instant, or nearly; only they need the order of their keys.
        among = order[tied]
        order[tied] = among[np.lexsort((ranks(keys_at(among)), instants[among]))]
    return order


def _nearly_ordered(instants: Integers) -> tuple[Integers, Integers]:
    """Order of rows by their instant, cut so far that one integer holds it and the row; and these.

    Sorting such integers is many times quicker than sorting rows by their instants.
    """
    if not len(instants):
        return np.empty(0, dtype=np.int64), instants
    first, span = instants.min(), int(instants.max()) - int(instants.min())
    bits = (len(instants) - 1).bit_length()
    cut = max(span.bit_length() + bits - BITS, 0)
    since = instants.view(np.uint64) - first.view(np.uint64)
    packed = (since >> np.uint64(cut)).astype(np.int64) << bits
    packed |= np.arange(len(instants))
    sort(packed)
    return packed & ((1 << bits) - 1), packed >> bits
