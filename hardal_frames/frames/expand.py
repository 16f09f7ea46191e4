"""Arrays inside a property become a frame of their own."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.errors import DataWarning
from hardal_frames.frames.collector import PropertyCollector
from hardal_frames.frames.properties import checked_types

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardal_frames.frames.properties import PropertyType

_CARRIED: Final = ("session_id", "id", "timestamp", "name")


def expand(
    events: pd.DataFrame, column: str, *, types: Mapping[str, PropertyType] | None = None
) -> pd.DataFrame:
    """Give each element of an array property, such as the items of a cart, a row of its own.

    Parameters
    ----------
    events
        An events frame.
    column
        Its column of JSON text, such as ``"prop_items"``.
    types
        Key to ``"int"``, ``"float"``, ``"bool"`` or ``"string"``, as for `events_from_records`.

    Returns
    -------
    DataFrame
        One row an element, in the order of the events: session_id, id, timestamp, name of the
        event (as far as the frame has them), position (int64, from 1), then a column for each key
        of the objects, named after the property (``items_price`` of ``prop_items``) and typed as
        properties are. Elements that are no objects stand in a column of the property's own name.
        A single object counts as an array of one; events without the property have no row.

    Raises
    ------
    InvalidInput
        If events is no frame or has no such column.

    Warns
    -----
    DataWarning
        Once, with the count, if values are neither arrays nor objects; they have no row.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> cart = [{"product_id": "a", "price": 10}, {"product_id": "b", "price": 2.5}]
    >>> events = hf.events_from_records(
    ...     [{"name": "purchase", "timestamp": "2026-03-02T10:00:00Z",
    ...       "properties": {"items": cart}}],
    ...     session_id="s1",
    ... )
    >>> hf.expand(events, "prop_items")[["session_id", "position", "items_price"]]
      session_id  position  items_price
    0         s1         1         10.0
    1         s1         2          2.5
    """
    frame = schema.require_frame(events)
    schema.require_columns(frame, (column,))
    stem = column.removeprefix(schema.PROPERTY_PREFIX)
    objects = PropertyCollector(f"{stem}_", checked_types(types))
    others = PropertyCollector(stem, {})
    rows: list[int] = []
    positions: list[int] = []
    unfit = 0
    for row, value in enumerate(frame[column].astype(object)):
        elements = _elements(value)
        unfit += elements is None
        for position, element in enumerate(elements or (), start=1):
            if isinstance(element, dict):
                objects.add(len(rows), element)
            else:
                others.add(len(rows), {"": element})
            rows.append(row)
            positions.append(position)
    if unfit:
        warnings.warn(
            f"{column}: {unfit} values are neither an array nor an object and have no row.",
            DataWarning,
            stacklevel=2,
        )
    carried = [name for name in _CARRIED if name in frame.columns]
    table = frame.loc[:, carried].take(np.array(rows, dtype=np.int64)).reset_index(drop=True)
    table["position"] = np.array(positions, dtype=np.int64)
    typed = {**others.columns(len(rows)), **objects.columns(len(rows))}
    return pd.concat(
        [table, pd.DataFrame({name: made.array for name, (made, _) in typed.items()})],
        axis="columns",
    )


def _elements(value: Any) -> list[Any] | None:  # noqa: ANN401  (any cell)
    """Elements of an array in JSON text; nothing of a missing value, None of anything else."""
    if isinstance(value, list | dict):
        read: Any = value
    elif isinstance(value, str):
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            return None
    else:
        return [] if pd.isna(value) else None
    if isinstance(read, dict):
        return [read]
    return read if isinstance(read, list) else None
