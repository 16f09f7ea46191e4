"""What is wrong with the tracking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.audit._checks.registry import CHECKS
from hardal_frames.audit._log import Limits, Log
from hardal_frames.audit._plan_checks import plan_findings
from hardal_frames.audit.finding import SEVERITIES, Finding
from hardal_frames.audit.plan import as_plan
from hardal_frames.errors import InvalidInput, UnknownName, near_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from os import PathLike

    from hardal_frames.audit.plan import Plan

    Check = Callable[[Any], Iterable[Finding]]

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


def audit(
    events: pd.DataFrame,
    sessions: pd.DataFrame | None = None,
    *,
    plan: Plan | str | PathLike[str] | None = None,
    checks: Sequence[str | Check] | None = None,
    examples: int | None = 5,
    purchase: str = "purchase",
    duplicate_within: str | pd.Timedelta = "300ms",
    nearly_all: float = 0.95,
    ties: int = 5,
    regular_events: int = 20,
    regularity: float = 0.05,
    change: float = 0.5,
    now: str | pd.Timestamp | None = None,
    own_hosts: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Find what is wrong with the tracking: how often, since when, and where to look.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name; checks of other columns need them.
    sessions
        The session list, to compare with the events that were fetched.
    plan
        What the events should be, or the file that says so (`plan_from`, `read_plan`): departures
        are found whatever `checks` chooses. A planned event that never came has a count of 0.
    checks
        Which to do, by name, and functions of your own, each of which is given the events that
        have session, name and timestamp, and yields a `Finding` for each thing it finds. All
        checks of this library by default.
    examples
        How many events and sessions a finding names; None for all.
    purchase
        Name of the event that is a purchase.
    duplicate_within
        Two equal events so near one another are one that was sent twice.
    nearly_all
        A property that at least this share of an event's occurrences have should never be missing.
    ties
        So many events of one session at one instant are not what a person did.
    regular_events, regularity
        A session of at least so many events is a machine's if its pauses vary by less than this
        share of their mean.
    change
        A day's volume, or the share of events that have a property, that differs by more than this
        share from the days before has changed.
    now
        Later events are in the future; the clock of this machine by default.
    own_hosts
        Hosts of the site itself; those of the events' own urls by default.

    Returns
    -------
    DataFrame
        One row a finding, the gravest first, then the most frequent: check, severity, name,
        property (strings; name and property may be missing), count (int64: events), share (float64:
        count / events that could have it), first_seen, last_seen (timestamps in the frame's zone),
        example_ids, example_sessions (tuples of strings, the earliest events), message (string).

    Raises
    ------
    UnknownName
        If a check is unknown, near names told.
    InvalidInput
        If the frame cannot be audited, or an argument cannot be used.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.sample_events()
    >>> hf.audit(events, checks=["duplicate_event"], now="2026-04-01").empty
    True
    """
    frame = schema.require_frame(events)
    schema.require_columns(frame, ("session_id", "timestamp", "name"))
    schema.require_distinct_columns(frame)
    limits = Limits(
        purchase=purchase,
        duplicate_within=_duration(duplicate_within),
        nearly_all=_share(nearly_all, "nearly_all"),
        ties=_whole(ties, "ties", least=2),
        regular_events=_whole(regular_events, "regular_events", least=3),
        regularity=_share(regularity, "regularity"),
        change=_share(change, "change"),
        now=_instant(now),
        own_hosts=None if own_hosts is None else frozenset(map(str.casefold, own_hosts)),
    )
    if examples is not None:
        _whole(examples, "examples", least=0)
    usable = frame[["session_id", "timestamp", "name"]].notna().all(axis=1).to_numpy(dtype=bool)
    rows = np.flatnonzero(usable)
    log = Log(frame if usable.all() else frame.iloc[rows], sessions, limits)
    found: list[tuple[str, Finding]] = []
    for check in CHECKS if checks is None else checks:
        name, findings = _done(check, log)
        found += [(name, finding) for finding in findings if len(finding.rows)]
    if plan is not None:
        found += plan_findings(log, as_plan(plan))
    return _table(log.frame, found, examples)


def _done(check: str | Check, log: Log) -> tuple[str, list[Finding]]:
    if not isinstance(check, str):
        name = getattr(check, "__name__", type(check).__name__)
        findings = list(check(log.frame))
        for finding in findings:
            if not isinstance(finding, Finding):
                raise InvalidInput(
                    f"The check {name!r} gave a {type(finding).__name__}; a Finding is needed."
                )
        return name, findings
    if check not in CHECKS:
        raise UnknownName(f"There is no check called {check!r}. {near_names(check, CHECKS)}")
    return check, list(CHECKS[check](log))


def _table(
    frame: pd.DataFrame, found: list[tuple[str, Finding]], examples: int | None
) -> pd.DataFrame:
    times = frame["timestamp"]
    order = sorted(
        found,
        key=lambda each: (
            SEVERITIES.index(each[1].severity),
            -len(each[1].rows),
            each[0],
            each[1].name or "",
            each[1].property or "",
        ),
    )
    seen = [times.iloc[finding.rows] for _, finding in order]
    named = [
        finding.rows[np.argsort(instants.to_numpy(), kind="stable")][:examples]
        for (_, finding), instants in zip(order, seen, strict=True)
    ]
    findings = [finding for _, finding in order]
    texts: dict[str, list[str | None]] = {
        "check": [name for name, _ in order],
        "severity": [finding.severity for finding in findings],
        "name": [finding.name for finding in findings],
        "property": [finding.property for finding in findings],
    }
    columns: dict[str, Any] = {
        name: pd.array(values, dtype=schema.TEXT) for name, values in texts.items()
    }
    counts = np.array([len(finding.rows) for finding in findings], dtype=np.int64)
    of = [len(frame) if finding.of is None else finding.of for finding in findings]
    columns |= {
        "count": counts,
        "share": counts / np.maximum(np.array(of, dtype=np.int64), 1),
        "first_seen": pd.Series([each.min() for each in seen], dtype=times.dtype),
        "last_seen": pd.Series([each.max() for each in seen], dtype=times.dtype),
        "example_ids": _tuples(frame, "id", named),
        "example_sessions": _tuples(frame, "session_id", named),
        "message": pd.array([finding.message for finding in findings], dtype=schema.TEXT),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _tuples(frame: pd.DataFrame, column: str, rows: list[Any]) -> pd.Series[Any]:
    """Distinct values of a column at the rows of each finding, as tuples."""
    found = [()] * len(rows)
    if column in frame.columns:
        found = [
            tuple(dict.fromkeys(frame[column].iloc[each].dropna().astype(str))) for each in rows
        ]
    return pd.Series(found, dtype=object)


def _whole(value: object, name: str, *, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InvalidInput(f"{name} is {value!r:.60}; a whole number from {least} is needed.")
    return value


def _share(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise InvalidInput(f"{name} is {value!r:.60}; a share above 0 and up to 1 is needed.")
    return float(value)


def _duration(value: object) -> pd.Timedelta:
    from hardal_frames.analysis._steps import duration_in_microseconds  # noqa: PLC0415

    return pd.Timedelta(duration_in_microseconds(value, "duplicate_within"), unit="us")


def _instant(value: Any) -> pd.Timestamp:  # noqa: ANN401  (whatever pandas can read)
    try:
        instant: Any = pd.Timestamp.now("UTC") if value is None else pd.Timestamp(value)
    except (ValueError, TypeError):
        instant = pd.NaT
    if pd.isna(instant):
        raise InvalidInput(
            f"now is {value!r:.60}; an instant such as '2026-03-02T10:00Z' is needed."
        )
    zoned: pd.Timestamp = instant if instant.tzinfo is not None else instant.tz_localize("UTC")
    return zoned
