"""Arrays inside a property become rows."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf

ITEMS = st.lists(
    st.dictionaries(st.sampled_from(["price", "id"]), st.integers(0, 9), min_size=1), max_size=3
)


def frame_of(values):
    """Make an event a value, the value being its property items."""
    return hf.events_from_records(
        [
            {
                "id": f"e{place}",
                "name": "purchase",
                "timestamp": place,
                "properties": {"items": each},
            }
            for place, each in enumerate(values)
        ],
        session_id="s",
    )


@given(st.lists(ITEMS, min_size=1, max_size=5))
def test_every_element_has_its_row(carts):
    """Rows, positions, and values are those of the arrays."""
    table = hf.expand(frame_of(carts), "prop_items")
    expected = [
        (f"e{place}", position, item.get("price"), item.get("id"))
        for place, cart in enumerate(carts)
        for position, item in enumerate(cart, start=1)
    ]
    table = table.reindex(columns=["id", "position", "items_price", "items_id"])
    got = table.astype(object).where(table.notna(), None).itertuples(index=False, name=None)
    assert list(got) == expected


def test_types_follow_the_same_rules():
    """Keys are typed over all elements, and types= overrides."""
    events = frame_of([[{"price": 1, "sku": "007"}], [{"price": 2.5, "tags": ["a"]}]])
    table = hf.expand(events, "prop_items")
    assert table["items_price"].dtype == "Float64"
    assert table["items_sku"].tolist() == ["007", pd.NA]
    assert table["items_tags"].tolist() == [pd.NA, '["a"]']
    text = hf.expand(events, "prop_items", types={"price": "string"})
    assert text["items_price"].tolist() == ["1", "2.5"]


def test_elements_that_are_no_objects():
    """Plain values stand in a column of the property's own name; one object is an array of one."""
    table = hf.expand(frame_of([["a", "b"], {"price": 3}, None]), "prop_items")
    assert table["items"].tolist() == ["a", "b", pd.NA]
    assert table["items_price"].tolist() == [pd.NA, pd.NA, 3]
    assert table["position"].tolist() == [1, 2, 1]


def test_no_elements_is_a_typed_frame():
    """Nothing to expand gives no row."""
    table = hf.expand(frame_of([[], None]), "prop_items")
    assert table.columns.tolist() == ["session_id", "id", "timestamp", "name", "position"]
    assert len(table) == 0


def test_values_that_are_no_arrays_are_counted():
    """Text that is no array has no row, and is told."""
    with pytest.warns(hf.DataWarning, match="prop_items: 2 values are neither") as caught:
        table = hf.expand(frame_of([[{"a": 1}], "shoe", "5"]), "prop_items")
    assert len(table) == 1
    assert caught[0].filename == __file__


def test_unknown_column():
    """A misspelt column is told with near ones."""
    with pytest.raises(hf.InvalidInput, match="Did you mean 'prop_items'"):
        hf.expand(frame_of([[1]]), "prop_item")
