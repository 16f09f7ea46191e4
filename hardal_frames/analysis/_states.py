"""What a journey goes over: event names, another text column, or groups of its values.

A state is what an event counts as in a journey. It is the event's name, or its value in another
text column, such as the path; patterns put values into groups, each under one label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._encoding import codes_of
from hardal_frames.analysis._parts import taken
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.analysis._sequences import Codes, Sequences

    Rules = list[tuple[str, re.Pattern[str]]]

Patterns = str | Sequence[str] | Mapping[str, str | Sequence[str]]
"""Patterns with ``*`` and ``?``, or labels and the pattern(s) of the values that they stand for."""


@dataclass(frozen=True)
class States:
    """What counts as an event's state.

    Parameters
    ----------
    state
        The text column that holds it.
    patterns
        Patterns in which ``*`` stands for any text and ``?`` for one letter, case-sensitive: a
        value takes the label of the first that matches it as a whole, and stays what it is if
        none does. A pattern without a label of its own is its own label.
    collapse
        Whether consecutive events in one state count as one, the first of them.
    """

    state: str = "name"
    patterns: Patterns | None = None
    collapse: bool = False

    def columns(self) -> list[str]:
        """Columns that are read, beside the name."""
        return [] if self.state == "name" else [self.state]

    def of(self, sequences: Sequences) -> Sequences:
        """Give events the names of their states; those that have none are left out.

        Returns
        -------
        Sequences
            The events that have a state, and the walkers that have such events.

        Raises
        ------
        InvalidInput
            If there is no such column, it holds anything but text, or the patterns are none.
        """
        states = self.of_each(sequences)
        return states.selected(new_states(states)) if self.collapse else states

    def of_each(self, sequences: Sequences) -> Sequences:
        """Do the same, whether or not consecutive events in one state count as one."""
        if self.state == "name" and self.patterns is None:
            return sequences
        return _renamed(sequences, self.state, _rules(self.patterns))


def new_states(sequences: Sequences) -> npt.NDArray[np.bool_]:
    """Events before which their walker was in another state, or nowhere."""
    begins = np.ones(len(sequences.codes), dtype=bool)
    begins[1:] = sequences.codes[1:] != sequences.codes[:-1]
    begins[sequences.firsts] = True
    return begins


def _renamed(sequences: Sequences, state: str, rules: Rules) -> Sequences:
    if state == "name":
        codes, values = sequences.codes, sequences.labels
    else:
        codes, values = _column_codes(sequences, state)
    shown = [_label(value, rules) for value in values]
    labels = sorted(set(shown))
    place = {label: code for code, label in enumerate(labels)}
    places = np.array([*(place[label] for label in shown), -1])
    names = taken(places.astype(np.min_scalar_type(-max(len(labels), 1))), codes)
    known = names >= 0
    if not known.all():
        sequences, names = sequences.selected(known), names[known]
    occurs = np.bincount(names, minlength=len(labels)) > 0
    if not occurs.all():
        names = taken((np.cumsum(occurs) - 1).astype(names.dtype), names)
        labels = [label for label, there in zip(labels, occurs.tolist(), strict=True) if there]
    return sequences.relabelled(names, labels)


def _column_codes(sequences: Sequences, column: str) -> tuple[Codes, list[str]]:
    """Code of each event's value, -1 where it is missing, and the value of each code."""
    schema.require_columns(sequences.frame, (column,))
    codes = codes_of(sequences.frame[column])
    known = np.flatnonzero(codes >= 0)
    one_of_each = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.int64)
    one_of_each[codes[known]] = known
    values = list(sequences.frame[column].array.take(one_of_each))
    for value in values:
        if not isinstance(value, str):
            raise InvalidInput(
                f"state is {column!r}, a column that holds {value!r:.100}; text is needed: "
                f"events.assign({column}=events[{column!r}].astype('string'))."
            )
    return sequences.of_rows(codes), values


def _label(value: str, rules: Rules) -> str:
    return next((label for label, pattern in rules if pattern.fullmatch(value)), value)


def _rules(patterns: object) -> Rules:
    """Labels and what a value that takes them looks like, in the order in which they are tried."""
    if patterns is None:
        return []
    if not isinstance(patterns, Mapping):
        return [(pattern, _compiled(pattern)) for pattern in _texts(patterns, patterns)]
    labels = _texts(list(patterns), patterns)
    return [
        (label, _compiled(pattern))
        for label in labels
        for pattern in _texts(patterns[label], patterns)
    ]


def _texts(values: object, patterns: object) -> list[str]:
    if isinstance(values, str):
        return [values]
    # A set has no order, and the first pattern that matches decides.
    if pd.api.types.is_list_like(values) and not isinstance(values, set | frozenset | Mapping):
        texts: list[str] = list(values)  # type: ignore[call-overload]
        if all(isinstance(text, str) for text in texts):
            return texts
    raise InvalidInput(
        f"patterns is {patterns!r:.100}; a list of texts such as ['/p/*'], or a dict of labels and "
        "their pattern(s) such as {'product': ['/p/*', '/item/*']}, is needed."
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    """Translate * and ?; brackets, which paths may hold, stand for themselves."""
    wild = {"*": ".*", "?": "."}
    parts = re.sub(r"\*+", "*", pattern)
    return re.compile("".join(wild.get(part) or re.escape(part) for part in parts), re.DOTALL)
