"""The findings of an audit as part of a page: a table on a wide screen, a list on a narrow one."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hardal_frames.plot._shared.text import count_text, percent_text
from hardal_frames.shell._page.tables import name_text
from hardal_frames.tracking.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HEADINGS: Final = ("Check", "Severity", "Event", "Property", "Events", "Seen", "Meaning")
_MARKS: Final = {"high": "▲", "medium": "◆", "low": "○"}


def severity_facts(findings: pd.DataFrame) -> dict[str, str]:
    """Tell how many findings there are of each severity."""
    counts = findings["severity"].value_counts()
    return {f"Findings: {each}": count_text(int(counts.get(each, 0))) for each in SEVERITIES}


def findings_table(
    findings: pd.DataFrame, *, labelled_by: str, sessions: Sequence[str] | None = None
) -> str:
    """Write findings, the gravest first.

    Parameters
    ----------
    findings
        What `audit` returns.
    labelled_by
        Id of the heading above.
    sessions
        HTML that leads from each finding to a session.
    """
    if findings.empty:
        return "<p>No findings.</p>"
    headings = _HEADINGS if sessions is None else (*_HEADINGS, "Session")
    # The roles say what a narrow screen's style would take away from a table.
    heads = "".join(f"<th scope='col' role='columnheader'>{each}</th>" for each in headings)
    lines = [
        f"<tr role='row' id='finding-{place + 1}'>{''.join(_cells(each))}"
        + ("" if sessions is None else _cell("Session", sessions[place]))
        + "</tr>"
        for place, each in enumerate(findings.to_dict("records"))
    ]
    return "\n".join(
        [
            "<div class='wide' role='region' tabindex='0' aria-label='Table: findings'>",
            f"<table class='findings' role='table' aria-labelledby='{labelled_by}'>",
            f"<thead role='rowgroup'><tr role='row'>{heads}</tr></thead>",
            "<tbody role='rowgroup'>",
            *lines,
            "</tbody></table></div>",
        ]
    )


def _cells(each: Any) -> Iterator[str]:  # noqa: ANN401  (a row)
    yield f"<th scope='row' role='rowheader'>{name_text(each['check'])}</th>"
    mark = f"<span aria-hidden='true'>{_MARKS[each['severity']]}</span>"
    yield _cell("Severity", f"{mark} {each['severity']}", "whole severity")
    for label, part in (("Event", "name"), ("Property", "property")):
        yield _cell(label, "" if pd.isna(each[part]) else name_text(each[part]))
    share = escape(percent_text(each["share"], fine=True))
    yield _cell("Events", f"{count_text(each['count'])} ({share})", "number")
    yield _cell("Seen", _seen(each))
    yield _cell("Meaning", escape(each["message"]), "meaning")


def _cell(label: str, content: str, kind: str = "") -> str:
    mark = f" class='{kind}'" if kind else ""
    return f"<td role='cell' data-label='{label}'{mark}>{content}</td>"


def _seen(each: Any) -> str:  # noqa: ANN401  (a row)
    if pd.isna(each["first_seen"]):
        return "never"
    first, last = f"{each['first_seen']:%Y-%m-%d %H:%M}", f"{each['last_seen']:%Y-%m-%d %H:%M}"
    times = [first] if first == last else [first, f"to {last}"]
    return "<br>".join(f"<span class='whole'>{part}</span>" for part in times)
