"""What departs from a plan, against a validator of JSON Schema that shares no code with ours."""

from __future__ import annotations

import jsonschema
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf

VALUES = {
    "whole": st.integers(-3, 3),
    "number": st.sampled_from([-1.5, 0.25, 2.5]),
    "flag": st.booleans(),
    "text": st.sampled_from(["x", "y", "z"]),
    "list": st.sampled_from([[], [1], [{"a": "b"}]]),
    "thing": st.sampled_from([{}, {"a": 1}]),
}
RECORDS = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C"]), st.fixed_dictionaries({}, optional=VALUES)),
    max_size=12,
)
TYPES = ["array", "boolean", "integer", "number", "object", "string"]
LISTED = {"whole": [-1, 0, 2], "number": [0.25, 2.5], "flag": [True], "text": ["x", "y"]}
WORDS = {
    "type": "wrong_type",
    "enum": "unlisted_value",
    "minimum": "out_of_range",
    "maximum": "out_of_range",
}


@st.composite
def properties(draw, name):
    """Plan one property: a type or several, sometimes a list of values or a range."""
    found = {"type": draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True))}
    if name in LISTED and draw(st.booleans()):
        found = {"enum": LISTED[name]}
    if draw(st.booleans()) and {"integer", "number"} & set(found.get("type", ["number"])):
        found |= {"minimum": draw(st.sampled_from([-2, 0.5])), "maximum": 2}
    return found


@st.composite
def plans(draw):
    """Plan some of the events with some of the properties."""
    events = {}
    for event in draw(st.lists(st.sampled_from("ABD"), unique=True)):
        names = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True))
        events[event] = {
            "required": draw(st.lists(st.sampled_from(names), unique=True)) if names else [],
            "properties": {name: draw(properties(name)) for name in names},
            "additionalProperties": draw(st.booleans()),
        }
    return {"properties": events, "additionalProperties": draw(st.booleans())}


def events_of(records):
    """Make the events frame of names and properties, one session."""
    return hf.events_from_records(
        [
            {
                "id": f"e{place}",
                "type": "custom",
                "name": name,
                "timestamp": f"2026-03-02T10:00:{place:02}Z",
                "url": None,
                "path": None,
                "title": None,
                "referrer": None,
                "properties": held,
            }
            for place, (name, held) in enumerate(records)
        ],
        session_id="s",
    )


def departures(findings):
    """Set of check, event name, property and event id that a table of findings tells."""
    return {
        (each["check"], each["name"], None if pd.isna(each["property"]) else each["property"], row)
        for each in findings.to_dict("records")
        for row in each["example_ids"] or [None]
    }


def departures_by_json_schema(records, document):
    """Tell the same by a validator of JSON Schema."""
    found = {
        ("missing_event", name, None, None)
        for name in document["properties"]
        if name not in {name for name, _ in records}
    }
    validator = jsonschema.Draft202012Validator(document)
    for place, (name, held) in enumerate(records):
        own = set()
        for error in validator.iter_errors({name: held}):
            path = list(error.absolute_path)
            if error.validator == "additionalProperties" and not path:
                own.add(("unplanned_event", None))
            elif error.validator == "additionalProperties":
                known = document["properties"][name]["properties"]
                own |= {("unknown_property", key) for key in held if key not in known}
            elif error.validator == "required":
                required = document["properties"][name]["required"]
                own |= {("missing_required", key) for key in required if key not in held}
            else:
                own.add((WORDS[error.validator], path[1]))
        # Of a value of the wrong type nothing more is said.
        wrong = {key for check, key in own if check == "wrong_type"}
        spoken = {"wrong_type", "missing_required", "unknown_property"}
        found |= {
            (check, name, key, f"e{place}")
            for check, key in own
            if check in spoken or key not in wrong
        }
    return found


@given(RECORDS, plans())
def test_departures_are_those_of_json_schema(records, document):
    """Every departure is found where a validator of JSON Schema finds it, and no other."""
    events = events_of(records)
    found = hf.audit(events, plan=hf.Plan(document), checks=[], examples=None)
    assert departures(found) == departures_by_json_schema(records, document)


@given(RECORDS, st.randoms())
def test_own_plan_has_no_departure(records, random):
    """Events keep to the plan that was inferred from them, in any order; so do some of them."""
    events = events_of(records)
    plan = hf.plan_from(events)
    assert hf.audit(events, plan=plan, checks=[]).empty
    rows = random.sample(range(len(events)), len(events))
    assert hf.audit(events.iloc[rows], plan=plan, checks=[]).empty
    fewer = hf.audit(events.iloc[rows[: len(rows) // 2]], plan=plan, checks=[])
    assert set(fewer["check"]) <= {"missing_event"}


MIXED = st.sampled_from(["1", "-2.5", "1e3", "true", "[1]", "{}", "x", "", "[", "007", None])


@given(st.lists(st.tuples(st.sampled_from("AB"), MIXED), min_size=1, max_size=12))
def test_own_plan_of_texts_has_no_departure(rows):
    """The law holds for texts that look like numbers, booleans and JSON, in part or all of them."""
    names, texts = zip(*rows, strict=True)
    times = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(np.arange(len(rows)), unit="s")
    events = pd.DataFrame(
        {"session_id": "s", "name": list(names), "timestamp": times, "prop_x": list(texts)}
    )
    assert hf.audit(events, plan=hf.plan_from(events), checks=[]).empty


def one(values, each, **event):
    """Audit one property of one event against its plan."""
    times = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(np.arange(len(values)), unit="s")
    events = pd.DataFrame({"session_id": "s", "name": "a", "timestamp": times, "prop_x": values})
    events["id"] = events.index.astype(str)
    plan = hf.Plan({"properties": {"a": {"properties": {"x": each}, **event}}})
    found = hf.audit(events, plan=plan, checks=[], examples=None)
    return {each["check"]: each["example_ids"] for each in found.to_dict("records")}


@pytest.mark.parametrize(
    ("values", "each", "found"),
    [
        # A mixed column is text: what was a number is one that looks so.
        (["12", "free"], {"type": "number"}, {"wrong_type": ("1",)}),
        (["12", "2.5"], {"type": "integer"}, {"wrong_type": ("1",)}),
        (["true", "yes"], {"type": "boolean"}, {"wrong_type": ("1",)}),
        (["12", "99", "x"], {"type": ["number", "boolean"], "maximum": 50}, {
            "wrong_type": ("2",), "out_of_range": ("1",)}),
        # Of a value of the wrong type nothing more is said.
        (["12", "free"], {"type": "number", "enum": [12]}, {"wrong_type": ("1",)}),
        ([1.5, 1], {"type": "integer", "minimum": 1, "maximum": 1}, {"wrong_type": ("0",)}),
        # A text is not measured, whatever it looks like.
        (["12", "99"], {"type": ["number", "string"], "maximum": 50}, {}),
        ([1.0, 2.5], {"type": "integer"}, {"wrong_type": ("1",)}),
        ([1, 2], {"type": "string"}, {"wrong_type": ("0", "1")}),
        ([True, False], {"type": "number"}, {"wrong_type": ("0", "1")}),
        (["[1]", "x"], {"type": "array"}, {"wrong_type": ("1",)}),
        ([1, 3], {"enum": [1, "3"]}, {"unlisted_value": ("1",)}),
        (["1", "3", "true"], {"enum": [1, True]}, {"unlisted_value": ("1",)}),
        ([True, False], {"enum": [True]}, {"unlisted_value": ("1",)}),
        ([1, 0], {"enum": [True]}, {"unlisted_value": ("0", "1")}),
        ([5, -5], {"minimum": 0}, {"out_of_range": ("1",)}),
        ([5, -5], {"maximum": 0}, {"out_of_range": ("0",)}),
        ([5, None], {"type": ["integer", "null"]}, {}),
    ],
)  # fmt: skip
def test_values(values, each, found):
    """Types, lists and ranges are those of JSON Schema, as far as a column still tells."""
    assert one(values, each) == found


def test_messages_name_near_names_and_no_value():
    """A misspelt name is told with the planned one; a value never stands in a message."""
    plan = hf.Plan(
        {
            "additionalProperties": False,
            "properties": {
                "add_to_cart": {"additionalProperties": False, "properties": {"price": {}}},
                "contact": {"properties": {"topic": {"enum": ["a"]}}},
            },
        }
    )
    events = events_of(
        [
            ("add_to_card", {}),
            ("add_to_cart", {"prise": 3}),
            ("contact", {"topic": "ali@example.com"}),
        ]
    )
    found = hf.audit(events, plan=plan, checks=[]).set_index("check")["message"]
    assert "Did you mean 'add_to_cart'?" in found["unplanned_event"]
    assert "Did you mean 'price'?" in found["unknown_property"]
    assert not found.str.contains("ali").any()


def test_required_property_without_a_column():
    """A property that no event has is missing in all, and one that is not described is required."""
    events = events_of([("a", {"y": 1}), ("b", {})])
    plan = hf.Plan({"properties": {"a": {"required": ["x"]}}})
    [found] = hf.audit(events, plan=plan, checks=[]).to_dict("records")
    assert (found["check"], found["property"], found["share"]) == ("missing_required", "x", 1.0)


def test_planned_events_that_never_came():
    """They are told with a count of zero and no time, also of no events at all."""
    events = events_of([("a", {})])
    plan = hf.Plan({"properties": {"a": {}, "b": {}}})
    [found] = hf.audit(events, plan=plan).to_dict("records")
    assert (found["check"], found["severity"], found["name"]) == ("missing_event", "low", "b")
    assert (found["count"], found["share"], found["example_ids"]) == (0, 0.0, ())
    assert pd.isna(found["first_seen"])
    nothing = hf.audit(events.head(0), plan=plan, checks=[])
    assert nothing["name"].tolist() == ["a", "b"]
    assert nothing["first_seen"].dtype == events["timestamp"].dtype


def test_plan_is_compared_whatever_checks_are_chosen(tmp_path):
    """The plan may be a file, and its findings stand beside those of the checks."""
    events = hf.sample_events()
    again = events[events["name"] == "purchase"].head(1).assign(id="again")
    document = hf.plan_from(events).document
    del document["properties"]["click"]
    hf.Plan(document).write(tmp_path / "plan.json")
    found = hf.audit(
        pd.concat([events, again]), plan=tmp_path / "plan.json", checks=["repeated_transaction"]
    )
    assert found["check"].tolist() == ["repeated_transaction", "unplanned_event"]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["otto20", "moodle_la", "eshop2008"])
def test_recorded_logs_keep_to_their_own_plan(shared_datasets, name):
    """The law holds on events that nobody made up."""
    events = pd.read_parquet(shared_datasets / name / "events.parquet")
    others = {"session_id", "name", "timestamp", "seq", "type", "path", "title"}
    events = events.rename(columns={each: f"prop_{each}" for each in set(events) - others})
    plan = hf.plan_from(events)
    assert plan.to_frame()["property"].notna().all()
    assert hf.audit(events, plan=plan, checks=[]).empty
