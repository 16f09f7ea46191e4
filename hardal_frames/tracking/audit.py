"""What is wrong with the tracking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._encoding import microseconds
from hardal_frames.errors import InvalidInput, UnknownName, near_names
from hardal_frames.tracking._checks.registry import CHECKS, OF_ALL_ROWS
from hardal_frames.tracking._limits import checked_limits
from hardal_frames.tracking._log import Log
from hardal_frames.tracking._personal import personal_among, without
from hardal_frames.tracking._plan_checks import plan_findings
from hardal_frames.tracking._table import findings_table
from hardal_frames.tracking.finding import Finding
from hardal_frames.tracking.plan import as_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from os import PathLike

    from hardal_frames.tracking.plan import Plan

    Check = Callable[[Any], Iterable[Finding]]


def audit(
    events: pd.DataFrame,
    sessions: pd.DataFrame | None = None,
    *,
    plan: Plan | str | PathLike[str] | None = None,
    checks: Sequence[str | Check] | None = None,
    examples: int | None = 5,
    purchase: str | None = None,
    duplicate_within: str | pd.Timedelta = "300ms",
    nearly_all: float = 0.95,
    ties: int = 5,
    regular_events: int = 20,
    regularity: float = 0.05,
    fastest: str | pd.Timedelta = "300ms",
    change: float = 0.5,
    duration_within: str | pd.Timedelta = "2s",
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
        Which to do, by name, and functions of your own, each of which is given a copy of the events
        that have session, name and timestamp, with index labels from 0, and yields a `Finding` for
        each thing it finds. All checks of this library by default.
    examples
        How many events and sessions a finding names; None for all.
    purchase
        Name of the event that is a purchase; ``"purchase"`` by default, if there is any.
    duplicate_within
        Two equal events so near one another are one that was sent twice.
    nearly_all
        A property that at least this share of an event's occurrences have should never be missing;
        values of which so many are of one kind should all be; steps that so many purchases have
        before them should never be missing.
    ties
        So many events of one session at one instant are not what a person did.
    regular_events, regularity
        A session with events at that many different instants or more is a machine's if its pauses
        vary by less than this share of their mean.
    fastest
        Such a session is a machine's, too, if its pauses are shorter than this on average.
    change
        A day's volume, or the share of events that have a property, that differs by more than this
        share from the days before has changed, if chance cannot explain it.
    duration_within
        A session's duration in the list may differ by this from that of its events.
    now
        Later events are in the future; the clock of this machine by default.
    own_hosts
        Hosts of the site itself; those of the events' own urls by default.

    Returns
    -------
    DataFrame
        One row a finding, the gravest first, then the most frequent: check, severity, name,
        property (strings; name and property may be missing), count (int64: events; sessions where
        it is about sessions that have none), share (float64: count / events, or sessions, that
        could have it), first_seen, last_seen (timestamps in the frame's zone), example_ids,
        example_sessions (tuples of strings, the earliest events), message (string).

    Raises
    ------
    UnknownName
        If a check is unknown, or no event has the name that `purchase` gives; near names told.
    InvalidInput
        If the frame cannot be audited, or an argument cannot be used.

    Notes
    -----
    The checks are

    ======================== ====================================================================
    unusable_event           without session, name or timestamp; the other checks do not see it
    duplicate_event          sent again at once, with the same path and properties
    repeated_transaction     the transaction_id of an earlier purchase
    incomplete_purchase      without amount, currency, quantity or transaction_id
    bad_number               a price, quantity ... that is no number or negative; quantity 0
    mixed_currencies         several in one session, or one that is no code of ISO 4217
    purchase_without_steps   none of the steps that nearly all purchases have before them
    type_change              a value of another kind than nearly all others of that property
    missing_property         what nearly all events of that name have
    similar_names            differ from one another in case or separators only
    incomplete_pageview      without path or title
    contradicting_path       path is not that of the url
    out_of_order             earlier than an event before it in the feed
    future_event             later than now
    tied_events              many events of one session, or many sessions, at one instant
    lost_campaign            utm in the url, and not, or another, in the properties
    changed_campaign         utm_source changes within a session
    self_referral            a session that comes from the site itself
    personal_data            e-mail, phone, card or identity number, by pattern and check digits
    regular_session          machine regularity, or inhuman speed
    changed_volume           more or fewer events of a name than on the days before
    changed_fill             more or fewer of a name's events have a property than before
    session_list             the list's counts and duration are not those of the events
    ======================== ====================================================================

    A finding may be an exception that is meant to be; that its events are as it says is certain,
    save for what only chance tells from a fault: there, the odds of a finding by chance are small
    in data of any size.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.sample_events()
    >>> findings = hf.audit(events, now="2026-04-01")
    >>> findings[["check", "severity", "name", "property"]]
               check severity               name property
    0  personal_data   medium  newsletter_signup    email
    """
    frame = schema.require_frame(events)
    schema.require_columns(frame, ("session_id", "timestamp", "name"))
    schema.require_distinct_columns(frame)
    if sessions is not None:
        schema.require_columns(schema.require_frame(sessions), ("session_id",), what="sessions")
    limits = checked_limits(
        purchase="purchase" if purchase is None else purchase,
        duplicate_within=duplicate_within,
        nearly_all=nearly_all,
        ties=ties,
        regular_events=regular_events,
        regularity=regularity,
        fastest=fastest,
        change=change,
        duration_within=duration_within,
        now=now,
        own_hosts=own_hosts,
    )
    if examples is not None:
        schema.require_whole(examples, "examples", least=0)
    microseconds(frame["timestamp"])  # refuses naive timestamps, even if no check looks at them
    usable = frame[["session_id", "timestamp", "name"]].notna().all(axis=1).to_numpy(dtype=bool)
    rows = np.flatnonzero(usable)
    log = Log(frame if usable.all() else frame.iloc[rows], sessions, limits, frame[~usable])
    names = log.frame["name"].astype(str).unique().tolist()
    secrets = personal_among([*names, *(name.removeprefix("prop_") for name in log.properties)])
    if purchase is not None and purchase not in names:
        near = near_names(purchase, set(names).difference(secrets))
        raise UnknownName(f"No event is called {purchase!r}. {near}")
    found: list[tuple[str, Finding]] = []
    for check in [*OF_ALL_ROWS, *CHECKS] if checks is None else _several(checks):
        name, findings = _done(check, log, frame, rows)
        found += [(name, finding) for finding in findings if finding.count]
    if plan is not None:
        departures = plan_findings(log, as_plan(plan))
        found += [(name, _in_whole(finding, log, rows)) for name, finding in departures]
    if secrets:
        found = [(name, _without(secrets, finding)) for name, finding in found]
    return findings_table(log, frame, rows, found, examples)


def _several(checks: Any) -> list[str | Check]:  # noqa: ANN401  (what the caller gave)
    if isinstance(checks, str) or not np.iterable(checks):
        raise InvalidInput(
            f"checks is {checks!r:.60}; a list of names and functions is needed, such as "
            "['duplicate_event']."
        )
    return list(checks)


def _done(
    check: str | Check, log: Log, frame: pd.DataFrame, rows: np.ndarray
) -> tuple[str, list[Finding]]:
    """Do a check; rows of its findings become those of the whole frame."""
    if not isinstance(check, str):
        return _done_by_caller(check, log, rows)
    if check in OF_ALL_ROWS:
        return check, list(OF_ALL_ROWS[check](frame))
    if check not in CHECKS:
        known = [*OF_ALL_ROWS, *CHECKS]
        raise UnknownName(f"There is no check called {check!r}. {near_names(check, known)}")
    return check, [_in_whole(finding, log, rows) for finding in CHECKS[check](log)]


def _done_by_caller(check: Any, log: Log, rows: np.ndarray) -> tuple[str, list[Finding]]:  # noqa: ANN401
    if not callable(check):
        raise InvalidInput(
            f"checks holds {check!r:.60}; the name of a check or a function is needed."
        )
    name = getattr(check, "__name__", type(check).__name__)
    # A copy with labels of its own: what a check writes stays there, and labels are positions.
    try:
        findings = _several_findings(name, check(log.frame.reset_index(drop=True)))
    except Exception as error:
        error.add_note(f"The check {name!r} raised this.")
        raise
    for finding in findings:
        finding.require_rows_of(len(log), name)
    return name, [_in_whole(finding, log, rows) for finding in findings]


def _several_findings(check: str, result: Any) -> list[Finding]:  # noqa: ANN401  (anything)
    needed = "a list of findings is needed, or yield each of them"
    if result is None:
        raise InvalidInput(f"The check {check!r} gave None, as without yield or return; {needed}.")
    if isinstance(result, Finding | str | bytes | pd.DataFrame | pd.Series) or not np.iterable(
        result
    ):
        raise InvalidInput(f"The check {check!r} gave a {type(result).__name__}; {needed}.")
    findings = list(result)
    for finding in findings:
        if not isinstance(finding, Finding):
            raise InvalidInput(
                f"The check {check!r} gave a {type(finding).__name__}; a Finding is needed."
            )
    return findings


def _in_whole(finding: Finding, log: Log, rows: np.ndarray) -> Finding:
    return Finding(
        finding.severity,
        finding.message,
        rows[finding.rows],
        of=len(log) if finding.of is None else finding.of,
        name=finding.name,
        property=finding.property,
        sessions=finding.sessions,
    )


def _without(secrets: list[str], finding: Finding) -> Finding:
    """Hide names that look personal, whichever check tells them."""
    return Finding(
        finding.severity,
        without(secrets, finding.message),
        finding.rows,
        of=finding.of,
        name=finding.name and without(secrets, finding.name),
        property=finding.property and without(secrets, finding.property),
        sessions=finding.sessions,
    )
