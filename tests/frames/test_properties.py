"""Properties become typed columns."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames.frames.properties import PropertyCounts, count_values, property_column

BORDERS = st.sampled_from(
    [2**53, 2**53 + 1, -(2**53), -(2**53) - 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**400]
)
NUMBER_LIKE = st.one_of(
    st.integers(-20, 20).map(str), st.floats(-9, 9).map(repr), BORDERS.map(str), st.just("1e999")
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    BORDERS,
    st.floats(),
    NUMBER_LIKE,
    st.sampled_from(["", "007", " 1", "1,5", "TRY", "true", "NaN", "-0", "\ud800x"]),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=2),
    st.dictionaries(st.text(max_size=2), SCALARS, max_size=2),
)
# Few kinds at a time: a mix of all of them is nearly always text.
LISTS = st.one_of(
    st.lists(VALUES, max_size=8),
    *[
        st.lists(st.one_of(st.none(), *kinds), max_size=8)
        for kinds in [
            (st.booleans(),),
            (st.integers(-3, 3), BORDERS),
            (st.integers(-3, 3), st.floats()),
            (st.integers(-3, 3), NUMBER_LIKE),
            (st.floats(), NUMBER_LIKE),
        ]
    ],
)


def plain_twin(value):
    """Say slowly what JSON can hold of a value."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if type(value) is int and not -(2**63) <= value < 2**63:
        return str(value)
    return value


def reads_as_number(text):
    """Say slowly whether JSON would read the text as a finite number."""
    try:
        number = json.loads(text)
    except (ValueError, RecursionError):
        digits = text.removeprefix("-")
        return digits.isascii() and digits.isdigit() and not digits.startswith("0")
    exact = type(number) in (int, float) and text == text.strip()
    return exact and (type(number) is int or math.isfinite(number))


def type_twin(values):
    """Derive the type of a column from all values at once, sentence by sentence of the rules."""
    values = [plain_twin(value) for value in values]
    values = [value for value in values if value is not None]
    if not values or any(isinstance(value, list | dict) for value in values):
        return "string"
    if any(isinstance(value, bool) for value in values):
        return "bool" if all(isinstance(value, bool) for value in values) else "string"
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) == len(values) or not all(map(reads_as_number, texts)):
        return "string"
    if all(type(value) is int for value in values):
        return "int"
    whole = [value for value in values if type(value) is int]
    whole += [
        math.copysign(10**30, -text.startswith("-")) if len(text) > 30 else int(text)
        for text in texts
        if text.removeprefix("-").isdigit()
    ]
    return "float" if all(abs(value) <= 2**53 for value in whole) else "string"


@pytest.mark.no_cover  # so many cases: what they reach, the other tests reach as well
@settings(max_examples=max(2_000, settings().max_examples))
@given(LISTS, st.integers(0, 8), st.integers(0, 8))
def test_merge_law(values, first_cut, second_cut):
    """Counts of parts merge, in any grouping and order, to the counts of the whole."""
    low, high = sorted((first_cut, second_cut))
    parts = [count_values(part) for part in (values[:low], values[low:high], values[high:])]
    whole = count_values(values)
    first, second, third = parts
    assert first.merge(second).merge(third) == whole
    assert first.merge(second.merge(third)) == whole
    assert third.merge(first).merge(second) == whole
    assert PropertyCounts().merge(whole) == whole
    assert whole.type == type_twin(values)


@given(LISTS)
def test_every_value_is_counted_once(values):
    """The kinds of values add up to how many there are."""
    counts = count_values(values)
    kinds = (counts.nulls, counts.booleans, counts.integers, counts.floats, counts.strings)
    assert sum(kinds) + counts.nested == len(values)
    assert counts.number_like <= counts.strings
    assert counts.non_finite <= counts.nulls


@given(LISTS)
def test_no_value_is_lost_or_altered(values):
    """What a column holds reads back as what was sent."""
    column = property_column(values, counts=count_values(values))
    assert len(column.array) == len(values)
    assert column.failed == 0
    for before, after in zip(values, column.array, strict=True):
        expected = plain_twin(before)
        if expected is None:
            assert after is pd.NA
        elif isinstance(after, str) and isinstance(expected, str):
            assert after == expected.replace("\ud800", "\ufffd")
        elif isinstance(expected, str):
            assert after == float(expected)
        elif isinstance(after, str) and isinstance(expected, bool | int | float):
            assert json.loads(after) == expected
        elif isinstance(after, str):
            assert len(json.loads(after)) == len(expected)
        else:
            assert after == expected


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1, 2, None], "Int64", [1, 2, pd.NA]),
        ([1, 2.5], "Float64", [1.0, 2.5]),
        ([1, 2.5, 2**53 + 1], "string", ["1", "2.5", "9007199254740993"]),
        ([2**53 + 1], "Int64", [2**53 + 1]),
        ([2**64], "string", ["18446744073709551616"]),
        ([2.5, "3"], "Float64", [2.5, 3.0]),
        ([1, "007"], "string", ["1", "007"]),
        (["1", "2"], "string", ["1", "2"]),
        ([True, False], "boolean", [True, False]),
        ([True, 1], "string", ["true", "1"]),
        ([None, None], "string", [pd.NA, pd.NA]),
        ([{"a": [1, None]}, [], "x"], "string", ['{"a":[1,null]}', "[]", "x"]),
        ([{"ş": float("nan")}], "string", ['{"ş":null}']),
        ([float("nan"), 1], "Int64", [pd.NA, 1]),
        ([np.int64(3), np.float64(2.5)], "Float64", [3.0, 2.5]),
    ],
)
@pytest.mark.filterwarnings("ignore::hardal_frames.errors.DataWarning")
def test_typing_rules(values, dtype, expected):
    """Each rule of the typing table, on a column."""
    events = frame_of(values)
    assert events["prop_p"].dtype == dtype if dtype != "string" else True
    assert isinstance(events["prop_p"].dtype, pd.StringDtype) == (dtype == "string")
    assert events["prop_p"].tolist() == expected


def frame_of(values, **options):
    """Make a frame of one event a value, the value being its property p."""
    return hf.events_from_records(
        [
            {"name": "e", "timestamp": 1_772_434_800 + index, "properties": {"p": value}}
            for index, value in enumerate(values)
        ],
        session_id="s",
        **options,
    )


@pytest.mark.parametrize(
    ("asked", "values", "expected", "failed"),
    [
        ("float", ["12.5", "12,5", "", 3, True, "007"], [12.5, None, None, 3.0, None, 7.0], 3),
        ("int", ["7", 3.0, 3.5, "x", 2**63], [7, 3, None, None, None], 3),
        ("bool", ["TRUE", 0, "no", False], [True, False, None, False], 1),
        ("string", [1, 2.5, None, {"a": 1}], ["1", "2.5", None, '{"a":1}'], 0),
    ],
)
def test_types_override(asked, values, expected, failed):
    """types= decides; what does not fit becomes null and is counted in a warning."""
    if failed:
        with pytest.warns(hf.DataWarning, match=f"prop_p: {failed} values did not fit"):
            events = frame_of(values, types={"p": asked})
    else:
        events = frame_of(values, types={"p": asked})
    assert [None if value is pd.NA else value for value in events["prop_p"]] == expected


def test_types_make_columns_that_no_event_has():
    """A typed property is a column even without values, so that schemas stay the same."""
    events = hf.events_from_records([], types={"price": "float"})
    assert events["prop_price"].dtype == "Float64"


def test_unknown_type_is_refused():
    """A type that is none of the four is an error with a near name."""
    with pytest.raises(hf.InvalidInput, match="'flaot'.*Did you mean 'float'"):
        hf.events_from_records([], types={"price": "flaot"})


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ({"prop_price": "float"}, "without the prefix"),
        (["price"], "types is a list"),
        ({"price": ["int"]}, r"types\['price'\] is \['int'\]"),
        ({7: "int"}, "types names 7"),
    ],
)
def test_types_of_the_wrong_shape(types, said):
    """What is no dict of names to types is told."""
    with pytest.raises(hf.InvalidInput, match=said):
        hf.events_from_records([], types=types)


def test_coercions_are_told():
    """Texts that became numbers are counted in one warning."""
    with pytest.warns(hf.DataWarning, match="prop_p: 2 texts became numbers"):
        frame_of([1, "2", "3.5"])


def test_non_finite_numbers_are_told():
    """NaN and Infinity become null and are counted."""
    with pytest.warns(hf.DataWarning, match="prop_p: 2 NaN or Infinity are null"):
        frame_of([1.5, float("nan"), float("inf")])


def test_nesting_without_end_is_refused():
    """A property nested too deeply is a clear error."""
    value: list = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(hf.InvalidInput, match="nested too deeply"):
        frame_of([value])


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "Ş", "a b"]), st.integers(0, 3)), max_size=6
    )
)
def test_columns_are_alphabetical_and_exact(all_properties):
    """Keys are kept exactly, with their prefix, in alphabetical order, after the event's fields."""
    events = hf.events_from_records(
        [{"name": "e", "timestamp": 1_772_434_800, "properties": each} for each in all_properties],
        session_id="s",
    )
    keys = sorted({f"prop_{key}" for each in all_properties for key in each})
    assert events.columns.tolist()[10:] == keys
