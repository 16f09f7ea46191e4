"""The whole way once: from a session list over HTTP to charts and a report."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hardal_frames import plot
from hardal_frames.analysis.flows import journey_flows
from hardal_frames.analysis.funnels import funnel
from hardal_frames.analysis.journeys import transitions
from hardal_frames.analysis.paths import paths
from hardal_frames.analysis.sessions import session_summary
from hardal_frames.analysis.timing import time_between
from hardal_frames.api.client import Client
from hardal_frames.errors import StoreError
from hardal_frames.plot._shared.text import duration_text, percent_text
from hardal_frames.progress import ProgressLine
from hardal_frames.sandbox import Sandbox, simulate
from hardal_frames.shell._page.document import Section, document, facts
from hardal_frames.shell._page.pictures import figure
from hardal_frames.shell._page.tables import table
from hardal_frames.shell._report.charts import funnel_chart, journey_chart, transitions_chart
from hardal_frames.store.parquet import write_events

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes

    Chart = Callable[..., Axes]

SESSIONS: Final = 300
STEPS: Final = ["view_item", "add_to_cart", "begin_checkout", "purchase"]

_LEAD: Final = "Sessions that nobody had, fetched over HTTP as Hardal's are."
_ACTIONS: Final = "First five actions, page views left out"


@dataclass(frozen=True, slots=True)
class _Tables:
    """What the demonstration works out of the events."""

    events: pd.DataFrame
    flows: pd.DataFrame
    buyers: int
    buyers_flows: pd.DataFrame
    checkout: pd.DataFrame
    transitions: pd.DataFrame
    paths: pd.DataFrame
    summary: pd.DataFrame
    to_purchase: pd.DataFrame


def run_demo(out: Path) -> None:
    """Simulate a shop, fetch 300 of its sessions over HTTP, and write what they tell.

    Parameters
    ----------
    out
        Folder for events.parquet, three charts and report.html; made if it is not there.

    Raises
    ------
    StoreError
        If the folder cannot be written.
    """
    started = time.monotonic()
    _make_folder(out)
    with Sandbox(simulate(SESSIONS + 100, seed=7)) as hardal:
        print(f"A simulated shop answers as Hardal does, at {hardal.base_url}")
        events = _fetch(hardal)
    tables = _analyse(events)
    try:
        write_events(events, out / "events.parquet")
        report = _draw(tables, out)
        (out / "report.html").write_text(report, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"Cannot write into {out}: {error.strerror or error}.") from None
    _tell(tables)
    print(f"\nWritten in {time.monotonic() - started:.0f} s:")
    for name in ("report.html", "journey.png", "journey_of_buyers.png", "checkout.png"):
        print(f"  {out / name}")
    print(f"  {out / 'events.parquet'}  (hardal_frames.read_events reads it)")


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"Cannot make the folder {out}: {error.strerror}. Name another with --out."
        ) from None


def _fetch(hardal: Sandbox) -> pd.DataFrame:
    # The budget of 100 requests a minute is the real API's; this server is our own.
    with Client(**hardal.access) as client:
        sessions = client.sessions()
        print(f"{len(sessions)} sessions listed; fetching the latest {SESSIONS}")
        latest = sessions.sort_values("started_at", ascending=False, kind="stable").head(SESSIONS)
        return client.activities(latest["session_id"], progress=ProgressLine())


def _analyse(events: pd.DataFrame) -> _Tables:
    actions = events[events["type"] != "pageview"]
    bought = events.loc[events["name"] == "purchase", "session_id"].unique()
    return _Tables(
        events=events,
        flows=journey_flows(actions),
        buyers=len(bought),
        buyers_flows=journey_flows(actions[actions["session_id"].isin(bought)], steps=6),
        checkout=funnel(events, STEPS, missing="zero"),
        transitions=transitions(events),
        paths=paths(events, top=8),
        summary=session_summary(events),
        to_purchase=time_between(events, "view_item", "purchase", missing="zero"),
    )


def _draw(tables: _Tables, out: Path) -> str:
    """Save the charts as pictures, and return the report that holds them as drawings."""
    titled: tuple[tuple[str, Chart, pd.DataFrame, str], ...] = (
        ("journey", plot.journey, tables.flows, _ACTIONS),
        ("journey_of_buyers", plot.journey, tables.buyers_flows, _buyers(tables)),
        ("checkout", plot.funnel, tables.checkout, "From product to purchase"),
    )
    for name, draw, shown, title in titled:
        drawn = figure(10, 5)
        draw(shown, ax=drawn.subplots(), title=title)
        drawn.savefig(out / f"{name}.png", dpi=144)
    return document(title="A simulated shop", lead=_LEAD, sections=_sections(tables))


def _buyers(tables: _Tables) -> str:
    return f"First six actions of the {tables.buyers} sessions that bought"


def _sections(tables: _Tables) -> list[Section]:
    of_all = f"of all {len(tables.summary):,} sessions"
    journeys = [
        journey_chart(
            tables.flows, name="journey", title="What visitors do first", caption=f"{_ACTIONS}."
        ),
        journey_chart(
            tables.buyers_flows,
            name="buyers",
            title="What those who bought did first",
            caption=f"{_buyers(tables)}.",
        ),
        transitions_chart(
            tables.transitions,
            top=8,
            caption="A row is an event, a column what comes directly after it; each share is of "
            "all that leaves the row's event.",
        ),
        table(tables.paths, caption=f"Most common paths, {of_all}."),
    ]
    checkout = funnel_chart(
        tables.checkout,
        name="checkout-chart",
        title="How many get through the checkout",
        caption=f"Sessions that did the steps in this order; other events may stand between. "
        f"Shares are of those that did {STEPS[0]}.",
    )
    return [
        Section("overview", "Overview", [facts(_facts(tables))]),
        Section("journeys", "Journeys", journeys),
        Section("checkout", "Checkout", [checkout]),
    ]


def _facts(tables: _Tables) -> dict[str, str]:
    summary = tables.summary
    events = tables.events
    reached = tables.checkout["sessions"]
    return {
        "Sessions": f"{len(summary):,}",
        "Events": f"{len(events):,}",
        "From": f"{events['timestamp'].min():%d %B %Y %H:%M}",
        "To": f"{events['timestamp'].max():%d %B %Y %H:%M %Z}",
        "Median duration": _median(summary["duration"]),
        "One event only": f"{summary['bounce'].mean():.0%}",
        "Bought after seeing a product": f"{reached.iloc[-1]} of {reached.iloc[0]}",
        "Median time to purchase": _median(tables.to_purchase["elapsed"]),
    }


def _median(durations: pd.Series[pd.Timedelta]) -> str:
    return duration_text(durations.dt.total_seconds().median())


def _tell(tables: _Tables) -> None:
    print()
    for name, value in _facts(tables).items():
        print(f"  {name:<30} {value}")
    print("\nCheckout (sessions, other events may stand between)")
    for step in tables.checkout.to_dict("records"):
        share = percent_text(step["conversion_from_first"], fine=True)
        print(f"  {step['step']}. {step['name']:<16} {step['sessions']:>4}  {share:>6}")
    print("\nMost common paths")
    for path in tables.paths.head(5).to_dict("records"):
        print(f"  {path['sessions']:>4}  {' > '.join(path['path'])}")
