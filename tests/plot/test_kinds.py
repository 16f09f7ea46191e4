"""Each chart draws the tables of its own analysis, and refuses those of the others."""

from __future__ import annotations

import pytest

import hardal_frames as hf
from hardal_frames import plot
from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.kinds import KINDS, chart_of

EVENTS = hf.sample_events(sessions=60).assign(path="/a")
STEPS = ["page_view", "view_item"]
TABLES = {
    "funnel": hf.funnel(EVENTS, STEPS),
    "journey": hf.journey_flows(EVENTS),
    "comparison": hf.compare_transitions(EVENTS.head(300), EVENTS.tail(300)),
    "transitions": hf.transitions(EVENTS),
    "conversion_time": hf.conversion_time(EVENTS, *STEPS),
    "paths": hf.paths(EVENTS),
    "time_between": hf.time_between(EVENTS, *STEPS),
    "session": EVENTS[EVENTS["session_id"] == EVENTS["session_id"].iloc[0]],
}


def test_every_chart_has_a_table():
    """What is tested here are all charts."""
    assert set(TABLES) == set(KINDS) == {*plot.__all__} - {"describe"}


@pytest.mark.parametrize("given", TABLES)
@pytest.mark.parametrize("chart", TABLES)
def test_tables_of_another_analysis_are_refused(chart, given, new_axes):
    """The message tells what was given and which chart draws that."""
    draw = getattr(plot, chart)
    if chart == given:
        assert draw(TABLES[given], ax=new_axes()).has_data()
        return
    with pytest.raises(InvalidInput) as told:
        draw(TABLES[given], ax=new_axes())
    if given == "session":
        assert "That is a frame of events" in str(told.value)
    else:
        assert f"That is a table of {KINDS[given][0]}()" in str(told.value)
        assert f"plot.{given}." in str(told.value)


def test_a_conversion_by_path_is_no_table_of_paths():
    """Though it has their columns."""
    assert chart_of(hf.conversion_time(EVENTS, *STEPS, by="path")) == "conversion_time"


def test_what_else_is_in_a_dict_of_tables(new_axes):
    """Each table of several is looked at."""
    both = {"a": TABLES["time_between"], "b": TABLES["conversion_time"]}
    with pytest.raises(InvalidInput, match=r"draw the table with plot\.conversion_time"):
        plot.time_between(both, ax=new_axes())


def test_events_with_a_further_column_are_still_events(new_axes):
    """A column of durations that somebody added makes no other table of them."""
    events = TABLES["session"].assign(elapsed=TABLES["session"]["timestamp"].diff())
    assert plot.session(events, ax=new_axes()).has_data()
