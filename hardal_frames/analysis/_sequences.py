"""The one ordering of events that every analysis shares.

A walker is what a journey belongs to: a session, or whatever ``key`` names. A walker's events are
in the total order (timestamp, session_id, sequence, id, name), so that no result depends on the
order of the rows of a frame.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.errors import DataWarning, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt
    from pandas.api.extensions import ExtensionArray

    Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sequences:
    """Events in order: walker after walker, each walker's events in the total order.

    Parameters
    ----------
    frame
        The frame that the events come from.
    key
        Its column that names the walker.
    rows
        Position in the frame of each event.
    walkers
        Walker of each event, as a code from 0; ascending.
    times
        Instant of each event, in microseconds since 1970 UTC.
    names
        Name of each event, as a position in labels.
    labels
        The names that occur, in alphabetical order.
    starts
        Position of each walker's first event, and at the end the number of events.
    """

    frame: pd.DataFrame
    key: str
    rows: Integers
    walkers: Integers
    times: Integers
    names: Integers
    labels: list[str]
    starts: Integers

    @property
    def walker_count(self) -> int:
        """How many walkers there are."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> Integers:
        """How many events each walker has."""
        return np.diff(self.starts)

    @property
    def firsts(self) -> Integers:
        """Position of each walker's first event."""
        return self.starts[:-1]

    @property
    def lasts(self) -> Integers:
        """Position of each walker's last event."""
        return self.starts[1:] - 1

    def last_of_instant(self) -> Integers:
        """For each event, the position of the last one of its walker at the same instant."""
        changes = (np.diff(self.walkers) != 0) | (np.diff(self.times) != 0)
        ends = np.append(np.flatnonzero(changes), len(self.times) - 1)
        return np.repeat(ends, np.diff(ends, prepend=-1))

    def first_of_each(self, positions: Integers) -> Integers:
        """Of ascending positions, the first one of each walker that has any."""
        return positions[np.flatnonzero(np.diff(self.walkers[positions], prepend=-1))]

    def named(self, names: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Events that have one of the names."""
        chosen = set(names)
        wanted = np.array([label in chosen for label in self.labels], dtype=bool)
        return wanted[self.names]

    def selected(self, mask: npt.NDArray[np.bool_]) -> Sequences:
        """Only the events that the mask marks, and the walkers that have any."""
        walkers = self.walkers[mask]
        begins = np.flatnonzero(np.diff(walkers, prepend=-1))
        starts = np.append(begins, len(walkers))
        renumbered = np.repeat(np.arange(len(begins)), np.diff(starts))
        return replace(
            self,
            rows=self.rows[mask],
            walkers=renumbered,
            times=self.times[mask],
            names=self.names[mask],
            starts=starts,
        )

    def relabelled(self, names: Integers, labels: list[str]) -> Sequences:
        """Give the same events other names, whose labels stand in alphabetical order."""
        return replace(self, names=names, labels=labels)

    def following(self, after: Integers, candidates: Integers) -> Integers:
        """For each position the first later one of ascending candidates, of the same walker; or -1.

        Parameters
        ----------
        after
            Positions to look beyond.
        candidates
            Ascending positions to choose from.
        """
        found = np.append(candidates, -1)[np.searchsorted(candidates, after, side="right")]
        same = self.walkers[found] == self.walkers[after]
        return np.where(same & (found >= 0), found, -1)

    def in_reporting_order(self, positions: Integers) -> Integers:
        """Order of at most one event a walker by the walker's first instant, then its key.

        An order that no shuffling of rows changes, for tables with a row a walker.
        """
        begins = self.firsts[self.walkers[positions]]
        instants = self.times[begins]
        order = np.argsort(instants, kind="stable")
        if np.all(np.diff(instants[order])):
            return order
        return np.lexsort((ranks(self.column(self.key, begins)), instants))

    def text(self, name: str, positions: Integers) -> ExtensionArray:
        """Text of a column; missing where the position is -1 or there is no such column."""
        if name not in self.frame.columns:
            nothing: ExtensionArray = pd.array([None] * len(positions), dtype=schema.TEXT)
            return nothing
        known = positions >= 0
        # Written as text first: integers beside a missing one would become floats.
        values = pd.Series(self.frame[name].array.take(self.rows[positions[known]]))
        text: ExtensionArray = values.astype(schema.TEXT).array
        return text.take(np.where(known, np.cumsum(known) - 1, -1), allow_fill=True)

    def keyed(self, positions: Integers, columns: Mapping[str, Any]) -> pd.DataFrame:
        """Table with one row a walker: the key, then the given columns.

        Parameters
        ----------
        positions
            An event of each row's walker.
        columns
            The other columns.

        Raises
        ------
        InvalidInput
            If the key has the name of one of them.
        """
        if self.key in columns:
            raise InvalidInput(
                f"key is {self.key!r}, which is also a column of the result. Rename yours: "
                f"events.rename(columns={{{self.key!r}: ...}})."
            )
        return pd.DataFrame({self.key: self.column(self.key, positions), **columns})

    def column(self, name: str, positions: Integers) -> ExtensionArray:
        """Values of a frame's column at the given events; missing where the position is -1.

        Parameters
        ----------
        name
            The column.
        positions
            Positions in the order of these sequences.
        """
        rows = np.where(positions < 0, -1, self.rows[positions])
        taken: ExtensionArray = self.frame[name].array.take(rows, allow_fill=True)
        return taken

    def name_column(self, codes: Integers) -> ExtensionArray:
        """Text column of name codes; missing where the code is outside the labels."""
        known = np.where((codes >= 0) & (codes < len(self.labels)), codes, -1)
        labels = pd.array(self.labels, dtype=schema.TEXT)
        taken: ExtensionArray = labels.take(known, allow_fill=True)
        return taken


def sequences_of(events: pd.DataFrame, *, key: str = "session_id") -> Sequences:
    """Put the events of a frame in order.

    Parameters
    ----------
    events
        Any frame with timestamp, name and the key; sequence and id decide between equal instants.
    key
        Column that names the walker.

    Returns
    -------
    Sequences
        The events that have a timestamp, a name and a walker.

    Raises
    ------
    InvalidInput
        If a column is missing or of a type that cannot be used.

    Warns
    -----
    DataWarning
        Once, with counts, if rows lack a timestamp, a name or a walker and are left out.
    """
    frame = schema.require_frame(events)
    schema.require_columns(frame, (key, "timestamp", "name"))
    schema.require_distinct_columns(frame)
    if key in {"timestamp", "name"}:
        raise InvalidInput(f"key is {key!r}; a column that names who walks is needed.")
    times = microseconds(frame["timestamp"])
    walkers = codes_of(frame[key])
    names, labels = _name_codes(frame["name"])
    rows = _usable_rows(times, walkers, names, key)
    if rows is None:
        rows = np.arange(len(frame), dtype=np.int64)
    else:
        times, walkers, names = times[rows], walkers[rows], names[rows]
    order = _total_order(frame, key, rows=rows, keys=[walkers, times], names=names)
    if order is not None:
        rows, walkers, times, names = rows[order], walkers[order], times[order], names[order]
    begins = np.flatnonzero(np.diff(walkers, prepend=-1))
    if len(begins):
        walkers = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(rows))))
    starts = np.append(begins, len(rows))
    used = np.unique(names)
    labels, names = [labels[code] for code in used], np.searchsorted(used, names)
    return Sequences(frame, key, rows, walkers, times, names, labels, starts)


def microseconds(timestamps: pd.Series[Any]) -> Integers:
    """Instants of a timestamp column in microseconds since 1970 UTC; the lowest integer is NaT.

    Raises
    ------
    InvalidInput
        If the column holds no timestamps, or naive ones.
    """
    dtype = timestamps.dtype
    if isinstance(dtype, pd.ArrowDtype) and dtype.kind == "M":
        zoned = getattr(dtype.pyarrow_dtype, "tz", None) is not None
        timestamps = timestamps.astype(schema.zoned("UTC") if zoned else "datetime64[us]")
        dtype = timestamps.dtype
    if isinstance(dtype, pd.DatetimeTZDtype):
        return timestamps.to_numpy(dtype="datetime64[us]").view(np.int64)
    if dtype.kind == "M":
        raise InvalidInput(
            "The column 'timestamp' is naive: it does not say in which zone its clock ran. Say it "
            "with events.assign(timestamp=events['timestamp'].dt.tz_localize('UTC')), or the zone "
            "that is right."
        )
    raise InvalidInput(
        f"The column 'timestamp' is of type {dtype}; timezone-aware timestamps are needed: "
        "events.assign(timestamp=pd.to_datetime(events['timestamp'], utc=True))."
    )


def codes_of(column: pd.Series[Any]) -> Integers:
    """Code from 0 of each value, -1 where it is missing; equal values have equal codes."""
    codes, _ = _factorized(column)
    return codes


def ranks(values: Any) -> Integers:  # noqa: ANN401  (any array of pandas)
    """Rank of each value among the distinct ones in ascending order; missing is -1."""
    codes, distinct = _factorized(pd.Series(values))
    plain = list(distinct)
    try:
        order = sorted(range(len(plain)), key=plain.__getitem__)
    except TypeError:
        mixed = [(str(value), type(value).__name__) for value in plain]
        order = sorted(range(len(plain)), key=mixed.__getitem__)
    rank = np.empty(len(plain) + 1, dtype=np.int64)
    rank[order] = np.arange(len(plain))
    rank[-1] = -1
    return rank[codes]


def _factorized(column: pd.Series[Any]) -> tuple[Integers, Any]:
    try:
        codes, distinct = pd.factorize(column, use_na_sentinel=True)
    except TypeError:
        raise InvalidInput(
            f"The column {column.name!r} holds lists or other values that are no text; "
            "make them text first, for instance with .astype('string')."
        ) from None
    return codes.astype(np.int64, copy=False), distinct


def _name_codes(column: pd.Series[Any]) -> tuple[Integers, list[str]]:
    """Code of each name as a position in the labels, -1 where it is missing; and the labels."""
    codes, distinct = _factorized(column)
    names = [str(label) for label in distinct]
    labels = sorted(set(names))
    place = {label: code for code, label in enumerate(labels)}
    position = np.array([*(place[name] for name in names), -1], dtype=np.int64)
    return position[codes], labels


def _usable_rows(times: Integers, walkers: Integers, names: Integers, key: str) -> Integers | None:
    lacking = {
        "timestamp": times == np.iinfo(np.int64).min,
        key: walkers < 0,
        "name": names < 0,
    }
    unusable = np.logical_or.reduce(list(lacking.values()))
    count = int(unusable.sum())
    if not count:
        return None
    each = ", ".join(
        f"{int(mask.sum()):,} without {column}" for column, mask in lacking.items() if mask.any()
    )
    warnings.warn(
        f"{count:,} of {len(times):,} rows are left out: {each}.", DataWarning, stacklevel=4
    )
    return np.flatnonzero(~unusable)


def _total_order(
    frame: pd.DataFrame, key: str, *, rows: Integers, keys: list[Integers], names: Integers
) -> Integers | None:
    """Positions in the total order, or None where the rows are in it already."""
    keys = list(keys)
    if key != "session_id" and "session_id" in frame.columns:
        keys.append(ranks(frame["session_id"].array.take(rows)))
    if "sequence" in frame.columns:
        keys.append(_sequence(frame["sequence"], rows))
    if _is_strictly_ascending(keys):
        return None
    order = np.lexsort(keys[::-1])
    if _is_strictly_ascending([values[order] for values in keys]):
        return order
    if "id" in frame.columns:
        keys.append(ranks(frame["id"].array.take(rows)))
    keys.append(names)
    return np.lexsort(keys[::-1])


def _sequence(column: pd.Series[Any], rows: Integers) -> Integers:
    try:
        numbers = pd.to_numeric(column).astype("Int64")
    except (ValueError, TypeError, OverflowError):
        raise InvalidInput(
            f"The column 'sequence' is of type {column.dtype}; whole numbers are needed, the "
            "position of each event in its session's feed."
        ) from None
    last = np.iinfo(np.int64).max
    filled = numbers.fillna(last).to_numpy(dtype=np.int64)
    return np.asarray(filled[rows], dtype=np.int64)


def _is_strictly_ascending(keys: list[Integers]) -> bool:
    """Whether each row is greater than the one before, compared key after key."""
    if len(keys[0]) < 2:  # noqa: PLR2004
        return True
    undecided = np.ones(len(keys[0]) - 1, dtype=bool)
    for values in keys:
        before, after = values[:-1], values[1:]
        if np.any(undecided & (after < before)):
            return False
        undecided &= after == before
    return not undecided.any()
