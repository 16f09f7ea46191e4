"""What the funnel refuses and in which words, and its presets."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest
from hypothesis import given

import hardal_frames as hf
from tests.funnel_cases import drawn

STEPS = ["view_item", "add_to_cart", "purchase"]


@pytest.fixture(scope="module")
def events():
    """A simulated shop."""
    return hf.sample_events()


def with_optional(steps):
    """Read '?purchase' as an optional step; late, so that its absence fails a test, not all."""
    marked = [isinstance(step, str) and step.startswith("?") for step in steps]
    return [
        hf.optional(step[1:]) if is_optional else step
        for step, is_optional in zip(steps, marked, strict=True)
    ]


@pytest.mark.parametrize(
    ("steps", "options", "words"),
    [
        (STEPS, {"order": "any", "step_within": "1h"}, ["order", "any", "step_within"]),
        (
            ["view_item", "?add_to_cart"],
            {"order": "any"},
            ["order", "any", "optional"],
        ),
        (
            ["view_item", "?add_to_cart"],
            {"order": "strict"},
            ["order", "strict", "optional"],
        ),
        (STEPS, {"order": "any", "exclude": "purchase"}, ["order", "any", "exclude", "purchase"]),
        (
            STEPS,
            {"order": "any", "exclude": ["search", "purchase"]},
            ["order", "any", "exclude", "purchase"],
        ),
        (
            ["view_item", {"name": ["purchase"]}],
            {"order": "any", "exclude": "purchase"},
            ["order", "any", "exclude", "purchase"],
        ),
        (
            ["?view_item", "purchase"],
            {},
            ["first", "optional"],
        ),
    ],
)
@pytest.mark.parametrize("name", ["funnel", "funnel_sessions"])
def test_refused_together(events, name, steps, options, words):
    """What cannot be combined is refused, and both options are named."""
    with pytest.raises(hf.InvalidInput) as caught:
        getattr(hf, name)(events, with_optional(steps), **options)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"order": "orderd"},
            "order is 'orderd'; allowed are .*Did you mean 'ordered'",
        ),
        ({"order": "strickt"}, "Did you mean 'strict'"),
        ({"order": None}, "order is None; allowed are"),
        ({"entry": "frist"}, r"entry is 'frist'; allowed are 'best'.*Did you mean 'first'"),
        ({"ties": "eiter"}, r"ties is 'eiter'; allowed are 'feed'.*Did you mean 'either'"),
        ({"trend": "days"}, r"trend is 'days'; allowed are 'day', 'week'.*Did you mean 'day'"),
        ({"trend": "month"}, "allowed are 'day', 'week'"),
        ({"trend": 7}, "trend is 7"),
        ({"preset": "clickhose"}, r"preset is 'clickhose'.*Did you mean 'clickhouse'"),
        ({"missing": "eror"}, r"missing is 'eror'.*Did you mean 'error'"),
        ({"within": "60"}, "within is '60'.*Give the unit"),
        ({"step_within": "60"}, "step_within is '60'.*Give the unit"),
        ({"step_within": 60}, "step_within is 60; a duration such as"),
        ({"step_within": "-5min"}, "step_within is '-5min'.*not negative"),
        ({"exclude": "serch"}, "'serch'.*Did you mean 'search'"),
        ({"exclude": ["search", "logn"]}, "'logn'.*Did you mean 'login'"),
        ({"exclude": 5}, "exclude is 5"),
        ({"exclude": {"name": "search"}}, "exclude is"),
        ({"hold": "pth"}, "no column 'pth'.*Did you mean 'path'"),
        ({"hold": ["path", "titel"]}, "no column 'titel'.*Did you mean 'title'"),
        ({"hold": 5}, "5"),
        ({"by": "pth"}, "no column 'pth'.*Did you mean 'path'"),
        ({"by": ["path", "title"]}, "by is|no column"),
        ({"by": "name"}, "by is 'name', which is also a column of the result"),
        ({"by": "session_id"}, "session_id"),
    ],
    ids=str,
)
def test_bad_options(events, options, said):
    """Each bad option says its value, what is allowed and what to do."""
    with pytest.raises(hf.InvalidInput, match=said):
        hf.funnel_sessions(events, STEPS, **options)


def test_bad_optional_steps(events):
    """What is no step is none when it is optional either."""
    for bad, said in ((7, "A step is 7"), ([], r"A step is \[\]"), ({}, "an empty dict")):
        with pytest.raises(hf.InvalidInput, match=said):
            hf.funnel(events, ["view_item", hf.optional(bad)])
    with pytest.raises(hf.UnknownName, match="Did you mean 'purchase'"):
        hf.funnel(events, ["view_item", hf.optional("purchse")])
    table = hf.funnel(events, ["view_item", hf.optional("purchse")], missing="zero")
    assert table["sessions"].iloc[1] == 0


def test_misspelt_names_may_count_as_nothing(events):
    """missing='zero' lets steps and exclusions be absent."""
    expected = hf.funnel(events, STEPS)
    found = hf.funnel(events, STEPS, exclude="no such event", missing="zero")
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("name", ["clickhouse", "posthog", "mixpanel", "ga4"])
def test_presets_give_a_funnel(events, name):
    """Each preset gives the columns and types of any funnel."""
    expected = hf.funnel(events, STEPS, within="1h")
    table = hf.funnel(events, STEPS, within="1h", preset=name)
    assert table.dtypes.to_dict() == expected.dtypes.to_dict()
    rows = hf.funnel_sessions(events, STEPS, within="1h", preset=name)
    counts = [(rows["reached"] >= number).sum() for number in (1, 2, 3)]
    assert table["sessions"].tolist() == counts


@given(drawn(order="ordered", entry="best", ties="either", step_within=None))
def test_clickhouse_is_a_name_for_options(drawn_example):
    """Its preset is entry "best" with ties "either", which tests against the engine itself show."""
    case, events = drawn_example
    frame = case.frame(events)
    implied = ("order", "entry", "ties", "step_within")
    options = {name: value for name, value in case.real_options.items() if name not in implied}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hf.DataWarning)
        found = hf.funnel_sessions(frame, case.real_steps, **options, preset="clickhouse")
    pd.testing.assert_frame_equal(found, case.funnel_sessions(frame))
