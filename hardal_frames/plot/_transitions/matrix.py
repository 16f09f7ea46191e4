"""The heatmap's numbers, read from a table of transitions; no matplotlib here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.table import numbers, require_table, summed, texts, whole_numbers
from hardal_frames.plot._shared.text import one_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

ENTRY: Final = "(entry)"
EXIT: Final = "(exit)"
OTHER: Final = "(other)"

_WHAT: Final = "transitions"
_MADE_BY: Final = "transitions(events)"


@dataclass(frozen=True, eq=False)
class Matrix:
    """What the heatmap shows.

    Parameters
    ----------
    rows, columns
        What stands beside and above: names on one line, other and exit last, entry first.
    counts, shares
        Of each cell.
    leaving
        How many leave each row's event: what the shares are of.
    entry, others
        Whether the first row is the entry, and whether there is an other row.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Integers
    shares: Floats
    leaving: Integers
    entry: bool
    others: bool

    @property
    def events(self) -> int:
        """How many events have a row of their own."""
        return len(self.rows) - self.entry - self.others


def read_transitions(table: pd.DataFrame, *, top: int) -> Matrix:
    """Read what `transitions` returns; shares are of all that leave, before any cut.

    Parameters
    ----------
    table
        Columns source, target, count, probability; any of its rows.
    top
        How many events to keep; the rest is other.

    Returns
    -------
    Matrix
        The most frequent event first.

    Raises
    ------
    InvalidInput
        If a column is missing or holds what cannot be drawn.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "source": [None, "a", "a", "b"],
    ...         "target": ["a", "b", "a", None],
    ...         "count": [3, 3, 1, 3],
    ...         "probability": [1.0, 0.75, 0.25, 1.0],
    ...     }
    ... )
    >>> matrix = read_transitions(table, top=1)
    >>> matrix.rows, matrix.columns, matrix.shares.tolist()
    (('(entry)', 'a', '(other)'), ('a', '(other)', '(exit)'), [[1.0, 0.0, 0.0], [0.25, 0.75, 0.0], \
[0.0, 0.0, 1.0]])
    """
    require_table(
        table,
        ("source", "target", "count", "probability"),
        chart="transitions",
        what=_WHAT,
        made_by=_MADE_BY,
    )
    counts = whole_numbers(table, "count", least=0, what=_WHAT)
    shares = _probabilities(table, counts)
    labels, codes = _coded(texts(table, "source") + texts(table, "target"))
    sources, targets = codes[: len(table)], codes[len(table) :]
    _require_each_once(sources, targets, labels)
    leaving = _leaving(sources, counts, shares, len(labels))
    arriving = np.bincount(targets[targets >= 0], counts[targets >= 0], len(labels))
    # A part of the table may have an event only as a target; so whichever is seen more counts.
    order = np.argsort(-np.maximum(leaving[:-1], arriving), kind="stable")
    kept = order[:top]
    place = np.full(len(labels) + 1, len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    # Rows: entry, kept, other; columns: kept, other, exit.
    row = np.where(sources < 0, 0, place[sources] + 1)
    column = np.where(targets < 0, len(kept) + 1, place[targets])
    cells = np.zeros((len(kept) + 2, len(kept) + 2), dtype=np.int64)
    np.add.at(cells, (row, column), counts)
    totals = np.zeros(len(kept) + 2, dtype=np.int64)
    totals[0] = leaving[-1]
    np.add.at(totals, place[:-1] + 1, leaving[:-1])
    entry, others = bool((sources < 0).any()), len(labels) > len(kept)
    shown = np.ones(len(kept) + 2, dtype=bool)
    shown[[0, -1]] = entry, others
    names = [one_line(labels[code]) for code in kept.tolist()]
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.where(totals[:, np.newaxis] > 0, cells / totals[:, np.newaxis], 0.0)
    rows = (ENTRY, *names, OTHER)
    return Matrix(
        rows=tuple(name for name, seen in zip(rows, shown, strict=True) if seen) if names else (),
        columns=(*names, OTHER, EXIT),
        counts=cells[shown],
        shares=np.minimum(parts[shown], 1.0),
        leaving=totals[shown],
        entry=entry,
        others=others,
    )


def _coded(names: list[str | None]) -> tuple[list[str], Integers]:
    """Labels in alphabetical order, and the code of each name; -1 for none."""
    labels = sorted({name for name in names if name is not None})
    codes = {name: code for code, name in enumerate(labels)}
    found = [-1 if name is None else codes[name] for name in names]
    return labels, np.array(found, dtype=np.int64)


def _probabilities(table: pd.DataFrame, counts: Integers) -> Floats:
    shares = numbers(table, "probability")
    wrong = ~((shares >= 0) & (shares <= 1)) | ((counts > 0) & (shares == 0))
    if wrong.any():
        example = table["probability"].iloc[int(np.flatnonzero(wrong)[0])]
        raise InvalidInput(
            f"Column 'probability' of the frame of {_WHAT} has {example!r} in {int(wrong.sum())} "
            f"of {len(table)} rows; shares above 0, up to 1, are needed, as transitions(events) "
            "gives them."
        )
    return shares


def _require_each_once(sources: Integers, targets: Integers, labels: list[str]) -> None:
    pairs = pd.Series((sources + 1) * (len(labels) + 1) + targets + 1)
    again = pairs.duplicated()
    if again.any():
        at = int(np.flatnonzero(again)[0])
        names = [*labels, None]
        raise InvalidInput(
            f"The frame of {_WHAT} has the pair {names[sources[at]]!r}, {names[targets[at]]!r} "
            "twice; each is needed once. Draw the transitions of one group at a time."
        )


def _leaving(sources: Integers, counts: Integers, shares: Floats, labels: int) -> Integers:
    """How many leave each source, the entry last: told by any of its rows, best by the largest."""
    leaving = np.zeros(labels + 1, dtype=np.int64)
    order = np.argsort(counts, kind="stable")
    order = order[counts[order] > 0]
    leaving[sources[order]] = np.rint(counts[order] / shares[order]).astype(np.int64)
    return np.maximum(leaving, summed(sources, counts, labels + 1))
