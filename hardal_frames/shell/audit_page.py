"""The report of an audit: findings, and the sessions in which they can be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hardal_frames import plot, schema
from hardal_frames.plot._shared.text import count_text, one_line, percent_text
from hardal_frames.shell import page
from hardal_frames.tracking._changes import short
from hardal_frames.tracking._explanation_html import STYLE as TOLD_STYLE
from hardal_frames.tracking._explanation_html import section
from hardal_frames.tracking.explain import explain
from hardal_frames.tracking.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking.explanation import Explanation

MOST_SESSIONS: Final = 30
"""So many sessions are drawn at most; the gravest findings come first."""

_MOST_EVENTS: Final = 2_000
_LONGEST_NAME: Final = 60
_HEADINGS: Final = (
    "Check",
    "Severity",
    "Event",
    "Property",
    "Events",
    "Seen",
    "Meaning",
    "Session",
)
_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff;
  max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin-top: 2.5rem; } h3 { font-size: 1.1rem; margin: 0 0 .5rem; }
a { color: #0550ae; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem; }
dt { color: #59636e; font-size: .85rem; } dd { margin: 0; font-weight: 600; }
.findings { border-collapse: collapse; width: 100%; font-size: .9rem; }
.findings th, .findings td { padding: .4rem .6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid #8886; overflow-wrap: break-word; }
.findings .meaning { min-width: 16rem; }
.findings .number { text-align: right; font-variant-numeric: tabular-nums; }
.whole { white-space: nowrap; } .severity { font-weight: 600; }
article { margin: 2.5rem 0; border-top: 2px solid #8886; padding-top: 1rem; }
figure { margin: 1rem 0; overflow-x: auto; background: #fff; color: #1f2328; }
figure svg { min-width: 40rem; width: 100%; height: auto; display: block; }
article:target { outline: 3px solid #0969da; outline-offset: .5rem; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; } a { color: #79b8ff; } dt { color: #9aa4ae; }
}
@media (max-width: 48rem) {
  .findings thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px;
    overflow: hidden; }
  .findings tr, .findings th, .findings td { display: block; border: 0; padding: .1rem 0; }
  .findings td:empty { display: none; } .findings .meaning { min-width: 0; }
  .findings tr { border-bottom: 1px solid #8886; padding: .8rem 0; }
  .findings td::before { content: attr(data-label) ": "; color: #767f88; }
  .findings .number { text-align: left; }
}
@media print {
  body { max-width: none; margin: 0; color: #000; background: #fff; font-size: 10pt; }
  a { color: inherit; } tr, figure { break-inside: avoid; } article { break-before: page; }
  figure svg { min-width: 0; } .back { display: none; }
}
"""


@dataclass(frozen=True)
class _Led:
    """The sessions that are drawn, and where each finding leads: a session's number from 1."""

    sessions: list[str]
    numbers: list[int | None]


def audit_page(events: pd.DataFrame, findings: pd.DataFrame, *, title: str) -> str:
    """Write the report of an audit.

    Parameters
    ----------
    events
        What was audited.
    findings
        What was found.
    title
        What it is about.

    Returns
    -------
    str
        One HTML page without scripts. Each finding leads to a session in which it can be seen,
        drawn and told; thirty sessions at most are.
    """
    led = _led(events, findings)
    body = [
        f"<h1>{escape(one_line(title))}</h1>",
        *_facts(events, findings),
        "<main>",
        "<h2 id='findings'>Findings</h2>",
        *_findings(findings, led),
        *(["<h2>Sessions</h2>"] if led.sessions else []),
    ]
    for number, session in enumerate(led.sessions, start=1):
        body += _session(events, findings, session, number)
    body.append("</main>")
    return (
        "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<title>{escape(one_line(title))}</title>\n<style>{_STYLE}{TOLD_STYLE}</style>\n</head>\n"
        "<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


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


def _facts(events: pd.DataFrame, findings: pd.DataFrame) -> Iterator[str]:
    counts = findings["severity"].value_counts()
    times = events["timestamp"].dropna()
    facts = {
        "Events": count_text(len(events)),
        "Sessions": count_text(events["session_id"].nunique()),
        **{f"Findings: {each}": count_text(int(counts.get(each, 0))) for each in SEVERITIES},
    }
    if len(times):
        facts["From"] = f"{times.min():%Y-%m-%d %H:%M}"
        facts["To"] = f"{times.max():%Y-%m-%d %H:%M} {times.dt.tz}"
    yield "<dl>"
    for name, value in facts.items():
        yield f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
    yield "</dl>"


def _findings(findings: pd.DataFrame, led: _Led) -> Iterator[str]:
    if findings.empty:
        yield "<p>No findings.</p>"
        return
    # The roles say what a narrow screen's style would take away from a table.
    yield "<table class='findings' role='table' aria-labelledby='findings'>"
    heads = "".join(f"<th scope='col' role='columnheader'>{each}</th>" for each in _HEADINGS)
    yield f"<thead role='rowgroup'><tr role='row'>{heads}</tr></thead>"
    yield "<tbody role='rowgroup'>"
    for each, number in zip(findings.to_dict("records"), led.numbers, strict=True):
        yield f"<tr role='row'>{''.join(_cells(each, number, led))}</tr>"
    yield "</tbody></table>"


def _cells(each: Any, number: int | None, led: _Led) -> Iterator[str]:  # noqa: ANN401  (a row)
    yield f"<th scope='row' role='rowheader'>{_name(each['check'])}</th>"
    mark = {"high": "▲", "medium": "◆", "low": "○"}[each["severity"]]
    severity = f"<span aria-hidden='true'>{mark}</span> {each['severity']}"
    yield f"<td role='cell' data-label='Severity' class='whole severity'>{severity}</td>"
    for label, part in (("Event", "name"), ("Property", "property")):
        text = "" if pd.isna(each[part]) else _name(each[part])
        yield f"<td role='cell' data-label='{label}'>{text}</td>"
    share = percent_text(each["share"], fine=True)
    count = f"{count_text(each['count'])} ({escape(share)})"
    yield f"<td role='cell' data-label='Events' class='number'>{count}</td>"
    yield f"<td role='cell' data-label='Seen'>{_seen(each)}</td>"
    yield f"<td role='cell' data-label='Meaning' class='meaning'>{escape(each['message'])}</td>"
    yield f"<td role='cell' data-label='Session'>{_link(each, number, led)}</td>"


def _name(text: str) -> str:
    """Write a name that may be broken where its words end."""
    return escape(short(one_line(text), _LONGEST_NAME)).replace("_", "_<wbr>")


def _seen(each: Any) -> str:  # noqa: ANN401  (a row)
    if pd.isna(each["first_seen"]):
        return "never"
    first, last = f"{each['first_seen']:%Y-%m-%d %H:%M}", f"{each['last_seen']:%Y-%m-%d %H:%M}"
    times = [first] if first == last else [first, f"to {last}"]
    return "<br>".join(f"<span class='whole'>{part}</span>" for part in times)


def _link(each: Any, number: int | None, led: _Led) -> str:  # noqa: ANN401  (a row)
    if number is not None:
        session = escape(one_line(led.sessions[number - 1]))
        return f"<a class='whole' href='#session-{number}'>{session}</a>"
    if not each["example_sessions"]:
        return "none has it"
    session = escape(one_line(each["example_sessions"][0]))
    return f"{session} (not drawn: {MOST_SESSIONS} sessions are)"


def _session(
    events: pd.DataFrame, findings: pd.DataFrame, session: str, number: int
) -> Iterator[str]:
    own = events.loc[(events["session_id"].astype(schema.TEXT) == session).fillna(False)]  # noqa: FBT003
    told = explain(own, session, findings=findings)
    yield f"<article id='session-{number}'>"
    yield section(told, level=3, picture=_timeline(told, number))
    yield "<p class='back'><a href='#findings'>Back to the findings</a></p>"
    yield "</article>"


def _timeline(told: Explanation, number: int) -> str:
    """Draw a session, of a very long one the beginning, as a picture with a name."""
    # The explanation's pages, not the events': they have no query and nothing personal.
    events = told.frame[["timestamp", "name", "type", "page"]].rename(columns={"page": "path"})
    drawn = events.assign(sequence=range(len(events))).head(_MOST_EVENTS)
    figure = page.figure(10, 4.2)
    plot.session(drawn, ax=figure.subplots())
    svg = page.svg(figure)
    part = "" if len(drawn) == len(events) else f" The first {count_text(_MOST_EVENTS)} are drawn."
    name = f"Timeline of session {told.session_id}: {told.summary}{part} The table tells the same."
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>session-{number}-", svg)
    svg = re.sub(
        r"<svg ",
        f"<svg role='img' aria-labelledby='timeline-{number}' ",
        svg,
        count=1,
    )
    titled = f"<title id='timeline-{number}'>{escape(one_line(name))}</title>"
    named = re.sub(r"(<svg[^>]*>)", lambda found: found[1] + titled, svg, count=1)
    return f"<figure tabindex='0'>{named}</figure>"
