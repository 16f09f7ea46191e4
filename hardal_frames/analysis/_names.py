"""Names of events as codes: of all events, or of the few that steps name."""

from __future__ import annotations

from dataclasses import dataclass
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
    Mask = npt.NDArray[np.bool_]

_FEW: Final = 16


@dataclass(frozen=True)
class NamedRows:
    """The rows whose events have one of a few names.

    Parameters
    ----------
    mask
        Of all rows, which have one.
    codes
        For each that has, its name as a position in the labels.
    labels
        Those of the names that occur, in alphabetical order.
    """

    mask: Mask
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
            taken(positions, codes, out=part)
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
        positions = np.array(known, dtype=np.int8)
        codes = np.asarray(column.cat.codes)
        parts = [codes[part] for part in slices(len(codes))]
        found = in_threads(lambda part: _coded_among(part, positions), parts)
    else:
        text = as_arrow_text(column)
        if text is None:
            return None
        sought = [pa.scalar(name, type=text.type) for name in wanted]
        found = in_threads(lambda piece: _texts_among(piece, sought), pieces_of(text))
    masks = [np.empty(0, dtype=bool), *(mask for mask, _ in found)]
    some = np.concatenate([np.empty(0, dtype=np.int8), *(codes for _, codes in found)])
    occurs = np.bincount(some, minlength=len(wanted)) > 0
    labels = [name for name, there in zip(wanted, occurs.tolist(), strict=True) if there]
    if len(labels) < len(wanted):
        some = taken((np.cumsum(occurs) - 1).astype(np.int8), some)
    return NamedRows(np.concatenate(masks), some, labels)


def _coded_among(codes: Codes, positions: npt.NDArray[np.int8]) -> tuple[Mask, Codes]:
    """Codes that have a position, and these."""
    mask = np.zeros(len(codes), dtype=bool)
    # Comparing with few is quicker than looking each up.
    for code in np.flatnonzero(positions >= 0).astype(codes.dtype):
        mask |= codes == code
    return mask, positions[codes[mask]]


def _texts_among(piece: pa.Array, sought: list[pa.Scalar]) -> tuple[Mask, Codes]:
    """Texts that are among those sought, and which of them each is."""
    places = np.zeros(len(piece), dtype=np.int8)
    for place, name in enumerate(sought, start=1):
        places += equal_to(piece, name).view(np.int8) * np.int8(place)
    mask = places > 0
    return mask, places[mask] - np.int8(1)


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
