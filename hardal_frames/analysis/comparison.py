"""What two groups of sessions do differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from hardal_frames.analysis._counting import Counting, computed, merged
from hardal_frames.analysis._differences import Clusters, difference_of, independent
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._states import States
from hardal_frames.analysis._statistics import group_integers
from hardal_frames.analysis._tally import Tally, labels_index, texts_at

if TYPE_CHECKING:
    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._states import Patterns


def compare_transitions(
    first: Events,
    second: Events,
    *,
    state: str = "name",
    patterns: Patterns | None = None,
    collapse: bool = False,
    key: str = "session_id",
) -> pd.DataFrame:
    """Compare which event directly follows which in two groups of sessions.

    Parameters
    ----------
    first, second
        The events of either group: any frames with session_id, timestamp and name, or what
        `scan_events` returns.
    state
        The text column that journeys go over, such as ``"path"`` for pages; an event without a
        value in it takes part in nothing.
    patterns
        Patterns such as ``"/p/*"``, or a dict of labels and their pattern(s): a value goes by the
        label of the first that matches (``*`` any text, ``?`` one letter), or by itself.
    collapse
        Whether consecutive events in one state count as one.
    key
        Column that names whose journey it is.

    Returns
    -------
    DataFrame
        One row a pair of consecutive events that either group has: source, target (strings; a null
        source is the entry, a null target the exit), count_first, count_second, sessions_first,
        sessions_second (int64: pairs, and sessions that have one), probability_first,
        probability_second, difference, ci_low, ci_high (float64: count / all that leave the
        source, second less first, and its 95 % interval; NaN if a group has no such source),
        share_first, share_second, share_difference, share_ci_low, share_ci_high (float64: the same
        for the share of all sessions that have the pair; NaN if a group has no sessions).
        What is surest to differ comes first: rows whose interval of the share's difference lies
        farthest from 0, then by the size of that difference, then by name.

    Raises
    ------
    InvalidInput
        If a frame cannot be analysed, or an option cannot be used.

    Notes
    -----
    Intervals are Newcombe's (1998, his method 10) of two Wilson intervals; they take the two groups
    and their sessions as independent of one another. Pairs of one session are not, so trust the
    share of sessions first, which counts each session once; rows are in its order. For
    probabilities, pairs count as so many independent ones as their scatter between sessions shows
    (Wilson's interval with the effective sample size, Korn and Graubard 1998), which is no more
    than a good estimate where few sessions have the source. With many rows, one in twenty
    intervals misses the truth by chance alone.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.sample_events()
    >>> bought = events["session_id"].isin(events.loc[events["name"] == "purchase", "session_id"])
    >>> pages = {"product": "/p/*", "list": ["/c/*", "/ara"], "checkout": "/odeme*"}
    >>> table = hf.compare_transitions(
    ...     events[~bought], events[bought], state="path", patterns=pages, collapse=True
    ... )
    >>> shares = ["share_first", "share_second", "share_ci_low", "share_ci_high"]
    >>> table.loc[2:5, ["source", "target", *shares]].round(2)
        source    target  share_first  share_second  share_ci_low  share_ci_high
    2  product    /sepet         0.21           1.0          0.50           0.83
    3   /giris  checkout         0.02           0.6          0.29           0.81
    4   /sepet    /giris         0.02           0.6          0.29           0.81
    5   /sepet  checkout         0.06           0.4          0.11           0.63
    """
    counting = _Group(States(state, patterns, collapse), key)
    one, other = computed(first, counting), computed(second, counting)
    values = merged([one.pairs, other.pairs]).alphabetical().labels
    counted = [one.coded_as(values), other.coded_as(values)]
    keys = Tally.merged([each.pairs for each in counted]).keys
    order = np.lexsort((np.where(keys[:, 1] < 0, len(values[0]), keys[:, 1]), keys[:, 0]))
    keys = keys[order]
    source, target = keys.T
    clusters = [each.clusters(keys) for each in counted]
    sessions = [each.at(each.pairs, keys)[3] for each in counted]
    having = [
        independent(each, group.everyone) for each, group in zip(sessions, counted, strict=True)
    ]
    probabilities = [each.shares() for each in clusters]
    difference, low, high = difference_of(*probabilities)
    share_difference, share_low, share_high = difference_of(*having)
    columns: dict[str, Any] = {
        "source": texts_at(values[0], source),
        "target": texts_at(values[1], target),
        "count_first": clusters[0].successes,
        "count_second": clusters[1].successes,
        "sessions_first": sessions[0],
        "sessions_second": sessions[1],
        "probability_first": probabilities[0].share,
        "probability_second": probabilities[1].share,
        "difference": difference,
        "ci_low": low,
        "ci_high": high,
        "share_first": having[0].share,
        "share_second": having[1].share,
        "share_difference": share_difference,
        "share_ci_low": share_low,
        "share_ci_high": share_high,
    }
    from_zero = np.maximum(share_low, -share_high).clip(0)
    rows = np.lexsort((np.arange(len(keys)), -np.abs(share_difference), -from_zero))
    return pd.DataFrame({name: each[rows] for name, each in columns.items()})


@dataclass(frozen=True)
class _Group(Counting["_Counted", "_Counted"]):
    states: States
    key: str

    def columns(self) -> list[str]:
        return self.states.columns()

    def count(self, events: pd.DataFrame) -> _Counted:
        return _counted(self.states.of(sequences_of(events, key=self.key)))

    def finish(self, whole: _Counted) -> _Counted:
        return whole


class _Counted(NamedTuple):
    """Sums over the sessions of one group; entry and exit are -1.

    Parameters
    ----------
    pairs
        For each source and target the sums over sessions of how often they have it, of the squares
        of that, and of that times how often they leave its source; and how many have the pair.
    sources
        For each source the sums of how often sessions leave it and of the squares of that, and
        how many do.
    sessions
        How many sessions there are.
    """

    pairs: Tally
    sources: Tally
    sessions: Tally

    @property
    def everyone(self) -> int:
        """How many sessions there are."""
        return int(self.sessions.counts[0, 0])

    def coded_as(self, values: tuple[pd.Index[Any], ...]) -> _Counted:
        """Give the sources and targets the codes of other values."""
        pairs, sources, sessions = self
        return _Counted(pairs.coded_as(values), sources.coded_as(values[:1]), sessions)

    @staticmethod
    def at(tally: Tally, keys: Integers) -> Integers:
        """Look up the sums of keys, 0 where one does not occur; one row a sum."""
        places = tally.places_of(Tally(tally.labels, keys, keys[:, :0]))
        found = np.vstack(
            [tally.counts, np.zeros_like(tally.counts[:1], shape=(1, tally.counts.shape[1]))]
        )
        sums: Integers = found[places].T
        return sums

    def clusters(self, keys: Integers) -> Clusters:
        """Sum up what sessions have of the given pairs, among all that leave the same source."""
        counts, counts_squared, products, _ = self.at(self.pairs, keys)
        leaving, leaving_squared, having = self.at(self.sources, keys[:, :1])
        return Clusters(
            successes=counts,
            trials=leaving,
            successes_squared=counts_squared,
            trials_squared=leaving_squared,
            products=products,
            count=having,
        )


def _counted(sequences: Sequences) -> _Counted:
    names, walkers = sequences.names, sequences.walkers
    # The number of labels stands for the entry as a source and for the exit as a target.
    outside = len(sequences.labels)
    size = outside + 1
    before = np.flatnonzero(walkers[1:] == walkers[:-1])
    everyone = np.arange(sequences.walker_count)
    which, pairs = pd.factorize(
        np.concatenate(
            [
                names[before] * size + names[before + 1],
                outside * size + names[sequences.firsts],
                names[sequences.lasts] * size + outside,
            ]
        ),
        sort=True,
    )
    walks = np.concatenate([walkers[before], everyone, everyone])
    each, counts = np.unique(walks * len(pairs) + which, return_counts=True)
    walker, pair = np.divmod(each, max(len(pairs), 1))
    source = pairs[pair] // size
    # Pairs are ascending, so within a session those out of one source stand together.
    new = (np.diff(walker, prepend=-1) != 0) | (np.diff(source, prepend=-1) != 0)
    begins = np.flatnonzero(new)
    leaving = np.add.reduceat(counts, begins) if len(begins) else counts
    all_out = leaving[np.cumsum(new) - 1]
    sums = [counts, counts**2, counts * all_out, np.ones_like(counts)]
    of_sources = [leaving, leaving**2, np.ones_like(leaving)]
    label = np.append(np.arange(outside), -1)
    values = labels_index(sequences.labels)
    return _Counted(
        Tally(
            (values, values),
            label[np.column_stack(np.divmod(pairs, size))],
            np.column_stack([group_integers(one, pair, len(pairs)) for one in sums]),
        ),
        Tally(
            (values,),
            label[:, np.newaxis],
            np.column_stack([group_integers(one, source[begins], size) for one in of_sources]),
        ),
        Tally((), np.zeros((1, 1), np.int64), np.full((1, 1), sequences.walker_count, np.int64)),
    )
