"""Events as a report shows them: in one zone, and without names that look personal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._counting import Counting, EventScan
from hardal_frames.tracking._personal import HIDDEN, personal_among

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardal_frames.analysis._counting import Events

_NAME: Final = "name"


def shown(events: Events, zone: str | None) -> Events:
    """Give events whose every analysis can be shown.

    Parameters
    ----------
    events
        A frame, or events in files.
    zone
        Zone of the clock; None for the one that the events have.
    """
    if isinstance(events, EventScan):
        return _Shown(events, zone)
    return _shown_frame(schema.require_frame(events), zone)


def in_zone(events: pd.DataFrame, zone: str | None) -> pd.DataFrame:
    """Show the instants of a frame on the clock of a zone."""
    if zone is None or not isinstance(events["timestamp"].dtype, pd.DatetimeTZDtype):
        return events
    return events.assign(timestamp=events["timestamp"].dt.tz_convert(zone))


def _shown_frame(events: pd.DataFrame, zone: str | None) -> pd.DataFrame:
    schema.require_columns(events, ("session_id", "timestamp", _NAME))
    events = in_zone(events, zone)
    names = events[_NAME]
    secrets = personal_among([str(name) for name in names.dropna().unique()])
    if not secrets:
        return events
    texts = names.astype(schema.TEXT)
    return events.assign(**{_NAME: texts.mask(texts.isin(secrets), HIDDEN)})


class _Shown(EventScan):
    """Events in files, each part shown as a frame is."""

    def __init__(self, scan: EventScan, zone: str | None) -> None:
        self._scan = scan
        self._zone = zone

    def computed(self, counting: Counting[Any, Any]) -> Any:  # noqa: ANN401  (the analysis' own)
        """Run an analysis over what is shown."""
        return self._scan.computed(_OfShown(counting, self._zone, counting.key))


@dataclass(frozen=True)
class _OfShown(Counting[Any, Any]):
    """An analysis of the events as they are shown."""

    counting: Counting[Any, Any]
    zone: str | None
    key: str

    @property
    def together(self) -> str:
        return self.counting.together

    def columns(self) -> Iterable[str] | None:
        return self.counting.columns()

    def count(self, events: pd.DataFrame) -> Any:  # noqa: ANN401  (the analysis' own)
        return self.counting.count(_shown_frame(events, self.zone))

    def finish(self, whole: Any) -> Any:  # noqa: ANN401  (same)
        result = self.counting.finish(whole)
        if isinstance(result, Counting):
            return replace(self, counting=result, key=result.key)
        return result
