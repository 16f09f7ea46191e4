"""Columns of the session list, joined to the events."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames.frames.sessions import sessions_from_records

IDS = st.sampled_from(["s1", "s2", "s3", "s4"])


def events_of(ids):
    """Make an event for each session id, in that order."""
    events = hf.events_from_records(
        [{"name": "view", "timestamp": place} for place, _ in enumerate(ids)], session_id="s"
    )
    return events.assign(session_id=pd.array(list(ids), dtype=events["session_id"].dtype))


def list_of(ids):
    """Make the session list of these sessions, with a field of each type."""
    return sessions_from_records(
        [
            {
                "id": name,
                "visitorId": f"v{name}",
                "startedAt": "2026-03-02T10:00:00+03:00",
                "duration": f"{place}s",
                "pageViews": place,
                "fields": {"plan": "007", "age": place, "member": True, "score": place / 2},
            }
            for place, name in enumerate(ids)
        ]
    )


@given(st.lists(IDS, max_size=12), st.permutations(["s1", "s2", "s3"]))
def test_each_event_gets_the_row_of_its_session(ids, listed):
    """Whatever the orders: values, rows and types are those of the two frames."""
    events, sessions = events_of(ids), list_of(listed)
    columns = [name for name in sessions.columns if name != "session_id"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hf.DataWarning)
        joined = hf.with_sessions(events, sessions, columns)
    assert joined.columns.tolist() == [*events.columns, *columns]
    assert isinstance(joined.index, pd.RangeIndex)
    pd.testing.assert_frame_equal(joined[events.columns], events)
    assert joined[columns].dtypes.to_dict() == sessions[columns].dtypes.to_dict()
    rows = sessions.set_index("session_id")
    for name in columns:
        known = [rows[name][each] if each in rows.index else pd.NA for each in ids]
        expected = pd.Series(known, dtype=rows[name].dtype, name=name)
        pd.testing.assert_series_equal(joined[name], expected)


def test_the_visitor_is_joined_by_default():
    """The column that most analyses want as their key."""
    events, sessions = events_of(["s2", "s1", "s2"]), list_of(["s1", "s2"])
    before = events.copy(), sessions.copy()
    joined = hf.with_sessions(events, sessions)
    assert joined["visitor_id"].tolist() == ["vs2", "vs1", "vs2"]
    assert joined["visitor_id"].dtype == sessions["visitor_id"].dtype
    pd.testing.assert_frame_equal(events, before[0])
    pd.testing.assert_frame_equal(sessions, before[1])


def test_text_stays_text():
    """Fields of the tracker's are kept as they are."""
    joined = hf.with_sessions(
        events_of(["s1", "s2"]), list_of(["s1", "s2"]), ["field_plan", "field_age", "duration"]
    )
    assert joined["field_plan"].tolist() == ["007", "007"]
    assert joined["field_age"].dtype == "Int64"
    assert joined["duration"].dtype == "timedelta64[us]"


def test_sessions_without_a_row_are_counted_once():
    """They are missing, and one warning says how many there are."""
    events = events_of(["s1", "s9", "s9", "s8"])
    events.loc[0, "session_id"] = pd.NA
    with pytest.warns(hf.DataWarning) as caught:
        joined = hf.with_sessions(events, list_of(["s1"]), ["visitor_id", "field_age"])
    (warning,) = caught
    assert str(warning.message) == (
        "2 of 2 sessions are not in the session list; 1 events have no session_id: "
        "visitor_id, field_age missing there."
    )
    assert caught[0].filename == __file__
    assert joined["visitor_id"].isna().all()
    assert joined["field_age"].dtype == "Int64"


@pytest.mark.parametrize("kind", ["category", "object", "string[python]", "string[pyarrow]"])
@pytest.mark.parametrize("listed_kind", ["category", "object", "string[python]"])
def test_session_ids_of_any_text_type(kind, listed_kind):
    """They match by what they say."""
    events, sessions = events_of(["s2", "s1"]), list_of(["s1", "s2", "s3"])
    events["session_id"] = events["session_id"].astype(kind)
    sessions["session_id"] = sessions["session_id"].astype(listed_kind)
    joined = hf.with_sessions(events, sessions)
    assert joined["visitor_id"].tolist() == ["vs2", "vs1"]
    assert joined["session_id"].dtype == events["session_id"].dtype


def test_types_of_numpy():
    """Kept where every event finds its session; where not, whole numbers stay whole."""
    sessions = pd.DataFrame(
        {
            "session_id": ["s1", "s2"],
            "count": [2**60 + 1, 2],
            "flag": [True, False],
            "share": [0.5, 1.0],
            "kind": pd.Categorical(["a", "b"]),
            "moment": pd.to_datetime(["2026-01-01", "2026-01-02"]),
        }
    )
    columns = sessions.columns[1:].tolist()
    full = hf.with_sessions(events_of(["s2", "s1"]), sessions, columns)
    assert full[columns].dtypes.to_dict() == sessions[columns].dtypes.to_dict()
    with pytest.warns(hf.DataWarning, match="1 of 2 sessions"):
        partly = hf.with_sessions(events_of(["s1", "s9"]), sessions, columns)
    assert partly["count"].tolist() == [2**60 + 1, pd.NA]
    assert partly["flag"].tolist() == [True, pd.NA]
    for name in ("share", "kind", "moment"):
        assert partly[name].dtype == sessions[name].dtype


def test_empty_frames():
    """No events, no sessions, or no columns: typed frames all the same."""
    sessions = list_of(["s1"])
    assert hf.with_sessions(events_of([]), sessions)["visitor_id"].dtype == "string"
    with pytest.warns(hf.DataWarning, match="1 of 1 sessions"):
        none = hf.with_sessions(events_of(["s1"]), sessions.iloc[:0], ["visitor_id", "page_views"])
    assert none["visitor_id"].isna().all()
    assert none["page_views"].dtype == "Int64"
    events = events_of(["s1"])
    nothing = hf.with_sessions(events, sessions, [])
    pd.testing.assert_frame_equal(nothing, events)
    assert nothing is not events


def test_any_index_becomes_a_range():
    """The rows stay in their order, whatever they were called."""
    events = events_of(["s1", "s2", "s1"]).iloc[::-1]
    joined = hf.with_sessions(events, list_of(["s2", "s1"]).iloc[::-1])
    assert joined.index.tolist() == [0, 1, 2]
    assert joined["visitor_id"].tolist() == ["vs1", "vs2", "vs1"]
    assert joined["timestamp"].tolist() == events["timestamp"].tolist()


def test_a_session_that_stands_twice():
    """With the same values it is one; with others it is an error, where those are asked for."""
    sessions = pd.concat([list_of(["s1", "s2"]), list_of(["s9", "s1"])]).replace("s9", "s3")
    joined = hf.with_sessions(events_of(["s1"]), sessions)
    assert joined["visitor_id"].tolist() == ["vs1"]
    with pytest.raises(hf.InvalidInput, match=r"1 sessions .*'s1' \(it differs in 'page_views'\)"):
        hf.with_sessions(events_of(["s1"]), sessions, ["visitor_id", "page_views"])
    unknown = sessions.assign(visitor_id=pd.NA)
    assert hf.with_sessions(events_of(["s1"]), unknown)["visitor_id"].isna().all()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (["visitorid"], "no column 'visitorid'. Did you mean 'visitor_id'?"),
        (["field_plans"], "'field_plan'"),
        ("visitor_id", r"columns is 'visitor_id'; a list of names is needed"),
        (None, "columns is None"),
        (["country", "country"], "names 'country' 2 times"),
        (["session_id"], "have a column 'session_id' already"),
        (["device", "title"], "no column 'title'"),
    ],
)
def test_columns_that_cannot_be_joined(columns, said):
    """Each says what to do."""
    with pytest.raises(hf.InvalidInput, match=said):
        hf.with_sessions(events_of(["s1"]), list_of(["s1"]), columns)


def test_a_column_that_the_events_have():
    """Joining twice is told, with the way out."""
    sessions = list_of(["s1"])
    once = hf.with_sessions(events_of(["s1"]), sessions)
    with pytest.raises(hf.InvalidInput, match=r"events\.drop\(columns=\['visitor_id'\]\)"):
        hf.with_sessions(once, sessions)


@pytest.mark.parametrize("frame", [None, [{"id": "s1"}], "s1"])
def test_no_frames(frame):
    """What is no frame is told, whichever of the two it is."""
    with pytest.raises(hf.InvalidInput, match="DataFrame"):
        hf.with_sessions(frame, list_of(["s1"]))
    with pytest.raises(hf.InvalidInput, match="client.sessions"):
        hf.with_sessions(events_of(["s1"]), frame)


def test_other_functions_tell_the_way_here():
    """An analysis that lacks a column of the session list names this function."""
    with pytest.raises(hf.InvalidInput, match=r"hf\.with_sessions\(events, sessions, \['visitor_"):
        hf.transitions(events_of(["s1"]), key="visitor_id")
    with pytest.raises(hf.InvalidInput, match="frame of sessions has no column 'visitor_id'"):
        hf.with_sessions(events_of(["s1"]), pd.DataFrame({"session_id": ["s1"]}))
