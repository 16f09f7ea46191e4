"""From where on something is a finding: the thresholds of `audit`, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._steps import duration_in_microseconds
from hardal_frames.errors import InvalidInput


@dataclass(frozen=True)
class Limits:
    """From where on something is a finding; see `audit` for each."""

    purchase: str
    duplicate_within: pd.Timedelta
    nearly_all: float
    ties: int
    regular_events: int
    regularity: float
    fastest: pd.Timedelta
    change: float
    duration_within: pd.Timedelta
    now: pd.Timestamp
    own_hosts: frozenset[str] | None


def checked_limits(
    *,
    purchase: object,
    duplicate_within: object,
    nearly_all: object,
    ties: object,
    regular_events: object,
    regularity: object,
    fastest: object,
    change: object,
    duration_within: object,
    now: object,
    own_hosts: object,
) -> Limits:
    """Check the thresholds that a caller gave.

    Raises
    ------
    InvalidInput
        If one cannot be used.
    """
    return Limits(
        purchase=_text(purchase, "purchase"),
        duplicate_within=_duration(duplicate_within, "duplicate_within"),
        nearly_all=_share(nearly_all, "nearly_all"),
        ties=schema.require_whole(ties, "ties", least=2),
        regular_events=schema.require_whole(regular_events, "regular_events", least=3),
        regularity=_share(regularity, "regularity"),
        fastest=_duration(fastest, "fastest"),
        change=_share(change, "change"),
        duration_within=_duration(duration_within, "duration_within"),
        now=_instant(now),
        own_hosts=_hosts(own_hosts),
    )


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{name} is {value!r:.60}; the name of an event is needed.")
    return value


def _share(value: object, name: str) -> float:
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or not 0 < value <= 1:  # type: ignore[operator]
        raise InvalidInput(f"{name} is {value!r:.60}; a share above 0 and up to 1 is needed.")
    return float(value)  # type: ignore[arg-type]


def _duration(value: object, name: str) -> pd.Timedelta:
    return pd.Timedelta(duration_in_microseconds(value, name), unit="us")


def _instant(value: Any) -> pd.Timestamp:  # noqa: ANN401  (whatever pandas can read)
    try:
        # Read as nanoseconds since 1970, a number would make every event one of the future.
        is_number = isinstance(value, int | float | np.number)
        read: Any = pd.NaT if is_number else value
        instant: Any = pd.Timestamp.now("UTC") if value is None else pd.Timestamp(read)
    except (ValueError, TypeError):
        instant = pd.NaT
    if pd.isna(instant):
        raise InvalidInput(
            f"now is {value!r:.60}; an instant such as '2026-03-02T10:00Z' is needed."
        )
    zoned: pd.Timestamp = instant if instant.tzinfo is not None else instant.tz_localize("UTC")
    return zoned


def _hosts(value: Any) -> frozenset[str] | None:  # noqa: ANN401  (any collection of texts)
    if value is None:
        return None
    hosts = [value] if isinstance(value, str) or not np.iterable(value) else list(value)
    for host in hosts:
        if not isinstance(host, str) or "/" in host:
            raise InvalidInput(
                f"own_hosts holds {host!r:.60}; hosts such as 'www.example.com' are needed."
            )
    return frozenset(host.casefold() for host in hosts)
