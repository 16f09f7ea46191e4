"""What a crowd does: the names of its events, and how likely one follows another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Codes = npt.NDArray[np.int16]
    Integers = npt.NDArray[np.int64]

__all__ = ["CHANCES", "NAMES", "Habits", "labels_of", "lottery"]

CHANCES: Final = 1 << 13
"""Tickets of a lottery: chances are whole multiples of one in so many."""

NAMES: Final = (
    "page_view",
    "scroll",
    "view_item",
    "click",
    "view_item_list",
    "select_item",
    "add_to_cart",
    "search",
    "session_start",
    "view_cart",
    "view_promotion",
    "begin_checkout",
    "add_to_wishlist",
    "view_search_results",
    "purchase",
    "add_shipping_info",
    "add_payment_info",
    "remove_from_cart",
    "login",
    "select_promotion",
    "video_start",
    "video_progress",
    "form_start",
    "form_submit",
    "sign_up",
    "coupon_apply",
    "share",
    "video_complete",
    "file_download",
    "generate_lead",
)
"""Names of events, from the most common to the rarest."""

FOLLOWING: Final = {
    ("page_view", "scroll"): 3.0,
    ("view_item_list", "select_item"): 6.0,
    ("select_item", "view_item"): 12.0,
    ("view_item", "add_to_cart"): 5.0,
    ("add_to_cart", "view_cart"): 6.0,
    ("add_to_cart", "begin_checkout"): 6.0,
    ("view_cart", "begin_checkout"): 10.0,
    ("begin_checkout", "add_shipping_info"): 12.0,
    ("add_shipping_info", "add_payment_info"): 20.0,
    ("add_payment_info", "purchase"): 12.0,
    ("begin_checkout", "purchase"): 3.0,
    ("search", "view_search_results"): 20.0,
    ("video_start", "video_progress"): 20.0,
    ("video_progress", "video_complete"): 20.0,
    ("form_start", "form_submit"): 25.0,
    ("view_promotion", "select_promotion"): 10.0,
}
"""How much likelier than by chance one name follows another."""

FIRST: Final = {"page_view": 60.0, "session_start": 40.0, "view_item": 20.0, "view_item_list": 10.0}
"""How much likelier than by chance a session begins with a name."""


def labels_of(names: int) -> list[str]:
    """So many names of events: those that trackers use, then numbered ones.

    Examples
    --------
    >>> labels_of(32)[-3:]
    ['generate_lead', 'custom_0030', 'custom_0031']
    """
    return [*NAMES[:names], *(f"custom_{number:04d}" for number in range(len(NAMES), names))]


def lottery(weights: npt.NDArray[np.float64]) -> Codes:
    """Tickets, of which each code has as many as its weight wants.

    Examples
    --------
    >>> np.bincount(lottery(np.array([3.0, 1.0]))).tolist()
    [6144, 2048]
    """
    ends = np.rint(np.cumsum(weights) / weights.sum() * CHANCES).astype(np.int64)
    return np.repeat(np.arange(len(weights), dtype=np.int16), np.diff(ends, prepend=0))


@dataclass(frozen=True, slots=True, eq=False)
class Habits:
    """How likely sessions begin with a name, and one name follows another.

    Parameters
    ----------
    labels
        The names; codes are places in it.
    first
        Tickets for the first event of a session.
    following
        Of each code, tickets for the event after it.
    """

    labels: list[str]
    first: Codes
    following: Codes

    @classmethod
    def drawn(cls, rng: np.random.Generator, labels: list[str]) -> Habits:
        """Draw habits: names by how common they are, some pairs by what shops are like."""
        count = len(labels)
        place = {label: code for code, label in enumerate(labels)}
        popularity = 1 / np.arange(1, count + 1) ** 0.8
        weights = popularity * np.exp(rng.normal(0, 0.5, (count, count)))
        for (source, target), times in FOLLOWING.items():
            weights[place[source], place[target]] *= times
        first = popularity / popularity.sum()
        for label, more in FIRST.items():
            first[place[label]] += more
        return cls(labels, lottery(first), np.stack([lottery(row) for row in weights]))

    def walk(self, rng: np.random.Generator, lengths: Integers, starts: Integers) -> Codes:
        """Walk the Markov chain for all sessions at once, one step after the other.

        Parameters
        ----------
        rng
            Chance.
        lengths, starts
            Of each session, how many events it has and which row is its first.

        Returns
        -------
        array
            Code of each event's name.
        """
        longest_first = np.argsort(-lengths, kind="stable")
        steps = np.arange(1, int(lengths.max()) + 1)
        alive = np.searchsorted(-lengths[longest_first], -steps, side="right")
        begins = starts[longest_first]
        codes = np.empty(int(lengths.sum()), dtype=np.int16)
        state: npt.NDArray[Any] = self.first[rng.integers(0, CHANCES, len(lengths))]
        codes[begins] = state
        for step, walking in enumerate(alive[1:].tolist(), start=1):
            chance = rng.integers(0, CHANCES, walking, dtype=np.uint16)
            state = self.following[state[:walking], chance]
            codes[begins[:walking] + step] = state
        return codes
