"""The recorded event logs, fetched over HTTP and analysed, against figures of other engines."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.sandbox import Sandbox, read_recording

pytestmark = pytest.mark.shared

FUNNELS = {
    "by_order_no_window": {},
    "strict_no_window": {"ties": "strict"},
    "strict_30min": {"ties": "strict", "within": "30min"},
    "strict_30min_first_start_only": {"ties": "strict", "within": "30min", "entry": "first"},
    "strict_60s": {"ties": "strict", "within": "60s"},
    "strict_300s": {"ties": "strict", "within": "300s"},
}


@pytest.fixture(scope="module", params=["otto20", "moodle_la", "eshop2008"])
def log(request, shared_datasets):
    """All events of a log, fetched session by session through the client, and its truth."""
    folder = shared_datasets / request.param
    with (
        Sandbox(read_recording(folder / "hardal.jsonl.gz")) as hardal,
        hf.Client(
            hardal.api_key, hardal.signal_id, base_url=hardal.base_url, requests_per_minute=None
        ) as client,
    ):
        sessions = client.sessions()
        events = client.activities(sessions["session_id"], progress=False)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return sessions, events, truth


def seconds(value):
    """Write a count of seconds as a Timedelta of whole microseconds."""
    return pd.Timedelta(round(value * 10**6), unit="us")


def test_events_and_sessions(log):
    """Every event and session arrived, under its name."""
    sessions, events, truth = log
    assert (len(events), events["session_id"].nunique()) == (truth["events"], truth["sessions"])
    assert sessions["events"].sum() == truth["events"]
    assert events["name"].value_counts().to_dict() == truth["names"]
    per_session = hf.session_summary(events)["events"]
    expected = truth["events_per_session"]
    assert per_session.agg(["min", "median", "max"]).to_dict() == {
        name: expected[name] for name in ("min", "median", "max")
    }
    assert (per_session == 1).sum() == expected["single_event_sessions"]


def test_transitions(log):
    """Every listed transition, start and end, and how many there are in all."""
    _, events, truth = log
    table = hf.transitions(events)
    inside = table.dropna(subset=["source", "target"])
    assert inside["count"].sum() == truth["transitions_total"]
    assert len(inside) == truth["distinct_transitions"]
    counts = {(row.source, row.target): row[3] for row in inside.itertuples()}
    for source, target, count in truth["top_transitions"] + truth["top_transitions_no_self"]:
        assert counts[source, target] == count
    starts = table[table["source"].isna()].set_index("target")["count"]
    ends = table[table["target"].isna()].set_index("source")["count"]
    assert all(starts[name] == count for name, count in truth["top_starts"])
    assert all(ends[name] == count for name, count in truth["top_ends"])


def test_paths(log):
    """How many distinct paths there are."""
    _, events, truth = log
    assert len(hf.paths(events, top=None)) == truth["distinct_paths"]


def test_funnels(log):
    """Every funnel count, under the option that its definition names."""
    _, events, truth = log
    checked = 0
    for name, expected in truth["funnel"].items():
        if name != "steps":
            table = hf.funnel(events, truth["funnel"]["steps"], **FUNNELS[name])
            assert table["sessions"].tolist() == expected, name
            checked += 1
    assert checked


def test_times(log):
    """Medians and p90 of times, exact to the microsecond."""
    _, events, truth = log
    if "adjacent_pair_time_s" not in truth:
        assert hf.session_summary(events)["duration"].max() == pd.Timedelta(0)
        return
    expected = truth["adjacent_pair_time_s"]
    source, target = expected["pair"]
    table = hf.transitions(events)
    [row] = table[(table["source"] == source) & (table["target"] == target)].to_dict("records")
    assert row["count"] == expected["n"]
    assert row["median"] == seconds(expected["median"])
    assert row["p90"] == seconds(expected["p90"])
    expected = truth["first_to_next_time_s"]
    elapsed = hf.time_between(events, *expected["pair"], ties="strict")["elapsed"]
    assert len(elapsed) == expected["n"]
    assert elapsed.median() == seconds(expected["median"])
    assert elapsed.quantile(0.9) == seconds(expected["p90"])
    durations = hf.session_summary(events)["duration"]
    assert durations.median() == seconds(truth["session_duration_s"]["median"])
    assert durations.max() == seconds(truth["session_duration_s"]["max"])
