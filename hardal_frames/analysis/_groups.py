"""Rows told apart by the values of several columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hardal_frames.errors import InvalidInput, told

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]


def column_names(by: object, *, name: str, taken: Iterable[str]) -> list[str]:
    """Read an argument that is a column, or several.

    Parameters
    ----------
    by
        What the caller gave.
    name
        Name of the argument, for messages.
    taken
        Names that columns of the result have.

    Raises
    ------
    InvalidInput
        If it is neither, names one twice, or one that the result has.
    """
    columns = [by] if isinstance(by, str) else by
    if (
        not isinstance(columns, list | tuple)
        or not columns
        or not all(isinstance(each, str) for each in columns)
    ):
        raise InvalidInput(f"{name} is {told(by)}; a column or a list of columns is needed.")
    if len(set(columns)) < len(columns):
        raise InvalidInput(f"{name} is {by!r:.100}; each column is needed once.")
    for column in sorted(set(columns) & set(taken)):
        raise InvalidInput(
            f"{name} is {column!r}, which is also a column of the result. Rename yours: "
            f"events.rename(columns={{{column!r}: ...}})."
        )
    return list(columns)


def grouped(places: list[Integers], size: int) -> tuple[Integers, Integers]:
    """Group of each row from its places in several columns, and the first row of each group.

    Parameters
    ----------
    places
        For each column, the rank of each row's value, -1 where it is missing.
    size
        How many rows there are.

    Returns
    -------
    tuple of two arrays
        Groups are numbered from 0 in the order of their values, a missing one after the others.

    Examples
    --------
    >>> groups, begins = grouped([np.array([1, -1, 0, 1])], 4)
    >>> groups.tolist(), begins.tolist()
    ([1, 2, 0, 1], [2, 0, 1])
    """
    groups = np.zeros(size, dtype=np.int64)
    begins = np.zeros(min(size, 1), dtype=np.int64)
    for place in places:
        last = place.max(initial=-1) + 1
        pairs = groups * (last + 1) + np.where(place < 0, last, place)
        _, begins, groups = np.unique(pairs, return_index=True, return_inverse=True)
    return groups.astype(np.int64, copy=False), begins.astype(np.int64, copy=False)
