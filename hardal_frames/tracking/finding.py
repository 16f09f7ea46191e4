"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

Severity = Literal["high", "medium", "low"]

SEVERITIES: Final = ("high", "medium", "low")


@dataclass(frozen=True, eq=False)
class Finding:
    """Something that a check found wrong, and the events in which it did.

    Parameters
    ----------
    severity
        ``"high"``: numbers are wrong or personal data leaks; ``"medium"``: numbers may be wrong;
        ``"low"``: worth a look.
    message
        A sentence that says what it means and what to look at. It holds no personal data.
    rows
        The events concerned: positions of rows of the frame that the check was given (its index
        labels are these), or a boolean for each row, where missing is False. Each counts once.
    of
        How many events could have had it, at least those that have; all of the frame by default.
        The share is of these.
    name
        The event name that it is about, if it is about one.
    property
        The column that it is about, if it is about one; ``prop_`` is left out.
    sessions
        Ids of sessions concerned of which there is no event; they count where rows cannot.

    Attributes
    ----------
    count
        How many events are concerned, or sessions that have none.

    Raises
    ------
    InvalidInput
        If the severity is unknown, the rows are no positions, or anything else cannot be used.

    Examples
    --------
    >>> Finding("low", "Two clicks came at once.", rows=[3, 4], name="click").rows.tolist()
    [3, 4]
    """

    severity: Severity
    message: str
    rows: npt.NDArray[np.int64]
    of: int | None = None
    name: str | None = None
    property: str | None = None
    sessions: tuple[str, ...] = ()
    count: int = 0
    _mask_length: int | None = None

    def __init__(
        self,
        severity: Severity,
        message: str,
        rows: Any,  # noqa: ANN401  (any array of positions or booleans)
        *,
        of: int | None = None,
        name: str | None = None,
        property: str | None = None,  # noqa: A002  (the field's own word)
        sessions: Iterable[str] = (),
    ) -> None:
        if severity not in SEVERITIES:
            raise InvalidInput(f"severity is {severity!r}; allowed are {', '.join(SEVERITIES)}.")
        texts: dict[str, object] = {"message": message, "name": name, "property": property}
        for field, text in texts.items():
            if not isinstance(text, str) and (text is not None or field == "message"):
                raise InvalidInput(f"{field} of a finding is {text!r:.60}; a text is needed.")
        several: object = sessions
        if isinstance(several, str) or not np.iterable(several):
            raise InvalidInput(
                f"sessions of a finding is {sessions!r:.60}; a list of session ids is needed, such "
                "as ['s1']."
            )
        positions, mask_length = _positions(rows)
        known = tuple(sessions)
        count = len(positions) + len(known)
        for field, value in (
            ("severity", severity),
            ("message", message),
            ("rows", positions),
            ("of", None if of is None else _at_least(of, count)),
            ("name", name),
            ("property", property),
            ("sessions", known),
            ("count", count),
            ("_mask_length", mask_length),
        ):
            object.__setattr__(self, field, value)

    def require_rows_of(self, length: int, check: str) -> None:
        """Refuse rows that a frame of that length does not have.

        Parameters
        ----------
        length
            How many rows the frame has that the check was given.
        check
            The check's name.

        Raises
        ------
        InvalidInput
            If a position is none of the frame's, or there is not one boolean for each row.

        Examples
        --------
        >>> finding = Finding("low", "Two clicks came at once.", rows=[3, 4])
        >>> finding.require_rows_of(5, "clicks")
        >>> finding.require_rows_of(4, "clicks")
        Traceback (most recent call last):
        ...
        hardal_frames.errors.InvalidInput: The check 'clicks' names row 4; the frame ...
        """
        if self._mask_length not in {None, length}:
            raise InvalidInput(
                f"The check {check!r} gave {self._mask_length} booleans as rows; the frame that it "
                f"was given has {length} rows. One for each row is needed."
            )
        beyond = self.rows[(self.rows < 0) | (self.rows >= length)]
        if len(beyond):
            has = f"rows 0 to {length - 1}" if length else "no rows"
            raise InvalidInput(
                f"The check {check!r} names row {beyond[0]}; the frame that it was given has "
                f"{has}. Positions in that frame are needed, which its index labels are."
            )


def _at_least(of: object, count: int) -> int:
    if isinstance(of, bool) or not isinstance(of, int | np.integer) or of < count:
        raise InvalidInput(
            f"of is {of!r:.60}; a whole number from {count} is needed, which is how many the "
            "finding concerns. Leave it out for all events of the frame."
        )
    return int(of)


def _positions(rows: Any) -> tuple[npt.NDArray[np.int64], int | None]:  # noqa: ANN401
    """Positions in ascending order, each once; and how many booleans there were, if it was such."""
    try:
        values = np.asarray(rows)
    except ValueError:  # lists in a list, of several lengths
        values = np.empty((0, 0))
    if values.ndim != 1:
        raise InvalidInput(
            f"rows of a finding is {rows!r:.60}; a list of positions, or of a boolean for each "
            "row, is needed."
        )
    if values.dtype == object:
        values = _of_objects(values)
    if values.dtype == bool:
        length = len(values)
        places = _labels(rows, length)
        return np.unique(places[values]), length
    if len(values) and not np.issubdtype(values.dtype, np.integer):
        raise InvalidInput(
            f"rows of a finding hold {values.dtype}; positions or booleans are needed."
        )
    return np.unique(values.astype(np.int64)), None


def _of_objects(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Booleans of which some may be missing, or whole numbers, as numpy has them."""
    kind = pd.api.types.infer_dtype(values, skipna=True)
    missing = pd.isna(values)
    if len(values) and (kind == "boolean" or missing.all()):
        found: npt.NDArray[np.bool_] = np.where(missing, False, values).astype(bool)  # noqa: FBT003
        return found
    return values.astype(np.int64) if kind == "integer" and not missing.any() else values


def _labels(rows: object, length: int) -> npt.NDArray[np.int64]:
    """Position that each boolean is about: a sorted Series has it in its index."""
    places = np.arange(length)
    if isinstance(rows, pd.Series) and pd.api.types.is_integer_dtype(rows.index.dtype):
        labels = rows.index.to_numpy(dtype=np.int64)
        if np.array_equal(np.sort(labels), places):
            return labels
    return places
