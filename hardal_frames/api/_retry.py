"""Whether to ask again, and when."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently a request that failed in passing is sent again.

    Parameters
    ----------
    tries
        Requests in all, the first included.
    base
        Seconds that the first pause takes at most; each further one doubles.
    longest
        Seconds that no pause goes beyond.
    """

    tries: int = 6
    base: float = 0.5
    longest: float = 30.0

    def pause(self, attempt: int) -> float:
        """Seconds to wait after the given attempt, counted from 1: full jitter."""
        return random.uniform(0, min(self.longest, self.base * 2 ** (attempt - 1)))  # noqa: S311


def retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Read a Retry-After header: seconds, or None where it says nothing usable.

    Parameters
    ----------
    header
        An integer, a float or an HTTP date; anything else is ignored.
    now
        The present, for a date.

    Examples
    --------
    >>> retry_after("2.5"), retry_after("soon"), retry_after(None)
    (2.5, None, None)
    """
    if header is None:
        return None
    longest = 3600.0
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except (ValueError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), longest) if isfinite(seconds) else None
