"""What a table counts is called so in its chart and its description."""

from __future__ import annotations

import pytest

import hardal_frames as hf
from hardal_frames import plot
from hardal_frames.errors import InvalidInput
from tests.plot.artists import drawn, said

EVENTS = hf.sample_events(sessions=60)
PEOPLE = EVENTS.assign(visitor_id=EVENTS["session_id"])
STEPS = ["page_view", "view_item"]
KEY = {"key": "visitor_id"}
TABLES = {
    "funnel": hf.funnel(PEOPLE, STEPS, **KEY),
    "funnel of groups": hf.funnel(PEOPLE, STEPS, by="prop_utm_source", **KEY),
    "funnel of many steps": hf.funnel(PEOPLE, STEPS * 4, missing="zero", **KEY),
    "journey": hf.journey_flows(PEOPLE, **KEY),
    "paths": hf.paths(PEOPLE, **KEY),
    "conversion_time": hf.conversion_time(PEOPLE, *STEPS, **KEY),
    "comparison": hf.compare_transitions(PEOPLE.head(300), PEOPLE.tail(300), **KEY),
}


def words(ax):
    """All that the chart says."""
    drawn(ax)
    return " | ".join([*said(ax), ax.get_xlabel(), ax.get_ylabel()])


@pytest.mark.parametrize("kind", TABLES)
def test_charts_say_what_was_counted(kind, new_axes):
    """The noun stands wherever the chart would say sessions."""
    draw = getattr(plot, kind.split(maxsplit=1)[0])
    usual = words(draw(TABLES[kind], ax=new_axes()))
    assert "session" in usual
    assert "visitor" not in usual
    told = words(draw(TABLES[kind], ax=new_axes(), counted="visitors"))
    assert "session" not in told
    assert "visitors" in told


@pytest.mark.parametrize("kind", TABLES)
def test_an_empty_chart_says_it_too(kind, new_axes):
    """Where sessions are named, though there are none."""
    draw = getattr(plot, kind.split(maxsplit=1)[0])
    assert "session" not in words(draw(TABLES[kind][:0], ax=new_axes(), counted="visitors"))


@pytest.mark.parametrize("kind", TABLES)
def test_descriptions_say_what_was_counted(kind):
    """Nothing but the noun differs."""
    usual, told = plot.describe(TABLES[kind]), plot.describe(TABLES[kind], counted="visitors")
    assert "sessions" in usual
    assert told == usual.replace("sessions", "visitors").replace("1 session ", "1 visitor ")


@pytest.mark.parametrize(
    ("counted", "one"),
    [("sessions", "1 session"), ("people", "1 person"), ("visitors", "1 visitor")],
)
def test_one(counted, one):
    """One of them is told in the singular, with groups and without."""
    first = PEOPLE[PEOPLE["session_id"] == PEOPLE["session_id"].iloc[0]].assign(country="TR")
    assert f"1 step, {one}: page_view 1" in plot.describe(
        hf.funnel(first, ["page_view"]), counted=counted
    )
    groups = hf.funnel(first, ["page_view"], by="country")
    assert f"TR: {one} did page_view" in plot.describe(groups, counted=counted)


def test_events_keep_their_names(new_axes):
    """An event called sessions is not what is counted."""
    events = EVENTS.assign(name=EVENTS["name"].replace("page_view", "sessions"))
    table = hf.funnel(events, ["sessions", "view_item"])
    ax = plot.funnel(table, ax=new_axes(), counted="visitors")
    assert "sessions" in [label.get_text() for label in ax.get_xticklabels()]
    assert "visitors: sessions 60" in plot.describe(table, counted="visitors")


@pytest.mark.parametrize("counted", ["", "  ", None, 3])
@pytest.mark.parametrize("kind", TABLES)
def test_what_is_no_noun_is_refused(kind, counted, new_axes):
    """By each chart, and by the description."""
    with pytest.raises(InvalidInput, match="plural noun, such as 'sessions' or 'visitors'"):
        getattr(plot, kind.split(maxsplit=1)[0])(TABLES[kind], ax=new_axes(), counted=counted)
    with pytest.raises(InvalidInput, match="counted is"):
        plot.describe(TABLES[kind], counted=counted)
