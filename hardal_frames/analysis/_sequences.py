"""Events in order, walker after walker: what every analysis works on.

A walker is what a journey belongs to: a session, or whatever ``key`` names. A walker's events are
in the total order (timestamp, session_id, sequence, id, name), so that no result depends on the
order of the rows of a frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._listed import in_order_of_time
from hardal_frames.analysis._parts import (
    begins_of,
    in_threads,
    lasts_of,
    numbered,
    taken,
    whole_walkers,
)
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeVar

    import numpy.typing as npt
    from pandas.api.extensions import ExtensionArray

    Integers = npt.NDArray[np.int64]
    Codes = npt.NDArray[np.signedinteger[Any]]
    Result = TypeVar("Result")
    Scalar = TypeVar("Scalar", bound=np.generic)


class Tied(NamedTuple):
    """Events that share their instant with others of their walker.

    Parameters
    ----------
    positions
        Their positions, ascending.
    groups
        A number that those of one walker and instant share, ascending, from 0.
    """

    positions: Integers
    groups: Integers

    @classmethod
    def together(cls, parts: Sequence[Tied]) -> Tied:
        """Put the events of parts together, none of which is without any."""
        counts = [int(part.groups[-1]) + 1 for part in parts]
        befores = accumulate(counts[:-1], initial=0)
        groups = [part.groups + before for part, before in zip(parts, befores, strict=True)]
        return cls(np.concatenate([part.positions for part in parts]), np.concatenate(groups))


@dataclass(frozen=True)
class Sequences:
    """Events in order: walker after walker, each walker's events in the total order.

    Parameters
    ----------
    frame
        The frame that the events come from.
    key
        Its column that names the walker.
    order
        Row of the frame of each event; None where the events are rows one after the other.
    times
        Instant of each event, in microseconds since 1970 UTC.
    codes
        Name of each event, as a position in labels; in a narrow type, not to reckon with.
    labels
        The names that occur, in alphabetical order.
    starts
        Position of each walker's first event, and at the end the number of events.
    offset
        Of a part, where in the whole it begins; the row of its first event where order is None.
    moved
        Where order is None, the few positions at which another row stands, ascending, and these.
    """

    frame: pd.DataFrame
    key: str
    order: Integers | None
    times: Integers
    codes: Codes
    labels: list[str]
    starts: Integers
    offset: int = 0
    moved: tuple[Integers, Integers] | None = None

    @cached_property
    def rows(self) -> Integers:
        """Row of the frame of each event."""
        if self.order is not None:
            return self.order
        rows = np.arange(self.offset, self.offset + len(self.times))
        if self.moved is not None:
            positions, there = self.moved
            rows[positions] = there
        return rows

    @cached_property
    def walkers(self) -> Integers:
        """Walker of each event, as a code from 0; ascending."""
        return numbered(self.firsts, len(self.times)).astype(np.int64)

    @cached_property
    def names(self) -> Integers:
        """Name of each event, as a position in labels."""
        return self.codes.astype(np.int64)

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

    def map_parts(self, function: Callable[[Sequences], Result]) -> list[Result]:
        """Call a function on whole walkers at a time, in threads; results in their order.

        They are so few that what is computed of them is quick to reach, and is gone before the
        next ones come.
        """
        return in_threads(lambda ends: function(self._part(*ends)), whole_walkers(self.starts))

    def _part(self, first: int, end: int) -> Sequences:
        """Walkers from one to before another."""
        begin, stop = int(self.starts[first]), int(self.starts[end])
        return replace(
            self,
            order=None if self.order is None else self.order[begin:stop],
            times=self.times[begin:stop],
            codes=self.codes[begin:stop],
            starts=self.starts[first : end + 1] - begin,
            offset=self.offset + begin,
            moved=self._moved_between(begin, stop),
        )

    def tied(self) -> list[Tied] | None:
        """Events that share their instant with others of their walker, some walkers at a time.

        None if an event is earlier than the one before it of the same walker.
        """
        parts = self.map_parts(_tied_in_part)
        found = [part for part in parts if part is not None]
        return found if len(found) == len(parts) else None

    def last_of_instant(self) -> Integers:
        """For each event, the position of the last one of its walker at the same instant."""
        changes = (np.diff(self.walkers) != 0) | (np.diff(self.times) != 0)
        return lasts_of(changes)

    def first_of_each(self, positions: Integers) -> Integers:
        """Of ascending positions, the first one of each walker that has any."""
        return positions[begins_of(self.walkers_at(positions))]

    def walkers_at(self, positions: Integers) -> Integers:
        """Walker of each of some events."""
        if "walkers" in self.__dict__ or len(positions) > len(self.times) // 8:
            return self.walkers[positions]
        return np.searchsorted(self.starts, positions, side="right") - 1

    def named(self, names: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Events that have one of the names."""
        chosen = set(names)
        wanted = np.array([label in chosen for label in self.labels], dtype=bool)
        return taken(wanted, self.codes)

    def selected(self, mask: npt.NDArray[np.bool_]) -> Sequences:
        """Only the events that the mask marks, and the walkers that have any."""
        positions = np.flatnonzero(mask)
        starts = np.searchsorted(positions, self.starts)
        starts = starts[np.append(True, starts[1:] != starts[:-1])]
        return replace(
            self,
            order=self.rows[positions],
            moved=None,
            times=self.times[positions],
            codes=self.codes[positions],
            starts=starts,
        )

    def relabelled(self, names: Codes, labels: list[str]) -> Sequences:
        """Give the same events other names, whose labels stand in alphabetical order."""
        return replace(self, codes=names, labels=labels)

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
        return self.in_order_of_time(self.firsts[self.walkers_at(positions)])

    def in_canonical_order(self) -> Integers:
        """Positions of all events, walkers in the order of their first events."""
        walkers = self.in_reporting_order(self.firsts)
        lengths = self.lengths[walkers]
        shift = self.firsts[walkers] - (np.cumsum(lengths) - lengths)
        return np.repeat(shift, lengths) + np.arange(len(self.times))

    def in_order_of_time(self, positions: Integers) -> Integers:
        """Order of events by their instant, then their walker's key, then as they are."""
        return in_order_of_time(
            self.times[positions], lambda places: self.column(self.key, positions[places])
        )

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
        return pd.DataFrame(with_key(self.key, self.column(self.key, positions), columns))

    def column(self, name: str, positions: Integers) -> ExtensionArray:
        """Values of a frame's column at the given events; missing where the position is -1.

        Parameters
        ----------
        name
            The column.
        positions
            Positions in the order of these sequences.
        """
        rows = np.where(positions < 0, -1, self.rows_at(positions))
        taken: ExtensionArray = self.frame[name].array.take(rows, allow_fill=True)
        return taken

    def rows_at(self, positions: Integers) -> Integers:
        """Row of the frame of some events."""
        if self.order is not None:
            return self.order[positions]
        rows = positions + self.offset
        if self.moved is not None:
            moved, there = self.moved
            others = np.flatnonzero(self._is_moved[positions])
            rows[others] = there[np.searchsorted(moved, positions[others])]
        return rows

    def of_rows(self, values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """Values of the frame's rows, as those of the events."""
        if self.order is not None:
            return taken(values, self.order)
        own = values[self.offset : self.offset + len(self.times)]
        if self.moved is not None:
            positions, there = self.moved
            own = own.copy()
            own[positions] = values[there]
        return own

    @cached_property
    def _is_moved(self) -> npt.NDArray[np.bool_]:
        is_moved = np.zeros(len(self.times), dtype=bool)
        if self.moved is not None:
            is_moved[self.moved[0]] = True
        return is_moved

    def _moved_between(self, begin: int, stop: int) -> tuple[Integers, Integers] | None:
        if self.moved is None:
            return None
        positions, rows = self.moved
        first, end = np.searchsorted(positions, [begin, stop])
        return (positions[first:end] - begin, rows[first:end]) if first < end else None

    def name_column(self, codes: Integers) -> ExtensionArray:
        """Text column of name codes; missing where the code is outside the labels."""
        known = np.where((codes >= 0) & (codes < len(self.labels)), codes, -1)
        labels = pd.array(self.labels, dtype=schema.TEXT)
        taken: ExtensionArray = labels.take(known, allow_fill=True)
        return taken


def with_key(key: str, walkers: Any, columns: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """Columns of a table, before them the one that names the walker.

    Parameters
    ----------
    key
        Its name.
    walkers
        Its values.
    columns
        The other columns.

    Raises
    ------
    InvalidInput
        If the key has the name of one of them.
    """
    if key in columns:
        raise InvalidInput(
            f"key is {key!r}, which is also a column of the result. Rename yours: "
            f"events.rename(columns={{{key!r}: ...}})."
        )
    return {key: walkers, **columns}


def _tied_in_part(part: Sequences) -> Tied | None:
    """Tied events, by their positions in the whole; None if one is earlier than the one before."""
    not_earlier = np.zeros(len(part.times), dtype=bool)  # than the next one
    np.greater_equal(part.times[:-1], part.times[1:], out=not_earlier[:-1])
    not_earlier[part.lasts] = False
    before = np.flatnonzero(not_earlier)
    if np.any(part.times[before] > part.times[before + 1]):
        return None
    # Each one with the next one, which may be one of them too.
    positions = np.column_stack([before, before + 1]).reshape(-1)
    positions = positions[begins_of(positions)]
    lasts = ~not_earlier[positions]
    return Tied(positions + part.offset, np.cumsum(lasts, dtype=np.int64) - lasts)
