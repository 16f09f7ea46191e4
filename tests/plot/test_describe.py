"""What a chart shows, in words."""

from __future__ import annotations

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames import plot
from hardal_frames.errors import InvalidInput

EVENTS = hf.sample_events()
STEPS = ["page_view", "view_item", "purchase"]
SAMPLE = EVENTS["session_id"] == EVENTS["session_id"].iloc[0]
TABLES = {
    "Funnel of 3 steps, 300 sessions": hf.funnel(EVENTS, STEPS),
    "Funnel of 3 steps by group. instagram: 28 sessions did page_view, 0% of": hf.funnel(
        EVENTS, STEPS, by="prop_utm_source"
    ),
    "Journeys over 5 steps, 300 sessions. Step 1, 300: page_view 300.": hf.journey_flows(EVENTS),
    "After the anchor: Journeys over 5 steps, 185 sessions. Step 1, 185: view_item 185.": (
        hf.journey_flows(EVENTS, anchor="view_item", direction="both")
    ),
    "Transitions between events, 52 pairs. Most frequent: page_view to view_item 879 times": (
        hf.transitions(EVENTS)
    ),
    "The 20 commonest sequences of events. First: page_view: 64 sessions (21%)": hf.paths(EVENTS),
    "Time between events, 10 pairs: half take at most": hf.time_between(
        EVENTS, "page_view", "purchase"
    ),
    "Time between events, 0 pairs; 300 without a pair.": hf.time_between(
        EVENTS, "page_view", "nothing", missing="zero", unmatched=True
    ),
    "Share of sessions that converted, over time. 10 of 300 sessions (3.3%)": hf.conversion_time(
        EVENTS, "page_view", "purchase"
    ),
    "Share of sessions that converted, over time. bulten: 1 of 24": hf.conversion_time(
        EVENTS, "page_view", "purchase", by="prop_utm_source"
    ),
    "Two groups of sessions compared by their transitions. Surest to differ: click to exit": (
        hf.compare_transitions(EVENTS.head(1000), EVENTS.tail(1000))
    ),
    f"One session, {int(SAMPLE.sum())} events in ": EVENTS[SAMPLE],
}


@pytest.mark.parametrize("begins", TABLES)
def test_each_kind_of_table(begins):
    """The kind, the sessions counted, the largest parts; on one line, and no longer than needed."""
    told = plot.describe(TABLES[begins])
    assert told.startswith(begins)
    assert told.endswith(".")
    assert "\n" not in told
    assert len(told) < 1000


@pytest.mark.parametrize("begins", TABLES)
def test_an_empty_table(begins):
    """There is nothing to show, and that is said."""
    assert plot.describe(TABLES[begins].iloc[:0]) == "An empty table: there is nothing to show."


def test_a_funnel_without_drop_off_and_odd_names():
    """No drop-off is told where there is none; a name of several lines stands on one."""
    events = hf.events_from_records(
        [{"name": name, "timestamp": "2026-03-02T10:00:00Z"} for name in ("a\nb", "c")],
        session_id="s1",
    )
    told = plot.describe(hf.funnel(events, ["a\nb", "c"]))
    assert told == "Funnel of 2 steps, 1 session: a b 1 (100%), c 1 (100%)."


@pytest.mark.parametrize("given", [pd.DataFrame({"a": [1]}), [1, 2], None])
def test_other_tables_are_refused(given):
    """What no chart is drawn from is refused, and what may be given is told."""
    with pytest.raises(InvalidInput, match="No chart is drawn from"):
        plot.describe(given)


def test_the_order_of_rows_plays_no_part():
    """A shuffled table is told as the chart draws it."""
    for begins in ("Funnel of 3 steps, 300", "Journeys", "Share of sessions"):
        table = next(each for begin, each in TABLES.items() if begin.startswith(begins))
        assert plot.describe(table.iloc[::-1]) == plot.describe(table)
    pairs = hf.transitions(EVENTS)
    assert plot.describe(pairs.iloc[::-1])[:90] == plot.describe(pairs)[:90]


def test_optional_steps():
    """What is optional loses nobody, and is called so."""
    steps = ["page_view", hf.optional("login"), "view_item", "purchase"]
    told = plot.describe(hf.funnel(EVENTS, steps))
    assert "login (optional) 7 (2.3%)" in told
    assert told.endswith("Most drop off before purchase: 175 sessions.")


def test_events_of_several_sessions_are_refused():
    """One session is told; rows that lack a name are not counted."""
    with pytest.raises(InvalidInput, match="300 sessions; one session is drawn"):
        plot.describe(EVENTS)
    own = EVENTS[SAMPLE].assign(name=EVENTS["name"].astype("category"))
    assert " 0" not in plot.describe(own).split(": ")[1]
    first = own["name"].where(own["id"] != own["id"].iloc[0])
    assert f"{len(own) - 1} events" in plot.describe(own.assign(name=first))
    assert (
        plot.describe(own.assign(timestamp=pd.NaT)) == "An empty table: there is nothing to show."
    )


def test_groups_beyond_the_fifth_and_what_does_not_differ():
    """What is left out is counted; equal groups do not differ."""
    by_item = hf.conversion_time(EVENTS, "view_item", "add_to_cart", by="prop_product_id")
    assert "more groups not told." in plot.describe(by_item)
    assert plot.describe(hf.compare_transitions(EVENTS, EVENTS)).endswith("None surely differs.")
    assert plot.describe(hf.paths(EVENTS, top=None)).startswith("All 176 sequences of events.")
    between = hf.time_between(EVENTS, "page_view", "purchase")
    assert plot.describe({"a": between, "b": between[["elapsed"]]}).startswith("a: Time between")


def test_the_rest_is_not_an_event_called_other():
    """An event that is called other stands apart from the rest."""
    events = EVENTS.assign(name=EVENTS["name"].replace("click", "other"))
    told = plot.describe(hf.journey_flows(events, top=3))
    assert "all others" in told
