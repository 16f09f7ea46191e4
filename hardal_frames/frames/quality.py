"""What the records of sessions are like, before they become a frame; measures merge."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hardal_frames.frames.collector import count_properties
from hardal_frames.frames.properties import PropertyCounts, merge_counts
from hardal_frames.frames.timestamps import NOT_A_TIME, parse_timestamps
from hardal_frames.frames.values import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Quality:
    """What was seen in the records of some sessions; two merge into that of both.

    Parameters
    ----------
    events
        How many records there are.
    naive_timestamps
        Timestamps without an offset, taken as UTC.
    unreadable_timestamps
        Timestamps that are missing or cannot be read.
    made_ids
        Records without an id.
    conflicting_ids
        Ids that come more than once in a session, with different content.
    first, last
        First and last instant in microseconds since 1970 UTC; None if there is none.
    properties
        Property name to the counts of its values.
    """

    events: int = 0
    naive_timestamps: int = 0
    unreadable_timestamps: int = 0
    made_ids: int = 0
    conflicting_ids: int = 0
    first: int | None = None
    last: int | None = None
    properties: Mapping[str, PropertyCounts] = field(default_factory=dict)

    def merge(self, other: Quality) -> Quality:
        """Measure of the sessions of both; associative and commutative."""
        instants = [
            instant
            for instant in (self.first, self.last, other.first, other.last)
            if instant is not None
        ]
        return Quality(
            events=self.events + other.events,
            naive_timestamps=self.naive_timestamps + other.naive_timestamps,
            unreadable_timestamps=self.unreadable_timestamps + other.unreadable_timestamps,
            made_ids=self.made_ids + other.made_ids,
            conflicting_ids=self.conflicting_ids + other.conflicting_ids,
            first=min(instants, default=None),
            last=max(instants, default=None),
            properties=merge_counts(self.properties, other.properties),
        )

    @property
    def coerced(self) -> dict[str, int]:
        """Property name to how many number-like strings become numbers in a frame of all this."""
        return {
            name: counts.strings
            for name, counts in self.properties.items()
            if counts.type == "float" and counts.strings
        }

    @property
    def non_finite(self) -> dict[str, int]:
        """Property name to how many NaN or Infinity become null."""
        return {
            name: counts.non_finite for name, counts in self.properties.items() if counts.non_finite
        }


def measure(records: Sequence[Record]) -> Quality:
    """Measure the records of one session.

    Examples
    --------
    >>> quality = measure([{"timestamp": "1970-01-01T00:00:01", "properties": {"n": 1}}])
    >>> quality.events, quality.naive_timestamps, quality.first, quality.properties["n"].integers
    (1, 1, 1000000, 1)
    """
    return measure_sessions([records])


def measure_sessions(feeds: Iterable[Sequence[Record]]) -> Quality:
    """Measure the records of many sessions: the same as merging the measure of each, but faster.

    Parameters
    ----------
    feeds
        The records of each session. All are held in memory at once.

    Returns
    -------
    Quality
        What was seen in them.
    """
    sessions = list(feeds)
    records = [record for session in sessions for record in session]
    parsed = parse_timestamps([record.get("timestamp") for record in records])
    instants = parsed.microseconds[parsed.microseconds != NOT_A_TIME]
    return Quality(
        events=len(records),
        naive_timestamps=parsed.naive,
        unreadable_timestamps=len(records) - len(instants),
        made_ids=sum(map(_lacks_id, records)),
        conflicting_ids=sum(map(_conflicting_ids, sessions)),
        first=int(instants.min()) if len(instants) else None,
        last=int(instants.max()) if len(instants) else None,
        properties=count_properties(records),
    )


def _lacks_id(record: Record) -> bool:
    return record.get("id") is None or record["id"] == ""


def _conflicting_ids(records: Sequence[Record]) -> int:
    with_id = [record for record in records if not _lacks_id(record)]
    times = Counter(str(record["id"]) for record in with_id)
    if len(times) == len(with_id):
        return 0
    contents = defaultdict(set)
    for record in with_id:
        identifier = str(record["id"])
        if times[identifier] > 1:
            content = json_text({key: record[key] for key in sorted(record)})
            contents[identifier].add(content)
    return sum(len(seen) > 1 for seen in contents.values())
