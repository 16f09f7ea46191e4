"""Names of events as codes: of all events, or of the few that steps name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from hardal_frames.analysis._encoding import as_arrow_text, encoded_texts, factorized
from hardal_frames.analysis._parts import bundles, in_threads, joined, slices, taken
from hardal_frames.analysis._search import Sieve, marked, texts_found
from hardal_frames.analysis._texts import pieces_at, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import numpy.typing as npt

    from hardal_frames.analysis._search import Found
    from hardal_frames.analysis._texts import Piece

    Codes = npt.NDArray[np.signedinteger[Any]]
    Integers = npt.NDArray[np.int64]

_FEW: Final = 16

_CODES_AT_ONCE: Final = 1 << 20
"""Codes are narrow and quickly compared; of fewer, threads would wait for one another."""


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


def name_codes(column: pd.Series[Any], rows: Integers | None = None) -> tuple[Codes, list[str]]:
    """Code of each name as a position in the labels, -1 where it is missing; and the labels.

    Parameters
    ----------
    column
        Names, as text of any kind.
    rows
        Ascending rows to look at, as if there were no others; None for all.

    Returns
    -------
    tuple
        Codes in the narrowest type that holds them, and the names that occur in alphabetical
        order.
    """
    coded = _unsorted_codes(column, rows)
    labels = sorted({each.names[code] for each in coded for code in each.used})
    place = {label: code for code, label in enumerate(labels)}
    ends = np.cumsum([0, *(len(each.codes) for each in coded)]).tolist()
    result = np.empty(ends[-1], dtype=np.min_scalar_type(-max(len(labels), 1)))

    def put(number: int) -> None:
        codes, names, used = coded[number]
        positions = np.full(len(names) + 1, -1, dtype=result.dtype)  # the last is that of -1
        positions[used] = [place[names[code]] for code in used]
        part = result[ends[number] : ends[number + 1]]
        if np.array_equal(positions[:-1], np.arange(len(names))):
            part[:] = codes
        else:
            _translated(codes, positions, out=part)

    in_threads(put, range(len(coded)))
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
    find: Callable[[Any], Found]
    if isinstance(column.dtype, pd.CategoricalDtype):
        place = {name: number for number, name in enumerate(wanted)}
        known = enumerate(map(str, column.cat.categories))
        sought = [(code, place[name]) for code, name in known if name in place]
        codes = column.array.codes
        parts = [codes[part] for part in slices(len(codes), _CODES_AT_ONCE)]
        find = partial(_codes_found, sought=sought)
    else:
        text = as_arrow_text(column)
        if text is None:
            return None
        parts = pieces_of(text)
        letters = [name.encode() for name in wanted]
        sieve = Sieve.made_for(letters, parts[0]) if parts else None
        find = partial(texts_found, wanted=letters, sieve=sieve)
    before = np.cumsum([0, *map(len, parts)])[:-1]

    def named(number: int) -> Found:
        rows, some = find(parts[number])
        return rows + before[number], some

    nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int8)
    found = [nothing, *in_threads(named, range(len(parts)))]
    rows, some = (joined(each) for each in zip(*found, strict=True))
    occurs = [bool(np.any(some == place)) for place in range(len(wanted))]
    labels = [name for name, there in zip(wanted, occurs, strict=True) if there]
    if len(labels) < len(wanted):
        some = _translated(some, np.append(np.cumsum(occurs) - 1, -1).astype(np.int8))
    return NamedRows(rows, some, labels)


def _codes_found(codes: Codes, *, sought: Sequence[tuple[int, int]]) -> Found:
    """Rows that have one of some codes, and the place that stands beside the code."""
    return marked(((place, codes == code) for code, place in sought), len(codes))


def _translated(codes: Codes, positions: Codes, out: Codes | None = None) -> Codes:
    """Position of each code, the last one that of -1; as ``positions[codes]``, but quicker."""
    result = np.empty(len(codes), dtype=positions.dtype) if out is None else out
    if codes.dtype != np.int8 or positions.dtype != np.int8:
        return taken(positions, codes, out=result)
    table = np.full(1 << 8, positions[-1], dtype=np.int8)
    table[: len(positions) - 1] = positions[:-1]
    letters, places = pa.array(table), codes.view(np.uint8)

    def translate(part: slice) -> None:
        result[part] = pyarrow.compute.take(letters, pa.array(places[part]), boundscheck=False)

    in_threads(translate, list(slices(len(codes), _CODES_AT_ONCE)))
    return result


class _Coded(NamedTuple):
    """Codes of some names, -1 where one is missing, what they stand for, and those that occur."""

    codes: Codes
    names: list[str]
    used: Sequence[int]


def _unsorted_codes(column: pd.Series[Any], rows: Integers | None) -> list[_Coded]:
    """Codes of one part of the names after the other."""
    text = as_arrow_text(column)
    if text is not None:
        pieces = pieces_at(text, rows, _CODES_AT_ONCE)
        # Each bundle has its own dictionary.
        return in_threads(_coded_texts, bundles(pieces, [*map(len, pieces)], _CODES_AT_ONCE))
    if rows is not None:
        column = column.take(rows)
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, names = column.array.codes, [str(name) for name in column.cat.categories]
        return [_Coded(codes, names, _used(codes, len(names)))]
    codes, distinct = factorized(column)
    return [_Coded(codes, [str(name) for name in distinct], range(len(distinct)))]


def _coded_texts(pieces: list[Piece]) -> _Coded:
    codes, distinct = encoded_texts([piece.texts() for piece in pieces])
    narrow = np.min_scalar_type(-max(len(distinct), 1))
    return _Coded(codes.astype(narrow), distinct.to_pylist(), range(len(distinct)))


def _used(codes: Codes, count: int) -> list[int]:
    """Those of the codes from 0 that occur."""
    seen = np.zeros(count + 1, dtype=bool)  # the last place is that of -1
    for part in slices(len(codes)):
        seen[codes[part]] = True
        if seen[:-1].all():
            break
    return np.flatnonzero(seen[:-1]).tolist()
