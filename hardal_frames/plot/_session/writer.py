"""What a session chart shows and where, for an Axes of a given size; no matplotlib here.

Lengths are in points from the top left of the Axes. A few events are dots with their names above
them; where names would not find room, and always for many events, each name has its own row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.plot._session.axis import idle_gaps, time_axis
from hardal_frames.plot._session.labels import GAP, place_labels, runs_of, stacked
from hardal_frames.plot._session.plan import (
    TICKS_FROM,
    TWICE,
    Lost,
    Mark,
    SessionPlan,
    Span,
    Words,
)
from hardal_frames.plot._session.rows import rows_of
from hardal_frames.plot._shared.axes import LINE
from hardal_frames.plot._shared.text import (
    count_text,
    duration_text,
    first_fitting,
    one_line,
    shortened,
)

if TYPE_CHECKING:
    from hardal_frames.plot._session.labels import Placed, Run
    from hardal_frames.plot._session.reading import SessionEvents
    from hardal_frames.plot._session.rows import Row
    from hardal_frames.plot._shared.text import Measures

_PAGE: Final = "page"
_MANY_TYPES: Final = "other types"
_NO_TYPE: Final = "(no type)"
_SMALL: Final = 0.85
_FONT_FLOOR: Final = 5.5
_GUTTER: Final = 0.24
_LEAST_GUTTER: Final = 90.0
_MOST_GUTTER: Final = 0.36
_FEW: Final = 12
_INSET: Final = 9.0
_BESIDE: Final = 8.0
_ROUNDING: Final = 0.01
_WORDY: Final = 3
_DOT: Final = 0.36
_DOWN: Final = 2
_LONGEST: Final = 150.0
_LEAST_SPAN: Final = 2.0
_LEAST_LETTERS: Final = 6
_PAGE_ROOM: Final = 1.5
_LEAST_LANES: Final = 12.0
_KEY_SPACE: Final = 12.0
_ROW_LINE: Final = 1.25
_TALLEST_ROW: Final = 3.6
_TALLEST_LANE: Final = 14.0


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
        self.idle = idle_gaps(session.elapsed)
        self._segment = np.append(0, np.cumsum(self.idle))
        self._placed: dict[tuple[int, int], list[Placed | None]] = {}
        self._names = [one_line(name) for name in session.names]
        unknown = _NO_TYPE if len(session.lanes) > 1 else ""
        self._lanes = [_lane_text(lane) or unknown for lane in session.lanes]
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
        self._placed = {}
        plan, lost = self._plan_dots(width, height, key=doubled)
        if lost.unlabelled and not doubled:
            plan, lost = self._plan_dots(width, height, key=True)
        self._write_key(plan, lost.unlabelled, doubled=doubled)
        if lost.many or lost.names:
            rows = self._plan_rows(width, height, key=doubled)
            if rows.unnamed <= plan.unnamed:
                return rows
        return plan

    def _started(self, width: float, names: list[str]) -> SessionPlan:
        """Begin a plan: how much the names on the left take, and the times beside them."""
        room = max(_GUTTER * width, min(_LEAST_GUTTER, _MOST_GUTTER * width))
        small = self._ruler.sized(self._small)
        wanted = [self._bold.width(lane, self._base) for lane in self._lanes]
        if self._pages:
            wanted.append(self._bold.width(_PAGE, self._base))
        wanted += [small(name) for name in names]
        widest = max(wanted)
        left = min(widest, room) + _BESIDE if widest else 0.0
        axis = time_axis(
            self._session.elapsed,
            self.idle,
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
        name = shortened(text, plan.left - _BESIDE + _ROUNDING, ruler.sized(size))
        plan.words.append(Words(name, 0.0, middle, size, strong=True, bold=not small))

    def _write_breaks(self, plan: SessionPlan, middle: float) -> None:
        """Write how long idle gaps last, the longest first, as many as have room."""
        width_of = self._ruler.sized(self._small)
        taken: list[tuple[float, float]] = []
        for one in sorted(plan.axis.breaks, key=lambda one: -one.seconds):
            text = duration_text(one.seconds)
            for wording in (f"{text} idle", text)[len(plan.axis.breaks) > _WORDY :]:
                half = width_of(wording) / 2
                centre = min(max((one.left + one.right) / 2, half), plan.right - half)
                low, high = centre - half, centre + half
                if all(high + GAP < begin or end + GAP < low for begin, end in taken):
                    taken.append((low, high))
                    plan.words.append(Words(wording, low, middle, self._small, strong=False))
                    break

    def _write_pages(self, plan: SessionPlan) -> None:
        """Place the pages, and write those that have room."""
        session, at = self._session, plan.axis.places
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

    def _plan_dots(self, width: float, height: float, *, key: bool) -> tuple[SessionPlan, Lost]:
        """Plan dots in lanes, and tell what has no label."""
        session = self._session
        plan = self._started(width, [])
        top, bottom = self._frame(plan, height, key=key)
        pitch = min((bottom - top) / len(self._lanes), _TALLEST_LANE * self._base)
        top += (bottom - top - pitch * len(self._lanes)) / 2
        dot = 2 * _DOT * self._base
        below = min(0.3 * pitch, max(1.4 * dot, 0.2 * pitch))
        plan.lines = [top + pitch * (place + 1) - below for place in range(len(self._lanes))]
        most = min(_DOWN, int((below - dot / 2) / (0.7 * dot)))
        level = stacked(
            plan.axis.places, session.lane, session.name, near=0.6 * dot, most=max(most, 0)
        )
        plan.down = np.array(plan.lines)[session.lane] + 0.7 * dot * level
        for text, line in zip(self._lanes, plan.lines, strict=True):
            self._write_lane(plan, text, line, small=False)
        levels = max(int((pitch - below - dot / 2 - 3.0) / (LINE * self._small)), 0)
        lost = Lost()
        runs = runs_of(
            session.name, plan.axis.places, session.lane, self._segment, near=4 * self._base
        )
        for lane in range(len(plan.lines)):
            self._write_runs(plan, [run for own, run in runs if own == lane], lane, levels, lost)
        return plan, lost

    def _write_runs(
        self, plan: SessionPlan, runs: list[Run], lane: int, levels: int, lost: Lost
    ) -> None:
        size, dot = self._small, _DOT * self._base
        width_of = self._ruler.sized(size)
        texts = [self._run_text(run) for run in runs]
        # A key moves lanes down; from left to right all stays where it is.
        if (lane, levels) not in self._placed:
            self._placed[lane, levels] = place_labels(
                runs,
                [width_of(text) for text in texts],
                low=plan.left,
                high=plan.right,
                levels=levels,
                reach=dot,
            )
        placed = self._placed[lane, levels]
        for run, text, place in zip(runs, texts, placed, strict=True):
            events = list(run.events)
            points = np.stack([plan.axis.places[events], plan.down[events]], axis=-1)
            plan.joined.append((points, run.name))
            lost.all_runs += 1
            if place is None:
                lost.unlabelled.add(run.name)
                lost.runs += 1
                continue
            lost.labelled.add(run.name)
            middle = plan.lines[lane] - dot - 3.0 - (place.level + 0.5) * LINE * size
            plan.words.append(Words(text, place.left, middle, size))
            if place.leader is not None:
                end = float(plan.down[run.events[0]]) - dot
                plan.leaders.append((place.leader, middle + LINE * size / 2, end))

    def _run_text(self, run: Run) -> str:
        name = shortened(self._names[run.name], _LONGEST, self._ruler.sized(self._small))
        return f"{name}{_times(len(run.events))}"

    def _plan_rows(self, width: float, height: float, *, key: bool) -> SessionPlan:
        session = self._session
        plan = self._started(width, self._row_texts())
        top, bottom = self._frame(plan, height, key=key)
        rows = rows_of(session, most=int((bottom - top) / (_ROW_LINE * self._small)))
        pitch = min((bottom - top) / len(rows), _TALLEST_ROW * self._base)
        top += ((bottom - top) - pitch * len(rows)) / 2
        plan.row = 0.72 * pitch if self.dense else 0.0
        plan.unnamed = sum(len(row.names) for row in rows if row.shared)
        plan.down = np.zeros(len(session.elapsed))
        for place, row in enumerate(rows):
            middle = top + pitch * (place + 0.5)
            self._write_row(plan, row, middle)
            if len(row.events):
                plan.lines.append(middle)
                plan.down[row.events] = middle
        self._write_key(plan, set(), doubled=key)
        return plan

    def _row_texts(self) -> list[str]:
        """List what rows may say: of a name, of a lane, of names that share a row."""
        session = self._session
        names = zip(self._names, np.bincount(session.name).tolist(), strict=True)
        many = f"{len(self._names)} names"
        shared = [(f"{len(self._names)} others", len(session.elapsed))]
        lanes = np.bincount(session.lane, minlength=len(self._lanes)).tolist()
        whole = ((lane or many, count) for lane, count in zip(self._lanes, lanes, strict=True))
        return [
            f"{what}{_times(count)}"
            for what, count in (*names, *whole, *shared[len(self._names) < _FEW :])
        ]

    def _write_row(self, plan: SessionPlan, row: Row, middle: float) -> None:
        lane = self._lanes[row.lane]
        if not len(row.events):
            self._write_lane(plan, lane, middle, small=False)
            return
        count = _times(len(row.events))
        wordings: tuple[str, ...] = (self._names[row.names[0]],)
        if row.shared:
            wordings = (f"{len(row.names)} others", "others")
        if row.shared and row.whole:
            wordings = (lane or f"{len(row.names)} names",)
        width_of = self._ruler.sized(self._small)
        room = plan.left - _BESIDE + _ROUNDING
        text = first_fitting([f"{wording}{count}" for wording in wordings], room, width_of)
        if not text:
            name = shortened(wordings[0], room - width_of(count), width_of)
            text = f"{name}{count}" if name else wordings[0]
        self._write_lane(plan, text, middle, small=True)

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
            plan.key.append(Mark(begin - 10.0, middle, -1))
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
                plan.unnamed = len(missing) - place
                break
            plan.key.append(Mark(left + 4.0, middle, name))
            plan.words.append(Words(text, left + 10.0, middle, size))
            left += needed


def _lane_text(lane: str | None) -> str:
    if lane is None:
        return _MANY_TYPES
    return one_line(lane) if lane else ""


def _times(count: int) -> str:
    return f" ×{count_text(count)}" if count > 1 else ""
