"""Names of events as codes: of all events, or of the few that steps name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from hardal_frames.analysis._encoding import as_arrow_text, factorized, text_codes
from hardal_frames.analysis._parts import in_threads, slices, taken
from hardal_frames.analysis._texts import equal_to, pieces_of

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt

    Codes = npt.NDArray[np.signedinteger[Any]]
    Integers = npt.NDArray[np.int64]

_FEW: Final = 16


@dataclass(frozen=True)
class NamedRows:
    """The rows whose events have one of a few names.

    Parameters
    ----------
    rows
        The rows, ascending.
    codes
        Name of each, as a position in the labels.
    labels
        Those of the names that occur, in alphabetical order.
    """

    rows: Integers
    codes: Codes
    labels: list[str]


def name_codes(column: pd.Series[Any]) -> tuple[Codes, list[str]]:
    """Code of each name as a position in the labels, -1 where it is missing; and the labels.

    Parameters
    ----------
    column
        Names, as text of any kind.

    Returns
    -------
    tuple
        Codes in the narrowest type that holds them, and the names that occur in alphabetical
        order.
    """
    coded = _unsorted_codes(column)
    used = [_used(codes, len(names)) for codes, names in coded]
    labels = sorted(
        {names[code] for (_, names), own in zip(coded, used, strict=True) for code in own}
    )
    place = {label: code for code, label in enumerate(labels)}
    result = np.empty(len(column), dtype=np.min_scalar_type(-max(len(labels), 1)))
    begin = 0
    for (codes, names), own in zip(coded, used, strict=True):
        positions = np.full(len(names) + 1, -1, dtype=result.dtype)  # the last is that of -1
        positions[own] = [place[names[code]] for code in own]
        part = result[begin : begin + len(codes)]
        if np.array_equal(positions[:-1], np.arange(len(names))):
            part[:] = codes
        else:
            _translated(codes, positions, out=part)
        begin += len(codes)
    return result, labels


def rows_named(column: pd.Series[Any], names: Collection[str]) -> NamedRows | None:
    """Rows that have one of a few names; None if that cannot be told quickly.

    Parameters
    ----------
    column
        Names.
    names
        The names.
    """
    wanted = sorted(names)
    if len(wanted) > _FEW:
        return None
    if isinstance(column.dtype, pd.CategoricalDtype):
        place = {name: code for code, name in enumerate(wanted)}
        known = [place.get(str(name), -1) for name in column.cat.categories]
        positions = np.array([*known, -1], dtype=np.int8)  # the last is that of -1
        codes = np.asarray(column.cat.codes)
        parts = [codes[part] for part in slices(len(codes))]
        places = partial(_translated, positions=positions)
    else:
        text = as_arrow_text(column)
        if text is None:
            return None
        sought = [pa.scalar(name, type=text.type) for name in wanted]
        parts = pieces_of(text)
        places = partial(_places_among, sought=sought)
    before = np.cumsum([0, *map(len, parts)])[:-1]

    def named(number: int) -> tuple[Integers, Codes, Integers]:
        place = places(parts[number])
        rows = np.flatnonzero(place >= 0)
        some = place[rows]
        return rows + before[number], some, np.bincount(some, minlength=len(wanted))

    nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int8), np.zeros(len(wanted))
    found = [nothing, *in_threads(named, range(len(parts)))]
    all_rows, all_codes, counts = zip(*found, strict=True)
    rows, some = np.concatenate(all_rows), np.concatenate(all_codes)
    occurs = np.sum(counts, axis=0) > 0
    labels = [name for name, there in zip(wanted, occurs.tolist(), strict=True) if there]
    if len(labels) < len(wanted):
        some = _translated(some, np.append(np.cumsum(occurs) - 1, -1).astype(np.int8))
    return NamedRows(rows, some, labels)


def _translated(codes: Codes, positions: Codes, out: Codes | None = None) -> Codes:
    """Position of each code, the last one that of -1; as ``positions[codes]``, but quicker."""
    result = np.empty(len(codes), dtype=positions.dtype) if out is None else out
    if codes.dtype != np.int8 or positions.dtype != np.int8:
        return taken(positions, codes, out=result)
    table = np.full(1 << 8, positions[-1], dtype=np.int8)
    table[: len(positions) - 1] = positions[:-1]
    letters = table.tobytes()
    for part in slices(len(codes)):
        found = codes[part].tobytes().translate(letters)
        result[part] = np.frombuffer(found, dtype=np.int8)
    return result


def _places_among(piece: pa.Array, sought: list[pa.Scalar]) -> Codes:
    """Place of each text among those sought, or -1."""
    places = np.full(len(piece), -1, dtype=np.int8)
    for place, name in enumerate(sought, start=1):
        places += equal_to(piece, name).view(np.int8) * np.int8(place)
    return places


def _unsorted_codes(column: pd.Series[Any]) -> list[tuple[Codes, list[str]]]:
    """Codes of one part of the names after the other, and the names that each part's stand for."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [(np.asarray(column.cat.codes), [str(name) for name in column.cat.categories])]
    text = as_arrow_text(column)
    if text is None:
        codes, distinct = factorized(column)
        return [(codes, [str(name) for name in distinct])]
    return [(codes, distinct.to_pylist()) for codes, distinct in text_codes(text)]


def _used(codes: Codes, count: int) -> list[int]:
    """Those of the codes from 0 that occur."""
    seen = np.zeros(count + 1, dtype=bool)  # the last place is that of -1
    for part in slices(len(codes)):
        seen[codes[part]] = True
        if seen[:-1].all():
            break
    return np.flatnonzero(seen[:-1]).tolist()
