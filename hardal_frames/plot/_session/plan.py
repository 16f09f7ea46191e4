"""Everything that a session chart shows, for an Axes of a given size; no matplotlib here.

Lengths are in points from the top left of the Axes. A few events are dots with their names above
them; many are ticks, each name having a row of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from hardal_frames.plot._session.axis import TimeAxis, idle_gaps, time_axis
from hardal_frames.plot._session.labels import GAP, Run, place_labels, runs_of, stacked
from hardal_frames.plot._session.rows import Row, rows_of
from hardal_frames.plot._text import (
    count_text,
    duration_text,
    first_fitting,
    one_line,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hardal_frames.plot._session.reading import SessionEvents

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

LINE: Final = 1.35
"""Height of a line of text, in font sizes."""
TICKS_FROM: Final = 150
"""From so many events on they are ticks."""
TWICE: Final = "same event, same instant"

_PAGE: Final = "page"
_MANY_TYPES: Final = "other types"
_SMALL: Final = 0.85
_FONT_FLOOR: Final = 5.5
_GUTTER: Final = 0.24
_INSET: Final = 9.0
_DOT: Final = 0.36
_DOWN: Final = 2
_LONGEST: Final = 150.0
_LEAST_SPAN: Final = 2.0
_LEAST_LETTERS: Final = 4
_PAGE_ROOM: Final = 1.5
_LEAST_LANES: Final = 12.0
_KEY_SPACE: Final = 12.0
_TALLEST_ROW: Final = 26.0


class Measures(Protocol):
    """Measures texts."""

    def width(self, text: str, size: float) -> float:
        """Width in points of a text in the given font size."""

    def sized(self, size: float) -> Callable[[str], float]:
        """Give the function that measures texts in this font size."""


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
        Left, right and height of lines between the dots of a run.
    key
        The dots of the key.
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
    joined: list[tuple[float, float, float, int]] = field(default_factory=list)
    key: list[Mark] = field(default_factory=list)


class SessionWriter:
    """Plans the chart of one session for whatever size its Axes has.

    Parameters
    ----------
    session
        The events.
    ruler, bold_ruler
        Measure texts.
    base, tick_size
        Font sizes of names and of the ticks' texts.
    """

    def __init__(
        self,
        session: SessionEvents,
        *,
        ruler: Measures,
        bold_ruler: Measures,
        base: float,
        tick_size: float,
    ) -> None:
        self._session = session
        self._ruler, self._bold = ruler, bold_ruler
        self._base = base
        self._small = min(max(_SMALL * base, _FONT_FLOOR), base)
        self._tick_size = tick_size
        self._idle = idle_gaps(session.elapsed)
        self._segment = np.append(0, np.cumsum(self._idle))
        self._names = [one_line(name) for name in session.names]
        self._lanes = [_lane_text(lane) for lane in session.lanes]
        self._pages = [one_line(page) for page in session.pages]

    @property
    def dense(self) -> bool:
        """Whether events are ticks in rows."""
        return len(self._session.elapsed) >= TICKS_FROM

    def plan(self, width: float, height: float) -> SessionPlan:
        """Plan the chart for an Axes of this size in points."""
        doubled = bool(self._session.doubled.any())
        if self.dense:
            return self._plan_rows(width, height, key=doubled)
        plan, dropped = self._plan_dots(width, height, key=doubled)
        if dropped and not doubled:
            plan, dropped = self._plan_dots(width, height, key=True)
        self._write_key(plan, dropped, doubled=doubled)
        return plan

    def _started(self, width: float, names: list[str]) -> SessionPlan:
        """Begin a plan: how much the names on the left take, and the times beside them."""
        room = _GUTTER * width
        small = self._ruler.sized(self._small)
        wanted = [self._bold.width(lane, self._base) for lane in self._lanes]
        if self._pages:
            wanted.append(self._bold.width(_PAGE, self._base))
        wanted += [small(name) for name in names]
        widest = max(wanted)
        left = min(widest, room) + 8.0 if widest else 0.0
        axis = time_axis(
            self._session.elapsed,
            self._idle,
            left=left + _INSET,
            right=max(width - _INSET, left + _INSET + 1),
            most=width,
            width_of=self._ruler.sized(self._tick_size),
        )
        return SessionPlan(left=left, right=width, axis=axis)

    def _frame(self, plan: SessionPlan, height: float, *, key: bool) -> tuple[float, float]:
        """Place what stands above and below the lanes; return where these begin and end."""
        top = LINE * self._base + 2.0 if key else 0.0
        plan.breaks_top = top
        if plan.axis.breaks:
            self._write_breaks(plan, top + LINE * self._small / 2)
            top += LINE * self._small + 2.0
        bottom = height - 6.0
        if self._pages:
            plan.page_bottom = bottom
            plan.page_top = max(bottom - 2.0 * self._small, top)
            bottom = plan.page_top - 8.0
            self._write_pages(plan)
        return top, max(bottom, top + _LEAST_LANES)

    def _write_lane(self, plan: SessionPlan, text: str, middle: float, *, small: bool) -> None:
        size = self._small if small else self._base
        ruler = self._ruler if small else self._bold
        name = shortened(text, plan.left - 8.0, ruler.sized(size))
        plan.words.append(Words(name, 0.0, middle, size, strong=True, bold=not small))

    def _write_breaks(self, plan: SessionPlan, middle: float) -> None:
        """Write how long idle gaps last, the longest first, as many as have room."""
        width_of = self._ruler.sized(self._small)
        taken: list[tuple[float, float]] = []
        for one in sorted(plan.axis.breaks, key=lambda one: -one.seconds):
            text = duration_text(one.seconds)
            for wording in (f"{text} idle", text):
                half = width_of(wording) / 2
                centre = min(max((one.left + one.right) / 2, half), plan.right - half)
                low, high = centre - half, centre + half
                if all(high + GAP < begin or end + GAP < low for begin, end in taken):
                    taken.append((low, high))
                    plan.words.append(Words(wording, low, middle, self._small, strong=False))
                    break

    def _write_pages(self, plan: SessionPlan) -> None:
        """Place the pages, and write those that have room."""
        session, at = self._session, plan.axis.at
        changes = np.flatnonzero(np.diff(session.page, prepend=-2))
        lefts = at[changes]
        rights = np.append(at[changes[1:]], at[-1])
        middle = (plan.page_top + plan.page_bottom) / 2
        self._write_lane(plan, _PAGE, middle, small=False)
        width_of = self._ruler.sized(self._small)
        even = False
        for change, left, right in zip(
            changes.tolist(), lefts.tolist(), rights.tolist(), strict=True
        ):
            page = int(session.page[change])
            shown = right if change != changes[-1] else max(right, left + _LEAST_SPAN)
            # Spans too thin to be seen would only make the picture heavy.
            if page < 0 or (plan.spans and shown <= plan.spans[-1].right + _LEAST_SPAN / 4):
                continue
            plan.spans.append(Span(left, shown, even))
            even = not even
            room = shown - left - 6.0
            if room >= _PAGE_ROOM * self._small:
                text = shortened(self._pages[page], room, width_of)
                if len(text) >= min(_LEAST_LETTERS, len(self._pages[page])):
                    plan.words.append(Words(text, left + 3.0, middle, self._small))

    def _plan_dots(self, width: float, height: float, *, key: bool) -> tuple[SessionPlan, set[int]]:
        """Plan dots in lanes, and tell which names stand at dots without a label."""
        session = self._session
        plan = self._started(width, [])
        top, bottom = self._frame(plan, height, key=key)
        pitch = (bottom - top) / len(self._lanes)
        dot = 2 * _DOT * self._base
        below = min(0.3 * pitch, max(1.4 * dot, 0.2 * pitch))
        plan.lines = [top + pitch * (place + 1) - below for place in range(len(self._lanes))]
        most = min(_DOWN, int((below - dot / 2) / (0.7 * dot)))
        level = stacked(plan.axis.at, session.lane, session.name, near=0.6 * dot, most=max(most, 0))
        plan.down = np.array(plan.lines)[session.lane] + 0.7 * dot * level
        for text, line in zip(self._lanes, plan.lines, strict=True):
            self._write_lane(plan, text, line, small=False)
        levels = max(int((pitch - below - dot / 2 - 3.0) / (LINE * self._small)), 0)
        dropped: set[int] = set()
        runs = runs_of(session.name, plan.axis.at, session.lane, self._segment, near=4 * self._base)
        for lane, line in enumerate(plan.lines):
            self._write_runs(plan, [run for own, run in runs if own == lane], line, levels, dropped)
        return plan, dropped

    def _write_runs(
        self, plan: SessionPlan, runs: list[Run], line: float, levels: int, dropped: set[int]
    ) -> None:
        size, dot = self._small, _DOT * self._base
        width_of = self._ruler.sized(size)
        texts = [self._run_text(run) for run in runs]
        placed = place_labels(
            runs,
            [width_of(text) for text in texts],
            low=plan.left,
            high=plan.right,
            levels=levels,
            reach=dot,
        )
        for run, text, place in zip(runs, texts, placed, strict=True):
            if run.right > run.left:
                height = float(plan.down[run.events[0]])
                plan.joined.append((run.left, run.right, height, run.name))
            if place is None:
                dropped.add(run.name)
                continue
            middle = line - dot - 3.0 - (place.level + 0.5) * LINE * size
            plan.words.append(Words(text, place.left, middle, size))
            if place.leader is not None:
                end = float(plan.down[run.events[0]]) - dot
                plan.leaders.append((place.leader, middle + LINE * size / 2, end))

    def _run_text(self, run: Run) -> str:
        name = shortened(self._names[run.name], _LONGEST, self._ruler.sized(self._small))
        return name if len(run.events) == 1 else f"{name} ×{count_text(len(run.events))}"

    def _plan_rows(self, width: float, height: float, *, key: bool) -> SessionPlan:
        session = self._session
        counts = [count_text(count) for count in np.bincount(session.name).tolist()]
        plan = self._started(
            width,
            [f"{name} ×{count}" for name, count in zip(self._names, counts, strict=True)],
        )
        top, bottom = self._frame(plan, height, key=key)
        rows = rows_of(session, most=int((bottom - top) / (LINE * self._small)))
        pitch = min((bottom - top) / len(rows), _TALLEST_ROW)
        top += ((bottom - top) - pitch * len(rows)) / 2
        plan.row = 0.72 * pitch
        plan.down = np.zeros(len(session.elapsed))
        for place, row in enumerate(rows):
            middle = top + pitch * (place + 0.5)
            self._write_row(plan, row, middle)
            if len(row.events):
                plan.lines.append(middle)
                plan.down[row.events] = middle
        self._write_key(plan, set(), doubled=key)
        return plan

    def _write_row(self, plan: SessionPlan, row: Row, middle: float) -> None:
        lane = self._lanes[row.lane]
        if not len(row.events):
            self._write_lane(plan, lane, middle, small=False)
            return
        what = self._names[row.names[0]] if len(row.names) == 1 else f"{len(row.names)} others"
        if row.whole and len(row.names) > 1:
            what = lane or f"{len(row.names)} names"
        count = f" ×{count_text(len(row.events))}"
        width_of = self._ruler.sized(self._small)
        room = plan.left - 8.0
        name = shortened(what, room - width_of(count), width_of)
        self._write_lane(plan, f"{name}{count}" if name else what, middle, small=True)

    def _write_key(self, plan: SessionPlan, names: set[int], *, doubled: bool) -> None:
        """Name the dots that have no label, and what a ring means."""
        size = self._small
        width_of = self._ruler.sized(size)
        middle, left, end = LINE * self._base / 2, plan.left, plan.right
        if doubled:
            total = count_text(int(self._session.doubled.sum()))
            text = first_fitting((f"{TWICE} ({total})", TWICE, "twice"), end - left - 12, width_of)
            begin = end - width_of(text)
            plan.words.append(Words(text, begin, middle, size, strong=False))
            plan.key.append(Mark(begin - 8.0, middle, -1))
            end = begin - 14.0 - _KEY_SPACE
        missing = sorted(names)
        for place, name in enumerate(missing):
            more = f"and {count_text(len(missing) - place)} more"
            last = place == len(missing) - 1
            text = shortened(self._names[name], _LONGEST, width_of)
            needed = 10.0 + width_of(text) + _KEY_SPACE
            if left + needed + (0.0 if last else width_of(more)) > end:
                if left + width_of(more) <= end:
                    plan.words.append(Words(more, left, middle, size, strong=False))
                break
            plan.key.append(Mark(left + 4.0, middle, name))
            plan.words.append(Words(text, left + 10.0, middle, size))
            left += needed


def _lane_text(lane: str | None) -> str:
    if lane is None:
        return _MANY_TYPES
    return one_line(lane) if lane else ""
