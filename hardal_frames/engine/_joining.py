"""Columns of the session list beside events that are read a stretch at a time."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from hardal_frames.frames.join import listed_sessions

if TYPE_CHECKING:
    from collections.abc import Iterable


class SessionColumns:
    """Columns of the session list, to be joined to events by their session_id.

    Parameters
    ----------
    columns
        Columns that the events have.
    sessions
        The session list.
    wanted
        Which of its columns.

    Raises
    ------
    InvalidInput
        As of `with_sessions`.
    """

    def __init__(self, columns: list[str], sessions: pd.DataFrame, wanted: Iterable[str]) -> None:
        rows = listed_sessions(pd.DataFrame(columns=columns), sessions, wanted)
        table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
        self._ids = pd.Index(rows["session_id"].astype(object))
        self._columns = table.drop_columns("session_id").combine_chunks()

    @property
    def schema(self) -> pa.Schema:
        """The columns and their types."""
        return self._columns.schema

    @property
    def table(self) -> pa.Table:
        """The columns, with their session_id."""
        ids = pa.array(self._ids, pa.large_string())
        return self._columns.append_column("session_id", ids)

    @cached_property
    def fingerprint(self) -> str:
        """A text that is another one when a value is."""
        digest = hashlib.sha256(str(self.schema).encode())
        for column in self.table.columns:
            for buffer in column.combine_chunks().buffers():
                digest.update(buffer or b"none")
        return digest.hexdigest()

    def beside(self, events: pa.RecordBatch) -> pa.RecordBatch:
        """Give events their columns; missing where a session is not in the list."""
        sessions = events.column("session_id").dictionary_encode()
        distinct = pd.Index(sessions.dictionary.to_pylist(), dtype=object)
        known = np.append(self._ids.get_indexer(distinct), -1)
        places = known[sessions.indices.fill_null(len(known) - 1).to_numpy()]
        rows = pa.array(places, mask=places < 0)
        joined: list[Any] = [_whole(column).take(rows) for column in self._columns.columns]
        columns = pa.schema([*events.schema, *self.schema])
        return pa.RecordBatch.from_arrays([*events.columns, *joined], schema=columns)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)
