"""Arrays of the types that every frame of ours uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from hardal_frames.frames.values import plain, to_text
from hardal_frames.schema import TEXT, zoned

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    from pandas.api.extensions import ExtensionArray


def text_array(values: Sequence[object]) -> ExtensionArray:
    """Text column of the given values; what is not text is written as JSON.

    Examples
    --------
    >>> text_array(["a", None, 5]).tolist()
    ['a', <NA>, '5']
    """
    return joined_text([arrow_text(values)])


def arrow_text(values: Sequence[object]) -> pa.Array:
    """Texts of the given values, as `text_array`, packed: a fifth of what Python needs for them."""
    try:
        return pa.array(values, type=pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return pa.array([to_text(plain(value)) for value in values], type=pa.large_string())


def joined_text(parts: Sequence[pa.Array]) -> ExtensionArray:
    """Text column of parts that `arrow_text` packed, one after the other."""
    whole = pa.chunked_array(parts, type=pa.large_string()).combine_chunks()
    array: ExtensionArray = TEXT.__from_arrow__(whole)  # type: ignore[attr-defined]
    return array


def timestamp_series(microseconds: npt.NDArray[np.int64], timezone: str) -> pd.Series[pd.Timestamp]:
    """Timestamps of the given microseconds since 1970 UTC, shown in a zone.

    Parameters
    ----------
    microseconds
        Instants; the lowest integer means none.
    timezone
        IANA name of the zone.
    """
    instants = pd.Series(microseconds.view("datetime64[us]"))
    return instants.dt.tz_localize("UTC").astype(zoned(timezone))
