"""What a step of a funnel, or the start and end of a time, may be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._names import rows_named
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.errors import InvalidInput, UnknownName, near_names

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
TIES: Final = ("feed", "either", "strict")


@dataclass(frozen=True)
class MatchedStep:
    """A step and the events that fill it.

    Parameters
    ----------
    sequences
        All events.
    label
        The step in words.
    names
        For each label of the sequences, whether it may fill the step; None if any may.
    rows
        Rows of the frame whose other columns are as the step wants them; None if any are.
    """

    sequences: Sequences
    label: str
    names: Mask | None
    rows: Mask | None

    def marks(self, part: Sequences) -> Mask:
        """Events of a part of the sequences that fill the step."""
        mask = self._named(part)
        if self.rows is not None:
            mask &= self.rows[part.rows]
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

    @cached_property
    def positions(self) -> Integers:
        """Ascending positions of the events that fill the step."""
        found = self.sequences.map_parts(
            lambda part: np.flatnonzero(self.marks(part)) + part.offset
        )
        return np.concatenate([np.empty(0, dtype=np.int64), *found])


def sequences_of_steps(
    events: pd.DataFrame, steps: Sequence[Step], *, key: str, missing: Missing, stacklevel: int = 4
) -> Sequences:
    """Put in order the events that the steps name, or all where these cannot be told quickly.

    Parameters
    ----------
    events
        The caller's frame.
    steps
        What the steps are.
    key
        Column that names the walker.
    missing
        Whether a name that does not occur is an error; that error needs all names there are.
    stacklevel
        Which of the calls that lead here a warning is told of.
    """
    names = _all_names(steps)
    if names is not None and isinstance(schema.require_frame(events).get("name"), pd.Series):
        chosen = rows_named(events["name"], names)
        if chosen is not None:
            found = sequences_of(events, key=key, chosen=chosen, stacklevel=stacklevel + 1)
            # Where a name is misspelt, the error tells the near ones among all there are.
            if missing == "zero" or names <= set(found.labels):
                return found
    return sequences_of(events, key=key, stacklevel=stacklevel + 1)


def _all_names(steps: Sequence[Step]) -> set[str] | None:
    """Names of the events that can fill a step; None if others may."""
    names: set[str] = set()
    for step in steps:
        named = step.get("name") if isinstance(step, Mapping) else step
        each = [named] if isinstance(named, str) else named
        if not isinstance(each, Collection) or not all(isinstance(name, str) for name in each):
            return None
        names.update(each)
    return names


def match_step(sequences: Sequences, step: Step, *, missing: Missing = "error") -> MatchedStep:
    """Find the events that fill a step.

    Parameters
    ----------
    sequences
        The events.
    step
        What the step is.
    missing
        ``"error"`` if a step that no event fills is an error, ``"zero"`` if it just counts none.

    Returns
    -------
    MatchedStep
        The step's label and the positions of its events.

    Raises
    ------
    UnknownName
        If an event name of the step does not occur, unless there are no events at all.
    InvalidInput
        If the step is none, or names a column that the frame lacks.
    """
    schema.require_one_of(missing, "missing", ("error", "zero"))
    required = missing == "error" and len(sequences.times) > 0
    if isinstance(step, Mapping):
        return _match_columns(sequences, step, required=required)
    names = [step] if isinstance(step, str) else _names(step)
    _require_names(sequences, names, required=required)
    return MatchedStep(sequences, " or ".join(names), _among(sequences, names), None)


def _among(sequences: Sequences, names: Sequence[str]) -> Mask:
    chosen = set(names)
    return np.array([label in chosen for label in sequences.labels], dtype=bool)


def _names(step: object) -> list[str]:
    names = list(step) if isinstance(step, Sequence | set | frozenset) else []
    if names and all(isinstance(name, str) for name in names):
        return names if isinstance(step, Sequence) else sorted(names)
    raise InvalidInput(
        f"A step is {step!r:.100}; an event name, a list of names, or a dict such as "
        "{'name': 'page_view', 'path': '/cart'} is needed."
    )


def _require_names(sequences: Sequences, names: Sequence[str], *, required: bool) -> None:
    for name in names:
        if required and name not in sequences.labels:
            raise UnknownName(
                f"No event is called {name!r}. {near_names(name, sequences.labels)} "
                "missing='zero' counts an absent name as zero."
            )


def _match_columns(sequences: Sequences, step: Mapping[str, Any], *, required: bool) -> MatchedStep:
    if not step:
        raise InvalidInput("A step is an empty dict; name a column and the value it must have.")
    schema.require_columns(sequences.frame, step)
    named: Mask | None = None
    rows: Mask | None = None
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
            names = [str(name) for name in values]
            _require_names(sequences, names, required=required)
            named = _among(sequences, names)
        else:
            found = sequences.frame[column].isin(values).to_numpy(dtype=bool)
            rows = found if rows is None else rows & found
        parts.append(f"{column} = {' or '.join(map(str, values))}")
    matched = MatchedStep(sequences, ", ".join(parts), named, rows)
    if required and not len(matched.positions):
        raise UnknownName(
            f"No event has {', '.join(parts)}. missing='zero' counts such a step as zero."
        )
    return matched


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
