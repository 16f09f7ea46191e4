"""A report as a page: what stands in which section, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from hardal_frames.plot._shared.text import amount_text, count_text, one_line, percent_text
from hardal_frames.shell._page.document import (
    Section,
    document,
    facts,
    heading,
    notes,
    paragraph,
)
from hardal_frames.shell._page.findings import findings_table, severity_facts
from hardal_frames.shell._page.tables import BAR, name_text, table
from hardal_frames.shell._report.charts import (
    conversion_chart,
    days_chart,
    funnel_chart,
    gaps_chart,
    journey_chart,
    transitions_chart,
)
from hardal_frames.shell._report.numbers import JOURNEY_STEPS, WELL_KNOWN
from hardal_frames.tracking._personal import HIDDEN, looks_personal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.shell._report.numbers import Asked, Numbers
    from hardal_frames.shell.event_input import Opened

_LEAD: Final = (
    "How much happened, what sessions do, how many get through, how long it takes, and what is "
    "wrong with the tracking."
)
_MOST_GRAVE: Final = 5
_MOST_NAMES: Final = 12


def report_page(
    numbers: Numbers, opened: Opened, asked: Asked, *, title: str, made: pd.Timestamp
) -> str:
    """Write a report.

    Parameters
    ----------
    numbers
        What it tells.
    opened
        Where that comes from.
    asked
        What it was asked for.
    title
        What it is about.
    made
        When.

    Returns
    -------
    str
        One HTML page without scripts; the same for the same arguments.
    """
    sections = [
        Section("overview", "Overview", list(_overview(numbers, opened))),
        Section("volumes", "Volumes", list(_volumes(numbers))),
        Section("journeys", "Journeys", list(_journeys(numbers, asked))),
        Section("funnel", "Funnel", list(_funnel(numbers, asked))),
        *_times(numbers, asked),
        Section("audit", "Audit", list(_audit(numbers))),
    ]
    return document(title=title, lead=_LEAD, sections=sections, made=made)


def _overview(numbers: Numbers, opened: Opened) -> Iterator[str]:
    counted = numbers.volumes
    told = {"Events": count_text(counted.events), "Sessions": count_text(counted.sessions)}
    if counted.visitors is not None:
        told["Visitors"] = count_text(counted.visitors)
    told |= {
        "From": f"{counted.first:%Y-%m-%d %H:%M}",
        "To": f"{counted.last:%Y-%m-%d %H:%M}",
        "Time zone": _zone(numbers),
        "Events a session": f"{counted.events / counted.sessions:,.1f}",
        "Sessions of one event": percent_text(counted.single / counted.sessions, fine=True),
    }
    if numbers.funnel is not None:
        got = numbers.funnel["conversion_from_first"].iloc[-1]
        told["Through the funnel"] = percent_text(got, fine=True)
    found = severity_facts(numbers.findings)
    yield facts(told | {name: count for name, count in found.items() if "low" not in name})
    yield from _grave(numbers)
    yield heading("What these numbers are of")
    yield notes(_notes(numbers, opened))


def _grave(numbers: Numbers) -> Iterator[str]:
    """Lead to the gravest findings: what they touch, the other numbers may be wrong in."""
    grave = numbers.findings[numbers.findings["severity"] == "high"]
    if grave.empty:
        return
    yield heading("Look at these first")
    yield "<ul>"
    for place, each in enumerate(grave.head(_MOST_GRAVE).to_dict("records"), start=1):
        about = "" if pd.isna(each["name"]) else f" of {name_text(each['name'])}"
        link = f"<a href='#finding-{place}'>{name_text(each['check'])}{about}</a>"
        yield f"<li>{link}: {count_text(each['count'])} times</li>"
    more = len(grave) - _MOST_GRAVE
    yield f"<li>and {more} more of high severity</li></ul>" if more > 0 else "</ul>"


def _notes(numbers: Numbers, opened: Opened) -> Iterator[str]:
    counted = numbers.volumes
    yield f"Read from {opened.kind}; no filter: every event that can be used counts."
    yield numbers.left_out or "No row was left out: each has a session, a timestamp and a name."
    for said, hide in zip(opened.told, looks_personal(opened.told), strict=True):
        yield HIDDEN if hide else said
    if opened.kind == "a store":
        yield "A store holds whole sessions; those that are listed and not stored are not here."
    yield (
        "Sessions that were still going on when the data end look like sessions that ended there."
    )
    if numbers.sample is not None:
        yield (
            f"The audit, and the time from step to step, are of a sample: "
            f"{count_text(numbers.sample.sessions)} whole sessions with "
            f"{count_text(numbers.sample.events)} events, chosen by a hash of their ids. All else "
            f"is of all {count_text(counted.events)} events."
        )
    if (counted.names["name"] == HIDDEN).any():
        yield f"Names of events that look like personal data are written {HIDDEN}."


def _zone(numbers: Numbers) -> str:
    return str(numbers.volumes.first.tz)


def _volumes(numbers: Numbers) -> Iterator[str]:
    counted = numbers.volumes
    yield heading("Events over time")
    yield days_chart(counted.days, _zone(numbers))
    yield heading("Names")
    names = counted.names
    rows = names.assign(**{BAR: names["share"] / names["share"].max()})
    rows = rows[["name", "events", BAR, "share", "sessions", "share_of_sessions"]]
    headings = {"share": "of events", "share_of_sessions": "of sessions"}
    caption = (
        "Events of each name, their share of all events, and the sessions that have one, of all "
        f"{_sessions(numbers)}."
    )
    if len(rows) > _MOST_NAMES:
        rest = f" The {_MOST_NAMES} most frequent of {count_text(len(rows))}."
        yield table(rows.head(_MOST_NAMES), caption=caption + rest, headings=headings)
        yield f"<details><summary>All {count_text(len(rows))} names</summary>"
        yield table(rows.drop(columns=BAR), caption=f"All names. {caption}", headings=headings)
        yield "</details>"
    else:
        yield table(rows, caption=caption, headings=headings)


def _sessions(numbers: Numbers) -> str:
    return amount_text(numbers.volumes.sessions, "session")


def _journeys(numbers: Numbers, asked: Asked) -> Iterator[str]:
    yield heading("First steps")
    yield journey_chart(
        numbers.flows,
        name="journey",
        title=f"The first {JOURNEY_STEPS} steps",
        caption=f"What sessions do first. Consecutive events of one name count as one step; "
        f"percentages are of all {_sessions(numbers)}. The {asked.top} most frequent names of each "
        "step are shown, the rest is other.",
    )
    yield heading("What follows what")
    yield transitions_chart(
        numbers.transitions,
        top=asked.top,
        caption=f"A row is an event, a column what comes directly after it; each share is of all "
        f"that leaves the row's event. The {asked.top} most frequent events have a row.",
    )
    yield heading("Whole paths")
    yield table(
        numbers.paths,
        caption=f"The most common paths from the first event to the last, of all "
        f"{_sessions(numbers)}; consecutive events of one name count as one.",
        headings={"share": "of sessions", "cumulative_share": "together", "length": "steps"},
    )


def _funnel(numbers: Numbers, asked: Asked) -> Iterator[str]:
    if numbers.funnel is None:
        yield paragraph(
            f"No steps were asked for, and fewer than two of {', '.join(WELL_KNOWN)} occur. Name "
            "yours: hardal-frames report PATH --steps FIRST SECOND LAST."
        )
        return
    if not asked.steps:
        missing = [name for name in WELL_KNOWN if name not in numbers.steps]
        lacking = f" {', '.join(missing)} does not occur." if missing else ""
        yield paragraph(
            f"No steps were asked for; these are the well-known names of a shop that occur, in "
            f"their natural order.{lacking} Name others with --steps FIRST SECOND LAST."
        )
    limit = f" within {asked.within} of the first" if asked.within else ""
    yield funnel_chart(
        numbers.funnel,
        name="funnel-chart",
        title="How many get through",
        caption=f"Sessions that did the steps in this order{limit}; other events may stand "
        f"between. All shares are of the {count_text(int(numbers.funnel['sessions'].iloc[0]))} "
        f"sessions that did {_first(numbers)}, out of {_sessions(numbers)}, unless they say "
        "otherwise. Each session counts once, by its deepest attempt.",
    )


def _first(numbers: Numbers) -> str:
    return one_line(numbers.steps[0])


def _times(numbers: Numbers, asked: Asked) -> Iterator[Section]:
    if numbers.times is None:
        return
    limit = f" Longer than {asked.within} does not count." if asked.within else ""
    of = "" if numbers.sample is None else " Of a sample; see the overview."
    last = one_line(numbers.steps[-1])
    parts = [
        heading("From step to step"),
        gaps_chart(
            numbers.times.gaps,
            caption="Time from a session's first event of a step to the first of the next step "
            f"after it: the share of pairs that took at most so long.{limit}{of}",
        ),
        heading("From the first step to the last"),
        conversion_chart(
            numbers.times.conversion,
            caption=f"Share of the {_converting(numbers.times.conversion)} sessions with "
            f"{_first(numbers)} that did {last} after it within so long, whatever they did "
            f"between.{limit}",
        ),
    ]
    yield Section("times", "Times", parts)


def _converting(curve: pd.DataFrame) -> str:
    return count_text(int(curve["sessions"].iloc[-1]))


def _audit(numbers: Numbers) -> Iterator[str]:
    sample = numbers.sample
    of = "all events" if sample is None else f"{count_text(sample.events)} events of a sample"
    yield paragraph(
        f"What is wrong with the tracking, the gravest first: the checks of hardal-frames audit on "
        f"{of}. Run hardal-frames audit PATH --out FOLDER to see each in a session."
    )
    yield facts(severity_facts(numbers.findings))
    yield findings_table(numbers.findings, labelled_by="audit")
