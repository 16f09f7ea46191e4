"""Rows of the session list become the sessions frame."""

from __future__ import annotations

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames import schema
from hardal_frames.frames.sessions import sessions_from_records
from hardal_frames.frames.timestamps import parse_duration

ROW = {
    "id": "s1",
    "visitorId": "v1",
    "startedAt": "2024-01-15T10:30:00+03:00",
    "duration": "180s",
    "pageViews": 5,
    "events": 12,
    "pages": ["/", "/cart"],
    "browser": "Chrome",
    "os": "Android",
    "device": "mobile",
    "country": "TR",
    "fields": {"utm_source": "google", "user_id": 7},
}


def test_row_becomes_typed_columns():
    """Each field has its column and type."""
    sessions = sessions_from_records([ROW])
    assert sessions.columns.tolist() == [
        *schema.SESSION_COLUMNS,
        "field_user_id",
        "field_utm_source",
    ]
    [row] = sessions.to_dict("records")
    assert row["started_at"] == pd.Timestamp("2024-01-15T10:30:00+03:00")
    assert row["duration"] == pd.Timedelta("180s")
    assert (row["page_views"], row["events"], row["field_user_id"]) == (5, 12, 7)
    assert row["pages"] == '["/","/cart"]'
    assert sessions["duration"].dtype == "timedelta64[us]"
    assert sessions["started_at"].dtype == "datetime64[us, Europe/Istanbul]"


def test_no_sessions_is_a_typed_frame():
    """An empty list has the same columns and types."""
    empty = sessions_from_records([])
    pd.testing.assert_series_equal(
        empty.dtypes, sessions_from_records([ROW]).dtypes[list(schema.SESSION_COLUMNS)]
    )


def test_what_is_missing_is_missing():
    """A row of nothing but its id keeps its place."""
    sessions = sessions_from_records([{"id": "s1"}, {"id": 5, "fields": "x"}])
    assert sessions["session_id"].tolist() == ["s1", "5"]
    assert sessions.drop(columns=["session_id", "field_fields"]).isna().all(axis=None)


def test_start_without_offset_is_in_the_zone_asked_for():
    """The list is asked for in the client's zone; activity is asked for in UTC."""
    [row] = sessions_from_records([{"id": "s", "startedAt": "2026-03-02T10:00:00"}])["started_at"]
    assert row == pd.Timestamp("2026-03-02T10:00:00+03:00")


def test_unreadable_values_are_told():
    """What cannot be read is missing, and counted in one warning that names the caller's line."""
    odd = {"id": "s", "startedAt": "soon", "duration": "long", "pageViews": "many", "events": 3}
    with pytest.warns(hf.DataWarning, match="started_at: 1.*duration: 1.*page_views: 1") as caught:
        sessions = sessions_from_records([odd, ROW])
    assert caught[0].filename == __file__
    assert sessions["events"].tolist() == [3, 12]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        *[("180s", 180), ("1h 2m 3s", 3723), ("250ms", 0.25), ("90", 90), (1.5, 1.5)],
        *[("2 d", 172_800), ("PT3M", 180), ("P1DT2H", 93_600), ("pt1h0.5s", 3600.5)],
        ("P2D", 172_800),
    ],
)
def test_durations(written, seconds):
    """Durations are read in the ways that they may be written."""
    assert parse_duration(written) == seconds * 10**6


@pytest.mark.parametrize(
    "written", ["soon", "", "P3M", "P", "PT", None, True, -1, float("inf"), [], "1h soon"]
)
def test_no_durations(written):
    """What is no duration is none."""
    assert parse_duration(written) is None
