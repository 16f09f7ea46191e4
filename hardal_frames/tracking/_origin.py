"""Where a session came from, told at its first event and wherever it came from outside again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._landing import hosts
from hardal_frames.plot._shared.text import one_line
from hardal_frames.tracking._changes import short
from hardal_frames.tracking._checks.campaigns import campaign_of
from hardal_frames.tracking._personal import HIDDEN, looks_personal

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST: Final = 60
_UTM: Final = re.compile(r"utm_[a-z_]+")


def origins_of(frame: pd.DataFrame) -> pd.Series[Any]:
    """Tell the host of the referrer, and what utm says in the url.

    Parameters
    ----------
    frame
        The events of one session, in order.

    Returns
    -------
    Series
        Texts: at the first event, and where an event has another origin outside of the site than
        the event before it; missing elsewhere.
    """
    urls, referrers = _column(frame, "url"), _column(frame, "referrer")
    own = {_plain(host) for host in hosts(urls.array) if not pd.isna(host)}
    told: list[str | None] = []
    before = None
    for url, host in zip(urls.tolist(), list(hosts(referrers.array)), strict=True):
        is_outside = not pd.isna(host) and (not told or _plain(host) not in own)
        parts = [f"referrer {_shown(host)}"] if is_outside else []
        parts += [] if pd.isna(url) else _campaign(url)
        origin = "; ".join(parts) or None
        told.append(origin if origin != before else None)
        before = origin
    return pd.Series(pd.array(told, dtype=schema.TEXT), index=frame.index)


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in frame.columns:
        return pd.Series(pd.NA, index=frame.index, dtype=schema.TEXT)
    return frame[name].astype(schema.TEXT)


def _plain(host: str) -> str:
    return host.removeprefix("www.")


def _campaign(url: str) -> Iterator[str]:
    for key, value in campaign_of(url).items():
        if _UTM.fullmatch(key):
            yield f"{key} in the url {_shown(value)}"


def _shown(text: str) -> str:
    return HIDDEN if looks_personal([text])[0] else short(one_line(text), _LONGEST)
