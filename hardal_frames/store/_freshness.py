"""Whether what is stored of a session is still what the API has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

OPEN_FOR: Final = 24 * 3600 * 10**6
"""Microseconds after its last event in which a session may still go on."""

# A few sessions prove nothing, and to fetch them twice costs little.
_MOST_DOUBTED: Final = 0.5
_FEW: Final = 20

FACTS: Final = """
SELECT session_id, promised, expected, listed_mark, kept_mark, state, is_complete,
    arrived, is_confirmed, fetched_at, last_event
FROM sessions
"""
FACTS_OF_ONE: Final = FACTS + "WHERE session_id = ?"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a session; the columns of the same names."""

    session_id: str
    promised: int | None
    expected: int | None
    listed_mark: bytes | None
    kept_mark: bytes | None
    state: str
    is_complete: int
    arrived: int | None
    is_confirmed: int
    fetched_at: int
    last_event: int | None

    def is_needed(self, counting: Counting, *, named: bool) -> bool:
        """Whether the session has to be fetched."""
        if self.state != "complete" or not self.is_complete:
            return True
        is_open = self.last_event is None or self.last_event > self.fetched_at - OPEN_FOR
        if is_open and (named or self.kept_mark is None):
            # No list was read that tells whether it has changed since.
            return True
        if self.kept_mark is None:
            return self.listed_mark is not None
        return self.listed_mark != self.kept_mark or counting.doubts(self)


@dataclass(frozen=True, slots=True)
class Counting:
    """How the session list counts events.

    A session may change between its list row and its fetch, and change back: the row stays the
    same, and only the number of events tells. Each is doubted once: who promises the same number
    again is believed.

    Parameters
    ----------
    counts_views
        Whether the activity holds page views beside the events that the list counts.
    is_trusted
        Whether the list is right of most sessions; one that counts in a way of its own is not.
    """

    counts_views: bool
    is_trusted: bool

    @classmethod
    def of(cls, facts: Collection[Facts]) -> Counting:
        """Find out from what was fetched."""
        settled = [each for each in facts if each.is_complete and each.kept_mark]
        apart = sum(each.arrived == each.expected for each in settled)
        counting = cls(
            counts_views=apart > _FEW + sum(each.arrived == each.promised for each in settled),
            is_trusted=True,
        )
        doubted = sum(map(counting.doubts, settled))
        return cls(counting.counts_views, doubted <= max(_FEW, _MOST_DOUBTED * len(settled)))

    def doubts(self, facts: Facts) -> bool:
        """Whether a session holds another number of events than its row promised."""
        promised = facts.expected if self.counts_views else facts.promised
        is_settled = facts.is_confirmed or promised is None
        return self.is_trusted and not is_settled and facts.arrived != promised
