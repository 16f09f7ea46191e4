"""A tracking plan, inferred from events."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hardal_frames import schema
from hardal_frames.analysis._encoding import codes_of, factorized
from hardal_frames.errors import InvalidInput
from hardal_frames.tracking._kinds import TYPES, Values, values_of
from hardal_frames.tracking._personal import (
    LONGEST_NUMBER,
    is_named_of_someone,
    is_named_personal,
    looks_personal,
    personal_among,
)
from hardal_frames.tracking._plan_schema import DIALECT
from hardal_frames.tracking.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    import pandas as pd

    Integers = npt.NDArray[np.int64]

_SESSIONS: Final = 3
"""A value that fewer sessions have is not shown, and leaves it open what other values there are."""

_LONGEST_TEXT: Final = 60


def plan_from(
    events: pd.DataFrame, *, examples: int = 3, values: int = 10, required: float = 1.0
) -> Plan:
    """Infer a tracking plan: which events there are, with which properties of which types.

    Take it as a draft: `Plan.write` it to a file, edit that, and keep it in git.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name. Its properties are the columns that begin
        with ``prop_``, and no others: without one the plan has the names of events alone.
    examples
        How many example values a property shows. None is ever shown that looks like personal data,
        or that fewer than three sessions have.
    values
        A text property with at most so many different values, each in three sessions or more, must
        have one of them (``enum``).
    required
        A property is required if at least this share of an event's occurrences have it. Below 1,
        `audit` tells at once which of the same events lack it.

    Returns
    -------
    Plan
        For each event name a schema: ``x-count`` (how many there were, also of each property),
        ``required``, and for each property ``type``, ``enum``, ``minimum`` and ``maximum`` (rounded
        outwards to 1, 2 or 5 times a power of ten, so that next month's plan is mostly the same)
        and ``examples``. The same events audited against it have no departure, unless required is
        below 1, or the name of an event or a property looks like personal data: it is left out.

    Raises
    ------
    InvalidInput
        If the frame lacks a column, or an argument cannot be used.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> plan = hf.plan_from(hf.sample_events())
    >>> plan.document["properties"]["search"]["required"]
    ['results', 'search_term']
    """
    frame = schema.require_frame(events)
    schema.require_columns(frame, ("session_id", "timestamp", "name"))
    schema.require_distinct_columns(frame)
    _check_options({"examples": examples, "values": values}, required)
    usable = frame[["session_id", "timestamp", "name"]].notna().all(axis=1).to_numpy(dtype=bool)
    frame = frame.loc[usable]
    names, labels = factorized(frame["name"].astype(schema.TEXT))
    sessions = codes_of(frame["session_id"])
    counts = np.bincount(names, minlength=len(labels)).tolist()
    planned: list[dict[str, Any]] = [
        {
            "type": "object",
            "x-count": count,
            "additionalProperties": False,
            "required": [],
            "properties": {},
        }
        for count in counts
    ]
    for column in frame.columns:
        if str(column).startswith(schema.PROPERTY_PREFIX):
            name = column.removeprefix(schema.PROPERTY_PREFIX)
            if personal_among([name]):
                continue
            held = values_of(frame[column])
            for own in _by_event(held, names, sessions):
                event = planned[own.event]
                event["properties"][name] = _property(name, held, own, examples, values)
                if own.count >= required * event["x-count"]:
                    event["required"].append(name)
    known = list(map(str, labels))
    secrets = set(personal_among(known))
    return Plan(
        {
            "$schema": DIALECT,
            "title": "Tracking plan",
            "description": "Schema of {event name: properties}",
            "additionalProperties": False,
            "properties": {
                name: planned[code] for code, name in enumerate(known) if name not in secrets
            },
        }
    )


def _check_options(counts: dict[str, Any], share: Any) -> None:  # noqa: ANN401  (anything)
    for name, value in counts.items():
        schema.require_whole(value, name, least=0)
    if isinstance(share, bool) or not isinstance(share, Real) or not 0 < float(share) <= 1:
        raise InvalidInput(f"required is {share!r:.60}; a share above 0 and up to 1 is needed.")


@dataclass(frozen=True, eq=False)
class _Own:
    """Values of a property that events of one name have: which, how often, in how many sessions."""

    event: int
    codes: Integers
    counts: Integers
    sessions: Integers

    @property
    def count(self) -> int:
        return int(self.counts.sum())


def _by_event(held: Values, names: Integers, sessions: Integers) -> Iterator[_Own]:
    if not len(held.rows):
        return
    size = len(held.distinct)
    keys = names[held.rows] * size + held.codes
    pairs, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    visits = inverse.reshape(-1) * (int(sessions.max()) + 1) + sessions[held.rows]
    apart = np.unique(visits) // (int(sessions.max()) + 1)
    in_sessions = np.bincount(apart, minlength=len(pairs))
    events = pairs // size
    begins = np.flatnonzero(np.diff(events, prepend=-1))
    for begin, end in zip(begins, np.append(begins[1:], len(pairs)), strict=True):
        part = slice(begin, end)
        yield _Own(int(events[begin]), pairs[part] % size, counts[part], in_sessions[part])


def _property(name: str, held: Values, own: _Own, examples: int, values: int) -> dict[str, Any]:
    kinds = set(held.kind[own.codes].tolist())
    types = [TYPES[kind.bit_length() - 1] for kind in sorted(kinds)]
    found: dict[str, Any] = {
        "type": types[0] if len(types) == 1 else types,
        "x-count": own.count,
    }
    if is_named_personal(name) or is_named_of_someone(name):
        return found
    if types == ["string"]:
        return found | _of_texts(held, own, examples, values)
    if types[0] in {"integer", "number"}:
        return found | _of_numbers(held, own, examples)
    return found


def _of_texts(held: Values, own: _Own, examples: int, values: int) -> dict[str, Any]:
    if looks_personal(held.distinct[code] for code in own.codes.tolist()).any():
        return {}
    if len(own.codes) <= values and own.sessions.min() >= _SESSIONS:
        return {"enum": [held.distinct[code] for code in own.codes.tolist()]}
    return _examples(held, own, examples)


def _of_numbers(held: Values, own: _Own, examples: int) -> dict[str, Any]:
    numbers = held.numbers[own.codes]
    finite = numbers[np.isfinite(numbers)]
    if not len(finite) or abs(finite).max() >= LONGEST_NUMBER:
        return {}
    return {
        "minimum": rounded_down(finite.min()),
        "maximum": -rounded_down(-finite.max()),
        **_examples(held, own, examples),
    }


def _examples(held: Values, own: _Own, examples: int) -> dict[str, Any]:
    often = Counter(
        {
            held.distinct[code]: count
            for code, count, sessions in zip(
                own.codes.tolist(), own.counts.tolist(), own.sessions.tolist(), strict=True
            )
            if sessions >= _SESSIONS and len(str(held.distinct[code])) <= _LONGEST_TEXT
        }
    )
    most = sorted(often, key=lambda value: (-often[value], value))[:examples]
    finite = [value for value in most if not isinstance(value, float) or math.isfinite(value)]
    return {"examples": sorted(finite)} if finite else {}


def rounded_down(number: float) -> float:
    """Give the next lower number that is 0, or 1, 2 or 5 times a power of ten, with either sign.

    Examples
    --------
    >>> [rounded_down(number) for number in (0, 3, 49.9, 0.07, -3, -1899.9)]
    [0, 2, 20, 0.05, -5, -2000]
    """
    if number == 0:
        return 0
    power = math.floor(math.log10(abs(number)))
    near = [float(f"{step}e{power + more}") for more in (-1, 0, 1) for step in (1, 2, 5)]
    if number > 0:
        found = max(each for each in near if each <= number)
    else:
        found = -min(each for each in near if each >= -number)
    return int(found) if found.is_integer() else found
