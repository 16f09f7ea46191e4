"""A frame that is counted in blocks of whole walkers, beside the same counted as a whole."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames.analysis import _blocks, _parts, _runs
from hardal_frames.schema import TEXT

STEPS = ["view", "cart", "purchase"]
KINDS = [TEXT, "category"]
SESSIONS = st.lists(
    st.tuples(st.sampled_from("abcdefghij"), st.lists(st.sampled_from([*STEPS, "other"]))),
    min_size=1,
    max_size=12,
)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a few rows; tells how many were counted, or that they had to be given up."""
    monkeypatch.setattr(_blocks, "AT_ONCE", 1)
    monkeypatch.setattr(_blocks, "_SAMPLE", 2)
    monkeypatch.setattr(_blocks, "_NEAR", 1)
    monkeypatch.setattr(_parts.os, "cpu_count", lambda: 2)
    seen = []
    counted = _blocks._counted

    def noted(events, blocks, count):
        parts = counted(events, blocks, count)
        seen.append(len(blocks) if parts is not None else None)
        return parts

    monkeypatch.setattr(_blocks, "_counted", noted)
    return seen


def events_of(sessions, kind=TEXT):
    """Events a second apart, one session after the other."""
    rows = [(session, name) for session, names in sessions for name in names]
    frame = pd.DataFrame(rows, columns=["session_id", "name"])
    begin = pd.Timestamp("2026-03-02", tz="UTC")
    frame["timestamp"] = begin + pd.to_timedelta(frame.index, unit="s")
    frame["device"] = ["phone" if session in "ace" else "desk" for session, _ in rows]
    return frame.astype({"session_id": kind, "name": kind})


def as_a_whole(events, **options):
    """Funnel that is not counted in blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_blocks, "_blocks", lambda *_: None)
        return hf.funnel(events, STEPS, missing="zero", **options)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_the_sessions_the_table_is_the_same(small_blocks, kind):
    """Sessions that stand together, come back later, or are of one event."""
    proven = []

    @given(sessions=SESSIONS, within=st.sampled_from([None, "2s"]))
    def the_same(sessions, within):
        small_blocks.clear()
        events = events_of(sessions, kind)
        options = {"within": within, "by": "device"}
        table = hf.funnel(events, STEPS, missing="zero", **options)
        proven.extend(small_blocks)
        pd.testing.assert_frame_equal(table, as_a_whole(events, **options))

    the_same()
    assert None in proven
    assert max(each or 0 for each in proven) > 1


def test_blocks_are_of_whole_sessions(small_blocks):
    """Long ones make a block longer, or several of them one."""
    events = events_of([("a", STEPS * 9), ("b", STEPS), ("c", ["view"])])
    table = hf.funnel(events, STEPS)
    assert table["sessions"].tolist() == [3, 2, 2]
    assert small_blocks == [2]


def test_a_session_in_two_blocks_is_counted_once(small_blocks):
    """That it is in two is seen when all blocks are counted, and the frame is counted anew."""
    others = [(letter, ["view"] * 3) for letter in "bcdefg"]
    events = events_of([("a", ["view", "cart"]), *others, ("a", ["purchase"])])
    assert hf.funnel(events, STEPS)["sessions"].tolist() == [7, 1, 1]
    assert small_blocks == [None]


def test_what_lacks_values_is_told_of_once(small_blocks):
    """The warning counts the rows of the whole frame."""
    events = events_of([(letter, [*STEPS, "other"]) for letter in "abcdef"])
    events.loc[[5, 20], "name"] = None
    with pytest.warns(hf.DataWarning, match="2 of 24 rows") as told:
        table = hf.funnel(events, STEPS)
    assert len(told) == 1
    assert small_blocks == [None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hf.DataWarning)
        pd.testing.assert_frame_equal(table, as_a_whole(events))


def test_errors_are_those_of_the_whole(small_blocks):
    """A frame that cannot be analysed is refused in the same words."""
    events = events_of([(letter, STEPS) for letter in "abcdef"]).drop(columns="timestamp")
    with pytest.raises(hf.InvalidInput) as plain:
        as_a_whole(events)
    with pytest.raises(hf.InvalidInput) as refused:
        hf.funnel(events, STEPS)
    assert str(refused.value) == str(plain.value)
    assert small_blocks == [None]


@pytest.mark.parametrize("key", [["session_id"], 7, "nothing", None])
def test_a_key_that_is_none_is_refused_as_ever(small_blocks, key):
    """Before a block is cut."""
    with pytest.raises(hf.InvalidInput):
        hf.funnel(events_of([(letter, STEPS) for letter in "abcdef"]), STEPS, key=key)
    assert not small_blocks


def test_blocks_of_ids_that_end_alike_are_not_proven(small_blocks):
    """Ids are told apart by their ends; where these are equal the whole is looked at."""
    end = "x" * 20
    events = events_of([(letter + end, STEPS) for letter in "abcdef"])
    assert hf.funnel(events, STEPS)["sessions"].tolist() == [6, 6, 6]
    assert small_blocks in ([], [None])


def test_marks_of_several_proofs_of_a_block():
    """A walker that is seen in two ways in one block is in one block."""
    first, second = np.array([1, 5], dtype=np.uint64), np.array([5, 9], dtype=np.uint64)
    nothing = np.empty(0, dtype=np.uint64)
    assert _blocks._are_apart([[first, second], [np.array([2, 7], dtype=np.uint64)]])
    assert _blocks._are_apart([[nothing], [nothing]])
    assert not _blocks._are_apart([[first], [second]])
    assert not _blocks._are_apart([[first], []])


def test_values_without_a_mark_are_not_noted():
    """Codes made of the values of one block mean nothing in another."""
    column = pd.Series(["a", "b"], dtype=object)
    assert _runs.runs_of(column).are_distinct()
    with _runs.marks_noted(), pytest.raises(_runs.RunsApart):
        _runs.runs_of(column)
