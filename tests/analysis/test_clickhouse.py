"""The funnel beside windowFunnel of ClickHouse itself, where chdb is installed."""

from __future__ import annotations

import random

import pandas as pd
import pytest

import hardal_frames as hf
from tests.funnel_twin import listed
from tests.strategies import MARCH, frame_of

chdb = pytest.importorskip("chdb")

NAMES = ("A", "B", "C", "other")
UNIT = 500_001
WINDOWS = (0, 1, 3, None)
# No event fills two of these steps.
APART = (["A", "B", "C"], ["C", "A"], [["A", "other"], "B", "C"], ["B", "C", "A", "other"])
# Some events fill several of these.
OVERLAPPING = (
    ["A", "A"],
    ["A", "A", "B"],
    ["A", "B", "A", "C"],
    ["A", ["A", "B"], "C"],
    [["A", "B"], ["B", "C"], ["A", "C"]],
)
SESSIONS_EACH = {"short": 150, "long": 5_000}


def random_sessions(seed, count):
    """Sessions of up to nine events at up to seven instants."""
    chance = random.Random(seed)
    return [
        {
            "session_id": f"s{session}",
            "id": f"{session}-{place}",
            "sequence": place,
            "name": chance.choice(NAMES),
            "timestamp": MARCH + UNIT * chance.randrange(7),
        }
        for session in range(count)
        for place in range(chance.randint(1, 9))
    ]


def levels(folder, events, steps, within, *modes):
    """Session to what windowFunnel says."""
    path = folder / "events.parquet"
    columns = ["session_id", "name", "timestamp"]
    rows = pd.DataFrame(events)[columns].sample(frac=1, random_state=0)
    rows.astype({"timestamp": "uint64"}).to_parquet(path, index=False)
    conditions = [f"name IN ({', '.join(map(repr, listed(step)))})" for step in steps]
    # A window beyond what 64 bits hold would overflow inside.
    arguments = [str(10**18 if within is None else within), *map(repr, modes)]
    query = (
        f"SELECT session_id, windowFunnel({', '.join(arguments)})"
        f"(timestamp, {', '.join(conditions)}) AS level "
        f"FROM file('{path}', Parquet) GROUP BY session_id"
    )
    found = chdb.query(query, "DataFrame")
    return dict(zip(found["session_id"].astype(str), found["level"].tolist(), strict=True))


def differing(folder, number, steps, modes):
    """Count the sessions compared, and list those that ClickHouse sees otherwise."""
    compared, different = 0, []
    for seed, within in enumerate(WINDOWS):
        window = None if within is None else within * UNIT
        events = random_sessions(f"{steps} {seed}", number)
        expected = levels(folder, events, steps, window, *modes)
        rows = hf.funnel_sessions(
            frame_of(events, ("session_id", "id", "name")),
            steps,
            within=None if window is None else f"{window}us",
            preset="clickhouse",
            missing="zero",
        )
        found = dict(zip(rows["session_id"], rows["reached"].tolist(), strict=True))
        compared += len(expected)
        different += [each for each in expected if found.get(each, 0) != expected[each]]
    return compared, different


@pytest.mark.parametrize("steps", APART, ids=str)
def test_default_mode(tmp_path, steps):
    """The default mode counts the same where no event fills two steps."""
    _, different = differing(tmp_path, SESSIONS_EACH["short"], steps, [])
    assert not different


@pytest.mark.parametrize("steps", [*APART, *OVERLAPPING], ids=str)
def test_mode_strict_once(tmp_path, steps):
    """The mode in which a row fills one step only counts the same for all steps."""
    _, different = differing(tmp_path, SESSIONS_EACH["short"], steps, ["strict_once"])
    assert not different


def test_one_row_fills_two_steps_there(tmp_path):
    """The known difference: by default, one row of theirs fills several steps."""
    events = random_sessions("known", 1)[:1]
    steps = [events[0]["name"]] * 2
    assert levels(tmp_path, events, steps, None) == {"s0": 2}
    rows = hf.funnel_sessions(
        frame_of(events, ("session_id", "id", "name")), steps, preset="clickhouse"
    )
    assert rows["reached"].tolist() == [1]


@pytest.mark.nightly
def test_many_sessions(tmp_path):
    """Both modes on many sessions, with the count of comparisons."""
    for mode, funnels in (([], APART), (["strict_once"], [*APART, *OVERLAPPING])):
        found = [differing(tmp_path, SESSIONS_EACH["long"], steps, mode) for steps in funnels]
        total, different = sum(each[0] for each in found), sum(len(each[1]) for each in found)
        print(f"windowFunnel {mode}: {total:,} sessions, {different:,} differences")
        assert different == 0
