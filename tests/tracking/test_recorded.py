"""The recorded event logs: each finding was read, and is true."""

from __future__ import annotations

import pytest

from hardal_frames.sandbox import read_recording
from hardal_frames.tracking.audit import audit
from tests.tracking.cases import frames_of

pytestmark = pytest.mark.shared

TRUE = {
    # 20 sessions of clicks, carts and orders, without urls: nothing to say.
    "otto20": {},
    # No path was recorded; two sessions have an event each second, twenty times; tasks were set and
    # handed in on some days, and what the course began with was read less from its second week on.
    "moodle_la": {
        ("incomplete_pageview", None, "path"): 80_084,
        ("regular_session", None, None): 40,
        ("changed_volume", "Feedback", None): None,
        ("changed_volume", "Group_work", None): None,
        ("changed_volume", "Assignment", None): None,
        ("changed_volume", "Ethics", None): None,
        ("changed_volume", "Instructions", None): None,
        ("changed_volume", "General", None): None,
        ("changed_volume", "La_types", None): None,
        ("changed_volume", "Social", None): None,
        ("changed_volume", "Theory", None): None,
        ("changed_volume", "Practicals", None): None,
    },
    # The clock was lost, only dates are left; titles were never recorded.
    "eshop2008": {
        ("tied_events", None, "timestamp"): None,
        ("incomplete_pageview", None, "title"): 165_474,
    },
}


@pytest.mark.parametrize("name", TRUE)
def test_findings(name, shared_datasets):
    """Nothing is found but what is true of the log, and nothing grave."""
    events, sessions = frames_of(read_recording(shared_datasets / name / "hardal.jsonl.gz"))
    table = audit(events, sessions)
    assert "high" not in set(table["severity"])
    known = TRUE[name]
    for row in table.astype(object).where(table.notna(), None).to_dict("records"):
        key = (row["check"], row["name"], row["property"])
        assert key in known, row
        assert known[key] in {None, row["count"]}
    assert {check for check, _, _ in known} == set(table["check"])
