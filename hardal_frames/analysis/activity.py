"""When things happen: weekdays and hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames.analysis._counting import Counting, computed, zone_of
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._statistics import shares
from hardal_frames.analysis._tally import Tally

if TYPE_CHECKING:
    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._sequences import Integers

_HOUR: Final = 3_600_000_000
_HOURS: Final = 7 * 24
_MONDAY: Final = 4 * 24
"""Hours from the first instant of 1970, a Thursday, to the Monday after it."""


def activity_by_hour(events: Events, *, key: str = "session_id") -> pd.DataFrame:
    """Count events and beginning sessions by weekday and hour of the day.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name, or what `scan_events` returns. The
        clock is that of the zone of timestamp,
        whose ``.dt.tz_convert("UTC")`` is that of another one.
    key
        Column that names whose first event is the beginning.

    Returns
    -------
    DataFrame
        One row for each of the 168 hours of a week, those without events included, from Monday
        0:00: weekday (int64, from 0 for Monday to 6 for Sunday, as pandas' ``dt.dayofweek``), hour
        (int64, 0 to 23), events, sessions (int64: that began in that hour), share (float64: of all
        events; NaN if there are none).

    Raises
    ------
    InvalidInput
        If the frame cannot be analysed.

    Notes
    -----
    Hours are what the clock on the wall shows: where it is set back, the hour that comes twice is
    counted as one; the hour that is left out when it is set forward has nothing on that day.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> table = hf.activity_by_hour(hf.sample_events())
    >>> len(table), round(float(table["share"].sum()), 6)
    (168, 1.0)
    >>> grid = table.pivot(index="weekday", columns="hour", values="events")
    >>> grid.shape
    (7, 24)
    """
    return computed(events, _ActivityByHour(key))


@dataclass(frozen=True)
class _ActivityByHour(Counting["Tally", pd.DataFrame]):
    key: str

    def columns(self) -> list[str]:
        return []

    def count(self, events: pd.DataFrame) -> Tally:
        sequences = sequences_of(events, key=self.key)
        hours = _hours_of_week(sequences.times, zone_of(sequences.frame).value.tz)
        counts = [np.bincount(each, minlength=_HOURS) for each in (hours, hours[sequences.firsts])]
        return Tally((), np.arange(_HOURS)[:, np.newaxis], np.column_stack(counts))

    def finish(self, whole: Tally) -> pd.DataFrame:
        counts, begun = whole.counts.T
        weekday, hour = np.divmod(np.arange(_HOURS), 24)
        return pd.DataFrame(
            {
                "weekday": weekday,
                "hour": hour,
                "events": counts,
                "sessions": begun,
                "share": shares(counts, int(counts.sum())),
            }
        )


def _hours_of_week(times: Integers, zone: Any) -> Integers:  # noqa: ANN401  (any tzinfo)
    """Hours since Monday 0:00 on the clock of a zone."""
    instants = pd.DatetimeIndex(times.view("datetime64[us]")).tz_localize("UTC")
    clock = instants.tz_convert(zone).tz_localize(None).to_numpy(dtype="datetime64[us]")
    hours: Integers = (clock.view(np.int64) // _HOUR - _MONDAY) % _HOURS
    return hours
