"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

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
        The events concerned: positions of rows of the frame that the check was given, or a boolean
        for each row.
    of
        How many events could have had it; all of the frame by default. The share is of these.
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
        If the severity is unknown, or the rows are no positions.

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
        values = np.asarray(rows)
        if values.dtype == bool:
            values = np.flatnonzero(values)
        if len(values) and not np.issubdtype(values.dtype, np.integer):
            raise InvalidInput(
                f"rows of a finding hold {values.dtype}; positions or booleans are needed."
            )
        for field, value in (
            ("severity", severity),
            ("message", message),
            ("rows", np.sort(values.astype(np.int64))),
            ("of", of),
            ("name", name),
            ("property", property),
            ("sessions", (known := tuple(sessions))),
            ("count", len(values) + len(known)),
        ):
            object.__setattr__(self, field, value)
