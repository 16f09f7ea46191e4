"""Properties become typed columns.

The type of a column follows from counts that merge, so it cannot depend on the order of pages,
sessions or parts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import pandas as pd
import pyarrow as pa

from hardal_frames.errors import InvalidInput
from hardal_frames.frames import values as json_values
from hardal_frames.frames.columns import arrow_text, joined_text
from hardal_frames.schema import PROPERTY_PREFIX, require_one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pandas.api.extensions import ExtensionArray

PropertyType = Literal["int", "float", "bool", "string"]
PackedValues: TypeAlias = "Sequence[object] | pa.Array"
"""Clean values: all kinds in a list, or nothing but texts as Arrow packs them."""

_EXACT_FLOAT: Final = 2**53
_DTYPES: Final[dict[PropertyType, tuple[Any, pa.DataType]]] = {
    "int": (pd.Int64Dtype(), pa.int64()),
    "float": (pd.Float64Dtype(), pa.float64()),
    "bool": (pd.BooleanDtype(), pa.bool_()),
}
_OF_ITS_OWN: Final[dict[PropertyType, frozenset[type]]] = {
    "int": frozenset({int, type(None)}),
    "float": frozenset({int, float, type(None)}),
    "bool": frozenset({bool, type(None)}),
    "string": frozenset({str, type(None)}),
}
"""Kinds of values that a column of that type holds as they are."""

_JSON: Final = frozenset({bool, int, float, str, dict, list, type(None)})
"""Kinds of values that JSON has."""


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
    return clean_values(values)[1]


def merge_counts(
    first: Mapping[str, PropertyCounts], second: Mapping[str, PropertyCounts]
) -> dict[str, PropertyCounts]:
    """Merge the counts of two sets of records; associative and commutative."""
    none = PropertyCounts()
    return {
        name: first.get(name, none).merge(second.get(name, none))
        for name in sorted({*first, *second})
    }


def clean_values(values: Sequence[object]) -> tuple[Sequence[object], PropertyCounts]:
    """Reduce values as `plain` does, and count them."""
    kinds = Counter(map(type, values))
    non_finite = 0
    if not _are_plain(values, kinds):
        given = values
        values = [json_values.plain(value) for value in given]
        kinds = Counter(map(type, values))
        if kinds[type(None)]:
            non_finite = sum(
                after is None and isinstance(before, float)
                for before, after in zip(given, values, strict=True)
            )
    integers = _of_kind(int, values, kinds)
    written: list[int] = []
    number_like = 0
    # A number begins with a digit or a minus sign, and few other texts come before ":".
    early = [text for text in _of_kind(str, values, kinds) if text < ":"]
    for text, times in Counter(early).items():
        if json_values.is_number_like(text):
            number_like += times
            if json_values.is_integer_literal(text):
                written.append(_bounded(text))
    return values, PropertyCounts(
        nulls=kinds[type(None)],
        booleans=kinds[bool],
        integers=kinds[int],
        floats=kinds[float],
        strings=kinds[str],
        nested=kinds[dict] + kinds[list],
        number_like=number_like,
        non_finite=non_finite,
        lowest=min(chain(integers, written), default=None),
        highest=max(chain(integers, written), default=None),
    )


def _are_plain(values: Sequence[object], kinds: Mapping[type, int]) -> bool:
    """Whether `plain` would leave each of the values as it is."""
    if not kinds.keys() <= _JSON:
        return False
    integers = _of_kind(int, values, kinds)
    lowest, highest = min(integers, default=0), max(integers, default=0)
    in_range = lowest >= json_values.INT64_LOWEST and highest <= json_values.INT64_HIGHEST
    return in_range and all(map(math.isfinite, _of_kind(float, values, kinds)))


def _of_kind(kind: type, values: Sequence[Any], kinds: Mapping[type, int]) -> Sequence[Any]:
    """Those of the values that are of exactly this kind."""
    if not kinds.get(kind):
        return []
    if kinds[kind] == len(values):
        return values
    return [value for value in values if type(value) is kind]


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
    cleaned, _ = clean_values(values)
    return joined_column([typed_values(cleaned, counts, asked)], asked or counts.type)


@dataclass(frozen=True, slots=True)
class TypedValues:
    """Some values of a property, as the type of its column."""

    array: pa.Array
    coerced: int
    failed: int


def typed_values(
    cleaned: PackedValues, counts: PropertyCounts, asked: PropertyType | None
) -> TypedValues:
    """Turn clean values of a property into the type of its column.

    Parameters
    ----------
    cleaned
        Values as `clean_values` reduces them.
    counts, asked
        As for `property_column`.
    """
    kind = asked or counts.type
    if isinstance(cleaned, pa.Array):
        if kind == "string":
            return TypedValues(cleaned, 0, 0)
        cleaned = cleaned.to_pylist()
    kinds = set(map(type, cleaned))
    read, failed, coerced = cleaned, 0, 0
    if asked is not None or not kinds <= _OF_ITS_OWN[kind]:
        reader = _READERS[kind]
        read = [None if value is None else reader(value) for value in cleaned]
        failed = read.count(None) - cleaned.count(None)
        if asked is None and kind == "float":
            coerced = sum(type(value) is str for value in cleaned)
    array = arrow_text(read) if kind == "string" else pa.array(read, type=_DTYPES[kind][1])
    return TypedValues(array, coerced, failed)


def joined_column(parts: Sequence[TypedValues], kind: PropertyType) -> PropertyColumn:
    """Make a column of parts that have its type, one after the other."""
    arrays = [part.array for part in parts]
    if kind == "string":
        array = joined_text(arrays)
    else:
        dtype, packed = _DTYPES[kind]
        array = dtype.__from_arrow__(pa.chunked_array(arrays, type=packed))
    return PropertyColumn(
        array, sum(part.coerced for part in parts), sum(part.failed for part in parts)
    )


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
