"""What a pull did and met, told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from hardal_frames.progress import spoken_seconds
from hardal_frames.schema import TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

Outcome = Literal["partial", "gone", "refused", "failed"]


def spoken_requests(count: int) -> str:
    """Write a number of requests."""
    return f"{count:,} {'request' if count == 1 else 'requests'}"


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What a fetch will cost, as far as is known before it starts.

    Parameters
    ----------
    requests
        How many it takes at least.
    duration
        How long, within the budget; NaT without one.
    """

    requests: int
    duration: pd.Timedelta

    def __str__(self) -> str:
        seconds = self.duration.total_seconds()
        if math.isnan(seconds):
            return spoken_requests(self.requests)
        took = f"about {spoken_seconds(seconds)}" if seconds else "less than a minute"
        return f"{spoken_requests(self.requests)}, {took}"


@dataclass(frozen=True, slots=True)
class PullReport:
    """What one pull did, and what it met on the way.

    Parameters
    ----------
    plan
        What was planned.
    asked
        Sessions that were listed or named.
    fetched
        Sessions fetched, proven complete and stored.
    unchanged
        Sessions that cost nothing: they are stored as they are.
    by_others
        Sessions that another process fetched meanwhile.
    forgotten
        Sessions that the store was asked to forget, and so were not fetched.
    failures
        Session to outcome and reason: partial (what arrived is kept apart), gone (404), refused
        (another 4xx), failed (no usable answer).
    events
        Events in the sessions fetched.
    requests, retries, refusals
        Requests without and with those sent again, and how often the API said 429.
    waited
        Time that the workers waited for the budget and between retries, added up.
    elapsed
        Time in all.
    duplicates
        Events that came twice with the same content, dropped.
    conflicting_ids
        Ids that came with different content; all are kept.
    made_ids
        Events without an id, which get one made from their content.
    naive_timestamps
        Timestamps without an offset, taken as UTC.
    unreadable_timestamps
        Timestamps that no one can read; the events are kept.
    coerced
        Property to how many number-like texts become numbers in a frame of these sessions.
    non_finite
        Property to how many NaN or Infinity become null.

    Examples
    --------
    >>> import tempfile
    >>> import hardal_frames as hf
    >>> from hardal_frames.sandbox import Sandbox, simulate
    >>> with (
    ...     tempfile.TemporaryDirectory() as folder,
    ...     Sandbox(simulate(3)) as hardal,
    ...     hf.Client(**hardal.access) as client,
    ...     hf.Store(folder) as store,
    ... ):
    ...     report = client.pull(store, progress=False)
    >>> report.is_complete, report.fetched, report.count("partial"), len(report.failed_sessions())
    (True, 3, 0, 0)
    >>> report.to_frame().loc[[1, 9], ["count", "value"]]
                  count  value
    1  sessions fetched      3
    9    events fetched     13
    """

    plan: PullPlan
    asked: int
    fetched: int
    unchanged: int
    by_others: int
    forgotten: int
    failures: Mapping[str, tuple[Outcome, str]]
    events: int
    requests: int
    retries: int
    refusals: int
    waited: pd.Timedelta
    elapsed: pd.Timedelta
    duplicates: int
    conflicting_ids: int
    made_ids: int
    naive_timestamps: int
    unreadable_timestamps: int
    coerced: Mapping[str, int]
    non_finite: Mapping[str, int]

    def count(self, outcome: Outcome) -> int:
        """How many sessions failed in the given way."""
        return sum(kind == outcome for kind, _ in self.failures.values())

    @property
    def is_complete(self) -> bool:
        """Whether all that was asked for is stored, but for what is to be forgotten."""
        return not self.failures

    def failed_sessions(self) -> pd.DataFrame:
        """Return one row a session that failed: session_id, outcome, reason."""
        rows = [(name, kind, reason) for name, (kind, reason) in self.failures.items()]
        return pd.DataFrame(rows, columns=["session_id", "outcome", "reason"], dtype=TEXT)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a count: count, value, meaning."""
        return pd.DataFrame(self._counts(), columns=["count", "value", "meaning"])

    def __str__(self) -> str:
        took = spoken_seconds(self.elapsed.total_seconds())
        sent = self.requests + self.retries
        told = f"{self.fetched:,} of {self.asked:,} sessions fetched with {self.events:,} events"
        if self.asked and self.unchanged == self.asked:
            told = f"Nothing new: all {self.asked:,} sessions are stored as they are"
        lines = [f"{told}: {spoken_requests(sent)}, {took}"]
        shown = ("sessions asked for", "sessions fetched", "events fetched", "requests")
        lines += [
            f"  {value:>9,} {name}: {meaning}"
            for name, value, meaning in self._counts()
            if value and name not in shown
        ]
        first = next(iter(self.failures.items()), None)
        if first is not None:
            name, (kind, reason) = first
            lines.append(f"  the first that failed: {name!r}, {kind}: {reason}")
            lines.append("  .failed_sessions() lists all; the next pull asks for them again")
        return "\n".join(lines)

    __repr__ = __str__

    def _counts(self) -> list[tuple[str, int, str]]:
        return [
            ("sessions asked for", self.asked, "listed or named"),
            ("sessions fetched", self.fetched, "proven complete and stored"),
            ("sessions unchanged", self.unchanged, "stored already as they are"),
            ("sessions by others", self.by_others, "fetched by another process meanwhile"),
            ("sessions forgotten", self.forgotten, "not fetched, for the store was told to forget"),
            ("sessions partial", self.count("partial"), "pages and counts of the API disagree"),
            ("sessions gone", self.count("gone"), "the API says there is no such session"),
            ("sessions refused", self.count("refused"), "the API refuses the request"),
            ("sessions failed", self.count("failed"), "no usable answer, tried several times"),
            ("events fetched", self.events, "in the sessions fetched"),
            ("requests", self.requests, "without those sent again"),
            ("retries", self.retries, "requests sent again after a passing fault"),
            ("refusals (429)", self.refusals, "over the API's budget: others may use the key too"),
            (
                "duplicates dropped",
                self.duplicates,
                "events with an id and content that came twice",
            ),
            ("conflicting ids", self.conflicting_ids, "ids with different content, all kept"),
            ("ids made", self.made_ids, "events without an id"),
            ("naive timestamps", self.naive_timestamps, "without an offset, taken as UTC"),
            (
                "unreadable timestamps",
                self.unreadable_timestamps,
                "events kept, their time missing",
            ),
            ("texts coerced", sum(self.coerced.values()), "number-like texts that become numbers"),
            ("non-finite numbers", sum(self.non_finite.values()), "NaN or Infinity, become null"),
        ]
