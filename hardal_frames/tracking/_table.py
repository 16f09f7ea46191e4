"""Findings as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.tracking.finding import SEVERITIES

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.tracking._log import Log
    from hardal_frames.tracking.finding import Finding

    Integers = npt.NDArray[np.int64]

COLUMNS: Final = (
    "check",
    "severity",
    "name",
    "property",
    "count",
    "share",
    "first_seen",
    "last_seen",
    "example_ids",
    "example_sessions",
    "message",
)

EXAMPLES: Final = "examples"
"""Where the attrs of a table of findings say how many events a finding names at most."""


def findings_table(
    log: Log,
    frame: pd.DataFrame,
    usable: Integers,
    found: list[tuple[str, Finding]],
    examples: int | None,
) -> pd.DataFrame:
    """Make the table of findings, as `audit` describes it.

    Parameters
    ----------
    log
        The events that the checks saw.
    frame
        All events; the findings name rows of it.
    usable
        Rows of the frame that are in the log.
    found
        Name of each check and what it found.
    examples
        How many events and sessions a finding names; None for all.
    """
    found = sorted(found, key=_gravity)
    findings = [finding for _, finding in found]
    places = _places(log, frame, usable) if findings else np.empty(0, dtype=np.int64)
    in_time = [finding.rows[np.argsort(places[finding.rows])] for finding in findings]
    times = frame["timestamp"]
    seen = [times.iloc[rows] for rows in in_time]
    texts: dict[str, list[str | None]] = {
        "check": [name for name, _ in found],
        "severity": [finding.severity for finding in findings],
        "name": [finding.name for finding in findings],
        "property": [finding.property for finding in findings],
    }
    columns: dict[str, Any] = {
        name: pd.array(values, dtype=schema.TEXT) for name, values in texts.items()
    }
    counts = np.array([finding.count for finding in findings], dtype=np.int64)
    of = [len(frame) if finding.of is None else finding.of for finding in findings]
    columns |= {
        "count": counts,
        "share": counts / np.maximum(np.array(of, dtype=np.int64), 1),
        "first_seen": pd.Series([each.min() for each in seen], dtype=times.dtype),
        "last_seen": pd.Series([each.max() for each in seen], dtype=times.dtype),
        "example_ids": pd.Series(
            [_values(frame, "id", rows[:examples]) for rows in in_time], dtype=object
        ),
        "example_sessions": pd.Series(
            [
                _values(frame, "session_id", rows[:examples]) + finding.sessions[:examples]
                for rows, finding in zip(in_time, findings, strict=True)
            ],
            dtype=object,
        ),
        "message": pd.array([finding.message for finding in findings], dtype=schema.TEXT),
    }
    table = pd.DataFrame(columns, columns=list(COLUMNS))
    table.attrs[EXAMPLES] = examples
    return table


def _gravity(each: tuple[str, Finding]) -> tuple[int, int, str, str, str, str]:
    check, finding = each
    return (
        SEVERITIES.index(finding.severity),
        -finding.count,
        check,
        finding.name or "",
        finding.property or "",
        finding.message,
    )


def _places(log: Log, frame: pd.DataFrame, usable: Integers) -> Integers:
    """Place of each row in order of time; rows without session, name or time come last."""
    found = np.full(len(frame), -1, dtype=np.int64)
    found[usable] = log.places
    others = np.flatnonzero(found < 0)
    if len(others):
        keys = frame.iloc[others].reset_index(drop=True)
        names = [name for name in ("session_id", "name", "sequence", "id") if name in keys.columns]
        keys = keys[["timestamp", *names]].assign(
            **{name: keys[name].astype(str) for name in names}
        )
        order = keys.sort_values(list(keys.columns), kind="stable").index.to_numpy()
        found[others[order]] = len(usable) + np.arange(len(others))
    return found


def _values(frame: pd.DataFrame, column: str, rows: Integers) -> tuple[str, ...]:
    """Distinct values of a column at some rows, in the order of the rows."""
    if column not in frame.columns:
        return ()
    return tuple(dict.fromkeys(frame[column].iloc[rows].dropna().astype(str)))
