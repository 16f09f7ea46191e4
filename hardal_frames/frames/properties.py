"""Properties become typed columns.

The type of a column follows from counts that merge, so it cannot depend on the order of pages,
sessions or parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from hardal_frames.errors import InvalidInput
from hardal_frames.frames import values as json_values
from hardal_frames.frames.columns import text_array
from hardal_frames.schema import PROPERTY_PREFIX, require_one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pandas.api.extensions import ExtensionArray

PropertyType = Literal["int", "float", "bool", "string"]

_EXACT_FLOAT: Final = 2**53
_DTYPES: Final[dict[PropertyType, Any]] = {
    "int": pd.Int64Dtype,
    "float": pd.Float64Dtype,
    "bool": pd.BooleanDtype,
}


@dataclass(frozen=True, slots=True)
class PropertyCounts:
    """What the values of one property are; two counts merge into the count of both.

    Parameters
    ----------
    nulls, booleans, integers, floats, strings, nested
        How many values there are of each kind; every value is counted once.
    number_like
        How many of the strings JSON would read as a number.
    non_finite
        How many of the nulls were NaN or Infinity.
    lowest, highest
        Range of the integers, and of the number-like strings that are written as integers.
    """

    nulls: int = 0
    booleans: int = 0
    integers: int = 0
    floats: int = 0
    strings: int = 0
    nested: int = 0
    number_like: int = 0
    non_finite: int = 0
    lowest: int | None = None
    highest: int | None = None

    def merge(self, other: PropertyCounts) -> PropertyCounts:
        """Count of the values of both; associative and commutative."""
        return PropertyCounts(
            nulls=self.nulls + other.nulls,
            booleans=self.booleans + other.booleans,
            integers=self.integers + other.integers,
            floats=self.floats + other.floats,
            strings=self.strings + other.strings,
            nested=self.nested + other.nested,
            number_like=self.number_like + other.number_like,
            non_finite=self.non_finite + other.non_finite,
            lowest=_either(min, self.lowest, other.lowest),
            highest=_either(max, self.highest, other.highest),
        )

    @property
    def type(self) -> PropertyType:
        """Type of the column that holds all these values without loss.

        Examples
        --------
        >>> count_values([1, 2.5]).type, count_values([1, "2.5"]).type, count_values(["7"]).type
        ('float', 'float', 'string')
        """
        numbers = self.integers + self.floats
        if self.booleans:
            return "string" if numbers or self.strings or self.nested else "bool"
        if not numbers or self.nested or self.number_like < self.strings:
            return "string"
        if not self.floats and not self.strings:
            return "int"
        exact = self.lowest is None or self.highest is None
        exact = exact or (self.lowest >= -_EXACT_FLOAT and self.highest <= _EXACT_FLOAT)  # type: ignore[operator]
        return "float" if exact else "string"


def _either(choose: Callable[[int, int], int], first: int | None, second: int | None) -> int | None:
    if first is None or second is None:
        return second if first is None else first
    return choose(first, second)


def count_values(values: Sequence[object]) -> PropertyCounts:
    """Count what kinds of values a property has.

    Parameters
    ----------
    values
        JSON values.

    Returns
    -------
    PropertyCounts
        The counts; those of two lists merge into those of the joined list.

    Examples
    --------
    >>> counts = count_values([1, "2", None])
    >>> counts.integers, counts.number_like, counts.nulls
    (1, 1, 1)
    """
    raw_kinds = Counter(map(type, values))
    non_finite = 0
    if raw_kinds.keys() - {bool, str, type(None)}:
        cleaned = [json_values.plain(value) for value in values]
        non_finite = sum(
            after is None and isinstance(before, float)
            for before, after in zip(values, cleaned, strict=True)
        )
        values, raw_kinds = cleaned, Counter(map(type, cleaned))
    integers = [value for value in values if type(value) is int] if raw_kinds[int] else []
    number_like = 0
    if raw_kinds[str]:
        for text in values:
            if isinstance(text, str) and json_values.is_number_like(text):
                number_like += 1
                if json_values.is_integer_literal(text):
                    integers.append(_bounded(text))
    return PropertyCounts(
        nulls=raw_kinds[type(None)],
        booleans=raw_kinds[bool],
        integers=raw_kinds[int],
        floats=raw_kinds[float],
        strings=raw_kinds[str],
        nested=raw_kinds[dict] + raw_kinds[list],
        number_like=number_like,
        non_finite=non_finite,
        lowest=min(integers, default=None),
        highest=max(integers, default=None),
    )


def _bounded(text: str) -> int:
    # Beyond 64 bits only the sign matters, and int() of thousands of digits is refused.
    longest = 20
    if len(text) <= longest:
        return int(text)
    return json_values.INT64_LOWEST if text.startswith("-") else json_values.INT64_HIGHEST


@dataclass(frozen=True, slots=True)
class PropertyColumn:
    """One property as a typed column.

    Parameters
    ----------
    array
        Nullable pandas array, one value a row.
    coerced
        How many number-like strings became numbers.
    failed
        How many values did not fit the type that was asked for and became null.
    """

    array: ExtensionArray
    coerced: int = 0
    failed: int = 0


_READERS: Final[dict[PropertyType, Callable[[object], Any]]] = {
    "int": json_values.to_integer,
    "float": json_values.to_float,
    "bool": json_values.to_boolean,
    "string": json_values.to_text,
}


def property_column(
    values: Sequence[object], *, counts: PropertyCounts, asked: PropertyType | None = None
) -> PropertyColumn:
    """Turn the values of one property into a typed column.

    Parameters
    ----------
    values
        JSON values, one a row; None where the event lacks the property.
    counts
        Counts of these values, or of all the parts that these values belong to.
    asked
        A type that overrides the one that follows from the counts.

    Returns
    -------
    PropertyColumn
        The column, and how many values were coerced or did not fit.
    """
    kind = asked or counts.type
    plain = [
        value if type(value) is str or value is None else json_values.plain(value)
        for value in values
    ]
    reader = _READERS[kind]
    read = [None if value is None else reader(value) for value in plain]
    failed = sum(
        after is None and before is not None for before, after in zip(plain, read, strict=True)
    )
    coerced = 0
    if asked is None and kind == "float" and counts.strings:
        coerced = sum(isinstance(value, str) for value in plain)
    if kind == "string":
        return PropertyColumn(text_array(read), coerced, failed)
    return PropertyColumn(pd.array(read, dtype=_DTYPES[kind]()), coerced, failed)


def checked_types(types: Mapping[str, PropertyType] | None) -> dict[str, PropertyType]:
    """Check the caller's ``types=``.

    Parameters
    ----------
    types
        Property name, without the ``prop_`` prefix, to ``"int"``, ``"float"``, ``"bool"`` or
        ``"string"``.

    Returns
    -------
    dict
        A copy.

    Raises
    ------
    InvalidInput
        If a type is none of the four.
    """
    given: object = types
    if types is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidInput(
            f"types is a {type(types).__name__}; a dict such as {{'price': 'float'}} is needed."
        )
    for name, kind in given.items():
        if not isinstance(name, str) or name.startswith(PROPERTY_PREFIX):
            raise InvalidInput(
                f"types names {name!r}; it names properties without the prefix of their columns, "
                "such as 'price' for the column 'prop_price'."
            )
        require_one_of(kind, f"types[{name!r}]", tuple(_READERS))
    return dict(types)


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
    _rows: dict[str, list[int]] = field(default_factory=dict)
    _values: dict[str, list[object]] = field(default_factory=dict)

    def take(self, row: int, record: Mapping[str, Any], name: str) -> None:
        """Take a record's object of that name; what is no object is kept under the name itself."""
        given = record.get(name)
        if isinstance(given, Mapping):
            self.add(row, given)
        elif given is not None:
            self.add(row, {name: given})

    def add(self, row: int, properties: Mapping[str, object]) -> None:
        """Take the properties of the record that becomes the given row."""
        for key, value in properties.items():
            name = json_values.clean_text(str(key))
            if name in self._rows:
                self._rows[name].append(row)
                self._values[name].append(value)
            else:
                self._rows[name] = [row]
                self._values[name] = [value]

    def columns(self, row_count: int) -> dict[str, tuple[PropertyColumn, PropertyCounts]]:
        """Typed columns in alphabetical order of their names, each with its counts.

        Parameters
        ----------
        row_count
            How many rows there are in all.
        """
        return {
            self.prefix + key: self._column(key, row_count)
            for key in sorted({*self._rows, *self.types})
        }

    def _column(self, key: str, row_count: int) -> tuple[PropertyColumn, PropertyCounts]:
        given = self._values.get(key, [])
        counts = count_values(given)
        values = np.full(row_count, None, dtype=object)
        rows: Iterable[int] = self._rows.get(key, [])
        for row, value in zip(rows, given, strict=True):
            values[row] = value
        column = property_column(values.tolist(), counts=counts, asked=self.types.get(key))
        return column, counts
