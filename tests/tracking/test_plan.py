"""Tracking plans: inferred, written, read, and refused where they are wrong."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames import schema
from hardal_frames.sandbox import simulate
from hardal_frames.tracking.plan_from import rounded_down

EVENTS = hf.sample_events()
PLAN = hf.plan_from(EVENTS)


def frame_of(**columns):
    """Make events, one session each, from columns of the same length."""
    count = len(next(iter(columns.values())))
    times = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(np.arange(count), unit="s")
    base = {"session_id": [f"s{place}" for place in range(count)], "name": "a", "timestamp": times}
    return pd.DataFrame({**base, **columns})


def only(frame, **options):
    """Give the schema of the one property of the one event."""
    [event] = hf.plan_from(frame, **options).document["properties"].values()
    [found] = event["properties"].values()
    return found


def test_plan_of_the_sample():
    """Names, counts, required properties, types, lists and ranges are those of the events."""
    purchase = PLAN.document["properties"]["purchase"]
    bought = EVENTS[EVENTS["name"] == "purchase"]
    assert PLAN.events == tuple(sorted(EVENTS["name"].unique()))
    assert purchase["x-count"] == len(bought)
    assert "transaction_id" in purchase["required"]
    assert "user_id" not in purchase["required"]
    assert purchase["properties"]["items"]["type"] == "array"
    assert purchase["properties"]["currency"]["enum"] == ["TRY"]
    price = purchase["properties"]["price"]
    assert price["type"] == "number"
    assert price["minimum"] <= bought["prop_price"].min()
    assert price["maximum"] >= bought["prop_price"].max()


def test_other_validators_take_the_plan():
    """The file is a JSON Schema by which the API's own records are valid."""
    jsonschema.Draft202012Validator.check_schema(PLAN.document)
    validator = jsonschema.Draft202012Validator(PLAN.document)
    checked = 0
    for feed in simulate(300, seed=1).events.values():
        for event in feed:
            held = {key: each for key, each in event["properties"].items() if each is not None}
            assert validator.is_valid({event["name"]: held})
            checked += 1
    assert checked == len(EVENTS)
    assert not validator.is_valid({"nowhere": {}})


def test_plan_shows_no_personal_data():
    """No e-mail address, phone, card number, query of a url, or id of a person stands in a plan."""
    texts = {
        "prop_contact": "ali@example.com",
        "prop_note": "call +90 532 111 22 33",
        "prop_paid_with": "4111 1111 1111 1111",
        "prop_link": "https://a.example/x?name=ali",
        "prop_first_name": "ali",
        "prop_user_id": "u_1",
        "prop_number": 4111111111111111,
        "prop_phone": 5321112233,
        "prop_lat": 41.01,
    }
    frame = frame_of(**{name: [value] * 9 for name, value in texts.items()})
    for each in hf.plan_from(frame).document["properties"]["a"]["properties"].values():
        assert set(each) == {"type", "x-count"}
    text = str(PLAN)
    assert "@" not in text
    assert "u_0" not in text


def test_names_that_look_personal_are_not_written():
    """Neither those of events nor those of properties; audited, they are departures."""
    frame = frame_of(**{"prop_x": [1] * 9, "prop_ali@example.com": [1] * 9})
    frame["name"] = ["a"] * 6 + ["ali@example.com"] * 3
    plan = hf.plan_from(frame)
    assert "example.com" not in str(plan)
    assert plan.events == ("a",)
    assert list(plan.document["properties"]["a"]["properties"]) == ["x"]
    table = hf.audit(frame, plan=plan, checks=[])
    assert len(table)
    assert "example.com" not in str(table.drop(columns="example_ids").to_dict())


def test_rare_values_are_not_shown():
    """What one or two sessions have is no example, and leaves a list open."""
    frame = frame_of(prop_term=["x"] * 5 + ["y"] * 5 + ["rare"])
    assert only(frame)["examples"] == ["x", "y"]
    assert only(frame.head(10))["enum"] == ["x", "y"]
    assert only(frame.head(10), values=1)["examples"] == ["x", "y"]
    assert only(frame.head(10), values=1, examples=1)["examples"] == ["x"]
    assert "examples" not in only(frame, examples=0)
    assert set(only(frame.assign(session_id="s"))) == {"type", "x-count"}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pd.array([1, 2, None], dtype="Int64"), "integer"),
        (np.array([1.0, np.nan, 2.5]), "number"),
        (pd.array([1.0, np.nan, 2.5], dtype="Float64"), "number"),
        (pd.array([True, None, False], dtype="boolean"), "boolean"),
        (np.array([True, False, True]), "boolean"),
        (["a", None, "1"], "string"),
        (pd.Categorical(["a", None, "b"]), "string"),
        (pd.Categorical([3, None, 4]), "integer"),
        (["[1,2]", None, "[]"], "array"),
        (['{"a":1}', None, "{}"], "object"),
        (["[1,2]", "x", "{not json}"], ["array", "string"]),
        (pd.Series([[1], {"a": 2}, None], dtype=object), ["array", "object"]),
        (pd.Series([True, None, False], dtype=object), "boolean"),
        (pd.Series([1, "a", None], dtype=object), "string"),
        (pd.to_datetime(["2026-03-02", None, "2026-03-03"]), "string"),
    ],
)
def test_types(values, kind):
    """Each column's type is told in the terms of JSON, whatever holds it."""
    frame = frame_of(prop_x=values)
    assert only(frame)["type"] == kind
    assert only(frame)["x-count"] == frame["prop_x"].notna().sum()
    assert hf.audit(frame, plan=hf.plan_from(frame), checks=[]).empty


def test_required_share():
    """Below 1, required is what nearly all have, and the audit tells which lack it."""
    frame = frame_of(prop_x=[1.0] * 19 + [None])
    assert hf.plan_from(frame).document["properties"]["a"]["required"] == []
    plan = hf.plan_from(frame, required=0.95)
    assert plan.document["properties"]["a"]["required"] == ["x"]
    [found] = hf.audit(frame, plan=plan, checks=[]).to_dict("records")
    assert (found["check"], found["count"], found["share"]) == ("missing_required", 1, 0.05)


def test_infinite_numbers_have_no_range():
    """What is no JSON number has no part in a range; nothing is above or below nothing."""
    assert set(only(frame_of(prop_x=[np.inf, -np.inf]))) == {"type", "x-count"}
    found = only(frame_of(prop_x=[np.inf, 3.0]))
    assert (found["minimum"], found["maximum"]) == (2, 5)


@given(st.floats(-1e9, 1e9))
def test_rounded_down(number):
    """A bound is on the outer side, and near."""
    low = rounded_down(number)
    assert low <= number
    assert abs(low) <= abs(number) * 2.5 + 1e-300
    assert abs(low) * 2.5 >= abs(number) - 1e-300


def test_row_order_plays_no_part():
    """The plan is one of a set of events."""
    assert hf.plan_from(EVENTS.sample(frac=1, random_state=3)) == PLAN


def test_a_frame_without_properties():
    """Properties are columns that begin with prop_; a plan that has none says so."""
    frame = hf.sample_events()[["session_id", "timestamp", "name"]].assign(price=1.0)
    assert "no properties, which are the columns that begin with prop_" in repr(hf.plan_from(frame))


def test_rows_without_a_name_or_session_are_left_out():
    """What an audit does not look at is not planned either."""
    frame = frame_of(prop_x=["a"] * 4, name=["a", "b", None, "d"])
    frame.loc[1, "session_id"] = None
    frame.loc[3, "timestamp"] = pd.NaT
    assert hf.plan_from(frame).events == ("a",)
    assert hf.plan_from(EVENTS.head(0)).events == ()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"examples": -1}, "examples is -1"),
        ({"values": True}, "values is True"),
        ({"required": 0}, "required is 0"),
        ({"required": "all"}, "required is 'all'"),
        ({"values": 5.0}, "values is 5.0"),
    ],
)
def test_options(options, said):
    """Options that cannot be used are told."""
    with pytest.raises(hf.InvalidInput, match=said):
        hf.plan_from(EVENTS, **options)


def test_options_of_numpy():
    """Numbers of numpy are as good as Python's."""
    options = {"values": np.int64(10), "examples": np.int8(3), "required": np.float32(1)}
    assert hf.plan_from(EVENTS, **options) == PLAN


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
SCALARS = st.sampled_from(["a", "b/~", 1, 2.5, True])
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "description": TEXTS,
        "x-owner": TEXTS,
        "examples": st.lists(SCALARS, max_size=30),
        "enum": st.lists(SCALARS, min_size=1, max_size=4, unique_by=repr),
    },
)
PLANS = st.fixed_dictionaries(
    {
        "properties": st.dictionaries(
            TEXTS,
            st.fixed_dictionaries(
                {"properties": st.dictionaries(TEXTS, PROPERTIES, max_size=4)},
                optional={"required": st.lists(TEXTS, unique=True, max_size=3), "title": TEXTS},
            ),
            max_size=4,
        )
    }
)


@given(PLANS)
def test_round_trip(tmp_path_factory, document):
    """What is written is read, and written again it is the same, whatever the order was."""
    folder = tmp_path_factory.mktemp("plans")
    plan = hf.Plan(document)
    plan.write(folder / "a.json")
    again = hf.read_plan(folder / "a.json")
    again.write(folder / "b.json")
    assert again == plan
    assert (folder / "a.json").read_bytes() == (folder / "b.json").read_bytes()
    assert list(again.document["properties"]) == sorted(document["properties"])
    assert hf.Plan({"properties": dict(reversed(document["properties"].items()))}) == plan


def test_file_is_small_and_readable(tmp_path):
    """A property has a line where it fits, and no line is wider than a screen."""
    PLAN.write(tmp_path / "plan.json")
    lines = (tmp_path / "plan.json").read_text(encoding="utf-8").splitlines()
    assert '        "currency": {"type": "string", "x-count": 10, "enum": ["TRY"]},' in lines
    assert max(map(len, lines)) <= 101
    assert len(lines) < 400


def test_plan_as_a_table():
    """One row a property, and one for an event without any."""
    plan = hf.Plan(
        {
            "properties": {
                "a": {
                    "required": ["x"],
                    "properties": {
                        "x": {"type": "number", "minimum": 1, "x-count": 3},
                        "y": {"type": ["string", "null"], "enum": ["q", "p"]},
                        "z": {"type": "integer", "maximum": 4},
                    },
                },
                "b": {},
            }
        }
    )
    table = plan.to_frame()
    assert table["event"].tolist() == ["a", "a", "a", "b"]
    assert table["property"].fillna("-").tolist() == ["x", "y", "z", "-"]
    assert table["type"].fillna("-").tolist() == ["number", "null or string", "integer", "-"]
    assert table["required"].tolist() == [True, False, False, False]
    assert table["allowed"].fillna("-").tolist() == ["from 1", "p, q", "to 4", "-"]
    assert table["count"].fillna(0).tolist() == [3, 0, 0, 0]
    assert hf.Plan({"properties": {}}).to_frame().dtypes.equals(table.dtypes)
    assert repr(plan) == "Plan(2 events, 3 properties)"


def test_a_plan_never_changes():
    """The document that is given out, or was given, is a copy."""
    given_document = {"properties": {"a": {}}}
    plan = hf.Plan(given_document)
    given_document["properties"]["b"] = {}
    plan.document["properties"]["c"] = {}
    assert plan.events == ("a",)
    assert plan != given_document


def of_property(each):
    """Make the document of a plan with one property."""
    return {"properties": {"buy": {"properties": {"a/b": each}}}}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "The plan is \\[\\]; an object is needed"),
        ({}, "The plan has no 'properties'"),
        ({"$schema": "x", "properties": {}}, "/\\$schema is 'x'"),
        ({"properties": []}, "/properties is \\[\\]"),
        ({"events": {}, "properties": {}}, "/events is a keyword that is not checked"),
        ({"properties": {"a": None}}, "/properties/a is null"),
        ({"properties": {"a": {"type": "array"}}}, "/properties/a/type is 'array'"),
        ({"properties": {"a": {"additionalProperties": 1}}}, "additionalProperties must be true"),
        ({"properties": {"a": {"required": "x"}}}, "/properties/a/required is 'x'; a list"),
        ({"properties": {"a": {"required": [1]}}}, "/properties/a/required has 1"),
        ({"properties": {"a": {"required": ["x", "x"]}}}, 'required has "x" twice'),
        (
            {
                "properties": {
                    "a": {
                        "additionalProperties": False,
                        "required": ["prise"],
                        "properties": {"price": {}},
                    }
                }
            },
            "has 'prise', which is not among the properties. Did you mean 'price'",
        ),
        (of_property({"type": "text"}), "/properties/buy/properties/a~1b/type is 'text'; allowed"),
        (of_property({"type": "strng"}), "Did you mean 'string'"),
        (of_property({"type": []}), "type is an empty list"),
        (of_property({"type": 5}), "type is 5; the name of a type"),
        (of_property({"type": [["string"]]}), "type is .*; allowed are"),
        (of_property({"maximun": 5}), "/a~1b/maximun is a keyword.*Did you mean 'maximum'"),
        (of_property({"pattern": "x"}), "pattern is a keyword that is not checked"),
        (of_property({"type": "string", "minimum": 1}), "minimum is for numbers; the type is st"),
        (of_property({"minimum": "1"}), "minimum is '1'; a number"),
        (of_property({"minimum": True}), "minimum is True; a number"),
        (of_property({"minimum": float("nan")}), "minimum is nan; a number"),
        (of_property({"minimum": 2, "maximum": 1}), "minimum is above the maximum"),
        (of_property({"enum": []}), "enum is empty"),
        (of_property({"enum": [1, 1]}), "enum has 1 twice"),
        (of_property({"enum": [[1]]}), "enum has \\[1\\]; texts"),
        (of_property({"type": "integer", "enum": ["a"]}), "enum has 'a', which is no integer"),
        (of_property({"examples": 1}), "examples is 1; a list"),
        (of_property({1: 2}), "has the key 1"),
        (of_property({"x-count": "a"}), "a~1b/x-count is 'a'; a whole number from 0"),
        ({"properties": {"a": {"x-count": -1}}}, "/properties/a/x-count is -1"),
        ({"x-count": True, "properties": {}}, "/x-count is True"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(document, said):
    """Every mistake in a plan is an error that says where."""
    with pytest.raises(hf.InvalidInput, match=said):
        hf.Plan(document)


def test_enumerations_hold_any_scalar():
    """Texts, numbers, true and null may be listed beside each other."""
    plan = hf.Plan(of_property({"enum": ["b", None, 2, "a", True, 1.5]}))
    listed = plan.document["properties"]["buy"]["properties"]["a/b"]["enum"]
    assert listed == [None, True, 1.5, 2, "a", "b"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON: Expecting value in line 1, column 1"),
        (b'{"properties": {\n  "a": }\n}', "is not JSON: .* in line 2, column"),
        (b'{"properties": {"a": {}, "a": {}}}', "'a' stands twice"),
        (b'{"properties": NaN}', "NaN is not JSON"),
        (b"\xff\xfe", "it is no text in UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"properties": {"a": 1}}', "plan.json': /properties/a is 1"),
    ],
)
def test_files_that_are_no_plan(tmp_path, content, said):
    """The file and the place in it are told."""
    (tmp_path / "plan.json").write_bytes(content)
    with pytest.raises(hf.InvalidInput, match=said):
        hf.read_plan(tmp_path / "plan.json")


def test_files_that_are_not_there(tmp_path):
    """A missing file, a folder, and a place that cannot be written."""
    with pytest.raises(hf.InvalidInput, match="there is no such file"):
        hf.read_plan(tmp_path / "none.json")
    with pytest.raises(hf.InvalidInput, match="Cannot read the plan"):
        hf.read_plan(tmp_path)
    for none in (None, 3):
        with pytest.raises(hf.InvalidInput, match=f"path is {none}; the name of the file"):
            hf.read_plan(none)
    with pytest.raises(hf.StoreError, match="Cannot write the plan"):
        PLAN.write(tmp_path / "none" / "plan.json")
    with pytest.raises(hf.InvalidInput, match="plan is a dict; a Plan or the name of its file"):
        hf.audit(EVENTS, plan={}, checks=[])


def test_plan_with_a_byte_order_mark(tmp_path):
    """What an editor of Windows saves is read."""
    (tmp_path / "plan.json").write_text(json.dumps(PLAN.document), encoding="utf-8-sig")
    assert hf.read_plan(str(tmp_path / "plan.json")) == PLAN


def test_names_of_any_text_type():
    """Categoricals and objects are names as well."""
    for dtype in ("category", object, schema.TEXT):
        assert hf.plan_from(EVENTS.astype({"name": dtype, "session_id": dtype})) == PLAN
