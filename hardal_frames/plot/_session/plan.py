"""Everything that a session chart shows, for an Axes of a given size; no matplotlib here.

Lengths are in points from the top left of the Axes. A few events are dots with their names above
them; many are ticks, each name having a row of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hardal_frames.plot._session.axis import TimeAxis

    Floats = NDArray[np.float64]

TICKS_FROM: Final = 150
"""From so many events on they are ticks."""
TWICE: Final = "same event, same instant"

_MANY: Final = 0.2


@dataclass(frozen=True)
class Words:
    """A text: its left end, the middle of its height, its size and how much it matters."""

    text: str
    left: float
    middle: float
    size: float
    strong: bool = True
    bold: bool = False


@dataclass(frozen=True)
class Span:
    """A page from where to where; `even` tells neighbours apart."""

    left: float
    right: float
    even: bool


@dataclass(frozen=True)
class Mark:
    """A dot of the key: where, and of which name; -1 is the ring."""

    across: float
    down: float
    name: int


@dataclass(eq=False)
class Lost:
    """What has no label in a plan.

    Parameters
    ----------
    unlabelled
        Names at runs without a label.
    labelled
        Names at runs with one.
    runs, all_runs
        How many runs have none, of how many.
    """

    unlabelled: set[int] = field(default_factory=set)
    labelled: set[int] = field(default_factory=set)
    runs: int = 0
    all_runs: int = 0

    @property
    def names(self) -> set[int]:
        """The names that stand nowhere."""
        return self.unlabelled - self.labelled

    @property
    def many(self) -> bool:
        """Whether so many runs have no label that the others say little."""
        return self.runs > _MANY * self.all_runs


@dataclass(eq=False)
class SessionPlan:
    """Everything that a session chart shows.

    Parameters
    ----------
    left, right
        Where the lanes begin and end.
    axis
        The times.
    down
        Where each event stands below the top.
    row
        How high a tick is; 0 where events are dots.
    lines
        The middle of each lane or row.
    breaks_top
        Where the bands of the idle gaps begin.
    page_top, page_bottom
        The band of pages.
    spans
        The pages.
    words
        All texts.
    leaders
        Place, top and bottom of lines from dots to labels.
    joined
        The dots of each run, and its name.
    key
        The dots of the key.
    unnamed
        How many names are written nowhere, or share a row.
    """

    left: float
    right: float
    axis: TimeAxis
    down: Floats = field(default_factory=lambda: np.zeros(0))
    row: float = 0.0
    lines: list[float] = field(default_factory=list)
    breaks_top: float = 0.0
    page_top: float = 0.0
    page_bottom: float = 0.0
    spans: list[Span] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    leaders: list[tuple[float, float, float]] = field(default_factory=list)
    joined: list[tuple[Floats, int]] = field(default_factory=list)
    key: list[Mark] = field(default_factory=list)
    unnamed: int = 0
