"""The sessions of each visitor, one after another, and those that led to an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hardal_frames.analysis._encoding import codes_of, ranks
from hardal_frames.analysis._parts import begins_of
from hardal_frames.analysis._values import marked, present

if TYPE_CHECKING:
    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._values import Mask


@dataclass(frozen=True, slots=True)
class Visits:
    """Sessions in places: visitor by visitor, each visitor's by their first instant, then id.

    Parameters
    ----------
    order
        Walker at each place.
    place_of
        Place of each walker.
    begins
        For each place, that of the first session of the same visitor.
    starts
        For each place, the first instant of the session.
    """

    order: Integers
    place_of: Integers
    begins: Integers
    starts: Integers


def visits_of(sequences: Sequences, visitor: str) -> Visits:
    """Put sessions in the order of their visitors.

    A session belongs to the visitor of its first event that names one, or to one of its own.
    """
    named_by = marked(sequences, present(sequences, visitor)).first
    visitors = codes_of(pd.Series(sequences.column(visitor, named_by), name=visitor))
    nameless = visitors < 0
    visitors[nameless] = visitors.max(initial=-1) + 1 + np.arange(int(nameless.sum()))
    starts = sequences.times[sequences.firsts]
    order = np.lexsort((starts, visitors))
    same = (np.diff(visitors[order]) == 0) & (np.diff(starts[order]) == 0)
    if same.any():
        order = np.lexsort((_session_ranks(sequences), starts, visitors))
    place_of = np.empty(len(order), dtype=np.int64)
    place_of[order] = np.arange(len(order))
    first = begins_of(visitors[order])
    begins = np.repeat(first, np.diff(np.append(first, len(order))))
    return Visits(order, place_of, begins, starts[order])


def _session_ranks(sequences: Sequences) -> Integers:
    return ranks(sequences.column(sequences.key, sequences.firsts))


def leading_to(
    visits: Visits, sequences: Sequences, positions: Integers, longest: int | None
) -> tuple[Integers, Integers]:
    """Places of the sessions that led to each event: from the first, and up to before the last.

    Parameters
    ----------
    visits
        The sessions of each visitor.
    sequences
        The events.
    positions
        Positions of the events.
    longest
        How many microseconds before the event a session may have begun; None for any number.
    """
    places = visits.place_of[sequences.walkers[positions]]
    begins = visits.begins[places]
    if longest is None:
        return begins, places + 1
    instants = np.unique(visits.starts)
    width = len(instants) + 1
    earliest = np.searchsorted(instants, sequences.times[positions] - longest)
    # One number tells visitor and instant, so that one search finds both.
    numbers = visits.begins * width + np.searchsorted(instants, visits.starts)
    found = np.searchsorted(numbers, begins * width + earliest)
    return np.minimum(found, places + 1), places + 1


def preferring(
    preferred: Mask, begins: Integers, ends: Integers
) -> tuple[Integers, Integers, Integers]:
    """Leave all but the preferred sessions out of runs that have any.

    Parameters
    ----------
    preferred
        Which places are preferred.
    begins, ends
        Runs of places.

    Returns
    -------
    tuple of three arrays
        A list of places; where each run begins in it, and its length.
    """
    before = np.append(0, np.cumsum(preferred))
    chosen = np.flatnonzero(preferred)
    has_any = before[ends] > before[begins]
    listed = np.concatenate([chosen, np.arange(len(preferred))])
    return (
        listed,
        np.where(has_any, before[begins], len(chosen) + begins),
        np.where(has_any, before[ends] - before[begins], ends - begins),
    )
