"""What a paths chart says, how large and where, for an Axes of a given size; no matplotlib here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardal_frames.plot._paths.layout import Block, lay_out
from hardal_frames.plot._shared.text import (
    count_text,
    first_fitting,
    one_line,
    percent_text,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.plot._paths.tree import PathTree
    from hardal_frames.plot._shared.text import Measures

LINE: Final = 1.25
"""Height of a line of text, in font sizes."""
STRIPE: Final = 4.0
"""Width of the stripe in an event's full colour."""
WALL: Final = 2.5
"""Width of the edge where sessions end."""
ARROW: Final = 7.0
GAP: Final = 2.0
"""Between two columns."""

_PAD: Final = 4.0
_SPACE: Final = "\N{EN SPACE}"
_FONT_FLOOR: Final = 6.0
_SMALL: Final = 0.8
_HEADER_SPACE: Final = 6.0
_TAIL: Final = 7.0
_TAIL_PART: Final = 0.6
_LEAST_PITCH: Final = 9.5
_HEIGHTS: Final = (0.8, 1.0, 1.3, 1.6, 2.0)
_SLACK: Final = 1.2
_LEAST_BODY: Final = 10.0
_LEAST_NAME: Final = 6


@dataclass(frozen=True)
class Label:
    """A text of one or two lines.

    Parameters
    ----------
    text
        What it says.
    at
        Its left end and the middle of its height, in points from the top left of the Axes.
    size
        Font size.
    muted
        Whether it names no event.
    """

    text: str
    at: tuple[float, float]
    size: float
    muted: bool = False


@dataclass(frozen=True)
class PathsPlan:
    """Everything that a paths chart shows, in points from the top left of its Axes.

    Parameters
    ----------
    body_top
        Where the blocks begin, below the headers.
    pitch
        From the left edge of a step to that of the next.
    steps
        How many steps have room.
    blocks
        The blocks; their tops count from `body_top`.
    titles, numbers
        What stands above the steps, and below that.
    labels
        What stands in blocks, and beside the edges where sessions end.
    """

    body_top: float
    pitch: float
    steps: int
    blocks: tuple[Block, ...]
    titles: tuple[Label, ...]
    numbers: tuple[Label, ...]
    labels: tuple[Label, ...]


class PathsWriter:
    """Plans the chart of one table for whatever size its Axes has.

    Parameters
    ----------
    tree
        The paths.
    ruler, bold_ruler
        Measure the texts of labels and of headers.
    base
        Font size where there is room.
    """

    def __init__(
        self, tree: PathTree, *, ruler: Measures, bold_ruler: Measures, base: float
    ) -> None:
        self._tree = tree
        self._ruler = ruler
        self._bold = bold_ruler
        self._base = base
        self._small = min(max(_SMALL * base, _FONT_FLOOR), base)

    @property
    def _known(self) -> bool:
        """Whether it is known how many sessions come to each step."""
        return not self._tree.rest

    def plan(self, width: float, height: float) -> PathsPlan:
        """Plan the chart for an Axes of this size in points."""
        tree = self._tree
        body_top = (2 if self._known else 1) * LINE * self._base + _HEADER_SPACE
        steps = self._steps_with_room(width)
        body = max(height - body_top, _LEAST_BODY)
        blocks = lay_out(tree, height=body, least=LINE * self._small, steps=steps)
        pitch = (width - self._tail(width / (steps + _TAIL_PART))) / steps
        labels = [self._label(block, body_top, pitch) for block in blocks]
        labels += [
            self._exit(block, body_top, pitch, width) for block in blocks if block.ends_thickness
        ]
        return PathsPlan(
            body_top=body_top,
            pitch=pitch,
            steps=steps,
            blocks=tuple(blocks),
            titles=tuple(self._titles(pitch, steps)),
            numbers=tuple(self._numbers(pitch, blocks, steps)) if self._known else (),
            labels=tuple(label for label in labels if label is not None),
        )

    def most_labels(self, height: float) -> int:
        """Labels that the chart can need in an Axes that is nearly as high, or twice as high."""
        tree, least = self._tree, LINE * self._small
        most = 0
        for times in _HEIGHTS:
            blocks = lay_out(tree, height=times * height, least=least, steps=tree.steps)
            most = max(most, sum(_lines(block, least) for block in blocks))
        return int(_SLACK * most) + 1

    def _steps_with_room(self, width: float) -> int:
        """Count the steps whose columns are wide enough for names to be told apart."""
        fitting = int(width / (_LEAST_PITCH * self._base) - _TAIL_PART)
        return max(min(self._tree.steps, fitting), 1)

    def _tail(self, pitch: float) -> float:
        """Room to the right of the last step, for its exits."""
        return min(_TAIL_PART * pitch, _TAIL * self._base)

    def _titles(self, pitch: float, steps: int) -> Iterator[Label]:
        width_of = self._bold.sized(self._base)
        for step in range(steps):
            wordings = (f"Step {step + 1}", f"{step + 1}")
            title = first_fitting(wordings, pitch - _PAD, width_of)
            yield Label(title, (step * pitch, LINE * self._base / 2), self._base)

    def _numbers(self, pitch: float, blocks: list[Block], steps: int) -> Iterator[Label]:
        width_of = self._ruler.sized(self._base)
        alive = [0] * steps
        for block in blocks:
            alive[block.step] += block.sessions
        for step, count in enumerate(alive):
            numbers = first_fitting(self._wordings(count), pitch - _PAD, width_of)
            yield Label(numbers, (step * pitch, 1.5 * LINE * self._base), self._base, muted=True)

    def _label(self, block: Block, body_top: float, pitch: float) -> Label | None:
        left = block.step * pitch + STRIPE + _PAD
        room = pitch - GAP - STRIPE - 2 * _PAD
        middle = body_top + block.top + block.thickness / 2
        names: tuple[str, ...] = (one_line(block.name),)
        if block.kind == "others":
            names = (f"{count_text(block.names)} others" if block.names > 1 else "other", "others")
        elif block.kind == "rest":
            names = ("all other paths", "other paths", "other")
        muted = block.kind != "event"
        at = (left, middle)
        return self._written(names, block.sessions, at, room, block.thickness, muted=muted)

    def _exit(self, block: Block, body_top: float, pitch: float, width: float) -> Label | None:
        left = (block.step + 1) * pitch + WALL + _PAD
        right = min((block.step + 2) * pitch - GAP, width)
        middle = body_top + block.ends_top + block.ends_thickness / 2
        return self._written(
            ("exit", ""), block.ends, (left, middle), right - left, block.ends_thickness, muted=True
        )

    def _wordings(self, count: int) -> tuple[str, str]:
        share = percent_text(count / self._tree.total)
        return f"{count_text(count)} · {share}", share

    def _written(
        self,
        names: tuple[str, ...],
        count: int,
        at: tuple[float, float],
        room: float,
        thickness: float,
        *,
        muted: bool,
    ) -> Label | None:
        """Write a name and numbers into a room, as much of them and as large as fits."""
        numbers = self._wordings(count)
        sizes = [size for size in (self._base, self._small) if LINE * size <= thickness]
        for wording in numbers:
            for size in sizes:
                for name in names:
                    text = self._joined(name, wording, room, thickness, size)
                    if text:
                        return Label(text, at, size, muted)
        for wording in (numbers[1], ""):
            for size in sizes[-1:]:
                width_of = self._ruler.sized(size)
                two_lines = wording and thickness >= 2 * LINE * size
                taken = width_of(_SPACE + wording) if wording and not two_lines else 0.0
                name = shortened(names[0], room - taken, width_of)
                if len(name) >= min(_LEAST_NAME, len(names[0])) or (name and not wording):
                    between = "\n" if two_lines else _SPACE
                    return Label(f"{name}{between}{wording}".rstrip(), at, size, muted)
        return None

    def _joined(self, name: str, numbers: str, room: float, thickness: float, size: float) -> str:
        """Put the numbers below the name, or beside it; nothing if neither fits."""
        width_of = self._ruler.sized(size)
        if name and thickness >= 2 * LINE * size:
            fits = max(width_of(name), width_of(numbers)) <= room
            return f"{name}\n{numbers}" if fits else ""
        text = f"{name}{_SPACE}{numbers}" if name else numbers
        return text if width_of(text) <= room else ""


def _lines(block: Block, least: float) -> int:
    return int(block.thickness >= least) + int(block.ends_thickness >= least)
