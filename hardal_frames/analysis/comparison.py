"""What two groups of sessions do differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._differences import Clusters, difference_of, independent
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._parts import taken
from hardal_frames.analysis._states import in_states
from hardal_frames.analysis._statistics import group_integers

if TYPE_CHECKING:
    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._states import Patterns


def compare_transitions(
    first: pd.DataFrame,
    second: pd.DataFrame,
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
        The events of either group: any frames with session_id, timestamp and name.
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
    # Written out, as a loop of its own would be the line that warnings point at.
    one = sequences_of(first, key=key)
    other = sequences_of(second, key=key)
    groups = [
        in_states(sequences, state=state, patterns=patterns, collapse=collapse)
        for sequences in (one, other)
    ]
    labels = sorted({label for sequences in groups for label in sequences.labels})
    counted = [_counted(sequences, labels) for sequences in groups]
    pairs = np.unique(np.concatenate([each.pairs for each in counted]))
    source, target = np.divmod(pairs, len(labels) + 1)
    clusters = [each.clusters(pairs) for each in counted]
    sessions = [_at(each.pairs, each.sessions, pairs) for each in counted]
    having = [
        independent(each, sequences.walker_count)
        for each, sequences in zip(sessions, groups, strict=True)
    ]
    probabilities = [each.shares() for each in clusters]
    difference, low, high = difference_of(*probabilities)
    share_difference, share_low, share_high = difference_of(*having)
    names = pd.array([*labels, None], dtype=schema.TEXT)
    columns: dict[str, Any] = {
        "source": names.take(source),
        "target": names.take(target),
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
    entry_first = np.where(source == len(labels), -1, source)
    order = np.lexsort((target, entry_first, -np.abs(share_difference), -from_zero))
    return pd.DataFrame({name: values[order] for name, values in columns.items()})


@dataclass(frozen=True, slots=True)
class _Counted:
    """Pairs of one group, as codes of source and target, and sums over its sessions.

    Parameters
    ----------
    pairs
        The pairs that occur, ascending.
    counts, counts_squared, products
        For each pair the sums over sessions of how often they have it, of the squares of that,
        and of that times how often they leave its source.
    sessions
        How many sessions have the pair.
    leaving, leaving_squared, having
        For each source the sums of how often sessions leave it and of the squares of that, and
        how many do.
    """

    pairs: Integers
    counts: Integers
    counts_squared: Integers
    products: Integers
    sessions: Integers
    leaving: Integers
    leaving_squared: Integers
    having: Integers

    def clusters(self, pairs: Integers) -> Clusters:
        """Sum up what sessions have of the given pairs, among all that leave the same source."""
        source = pairs // len(self.leaving)
        return Clusters(
            successes=_at(self.pairs, self.counts, pairs),
            trials=self.leaving[source],
            successes_squared=_at(self.pairs, self.counts_squared, pairs),
            trials_squared=self.leaving_squared[source],
            products=_at(self.pairs, self.products, pairs),
            count=self.having[source],
        )


def _counted(sequences: Sequences, labels: list[str]) -> _Counted:
    place = {label: code for code, label in enumerate(labels)}
    code = np.array([place[label] for label in sequences.labels], dtype=np.int64)
    names, walkers = taken(code, sequences.codes), sequences.walkers
    # The number of labels stands for the entry as a source and for the exit as a target.
    size = len(labels) + 1
    before = np.flatnonzero(walkers[1:] == walkers[:-1])
    everyone = np.arange(sequences.walker_count)
    which, pairs = pd.factorize(
        np.concatenate(
            [
                names[before] * size + names[before + 1],
                (size - 1) * size + names[sequences.firsts],
                names[sequences.lasts] * size + size - 1,
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
    return _Counted(
        pairs=pairs,
        counts=group_integers(counts, pair, len(pairs)),
        counts_squared=group_integers(counts**2, pair, len(pairs)),
        products=group_integers(counts * all_out, pair, len(pairs)),
        sessions=np.bincount(pair, minlength=len(pairs)),
        leaving=group_integers(leaving, source[begins], size),
        leaving_squared=group_integers(leaving**2, source[begins], size),
        having=np.bincount(source[begins], minlength=size),
    )


def _at(known: Integers, values: Integers, wanted: Integers) -> Integers:
    """Values of the known codes at the wanted ones; 0 where one is not known."""
    found = np.zeros(len(wanted), dtype=np.int64)
    found[np.searchsorted(wanted, known)] = values
    return found
