"""Time between events: of a start and an end, and of every transition."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from numbers import Rational
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._counting import Counting, computed
from hardal_frames.analysis._listed import Listed, listed
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._pairings import (
    PAIRS,
    Gap,
    last_of_each,
    paired,
)
from hardal_frames.analysis._spread import GroupedDurations
from hardal_frames.analysis._statistics import MEDIAN, group_integers
from hardal_frames.analysis._steps import TIES, match_step, seen, sequences_of_steps, step_columns
from hardal_frames.analysis._tally import Tally, labels_index, texts_at
from hardal_frames.analysis._timed import TimedCounting
from hardal_frames.analysis._values import texts
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._pairings import Pair
    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._statistics import Durations
    from hardal_frames.analysis._steps import Missing, Seen, Step, Ties

QUARTERS_AND_P90: Final = (0.25, 0.5, 0.75, 0.9)

_NAT: Final = np.iinfo(np.int64).min
_HALF: Final = 1 << 31
"""Durations are added up in two halves, which no number of events makes too long."""


def time_between(
    events: Events,
    start: Step,
    end: Step,
    *,
    pair: Pair = "first-firstafter",
    ties: Ties = "feed",
    min_gap: str | pd.Timedelta | None = None,
    max_gap: str | pd.Timedelta | None = None,
    unmatched: bool = False,
    missing: Missing = "error",
    key: str = "session_id",
) -> pd.DataFrame:
    """Measure the time from start events to end events of the same session.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name, or what `scan_events` returns.
    start, end
        An event name, a list of names of which any counts, or a dict of column to value(s).
    pair
        Which start goes with which end. Start and end are of one session, and an event never pairs
        with itself, also where it fills both.

        ``"first-firstafter"``: the session's first start, with the first end later than it.
        ``"first-first"``: the session's first start, with its first end, wherever that is: elapsed
        is negative where the end came first.
        ``"lastbefore-firstafter"``: each start with the first end later than it, where that start
        is also the last one that this end is later than; so a start that is followed by another
        before the end has no pair, and an end that follows another end has none.
        ``"any-firstafter"``: each start with the first end later than it; several may share one.
        ``"any-any"``: each start with each end later than it.
        ``"last-last"``: the session's last start, with its last end; negative as above.
    ties
        Whether an end at the start's own instant is later than it: if it is later in the
        ``"feed"``; ``"either"``, in whichever order they are; or ``"strict"``, never. "First" and
        "last" always mean the order of the feed. first-first and last-last do not ask which is
        later, so ties change nothing there.
    min_gap, max_gap
        Shortest and longest time from start to end, inclusive: ``"30min"``. An end that is nearer
        or farther does not count as later than the start: after a double click, ``min_gap="1s"``
        takes the next end beyond it, not none. Where "first" or "last" chooses start or end, that
        choice comes before the gap, and a pair outside it is left out; so ``min_gap="0s"`` leaves
        the negative ones out. To filter pairs that were chosen without a gap, filter elapsed.
    unmatched
        Whether a session that has a start and no pair keeps one row, with its first start (with
        last-last its last) and no end. Sessions without a start never appear.
    missing
        ``"error"`` or ``"zero"`` for a start or end that no event of the frame fills.
    key
        Column that names whose time it is: with ``"visitor_id"`` pairs may span sessions.

    Returns
    -------
    DataFrame
        One row a pair, in order of start_time, at one instant by session and then as start and end
        stand in the feed: session_id (or the key), start_id, end_id (strings; missing if the frame
        has no ids), start_time, end_time (timestamps in the frame's zone), elapsed
        (timedelta64[us]). Of an unmatched session end_id, end_time and elapsed are missing.

    Raises
    ------
    UnknownName
        If no event fills start or end, near names told, unless ``missing="zero"``.
    InvalidInput
        If the frame or an option cannot be used, or any-any makes more than 100,000,000 pairs.

    Notes
    -----
    The pairings carry the names of funneljoin (Robinson, R). As there, a gap is a condition on
    what may be paired. Unlike there, gaps are inclusive, an event does not pair with itself,
    first-first and last-last keep pairs whose end came first, equal instants are ordered by the
    feed unless ties says otherwise, and lastbefore-firstafter gives all such pairs of a session,
    not the first one only.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> names = ["add_to_cart", "add_to_cart", "purchase", "add_to_cart"]
    >>> events = hf.events_from_records(
    ...     [{"name": name, "timestamp": f"2026-03-02T10:0{minute}:00Z"}
    ...      for minute, name in enumerate(names)],
    ...     session_id="s1",
    ... )
    >>> hf.time_between(events, "add_to_cart", "purchase")[["session_id", "elapsed"]]
      session_id         elapsed
    0         s1 0 days 00:02:00

    Of each purchase, how long before it the cart was last filled:

    >>> last = hf.time_between(events, "add_to_cart", "purchase", pair="lastbefore-firstafter")
    >>> last["elapsed"].tolist()
    [Timedelta('0 days 00:01:00')]
    """
    schema.require_one_of(pair, "pair", PAIRS)
    schema.require_one_of(ties, "ties", TIES)
    gap = Gap.of(min_gap, max_gap)
    schema.require_one_of(missing, "missing", ("error", "zero"))
    return computed(events, _TimeBetween((start, end), pair, ties, gap, unmatched, missing, key))


@dataclass(frozen=True)
class _TimeBetween(Counting["tuple[Listed, Seen]", pd.DataFrame]):
    steps: tuple[Step, Step]
    pair: Pair
    ties: Ties
    gap: Gap
    unmatched: bool
    missing: Missing
    key: str

    def columns(self) -> list[str]:
        return ["id", *step_columns(self.steps)]

    def count(self, events: pd.DataFrame) -> tuple[Listed, Seen]:
        sequences = sequences_of_steps(events, self.steps, key=self.key)
        start, end = (match_step(sequences, step) for step in self.steps)
        found = seen(events, sequences, [start, end])
        firsts, lasts = paired(
            sequences, start.positions, end.positions, pair=self.pair, ties=self.ties, gap=self.gap
        )
        if self.unmatched:
            of_last = self.pair == "last-last"
            choose = partial(last_of_each, sequences) if of_last else sequences.first_of_each
            firsts, lasts = _with_unmatched(sequences, firsts, lasts, choose(start.positions))
        order = sequences.in_order_of_time(firsts)
        firsts, lasts = firsts[order], lasts[order]
        begun = sequences.times[firsts]
        elapsed = np.where(lasts < 0, _NAT, sequences.times[lasts] - begun)
        table = sequences.keyed(
            firsts,
            {
                "start_id": texts(sequences, "id", firsts),
                "end_id": texts(sequences, "id", lasts),
                "start_time": sequences.column("timestamp", firsts),
                "end_time": sequences.column("timestamp", lasts),
                "elapsed": elapsed.view("timedelta64[us]"),
            },
        )
        return listed(table, begun, self.key), found

    def finish(self, whole: tuple[Listed, Seen]) -> pd.DataFrame:
        rows, found = whole
        found.require(self.steps, self.missing)
        return rows.table


def _with_unmatched(
    sequences: Sequences, firsts: Integers, lasts: Integers, ones: Integers
) -> tuple[Integers, Integers]:
    """Pairs, and those of one start a walker whose walker has none, with end -1; ascending."""
    matched = np.zeros(sequences.walker_count, dtype=bool)
    matched[sequences.walkers[firsts]] = True
    alone = ones[~matched[sequences.walkers[ones]]]
    firsts = np.concatenate([firsts, alone])
    lasts = np.concatenate([lasts, np.full(len(alone), -1, dtype=np.int64)])
    order = np.argsort(firsts, kind="stable")
    return firsts[order], lasts[order]


def transition_times(
    events: Events,
    *,
    quantiles: Sequence[float] = QUARTERS_AND_P90,
    key: str = "session_id",
) -> pd.DataFrame:
    """Measure how long each transition takes: the time from an event to the one directly after it.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name, or what `scan_events` returns.
    quantiles
        Which quantiles, from 0 to 1 in steps of a thousandth: 0.9 is the time that nine of ten
        transitions do not exceed.
    key
        Column that names whose transitions they are.

    Returns
    -------
    DataFrame
        One row a pair of directly consecutive events, most frequent first, as in `transitions`
        without entries and exits: source, target (strings), count (int64), shortest, one column a
        quantile in the given order (``median`` for 0.5, else ``p25``, ``p99.9``), longest, total
        (timedelta64[us]). A total beyond the 292,000 years of that type is NaT.

    Raises
    ------
    InvalidInput
        If the frame cannot be analysed, or quantiles is no list of such numbers, each once.

    Notes
    -----
    Quantiles are exact, interpolated linearly and rounded half-even to a microsecond.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> views = [("page_view", 0), ("search", 1), ("page_view", 4), ("search", 7)]
    >>> events = hf.events_from_records(
    ...     [{"name": name, "timestamp": f"2026-03-02T10:0{minute}:00Z"} for name, minute in views],
    ...     session_id="s1",
    ... )
    >>> hf.transition_times(events, quantiles=[0.5]).drop(columns=["shortest", "longest"])
          source     target  count          median           total
    0  page_view     search      2 0 days 00:02:00 0 days 00:04:00
    1     search  page_view      1 0 days 00:03:00 0 days 00:03:00
    """
    wanted = _quantile_columns(quantiles)
    return computed(events, _TransitionTimes(wanted, key))


@dataclass(frozen=True)
class _TransitionTimes(TimedCounting["Tally"]):
    wanted: Mapping[str, Fraction]
    key: str

    @property
    def quantiles(self) -> list[Fraction]:
        return [Fraction(0), *self.wanted.values(), Fraction(1)]

    def columns(self) -> list[str]:
        return []

    def measured(self, events: pd.DataFrame) -> tuple[Tally, GroupedDurations]:
        sequences = sequences_of(events, key=self.key)
        size = max(len(sequences.labels), 1)
        before = np.flatnonzero(sequences.walkers[1:] == sequences.walkers[:-1])
        names = sequences.names
        which, pairs = pd.factorize(names[before] * size + names[before + 1])
        gaps = sequences.times[before + 1] - sequences.times[before]
        sums = [np.ones_like(gaps), *np.divmod(gaps, _HALF)]
        counted = Tally(
            (labels_index(sequences.labels),) * 2,
            np.column_stack(np.divmod(pairs, size)),
            np.column_stack([group_integers(each, which, len(pairs)) for each in sums]),
        )
        return counted, GroupedDurations(gaps, which, counted)

    def require(self, counted: Tally) -> None:
        """Nothing is named that could be missing."""

    def table(self, counted: Tally, timed: Tally, durations: Sequence[Durations]) -> pd.DataFrame:
        counted = counted.alphabetical()
        (sources, targets), counts = counted.keys.T, counted.counts[:, 0]
        places = timed.places_of(counted)
        names = ("shortest", *self.wanted, "longest")
        columns: dict[str, Any] = {
            "source": texts_at(counted.labels[0], sources),
            "target": texts_at(counted.labels[1], targets),
            "count": counts,
            **{name: each[places] for name, each in zip(names, durations, strict=True)},
            "total": _totals(*counted.counts[:, 1:].T),
        }
        order = np.lexsort((targets, sources, -counts))
        return pd.DataFrame({name: values[order] for name, values in columns.items()})


def _totals(halves: Integers, rests: Integers) -> npt.NDArray[np.timedelta64]:
    """Put sums of halves and of rests together; NaT where no duration can hold it."""
    totals = halves * _HALF + rests
    # Such a product wraps round when it is too long, which the half by itself tells.
    too_long = halves + rests // _HALF >= np.iinfo(np.int64).max // _HALF
    return np.where(too_long, _NAT, totals).view("timedelta64[us]")


def _quantile_columns(quantiles: object) -> dict[str, Fraction]:
    """Name and exact value of each quantile."""
    if isinstance(quantiles, str) or not pd.api.types.is_list_like(quantiles):
        raise InvalidInput(
            f"quantiles is {quantiles!r:.100}; a list is needed, such as [0.25, 0.5, 0.9]."
        )
    exact = [_exact_share(each) for each in list(quantiles)]  # type: ignore[call-overload]
    if len(set(exact)) < len(exact):
        raise InvalidInput(f"quantiles is {quantiles!r:.100}; each is needed once.")
    return {"median" if share == MEDIAN else f"p{float(100 * share):g}": share for share in exact}


def _exact_share(quantile: object) -> Fraction:
    """Read a quantile as it is written, 0.9 as nine tenths."""
    is_number = isinstance(quantile, float | np.floating | Decimal | Rational)
    if is_number and not isinstance(quantile, bool) and 0 <= quantile <= 1:  # type: ignore[operator]
        share = Fraction(str(quantile))
        if (1000 * share).denominator == 1:
            return share
    raise InvalidInput(
        f"One of quantiles is {quantile!r:.100}; numbers from 0 to 1 are needed, of at most three "
        "decimals."
    )
