"""What a step of a funnel, or the start and end of a time, may be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._encoding import decoded
from hardal_frames.analysis._names import name_codes, rows_named
from hardal_frames.analysis._ordering import has_events, sequences_of
from hardal_frames.errors import InvalidInput, UnknownName, near_names, told

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.analysis._sequences import Integers, Sequences

    Mask = npt.NDArray[np.bool_]

Step = str | Sequence[str] | Mapping[str, Any]
"""An event name, several names of which any counts, or columns and the value(s) they must have."""

Duration = str | timedelta | np.timedelta64
"""A duration such as ``"30min"``, or a Timedelta."""

Missing = Literal["error", "zero"]
Ties = Literal["feed", "either", "strict"]

_FEW_NAMES: Final = 16
_LONGEST: Final = 2**61
_DAYS_OR_WEEKS: Final = re.compile(r"(?<=[\d\s])[dw](?![a-z])")
"""Units that pandas 3 warns of in small letters."""

TIES: Final = ("feed", "either", "strict")


@dataclass(frozen=True)
class MatchedStep:
    """A step and the events that fill it.

    Parameters
    ----------
    sequences
        All events.
    step
        The step as the caller gave it.
    label
        The step in words.
    names
        For each label of the sequences, whether it may fill the step; None if any may.
    rows
        Rows of the frame whose other columns are as the step wants them; None if any are.
    """

    sequences: Sequences
    step: Step
    label: str
    names: Mask | None
    rows: Mask | None

    def marks(self, part: Sequences) -> Mask:
        """Events of a part of the sequences that fill the step."""
        mask = self._named(part)
        if self.rows is not None:
            mask &= part.of_rows(self.rows)
        return mask

    def _named(self, part: Sequences) -> Mask:
        if self.names is None:
            return np.ones(len(part.times), dtype=bool)
        wanted = np.flatnonzero(self.names)
        if len(wanted) > _FEW_NAMES:
            return self.names[part.codes]
        # Comparing with each is many times quicker than looking each event's name up.
        mask = np.zeros(len(part.times), dtype=bool)
        for code in wanted.astype(part.codes.dtype):
            mask |= part.codes == code
        return mask

    @property
    def is_filled(self) -> bool:
        """Whether any event fills the step."""
        if self.rows is None and self.names is not None:
            return bool(self.names.any())
        return len(self.positions) > 0

    @cached_property
    def positions(self) -> Integers:
        """Ascending positions of the events that fill the step."""
        found = self.sequences.map_parts(
            lambda part: np.flatnonzero(self.marks(part)) + part.offset
        )
        return np.concatenate([np.empty(0, dtype=np.int64), *found])


@dataclass(frozen=True)
class Seen:
    """What of some steps occurs, in a part of the events or in all.

    Parameters
    ----------
    events
        Whether there are any events.
    names
        Names that occur: those of the steps, and all where one of the steps' is not among them.
    filled
        For each step, whether an event fills it.
    """

    events: bool
    names: frozenset[str]
    filled: tuple[bool, ...]

    @classmethod
    def merged(cls, parts: Sequence[Seen]) -> Seen:
        """Put together what occurs in any part."""
        return cls(
            any(part.events for part in parts),
            frozenset().union(*(part.names for part in parts)),
            tuple(any(each) for each in zip(*(part.filled for part in parts), strict=True)),
        )

    def require(self, steps: Sequence[Step], missing: Missing) -> None:
        """Refuse steps that no event fills, if that is an error.

        Parameters
        ----------
        steps
            The steps.
        missing
            ``"error"`` if a step that no event fills is an error, unless there are no events at
            all; ``"zero"`` if it just counts none.

        Raises
        ------
        UnknownName
            If an event name of a step does not occur, or no event fills it.
        """
        if missing == "zero" or not self.events:
            return
        for step, is_filled in zip(steps, self.filled, strict=True):
            asked = asked_step(step)
            for name in asked.names or ():
                if name not in self.names:
                    raise UnknownName(
                        f"No event is called {name!r}. {near_names(name, self.names)} "
                        "missing='zero' counts an absent name as zero."
                    )
            if not is_filled:
                raise UnknownName(
                    f"No event has {asked.label}. missing='zero' counts such a step as zero."
                )


def seen(events: pd.DataFrame, sequences: Sequences, matched: Sequence[MatchedStep]) -> Seen:
    """Tell what of the steps occurs.

    Parameters
    ----------
    events
        The frame.
    sequences
        Its events, or at least those that can fill a step.
    matched
        The steps.
    """
    names = frozenset(sequences.labels)
    wanted = {name for step in matched for name in asked_step(step.step).names or ()}
    there = len(sequences.times) > 0
    if not wanted <= names:
        # Where a name is misspelt, the error tells the near ones among all there are.
        names = frozenset(name_codes(decoded(events["name"]))[1])
        names = names - (wanted - frozenset(sequences.labels))
        there = there or has_events(events, sequences.key)
    return Seen(there, names, tuple(step.is_filled for step in matched))


def sequences_of_steps(events: pd.DataFrame, steps: Sequence[Step], *, key: str) -> Sequences:
    """Put in order the events that the steps name, or all where these cannot be told quickly.

    Parameters
    ----------
    events
        The caller's frame.
    steps
        What the steps are.
    key
        Column that names the walker.
    """
    names = _all_names(steps)
    if names is not None and isinstance(schema.require_frame(events).get("name"), pd.Series):
        chosen = rows_named(events["name"], names)
        if chosen is not None:
            return sequences_of(events, key=key, chosen=chosen)
    return sequences_of(events, key=key)


def _all_names(steps: Sequence[Step]) -> set[str] | None:
    """Names of the events that can fill a step; None if others may."""
    names: set[str] = set()
    for step in steps:
        own = asked_step(step).names
        if own is None:
            return None
        names.update(own)
    return names


def match_step(sequences: Sequences, step: Step) -> MatchedStep:
    """Find the events that fill a step.

    Parameters
    ----------
    sequences
        The events.
    step
        What the step is.

    Returns
    -------
    MatchedStep
        The step's label and the positions of its events.

    Raises
    ------
    InvalidInput
        If the step is none, or names a column that the frame lacks.
    """
    asked = asked_step(step)
    named: Mask | None = None
    if asked.names is not None:
        chosen = set(asked.names)
        named = np.array([label in chosen for label in sequences.labels], dtype=bool)
    schema.require_columns(sequences.frame, asked.columns)
    rows: Mask | None = None
    for column, values in asked.columns.items():
        found = sequences.frame[column].isin(values).to_numpy(dtype=bool)
        rows = found if rows is None else rows & found
    return MatchedStep(sequences, step, asked.label, named, rows)


def step_columns(steps: Sequence[Step]) -> list[str]:
    """Columns that steps are told by, beside the name."""
    return [column for step in steps for column in asked_step(step).columns]


@dataclass(frozen=True)
class AskedStep:
    """A step as the caller gave it, checked.

    Parameters
    ----------
    label
        The step in words.
    names
        Names of the events that may fill it; None if any may.
    columns
        The other columns that an event must have, and their values.
    """

    label: str
    names: tuple[str, ...] | None
    columns: Mapping[str, list[Any]]


def asked_step(step: object) -> AskedStep:
    """Check a step.

    Raises
    ------
    InvalidInput
        If it is none.
    """
    if isinstance(step, Mapping):
        return _asked_columns(step)
    names = [step] if isinstance(step, str) else _names(step)
    return AskedStep(" or ".join(names), tuple(names), {})


def _names(step: object) -> list[str]:
    names = list(step) if isinstance(step, Sequence | set | frozenset) else []
    if names and all(isinstance(name, str) for name in names):
        return names if isinstance(step, Sequence) else sorted(names)
    raise InvalidInput(
        f"A step is {told(step)}; an event name, a list of names, or a dict such as "
        "{'name': 'page_view', 'path': '/cart'} is needed."
    )


def _asked_columns(step: Mapping[str, Any]) -> AskedStep:
    if not step:
        raise InvalidInput("A step is an empty dict; name a column and the value it must have.")
    names = None
    columns = {}
    parts = []
    for column, value in step.items():
        values = list(value) if pd.api.types.is_list_like(value) else [value]
        if not values:
            raise InvalidInput(f"A step wants {column!r} to be one of no values; name one.")
        if isinstance(value, set | frozenset):
            values = sorted(values, key=str)
        if pd.isna(pd.Series(values, dtype=object)).any():
            raise InvalidInput(
                f"A step wants {column!r} to be {value!r:.100}; a missing value fills no step."
            )
        if column == "name":
            names = tuple(str(name) for name in values)
        else:
            columns[column] = values
        parts.append(f"{column} = {' or '.join(map(str, values))}")
    return AskedStep(", ".join(parts), names, columns)


def duration_in_microseconds(duration: object, name: str) -> int:
    """Read a duration argument.

    Parameters
    ----------
    duration
        A Timedelta, a timedelta, or text with a unit such as ``"30min"``.
    name
        Name of the argument, for messages.

    Raises
    ------
    InvalidInput
        If it is no duration, has no unit, or is negative.
    """
    needed = f"{name} is {duration!r}; a duration such as '30min', '1h' or a Timedelta is needed."
    # A bare number would be nanoseconds to pandas, which nobody means.
    if isinstance(duration, str) and duration.strip().lstrip("+-").replace(".", "", 1).isdigit():
        raise InvalidInput(f"{needed} Give the unit.")
    if not isinstance(duration, str | timedelta | np.timedelta64):
        raise InvalidInput(needed)
    if isinstance(duration, str):
        duration = _DAYS_OR_WEEKS.sub(lambda unit: unit[0].upper(), duration)
    try:
        value: Any = pd.Timedelta(duration)
    except (ValueError, TypeError):
        raise InvalidInput(needed) from None
    # Not in nanoseconds, which cannot hold what other units can.
    exact = np.timedelta64("NaT") if value is pd.NaT else value.to_timedelta64()
    if np.isnat(exact) or exact.astype(np.int64) < 0:
        raise InvalidInput(f"{needed} It is not negative.")
    # Cut where an instant and a duration could no longer be added.
    return min(int(exact.astype("timedelta64[us]").astype(np.int64)), _LONGEST)
