"""Scans with columns of the session list, and with columns that have other names in the files."""

from __future__ import annotations

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames import schema

EXACTLY = {"check_exact": True}


@pytest.fixture(scope="module")
def events():
    """Sessions of a simulated shop."""
    return hf.sample_events(sessions=120, seed=3)


@pytest.fixture(scope="module")
def sessions(events):
    """A list that knows all sessions but a few, each visitor with about three."""
    ids = events["session_id"].unique()[5:]
    visitors = [f"v{number * 7 % 40}" for number in range(len(ids))]
    return pd.DataFrame(
        {
            "session_id": pd.array(ids, dtype=schema.TEXT),
            "visitor_id": pd.array(visitors, dtype=schema.TEXT),
            "page_views": pd.array(range(len(ids)), dtype="Int64"),
        }
    )


@pytest.fixture
def scan(events, tmp_path):
    """The events in a few parts."""
    hf.partition_events(events, tmp_path / "events", rows_per_part=400)
    return hf.scan_events(tmp_path / "events", workspace=tmp_path / "work")


@pytest.mark.filterwarnings("ignore::hardal_frames.errors.DataWarning")
@pytest.mark.parametrize(
    "analysis",
    [
        lambda events: hf.funnel(events, ["view_item", "purchase"], key="visitor_id"),
        lambda events: hf.funnel(events, ["view_item", "add_to_cart"], by="page_views"),
        lambda events: hf.retention(events, period="day"),
        lambda events: hf.attribution(events, "purchase", by="kind"),
        hf.transitions,
    ],
)
def test_joined_columns_are_those_of_a_frame(analysis, events, sessions, scan):
    """Visitors, who are split over parts, groups, and whatever needs none of the columns."""
    wanted = ["visitor_id", "page_views"]
    joined = hf.with_sessions(scan, sessions, wanted)
    assert joined.columns[-2:] == wanted
    expected = analysis(hf.with_sessions(events, sessions, wanted))
    pd.testing.assert_frame_equal(analysis(joined), expected, **EXACTLY)


def test_a_sample_has_joined_columns(scan, sessions):
    """As those of a frame of the same sessions."""
    some = hf.with_sessions(scan, sessions).sample(sessions=10)
    known = sessions.set_index("session_id")["visitor_id"]
    expected = some["session_id"].map(known).astype(schema.TEXT)
    assert some["session_id"].nunique() == 10
    pd.testing.assert_series_equal(some["visitor_id"], expected, check_names=False)


def test_what_cannot_be_joined_is_refused(scan, sessions):
    """A column that is not in the list, or one that events have, or a second list."""
    with pytest.raises(hf.InvalidInput, match="visitor"):
        hf.with_sessions(scan, sessions, ["visitors"])
    with pytest.raises(hf.InvalidInput, match="already"):
        hf.with_sessions(scan, sessions.rename(columns={"page_views": "name"}), ["name"])
    with pytest.raises(hf.InvalidInput, match="name all at once"):
        hf.with_sessions(hf.with_sessions(scan, sessions), sessions, ["page_views"])


def test_other_values_are_joined_anew(scan, sessions):
    """A list that has changed does not give the columns of the older one."""
    for visitor in ("one", "two"):
        joined = hf.with_sessions(scan, sessions.assign(visitor_id=visitor))
        assert set(joined.sample(sessions=10_000)["visitor_id"].dropna()) == {visitor}


@pytest.mark.parametrize("files", [1, 3])
def test_columns_of_other_names(files, events, tmp_path):
    """Renamed as they are read, whether or not the events must be cut anew."""
    others = {"session_id": "sid", "name": "event_name", "timestamp": "ts"}
    theirs = events.rename(columns=others)
    (tmp_path / "dump").mkdir()
    for number in range(files):
        theirs.iloc[number::files].to_parquet(tmp_path / "dump" / f"{number}.parquet")
    back = {theirs_: ours for ours, theirs_ in others.items()}
    scan = hf.scan_events(tmp_path / "dump", rename=back, workspace=tmp_path / "work")
    assert {"session_id", "name", "timestamp"} <= set(scan.columns)
    pd.testing.assert_frame_equal(hf.transitions(scan), hf.transitions(events), **EXACTLY)
    pd.testing.assert_frame_equal(hf.session_summary(scan), hf.session_summary(events), **EXACTLY)
    hf.partition_events(tmp_path / "dump", tmp_path / "cut", rename=back, rows_per_part=500)
    pd.testing.assert_frame_equal(
        hf.transitions(hf.scan_events(tmp_path / "cut")), hf.transitions(events), **EXACTLY
    )


def test_names_that_cannot_be_given_are_refused(events, tmp_path):
    """One that is not there, with near names, and one that is another column's."""
    events.to_parquet(tmp_path / "events.parquet")
    with pytest.raises(hf.InvalidInput, match=r"rename names 'nam'.*'name'"):
        hf.scan_events(tmp_path / "events.parquet", rename={"nam": "label"})
    with pytest.raises(hf.InvalidInput, match="two columns called 'name'"):
        hf.scan_events(tmp_path / "events.parquet", rename={"type": "name"})
