"""The properties of many records, gathered by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hardal_frames.frames.columns import arrow_text
from hardal_frames.frames.properties import (
    PropertyColumn,
    PropertyCounts,
    clean_values,
    count_values,
    joined_column,
    typed_values,
)
from hardal_frames.frames.values import clean_text
from hardal_frames.schema import PROPERTY_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from hardal_frames.frames.properties import PackedValues, PropertyType


def count_properties(records: Iterable[Mapping[str, Any]]) -> dict[str, PropertyCounts]:
    """Count the values of each property of the given events.

    Examples
    --------
    >>> counts = count_properties([{"properties": {"price": 5}}, {"properties": {"price": "7"}}])
    >>> counts["price"].integers, counts["price"].number_like
    (1, 1)
    """
    gathered = PropertyCollector(PROPERTY_PREFIX, {})
    for record in records:
        gathered.take(0, record, "properties")
    return gathered.counts()


@dataclass(slots=True)
class PropertyCollector:
    """Gathers the properties of many records, row by row, into columns.

    Parameters
    ----------
    prefix
        What each key is prefixed with to become a column name.
    types
        Overrides, by key without prefix; such a column exists even if no record has the key.
    """

    prefix: str
    types: Mapping[str, PropertyType]
    _gathered: dict[str, _Gathered] = field(default_factory=dict)
    _by_key: dict[str, _Gathered] = field(default_factory=dict)

    def take_all(self, first_row: int, records: Sequence[Mapping[str, Any]], name: str) -> None:
        """Take the objects of that name of records that become rows one after the other."""
        known = self._by_key
        for row, record in enumerate(records, start=first_row):
            given = record.get(name)
            if type(given) is not dict:
                self.take(row, record, name)
                continue
            # As in `add`, without its call for each of a million events.
            for key, value in given.items():
                gathered = known.get(key) if type(key) is str else None
                if gathered is None:
                    gathered = self._of(key)
                gathered.rows.append(row)
                gathered.latest.append(value)

    def take(self, row: int, record: Mapping[str, Any], name: str) -> None:
        """Take a record's object of that name; what is no object is kept under the name itself."""
        given = record.get(name)
        if type(given) is dict or isinstance(given, Mapping):
            self.add(row, given)
        elif given is not None:
            self.add(row, {name: given})

    def add(self, row: int, properties: Mapping[str, object]) -> None:
        """Take the properties of the record that becomes the given row."""
        known = self._by_key
        for key, value in properties.items():
            # A key that is no text may equal another that is written otherwise: 1 and True.
            gathered = known.get(key) if type(key) is str else None
            if gathered is None:
                gathered = self._of(key)
            gathered.rows.append(row)
            gathered.latest.append(value)

    def _of(self, key: object) -> _Gathered:
        text = str(key)
        gathered = self._gathered.setdefault(clean_text(text), _Gathered())
        self._by_key[text] = gathered
        return gathered

    def counts(self) -> dict[str, PropertyCounts]:
        """Count the values of each property, by its name without prefix."""
        return {
            name: gathered.counts.merge(count_values(gathered.latest))
            for name, gathered in sorted(self._gathered.items())
        }

    def pack(self) -> None:
        """Put away what was taken so far in less memory; may be called at any time."""
        for gathered in self._gathered.values():
            gathered.pack()

    def columns(
        self, row_count: int, *, whole: Mapping[str, PropertyCounts] | None = None
    ) -> dict[str, tuple[PropertyColumn, PropertyCounts]]:
        """Typed columns in alphabetical order of their names, each with its counts.

        Parameters
        ----------
        row_count
            How many rows there are in all.
        whole
            Counts of the whole of which these records are a part: it has the columns and types.
        """
        self.pack()
        known = whole or {}
        return {
            self.prefix + name: self._column(name, row_count, known.get(name))
            for name in sorted({*self._gathered, *self.types, *known})
        }

    def _column(
        self, name: str, row_count: int, whole: PropertyCounts | None
    ) -> tuple[PropertyColumn, PropertyCounts]:
        gathered = self._gathered.get(name, _Gathered())
        counts, asked = whole or gathered.counts, self.types.get(name)
        column = joined_column(
            [typed_values(part, counts, asked) for part in gathered.packed_values],
            asked or counts.type,
        )
        # Where in the column each row finds its value; -1 is nowhere.
        places: npt.NDArray[np.int64] = np.full(row_count, -1, dtype=np.int64)
        if gathered.packed_rows:
            rows = np.concatenate(gathered.packed_rows)
            places[rows] = np.arange(len(rows))
        return replace(column, array=column.array.take(places, allow_fill=True)), gathered.counts


@dataclass(slots=True)
class _Gathered:
    """The values of one property, and the row of each: the latest, and those packed before."""

    rows: list[int] = field(default_factory=list)
    latest: list[object] = field(default_factory=list)
    packed_rows: list[npt.NDArray[np.int64]] = field(default_factory=list)
    packed_values: list[PackedValues] = field(default_factory=list)
    counts: PropertyCounts = field(default_factory=PropertyCounts)

    def pack(self) -> None:
        if self.latest:
            values, counts = clean_values(self.latest)
            is_text = counts.strings + counts.nulls == len(values)
            self.packed_values.append(arrow_text(values) if is_text else values)
            self.packed_rows.append(np.array(self.rows, dtype=np.int64))
            self.counts = self.counts.merge(counts)
            self.rows, self.latest = [], []
