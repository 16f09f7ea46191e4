"""The report of an audit: findings, and the sessions in which they can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from hardal_frames import plot, schema
from hardal_frames.plot._shared.text import count_text, one_line
from hardal_frames.shell._page.document import Section, document, facts
from hardal_frames.shell._page.findings import findings_table, severity_facts
from hardal_frames.shell._page.pictures import chart
from hardal_frames.shell._page.pictures import figure as new_figure
from hardal_frames.tracking._explanation_html import section
from hardal_frames.tracking.explain import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from hardal_frames.tracking.explanation import Explanation

MOST_SESSIONS: Final = 30
"""So many sessions are drawn at most; the gravest findings come first."""

_MOST_EVENTS: Final = 2_000
_LEAD: Final = (
    "What is wrong with the tracking, the gravest first; each finding leads to a session in which "
    "it can be seen."
)


@dataclass(frozen=True)
class _Led:
    """The sessions that are drawn, and where each finding leads: a session's number from 1."""

    sessions: list[str]
    numbers: list[int | None]


def audit_page(
    events: pd.DataFrame,
    findings: pd.DataFrame,
    *,
    title: str,
    made: pd.Timestamp | None = None,
) -> str:
    """Write the report of an audit.

    Parameters
    ----------
    events
        What was audited.
    findings
        What was found.
    title
        What it is about.
    made
        When, if that shall stand on it.

    Returns
    -------
    str
        One HTML page without scripts. Each finding leads to a session in which it can be seen,
        drawn and told; thirty sessions at most are.
    """
    led = _led(events, findings)
    found = findings_table(findings, labelled_by="findings", sessions=list(_links(findings, led)))
    sections = [Section("findings", "Findings", [facts(_facts(events, findings)), found])]
    if led.sessions:
        drawn = [
            _session(events, findings, session, number)
            for number, session in enumerate(led.sessions, start=1)
        ]
        sections.append(Section("sessions", "Sessions", drawn))
    return document(title=title, lead=_LEAD, sections=sections, made=made)


def _led(events: pd.DataFrame, findings: pd.DataFrame) -> _Led:
    """Choose for each finding a session: one that is drawn already, else its shortest."""
    candidates = {session for each in findings["example_sessions"] for session in each}
    ids = events["session_id"].astype(schema.TEXT)
    sizes = ids[ids.isin(candidates)].value_counts().to_dict()
    sessions: list[str] = []
    numbers: list[int | None] = []
    for each in findings["example_sessions"]:
        drawn = [sessions.index(session) for session in each if session in sessions]
        if not drawn and each and len(sessions) < MOST_SESSIONS:
            sessions.append(min(each, key=lambda session: (sizes[session], session)))
            drawn = [len(sessions) - 1]
        numbers.append(min(drawn) + 1 if drawn else None)
    return _Led(sessions, numbers)


def _facts(events: pd.DataFrame, findings: pd.DataFrame) -> dict[str, str]:
    told = {
        "Events": count_text(len(events)),
        "Sessions": count_text(events["session_id"].nunique()),
        **severity_facts(findings),
    }
    times = events["timestamp"].dropna()
    if len(times):
        told["From"] = f"{times.min():%Y-%m-%d %H:%M}"
        told["To"] = f"{times.max():%Y-%m-%d %H:%M} {times.dt.tz}"
    return told


def _links(findings: pd.DataFrame, led: _Led) -> Iterator[str]:
    for examples, number in zip(findings["example_sessions"], led.numbers, strict=True):
        if number is not None:
            session = escape(one_line(led.sessions[number - 1]))
            yield f"<a class='whole' href='#session-{number}'>{session}</a>"
        elif examples:
            session = escape(one_line(examples[0]))
            yield f"{session} (not drawn: {MOST_SESSIONS} sessions are)"
        else:
            yield "none has it"


def _session(events: pd.DataFrame, findings: pd.DataFrame, session: str, number: int) -> str:
    own = events.loc[(events["session_id"].astype(schema.TEXT) == session).fillna(False)]  # noqa: FBT003
    told = explain(own, session, findings=findings)
    return "\n".join(
        [
            f"<article id='session-{number}'>",
            section(told, level=3, picture=_timeline(told, number)),
            "<p class='back'><a href='#findings'>Back to the findings</a></p>",
            "</article>",
        ]
    )


def _timeline(told: Explanation, number: int) -> str:
    """Draw a session, of a very long one the beginning, as a picture with a name."""
    # The explanation's pages, not the events': they have no query and nothing personal.
    events = told.frame[["timestamp", "name", "type", "page"]].rename(columns={"page": "path"})
    drawn = events.assign(sequence=range(len(events))).head(_MOST_EVENTS)
    figure = new_figure(10, 4.2)
    plot.session(drawn, ax=figure.subplots())
    part = "" if len(drawn) == len(events) else f" The first {count_text(_MOST_EVENTS)} are drawn."
    return chart(
        figure,
        name=f"timeline-{number}",
        title=f"Timeline of session {told.session_id}",
        caption=f"Each mark is an event, from left to right as time went by.{part}",
        text=f"{told.summary}{part} The table tells the same.",
    )
