"""An explanation as HTML: a part of a page, without scripts, for light and dark."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hardal_frames.plot._shared.text import duration_text, one_line
from hardal_frames.tracking._story import folded_text, story_of
from hardal_frames.tracking.explanation import clock, day, gap, type_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking.explanation import Explanation

# JupyterLab aligns the cells of tables to the right and makes all columns equally wide, with rules
# that weigh as much as two classes and a tag; so do these, and one tag more.
STYLE: Final = """
.session-told { font: .9rem/1.45 system-ui, sans-serif; text-align: left; }
.session-told .wide { overflow-x: auto; }
.session-told table { border-collapse: collapse; width: 100%; color: inherit; }
.session-told .wide table { table-layout: auto; }
.session-told .wide table th, .session-told .wide table td { padding: .25rem .6rem;
  text-align: left; vertical-align: top;
  border-bottom: 1px solid #8886; background: none; }
.session-told th { font-weight: 600; }
.session-told .clock, .session-told .gap { white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.session-told .wide table .gap { text-align: right; }
.session-told .page, .session-told .changes { overflow-wrap: anywhere; min-width: 16rem; }
.session-told .page { min-width: 7rem; }
.session-told .folded td { font-style: italic; }
.session-told .found { color: #a40e26; font-weight: 600; }
.session-told .step { color: #0a5a2a; font-weight: 600; }
@media (prefers-color-scheme: dark) {
  .session-told .found { color: #ff9b93; }
  .session-told .step { color: #7ee2a0; }
}
"""

_HEADINGS: Final = ("Clock", "Gap", "Event", "Type", "Page", "What changed", "Step and findings")


def section(explanation: Explanation, *, level: int, picture: str = "") -> str:
    """Write the explanation without its style.

    Parameters
    ----------
    explanation
        What to write.
    level
        Of its heading, 1 to 5.
    picture
        HTML that stands before the table.
    """
    session = escape(one_line(explanation.session_id))
    parts = [
        "<section class='session-told'>",
        f"<h{level}>Session {session}</h{level}>",
        f"<p>{escape(explanation.summary)} {escape(explanation.reached)}</p>",
        *_findings(explanation),
        picture,
        f"<div class='wide' role='region' tabindex='0' aria-label='Events of session {session}'>",
        "<table>",
        f"<caption hidden>Events of session {session}, in order</caption>",
        "<thead><tr>",
        *(f"<th scope='col'>{heading}</th>" for heading in _HEADINGS),
        "</tr></thead>",
        "<tbody>",
        *_rows(explanation),
        "</tbody></table></div></section>",
    ]
    return "\n".join(parts)


def _findings(explanation: Explanation) -> Iterator[str]:
    for note in explanation.notes:
        yield f"<p>{escape(note)}</p>"
    if explanation.findings.empty:
        return
    yield "<ul>"
    for each in explanation.findings.to_dict("records"):
        about = [str(each[part]) for part in ("name", "property") if not pd.isna(each[part])]
        where = f" of {escape(', '.join(about))}" if about else ""
        yield (
            f"<li><span class='found'>{escape(each['check'])}</span> "
            f"({escape(each['severity'])}){where}: {escape(each['message'])}</li>"
        )
    yield "</ul>"


def _rows(explanation: Explanation) -> Iterator[str]:
    frame = explanation.frame
    days = frame["timestamp"].dt.date.tolist()
    for stretch in story_of(frame):
        event = frame.iloc[stretch.first]
        is_new_day = stretch.first > 0 and days[stretch.first] != days[stretch.first - 1]
        date = f"{day(event['timestamp'])} " if is_new_day else ""
        start = (
            f"<td class='clock'>{date}{clock(event['timestamp'])}</td>"
            f"<td class='gap'>{gap(event['gap'])}</td>"
        )
        if stretch.is_folded:
            last = frame["timestamp"].iloc[stretch.end - 1]
            took = duration_text((last - event["timestamp"]).total_seconds())
            told = escape(f"… {folded_text(frame, stretch)}; in {took}")
            yield f"<tr class='folded'>{start}<td colspan='{len(_HEADINGS) - 2}'>{told}</td></tr>"
        else:
            yield f"<tr>{start}{_cells(explanation, event)}</tr>"


def _cells(explanation: Explanation, event: Any) -> str:  # noqa: ANN401  (a row)
    page = event["page"] if event["page_changed"] else ""
    said = [event[part] for part in ("origin", "changes") if not pd.isna(event[part])]
    changes = "<br>".join(map(escape, said))
    marks = []
    if not pd.isna(event["step"]):
        label = f"step {event['step']} of {len(explanation.steps)}"
        marks.append(f"<span class='step'>{label}</span>")
    marks += [f"<span class='found'>! {escape(check)}</span>" for check in event["findings"]]
    return (
        f"<th scope='row'>{escape(one_line(event['name']))}</th>"
        f"<td>{escape(type_text(event))}</td><td class='page'>{escape(page)}</td>"
        f"<td class='changes'>{changes}</td><td>{', '.join(marks)}</td>"
    )
