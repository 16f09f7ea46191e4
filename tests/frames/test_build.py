"""Event records become the events frame."""

from __future__ import annotations

import gc
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames import schema
from hardal_frames.frames.build import build_events

FIELDS = ["session_id", "id", "type", "name", "url", "path", "title", "referrer"]


def records(*names, start=1_772_434_800):
    """Make one record a name, a second apart."""
    return [
        {"id": f"e{index}", "name": name, "timestamp": start + index}
        for index, name in enumerate(names)
    ]


def test_columns_and_types():
    """The frame has the contract's columns, in order, with their types."""
    events = hf.events_from_records(records("a", "b"), session_id="s")
    assert events.columns.tolist() == list(schema.EVENT_COLUMNS)
    assert isinstance(events.index, pd.RangeIndex)
    assert events["timestamp"].dtype == "datetime64[us, Europe/Istanbul]"
    assert events["sequence"].dtype == "int64"
    for name in FIELDS:
        assert events[name].dtype == pd.StringDtype("pyarrow"), name


def test_empty_session_is_a_typed_frame():
    """No record gives no row, with the same columns and types."""
    empty = hf.events_from_records([])
    full = hf.events_from_records(records("a"), session_id="s")
    assert len(empty) == 0
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)


def test_sessions_are_runs_in_order_of_appearance():
    """Records of several sessions come out session by session."""
    mixed = [
        {"sessionId": session, "name": name, "timestamp": 1_772_434_800 + second}
        for session, name, second in [("b", "x", 5), ("a", "y", 1), ("b", "z", 2)]
    ]
    events = hf.events_from_records(mixed)
    assert events["session_id"].tolist() == ["b", "b", "a"]
    assert events["name"].tolist() == ["z", "x", "y"]
    assert events["sequence"].tolist() == [1, 0, 0]


def test_ties_keep_the_order_of_the_feed():
    """Equal timestamps stand in the order in which the feed had them, asc or desc."""
    tied = [{"name": name, "timestamp": "2026-03-02T10:00:00Z"} for name in "abc"]
    ascending = hf.events_from_records(tied, session_id="s")
    descending = hf.events_from_records(tied[::-1], session_id="s", order="desc")
    assert ascending["name"].tolist() == ["a", "b", "c"]
    assert descending["name"].tolist() == ["a", "b", "c"]


def test_daylight_saving_fold_keeps_instants():
    """An hour that the clock shows twice stays two hours."""
    events = hf.events_from_records(
        [
            {"name": "summer", "timestamp": "2025-10-26T02:30:00+02:00"},
            {"name": "winter", "timestamp": "2025-10-26T02:30:00+01:00"},
        ],
        session_id="s",
        timezone="Europe/Berlin",
    )
    assert events["timestamp"].dt.strftime("%H:%M").tolist() == ["02:30", "02:30"]
    assert events["timestamp"].diff()[1] == pd.Timedelta("1h")
    assert hf.time_between(events, "summer", "winter")["elapsed"][0] == pd.Timedelta("1h")


@given(
    st.datetimes(pd.Timestamp("1980-01-01"), pd.Timestamp("2037-01-01")),
    st.sampled_from(["Europe/Istanbul", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
    st.booleans(),
)
def test_any_zone_is_the_same_instant(moment, zone, fold):
    """However an instant is written, the frame holds it to the microsecond."""
    written = moment.replace(tzinfo=ZoneInfo(zone), fold=int(fold))
    events = hf.events_from_records(
        [{"name": "e", "timestamp": written.isoformat()}], session_id="s", timezone=zone
    )
    assert events["timestamp"][0].value == pd.Timestamp(written.astimezone(ZoneInfo("UTC"))).value
    assert events["timestamp"][0].utcoffset() == written.utcoffset()


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02T10:00:00.25+03:00",
        "2026-03-02T07:00:00.250Z",
        "2026-03-02 07:00:00.250000",
        " 2026-03-02T07:00:00.25Z ",
        "20260302T070000.250Z",
        1_772_434_800.25,
        1_772_434_800_250,
        1_772_434_800_250_000,
        1_772_434_800_250_000_000,
        "1772434800250",
        " 1772434800250 ",
        "1772434800250000",
        "1772434800.25",
        pd.Timestamp("2026-03-02T10:00:00.25+03:00"),
    ],
)
def test_every_way_to_write_a_timestamp(written):
    """Offset, Z, naive text, and epochs by their magnitude are one instant."""
    events = hf.events_from_records([{"name": "e", "timestamp": written}], session_id="s")
    assert events["timestamp"][0] == pd.Timestamp("2026-03-02T07:00:00.25Z")


@pytest.mark.parametrize(
    "written",
    [
        *["soon", "", None, True, [], float("nan"), 10**30, "2026-13-01", pd.NaT, "99999"],
        *["9" * 5000, "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"],
    ],
)
def test_unreadable_timestamp_keeps_event_and_text(written):
    """What is no timestamp becomes NaT, last, counted, with its text kept."""
    given_records = [{"name": "odd", "timestamp": written}, *records("fine")]
    with pytest.warns(hf.DataWarning, match="1 timestamps are missing or could not be read"):
        events = hf.events_from_records(given_records, session_id="s")
    assert events["name"].tolist() == ["fine", "odd"]
    assert events["timestamp"].isna().tolist() == [False, True]
    assert events.columns[-1] == "timestamp_text"
    assert events["sequence"].tolist() == [1, 0]


def test_thirteen_digits_are_never_a_date():
    """Epoch milliseconds as text are one kind of thing, whatever their digits."""
    written = [str(1_770_010_112_345 + step * 86_400_000) for step in range(60)]
    events = hf.events_from_records(
        [{"name": "e", "timestamp": each} for each in written], session_id="s"
    )
    assert events["timestamp"].diff().dropna().eq(pd.Timedelta("1D")).all()


def test_every_instant_that_is_kept_can_be_shown():
    """Instants far beyond any event are left out, for not every pandas can show them."""
    events = hf.events_from_records(
        [{"name": "e", "timestamp": each} for each in ("1678-01-02", "2261-12-31T23:59:59Z")],
        session_id="s",
        timezone="Pacific/Kiritimati",
    )
    assert [moment.year for moment in events["timestamp"]] == [1678, 2262]
    assert "1678-01-01 13:3" in repr(events["timestamp"])


def test_notes_count_what_was_decided():
    """Naive timestamps and made ids are counted for whoever reports on a fetch."""
    feed = [{"name": "a", "timestamp": "2026-03-02T10:00:00"}, {"id": "e", "timestamp": 1}]
    notes = build_events([("s", feed)]).notes
    assert (notes.naive_timestamps, notes.made_ids, notes.unreadable_timestamps) == (1, 1, 0)


def test_missing_ids_are_made_from_content():
    """An event without an id gets one that is the same each time, and unique."""
    twice = [{"name": "a", "timestamp": 1_772_434_800}] * 2
    events = hf.events_from_records(twice, session_id="s")
    again = hf.events_from_records(twice, session_id="s")
    assert events["id"].is_unique
    assert events["id"].str.startswith("made-").all()
    assert events["id"].tolist() == again["id"].tolist()


def test_fields_that_are_no_text_become_text():
    """A number where text is promised does not break the column."""
    [title] = hf.events_from_records(
        [{"name": "a", "timestamp": 1_772_434_800, "title": 404}], session_id="s"
    )["title"]
    assert title == "404"


def test_properties_that_are_no_object_are_kept():
    """A list where an object is promised stays, as JSON text of its own."""
    events = hf.events_from_records(
        [{"name": "a", "timestamp": 1_772_434_800, "properties": [1, 2]}], session_id="s"
    )
    assert events["prop_properties"].tolist() == ["[1,2]"]


def test_input_is_not_changed():
    """The records are the same afterwards."""
    given_records = [{"name": "a", "timestamp": "x", "properties": {"n": [float("nan")]}}]
    with pytest.warns(hf.DataWarning):
        hf.events_from_records(given_records, session_id="s")
    assert given_records[0].keys() == {"name", "timestamp", "properties"}
    assert str(given_records[0]["properties"]) == "{'n': [nan]}"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"events": []}, "a dict; a list of API-shaped dicts"),
        ("[]", "records is a str"),
        (None, "records is a NoneType"),
        ([["a"]], r"records\[0\] is a list"),
        ([{"name": "a"}], "names no session"),
        (pd.DataFrame(), "records is a DataFrame"),
    ],
)
def test_records_of_the_wrong_shape(bad, said):
    """What is no list of records is a clear error."""
    with pytest.raises(hf.InvalidInput, match=said):
        hf.events_from_records(bad)


def test_unknown_zone_names_near_ones():
    """A misspelt zone is an error that says which one may be meant."""
    with pytest.raises(hf.InvalidInput, match=r"Europe/Istambul.*Did you mean 'Europe/Istanbul'"):
        hf.events_from_records([], timezone="Europe/Istambul")


def test_unknown_order():
    """The order is asc or desc."""
    with pytest.raises(hf.InvalidInput, match="order is 'up'"):
        hf.events_from_records([], order="up")


@pytest.mark.parametrize("was_on", [True, False])
def test_the_search_for_cycles_is_as_it_was(was_on):
    """Building a frame spares Python's collector, and leaves it as it found it."""
    seen = []

    def feeds():
        seen.append(gc.isenabled())
        yield "s", [{"id": "e"}]
        raise ZeroDivisionError

    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(ZeroDivisionError):
            build_events(feeds())
        assert gc.isenabled() == was_on
        assert seen == [False]
    finally:
        gc.enable()
