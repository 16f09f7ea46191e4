"""What a journey chart says and how large, for an Axes of a given size; no matplotlib here.

The font shrinks, down to a floor, until every node has room for its label; below the floor the
smallest nodes lose theirs. A node high enough writes name and numbers in two lines, which covers
less of its ribbons; names too long for the room between two steps end in an ellipsis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from hardal_frames.plot._journey.layout import JourneyLayout, Slots, lay_out, slots_of
from hardal_frames.plot._shared.axes import LINE
from hardal_frames.plot._shared.text import (
    count_text,
    first_fitting,
    one_line,
    percent_text,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from hardal_frames.plot._journey.graph import JourneyGraph
    from hardal_frames.plot._shared.text import Measures

    Floats = NDArray[np.float64]

Percent = Literal["start", "step"]

NODE_WIDTH: Final = 9.0
ARROW: Final = 14.0
DROOP: Final = 7.0
"""How far the stub of an exit sinks."""

_GAP: Final = 4.0
_LABEL_SPACE: Final = 4.0
_CLEARANCE: Final = 8.0
_HEADER_SPACE: Final = 8.0
_FONT_FLOOR: Final = 6.0
_FONT_STEP: Final = 0.5
_FONT_FOR_LONG_NAMES: Final = 0.8
_WORD_SPACE: Final = 0.6
_LONG_NAME: Final = 18
_SHORT_NAME: Final = 14
_LEAST_NAME: Final = 9
_LAST_COLUMN: Final = 1.25
_ROUNDING: Final = 1e-6
_LEAST_BODY: Final = 10.0


@dataclass(frozen=True)
class Box:
    """A rectangle, in points from the top left of the Axes."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        """Whether the two have an area in common.

        Examples
        --------
        >>> Box(0, 0, 2, 2).overlaps(Box(1, 1, 3, 3)), Box(0, 0, 2, 2).overlaps(Box(2, 0, 3, 2))
        (True, False)
        """
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)


@dataclass(frozen=True)
class Label:
    """The label of a node: a name and its numbers, beside or below each other."""

    node: int
    name: str
    numbers: str
    name_at: tuple[float, float]
    numbers_at: tuple[float, float]
    box: Box


@dataclass(frozen=True)
class Header:
    """What stands above a step."""

    left: float
    title: str
    numbers: str


@dataclass(frozen=True, eq=False)
class JourneyPlan:
    """Everything that a journey chart shows, in points from the top left of its Axes.

    Parameters
    ----------
    size
        Font size of the labels.
    body_top
        Where the steps begin, below the headers; the layout counts from here.
    layout
        The vertical positions.
    left
        Left edge of the nodes of each step.
    stub
        Length of the stub of an exit.
    labels, headers
        The texts.
    """

    size: float
    body_top: float
    layout: JourneyLayout
    left: Floats
    stub: float
    labels: tuple[Label, ...]
    headers: tuple[Header, ...]


class JourneyWriter:
    """Plans the chart of one journey for whatever size its Axes has.

    Parameters
    ----------
    graph
        The journey.
    orders
        The nodes of each step, the topmost first.
    percent
        What the labels' percentages are of: all sessions or those of the step.
    ruler, bold_ruler
        Measure the texts of labels and of headers.
    base
        Font size where there is room.
    """

    def __init__(
        self,
        graph: JourneyGraph,
        orders: tuple[NDArray[np.intp], ...],
        *,
        percent: Percent,
        ruler: Measures,
        bold_ruler: Measures,
        base: float,
    ) -> None:
        self._graph = graph
        self._orders = orders
        self._ruler = ruler
        self._bold = bold_ruler
        self._base = base
        alive = graph.alive
        shares = graph.sessions / (alive[0] if percent == "start" else alive[graph.column])
        self._names = [one_line(name) for name in graph.names]
        self._numbers = [
            _wordings(count, share)
            for count, share in zip(graph.sessions.tolist(), shares.tolist(), strict=True)
        ]

    def plan(self, width: float, height: float) -> JourneyPlan:
        """Plan the chart for an Axes of this size in points."""
        *sizes, least = self._sizes()
        for size in [*sizes, least]:
            body_top = 2 * LINE * size + _HEADER_SPACE
            body = max(height - body_top - DROOP, _LEAST_BODY)
            room = {"height": body, "label_height": LINE * size, "gap": _GAP}
            last_chance = size <= least
            slots = slots_of(self._graph, self._orders, **room)
            if not last_chance and not (slots.labelled.all() and self._may_fit(width, size, slots)):
                continue
            # Nothing stands to the right of the last step, so it may have what its names want.
            wanted = max(self._wants(len(self._graph.steps) - 1, size, slots), default=0.0)
            left, rooms = self._columns(width, wanted)
            if last_chance or self._fits(rooms, size, slots):
                break
        layout = lay_out(self._graph, self._orders, **room)
        pitch = float(left[1] - left[0]) if len(left) > 1 else width
        return JourneyPlan(
            size=size,
            body_top=body_top,
            layout=layout,
            left=left,
            stub=min(0.3 * pitch, 4.5 * size),
            labels=tuple(self._labels(size, body_top, layout, left, rooms)),
            headers=tuple(self._headers(size, left, width)),
        )

    def _sizes(self) -> Sequence[float]:
        floor = min(_FONT_FLOOR, self._base)
        steps = int((self._base - floor) / _FONT_STEP)
        return [*(self._base - _FONT_STEP * step for step in range(steps + 1)), floor]

    def _two_lines(self, size: float, slots: Slots | JourneyLayout) -> NDArray[np.bool_]:
        return slots.thickness >= 2 * LINE * size

    def _before(self) -> Floats:
        """Space between the left edge of a step and its labels."""
        goes_on = np.zeros(len(self._graph.steps))
        np.maximum.at(goes_on, self._graph.column, np.where(self._graph.beyond > 0, ARROW, 0.0))
        return NODE_WIDTH + goes_on + _LABEL_SPACE

    def _columns(self, width: float, wanted: float) -> tuple[Floats, Floats]:
        """Left edges of the steps and room for their labels, if the last step wants so much."""
        steps = len(self._graph.steps)
        before = self._before()
        last = width if steps == 1 else min(before[-1] + wanted, _LAST_COLUMN * width / steps)
        pitch = (width - last) / max(steps - 1, 1)
        rooms = pitch - before - _CLEARANCE
        rooms[-1] = last - before[-1]
        rooms += _ROUNDING
        left = pitch * np.arange(steps, dtype=np.float64)
        return left, rooms

    def _may_fit(self, width: float, size: float, slots: Slots) -> bool:
        """Tell from one label of each step, since measuring all takes long, that not all fit."""
        *earlier, last = range(len(self._graph.steps))
        wanted = next(self._wants(last, size, slots), 0.0)
        _, rooms = self._columns(width, wanted)
        return all(
            next(self._wants(step, size, slots), 0.0) <= room
            for step, room in zip(earlier, rooms.tolist(), strict=False)
        )

    def _fits(self, rooms: Floats, size: float, slots: Slots) -> bool:
        """Whether the labels of every step fit its room, if no name were long."""
        return all(
            room >= 0 and all(want <= room for want in self._wants(step, size, slots))
            for step, room in enumerate(rooms.tolist())
        )

    def _wants(self, step: int, size: float, slots: Slots) -> Iterator[float]:
        """Room that each label of a step wants, had no name more than so many letters."""
        large = size > _FONT_FOR_LONG_NAMES * self._base
        long = large or step == len(self._graph.steps) - 1
        letters = _LONG_NAME if long else _SHORT_NAME
        two_lines = self._two_lines(size, slots)
        nodes = np.flatnonzero(slots.labelled & (self._graph.column == step)).tolist()
        names = {node: self._names[node][:letters] for node in nodes}
        # The longest first: if anything does not fit, it is soon found.
        for node in sorted(nodes, key=lambda node: -len(names[node] + self._numbers[node][0])):
            name = self._ruler.width(names[node], size)
            numbers = self._ruler.width(self._numbers[node][0], size)
            beside = name + _WORD_SPACE * size + numbers
            yield max(name, numbers) if two_lines[node] else beside

    def _labels(
        self, size: float, body_top: float, layout: JourneyLayout, left: Floats, rooms: Floats
    ) -> Iterator[Label]:
        two_lines = self._two_lines(size, layout)
        before = self._before()
        for node in np.flatnonzero(layout.labelled).tolist():
            column = self._graph.column[node]
            at = (float(left[column] + before[column]), float(body_top + layout.middle[node]))
            label = self._label(node, at, float(rooms[column]), size, below=bool(two_lines[node]))
            if label is not None:
                yield label

    def _label(
        self, node: int, at: tuple[float, float], room: float, size: float, *, below: bool
    ) -> Label | None:
        left, middle = at
        name, numbers = self._fitted(node, room, size, below=below)
        if not name:
            return None
        name_width, numbers_width = (self._ruler.width(text, size) for text in (name, numbers))
        below = below and bool(numbers)
        shift = LINE * size / 2 if below else 0.0
        beside = 0.0 if below or not numbers else name_width + _WORD_SPACE * size
        right = left + max(name_width, beside + numbers_width)
        half = LINE * size / 2 + shift
        return Label(
            node=node,
            name=name,
            numbers=numbers,
            name_at=(left, middle - shift),
            numbers_at=(left + beside, middle + shift),
            box=Box(left, middle - half, right, middle + half),
        )

    def _fitted(self, node: int, room: float, size: float, *, below: bool) -> tuple[str, str]:
        """Shorten the name, then leave out numbers, until both fit the room."""
        width_of = self._ruler.sized(size)
        name = self._names[node]
        for numbers in self._numbers[node]:
            taken = width_of(numbers)
            for_name = room if below or not numbers else room - taken - _WORD_SPACE * size
            if taken <= room and first_fitting((name, name[:_LEAST_NAME]), for_name, width_of):
                return shortened(name, for_name, width_of), numbers
        return shortened(name, room, width_of), ""

    def _headers(self, size: float, left: Floats, width: float) -> Iterator[Header]:
        alive = self._graph.alive.tolist()
        ends = [*(left[1:] - _CLEARANCE).tolist(), width]
        for step, here, end, count in zip(
            self._graph.steps, left.tolist(), ends, alive, strict=True
        ):
            share = percent_text(count / alive[0])
            yield Header(
                left=here,
                title=first_fitting(
                    (f"Step {step}", f"{step}"), end - here, self._bold.sized(size)
                ),
                numbers=first_fitting(
                    (f"{count_text(count)} · {share}", share), end - here, self._ruler.sized(size)
                ),
            )


def _wordings(count: int, share: float) -> tuple[str, str, str]:
    """Give the numbers of a node, in ever fewer letters."""
    percentage = percent_text(share)
    return f"{count_text(count)} · {percentage}", percentage, ""
