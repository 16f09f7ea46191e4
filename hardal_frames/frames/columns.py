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
    try:
        texts = pa.array(values, type=pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        texts = pa.array([to_text(plain(value)) for value in values], type=pa.large_string())
    array: ExtensionArray = TEXT.__from_arrow__(texts)  # type: ignore[attr-defined]
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
