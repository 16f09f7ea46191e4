"""Where sessions came from: campaigns and referrers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._values import marked, present, texts

if TYPE_CHECKING:
    from pandas.api.extensions import ExtensionArray

    from hardal_frames.analysis._sequences import Integers, Sequences

UTM: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


def campaigns(sequences: Sequences) -> Integers:
    """Position of each walker's first event that has any utm property, or -1."""
    columns = [f"{schema.PROPERTY_PREFIX}{name}" for name in UTM]
    used = [name for name in columns if name in sequences.frame.columns]
    if not used:
        return np.full(sequences.walker_count, -1, dtype=np.int64)
    return marked(
        sequences, np.logical_or.reduce([present(sequences, name) for name in used])
    ).first


def utm(sequences: Sequences, landings: Integers) -> dict[str, ExtensionArray]:
    """Text of the utm properties of the given events; missing where the position is -1."""
    return {name: texts(sequences, f"{schema.PROPERTY_PREFIX}{name}", landings) for name in UTM}


def referred(sequences: Sequences) -> Integers:
    """Position of each walker's first event that has a referrer, or -1."""
    return marked(sequences, present(sequences, "referrer")).first


def hosts(addresses: ExtensionArray) -> ExtensionArray:
    """Host of each address; missing where there is none."""
    codes, distinct = pd.factorize(pd.Series(addresses))
    # Scheme and authority are all that a host is read from, and there are few of them.
    heads = pd.Series(distinct, dtype=schema.TEXT).str.replace(
        r"(?s)^([^/?#]*//[^/?#]*).*$", r"\1", regex=True
    )
    head_codes, distinct_heads = pd.factorize(heads)
    found: ExtensionArray = pd.array([_host(head) for head in distinct_heads], dtype=schema.TEXT)
    return found.take(np.append(head_codes, -1)[codes], allow_fill=True)


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
