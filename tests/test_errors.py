"""Our errors travel, and none shows what it must not."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.errors import near_names

EVENTS = pd.DataFrame({"id": ["e1"]})


@pytest.mark.parametrize(
    "error",
    [
        hf.HardalError("a"),
        hf.UnknownName("a"),
        hf.NotFound("a", status=404),
        hf.IncompleteSession("a", events=EVENTS, failed={"s": hf.NotFound("b", status=404)}),
        hf.PaginationStalled("a", events=EVENTS),
        hf.IncompleteSessionList("a", sessions=EVENTS),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_come_back_from_another_process(error):
    """An error is the same after pickling, with all that it carries."""
    back = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own)
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back).keys() == vars(error).keys()
    if isinstance(error, hf.IncompleteSession):
        pd.testing.assert_frame_equal(back.events, EVENTS)
        assert back.failed.keys() == error.failed.keys()


def test_near_names():
    """Near ones whatever their case, else some of those there are."""
    assert near_names("utc", ["UTC", "Europe/Istanbul"]) == "Did you mean 'UTC'?"
    assert near_names(5, ["a"]) == "There are 'a'."
    assert near_names("x", []) == "There are none."
    many = near_names("zzz", [f"name {index:02}" for index in range(12)])
    assert many.endswith("'name 07' and 4 more.")
