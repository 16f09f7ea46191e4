"""How an analysis counts: a part at a time, so that a frame, a folder and a cluster agree.

An analysis counts whole walkers of some events (`Counting.count`), what was counted of several
parts is merged (`merged`), and the table is made of the whole (`Counting.finish`). Merging is
associative and commutative to the last bit: what is merged are integers, rows, and sets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import pandas as pd

from hardal_frames import schema
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Mergeable(Protocol):
    """A frozen value that can be pickled, and of which several become one."""

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """Make one of several; in which order they come means nothing."""
        ...


Part = TypeVar("Part")
Result = TypeVar("Result")


def merged(parts: Sequence[Part]) -> Part:
    """Merge what was counted of several parts: mergeable values, or tuples of them."""
    first: Any = parts[0]
    if len(parts) == 1:
        return parts[0]
    if not isinstance(first, tuple):
        whole: Part = type(first).merged(parts)
        return whole
    items: Any = zip(*parts, strict=True)
    each = [merged(some) for some in items]
    together: Any = tuple(each) if type(first) is tuple else type(first)(*each)
    result: Part = together
    return result


@dataclass(frozen=True)
class Latest:
    """The greatest of some numbers; None of none."""

    value: int | None

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """Take the greatest."""
        return cls(max((part.value for part in parts if part.value is not None), default=None))


@dataclass(frozen=True)
class Same:
    """A value that all parts have in common."""

    value: Any

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """Take the value, whichever part has it."""
        first = parts[0]
        for part in parts:
            if part != first:
                raise InvalidInput(
                    f"Parts of the events differ in a type: {first.value} and {part.value}. "
                    "Write them with one."
                )
        return first


def zone_of(events: pd.DataFrame) -> Same:
    """Type of the timestamps of a frame, Arrow's as pandas' own, with its zone."""
    return Same(schema.require_zoned(events["timestamp"].iloc[:0]).dtype)


class Counting(ABC, Generic[Part, Result]):
    """One analysis with its options; a frozen dataclass of a module, so that it can be pickled.

    Attributes
    ----------
    key
        Column that names the walker.
    """

    key: str

    @abstractmethod
    def columns(self) -> Iterable[str] | None:
        """Columns that are read where events have them, beside those that order events.

        None if all are.
        """

    @property
    def together(self) -> str:
        """Column of whose values all events must be counted together; by default the key."""
        return self.key

    @abstractmethod
    def count(self, events: pd.DataFrame) -> Part:
        """Count events; those of a walker are all there, or none.

        Raises
        ------
        InvalidInput
            If the events cannot be analysed.
        """

    @abstractmethod
    def finish(self, whole: Part) -> Result | Counting[Any, Result]:
        """Make the table, or say what has to be counted after it for the table.

        Raises
        ------
        UnknownName
            If the options name what no event has.
        """

    def of_frame(self, events: pd.DataFrame) -> Result:
        """Make the table of events that are all there; to override where that is quicker."""
        result = self.finish(self.count(events))
        return result.of_frame(events) if isinstance(result, Counting) else result


class EventScan(ABC):
    """Events that are not held in memory; every analysis takes it in place of a frame.

    `scan_events` makes one of a folder, `hardal_frames.engine.spark.scan_spark` one of a Spark
    DataFrame.

    Examples
    --------
    >>> import tempfile
    >>> import hardal_frames as hf
    >>> with tempfile.TemporaryDirectory() as above:
    ...     hf.partition_events(hf.sample_events(), f"{above}/events")
    ...     isinstance(hf.scan_events(f"{above}/events"), hf.EventScan)
    True
    """

    @abstractmethod
    def computed(self, counting: Counting[Any, Result]) -> Result:
        """Count all parts, merge and finish: what each analysis calls.

        Examples
        --------
        >>> import tempfile
        >>> import hardal_frames as hf
        >>> with tempfile.TemporaryDirectory() as above:
        ...     hf.partition_events(hf.sample_events(), f"{above}/events")
        ...     len(hf.paths(hf.scan_events(f"{above}/events")))  # calls it
        20
        """


Events = pd.DataFrame | EventScan
"""What an analysis takes: a frame of events, or what `scan_events` returns."""


def computed(events: Events, counting: Counting[Any, Result]) -> Result:
    """Run an analysis.

    Raises
    ------
    InvalidInput
        If events is neither a frame nor a scan.
    """
    if isinstance(events, EventScan):
        return events.computed(counting)
    return counting.of_frame(schema.require_frame(events))
