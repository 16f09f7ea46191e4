"""The table of expected funnel depths: small sessions whose right answer is known."""

from __future__ import annotations

import pytest

import hardal_frames as hf
from tests import funnel_twin
from tests.strategies import MARCH, frame_of, plain

COLUMNS = {
    "first": {"entry": "first"},
    "best": {"entry": "best"},
    "either": {"entry": "best", "ties": "either"},
    "strict": {"entry": "best", "ties": "strict"},
}

# Row, events (name, second) in the order of the feed, steps, further options; then the depths
# under each of COLUMNS.
TABLE = [
    (1, "A0 B0", "A>B", {}, 2, 2, 2, 1),
    (2, "B0 A0", "A>B", {}, 1, 1, 2, 1),
    (3, "A0", "A>A", {}, 1, 1, 1, 1),
    (4, "A0 A0", "A>A", {}, 2, 2, 2, 1),
    (5, "F0 P9 P9 P10", "F>P>P", {}, 3, 3, 3, 3),
    (6, "A0 B60", "A>B", {"within": "60s"}, 2, 2, 2, 2),
    (7, "A0 B60.001", "A>B", {"within": "60s"}, 1, 1, 1, 1),
    (8, "A0 A30 B45 C75", "A>B>C", {"within": "60s"}, 2, 3, 3, 3),
    ("9 within", "A0 B50 C100", "A>B>C", {"within": "60s"}, 2, 2, 2, 2),
    ("9 step_within", "A0 B50 C100", "A>B>C", {"step_within": "60s"}, 3, 3, 3, 3),
    (10, "B0 A1 B2", "A>B", {}, 2, 2, 2, 2),
    (11, "A0 X1 A2 B3", "A>B", {"order": "strict"}, 1, 2, 2, 2),
    (12, "A0 X1 B2", "A>B", {"exclude": "X"}, 1, 1, 1, 1),
    (13, "A0 X1 A2 B3", "A>B", {"exclude": "X"}, 1, 2, 2, 2),
    (14, "A0 A1 B2", "A>B", {"exclude": "A"}, 1, 2, 2, 2),
    (15, "A0 B1 D2 C3 D4 E5", "A>B>C>D>E", {}, 5, 5, 5, 5),
    (16, "L0 P1 K2 P3", "L>P>K", {}, 3, 3, 3, 3),
    (18, "A0 A60 B60", "A>B", {"within": "30s"}, 1, 2, 2, 1),
    ("18 later", "A0 A60 B61", "A>B", {"within": "30s"}, 1, 2, 2, 2),
    (19, "A0 B10 B50 C100", "A>B>C", {"step_within": "60s"}, 3, 3, 3, 3),
]
each_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: f"row {row[0]}")
each_column = pytest.mark.parametrize("column", COLUMNS)


def session(text, session_id="s1", visitor_id="v1"):
    """Read 'A0 B60.001' as events."""
    return [
        {
            "session_id": session_id,
            "visitor_id": visitor_id,
            "id": f"{session_id}-{place}",
            "sequence": place,
            "name": word[0],
            "type": "custom",
            "path": None,
            "timestamp": MARCH + round(float(word[1:]) * 10**6),
        }
        for place, word in enumerate(text.split())
    ]


def depth(events, steps, **options):
    """How deep the only walker comes, which the table and the drill-down both tell."""
    frame, steps = frame_of(events), steps.split(">")
    table = hf.funnel(frame, steps, missing="zero", **options)
    rows = hf.funnel_sessions(frame, steps, missing="zero", **options)
    assert table["sessions"].sum() == rows["reached"].sum()
    return int(table["sessions"].sum())


def depth_of_twin(events, steps, **options):
    """The same by exhaustive search."""
    for name in {"within", "step_within"} & set(options):
        options[name] = int(options[name].removesuffix("s")) * 10**6
    found = funnel_twin.funnel_sessions(events, steps.split(">"), **options)
    return sum(reached for reached, _, _ in found.values())


@each_column
@each_row
def test_expected_depth(row, column):
    """Each row of the table under each of its columns."""
    _, text, steps, options, *expected = row
    wanted = dict(zip(COLUMNS, expected, strict=True))[column]
    assert depth(session(text), steps, **options, **COLUMNS[column]) == wanted


@each_column
@each_row
def test_expected_depth_of_the_twin(row, column):
    """The exhaustive search finds what the table says."""
    _, text, steps, options, *expected = row
    wanted = dict(zip(COLUMNS, expected, strict=True))[column]
    assert depth_of_twin(session(text), steps, **options, **COLUMNS[column]) == wanted


@each_column
@pytest.mark.parametrize("search", [depth, depth_of_twin])
def test_visitor_walks_across_sessions(search, column):
    """Row 17: A in one session and B in the next is a conversion of the visitor only."""
    events = session("A0") + session("B9", session_id="s2")
    assert search(events, "A>B", **COLUMNS[column]) == 1
    assert search(events, "A>B", key="visitor_id", **COLUMNS[column]) == 2


def test_the_table_is_whole():
    """Rows 1 to 19 are here, 17 apart."""
    numbers = {int(str(row[0]).split()[0]) for row in TABLE}
    assert numbers == set(range(1, 20)) - {17}


@pytest.mark.parametrize("ties", ["feed", "either", "strict"])
def test_the_earliest_step_need_not_be_the_right_one(ties):
    """Row 19: the reported times are of the attempt that came through."""
    frame = frame_of(session("A0 B10 B50 C100"))
    rows = hf.funnel_sessions(frame, ["A", "B", "C"], step_within="60s", ties=ties)
    assert rows["step_2_id"].tolist() == ["s1-2"]
    earliest = hf.funnel_sessions(frame, ["A", "B"], step_within="60s", ties=ties)
    assert earliest["step_2_id"].tolist() == ["s1-1"]


def test_equal_instants_of_two_sessions_of_a_visitor():
    """Between sessions of a visitor, the session's id decides before the sequence does."""
    events = [*session("C0 A5", "s1"), *session("B5", "s2")]
    assert depth(events, "A>B", key="visitor_id") == 2
    swapped = [*session("C0 A5", "s2"), *session("B5", "s1")]
    assert depth(swapped, "A>B", key="visitor_id") == 1


# Events (with a product where one is held), steps, options, and the events that fill the steps.
REPORTED = [
    # Steps in any order.
    ("C0 A1 B2", "A>B>C", {"order": "any"}, [1, 2, 0]),
    ("B0 B1 A5", "A>B", {"order": "any"}, [2, 0]),
    ("B0 B4 A5", "A>B", {"order": "any", "within": "2s"}, [2, 1]),
    ("B0 B4 A5", "A>B", {"order": "any", "within": "2s", "entry": "first"}, [None, 0]),
    ("A0 B0", "A>B", {"order": "any", "ties": "strict"}, [0, None]),
    ("A0 B0 B1", "A>B", {"order": "any", "ties": "strict"}, [0, 2]),
    ("A0 X1 B2", "A>B", {"order": "any", "exclude": "X"}, [0, None]),
    ("A0 X1 B2 A3", "A>B", {"order": "any", "exclude": "X"}, [3, 2]),
    ("A0 A1", "A>A>A", {"order": "any"}, [0, 1, None]),
    # No other event between; the feed's neighbours count, whatever ties says.
    ("A0 X0 B0", "A>B", {"order": "strict", "ties": "either"}, [0, None]),
    ("B0 A0", "A>B", {"order": "strict", "ties": "either"}, [1, 0]),
    ("B0 A0", "A>B", {"order": "strict"}, [1, None]),
    ("A0 B1 X2 A3 B4 C5", "A>B>C", {"order": "strict"}, [3, 4, 5]),
    # An excluded event that is itself the next step does not stand between.
    ("A0 B1", "A>B", {"exclude": "B"}, [0, 1]),
    ("A0 B1 B2", "A>B>B", {"exclude": "B"}, [0, 1, 2]),
    ("A0 B1 C2", "A>C", {"exclude": "B"}, [0, None]),
    ("X0 A0 B0", "A>B", {"exclude": "X", "ties": "either"}, [1, 2]),
    ("B0 X0 A0", "A>B", {"exclude": "X", "ties": "either"}, [2, None]),
    # One step's limit is inclusive and does not add up.
    ("A0 B60 C120", "A>B>C", {"step_within": "60s"}, [0, 1, 2]),
    ("A0 B60.001", "A>B", {"step_within": "60s"}, [0, None]),
    ("A0 B60 C120", "A>B>C", {"step_within": "60s", "within": "119s"}, [0, 1, None]),
    # What is held.
    ("A0p B1q B2p", "A>B", {"hold": "path"}, [0, 2]),
    ("A0 B1", "A>B", {"hold": "path"}, None),
    ("A0p B1", "A>B", {"hold": "path"}, [0, None]),
    ("A0p A1q B2q", "A>B", {"hold": "path"}, [1, 2]),
    ("A0p A1q B2q", "A>B", {"hold": "path", "entry": "first"}, [0, None]),
    ("A0 A1q B2q", "A>B", {"hold": "path", "entry": "first"}, [1, 2]),
    ("A0p X1 B2p", "A>B", {"hold": "path", "exclude": "X"}, [0, None]),
    ("A0p X1 B2p", "A>B", {"hold": "path", "order": "strict"}, [0, None]),
    # Optional steps.
    ("A0 B1 C2", "A>?B>C", {}, [0, 1, 2]),
    ("A0 C2", "A>?B>C", {}, [0, None, 1]),
    ("A0 C1 B2 C3", "A>?B>C", {}, [0, None, 1]),
    ("A0 B1", "A>?B>C", {}, [0, 1, None]),
    ("A0 B1 C2", "A>?B>?B>C", {}, [0, 1, None, 2]),
    ("A0 B1 B2 C3", "A>?B>?B>C", {}, [0, 1, 2, 3]),
    ("A0 C1 B9", "A>C>?B", {}, [0, 1, 2]),
    ("A0 C1 B9", "A>C>?B", {"within": "8s"}, [0, 1, None]),
    ("A0 C1 B9", "A>C>?B", {"step_within": "7s"}, [0, 1, None]),
    ("A0 C1 X2 B9", "A>C>?B", {"exclude": "X"}, [0, 1, None]),
    ("A0 B0 C0", "A>?B>C", {"ties": "strict"}, [0, None, None]),
    ("A0 B0 C1", "A>?B>C", {"ties": "strict"}, [0, None, 2]),
    ("C0 B0 A0", "A>?B>C", {"ties": "either"}, [2, 1, 0]),
    ("A0p B1q B2p C3p", "A>?B>C", {"hold": "path"}, [0, 2, 3]),
    ("A0 C0 B0", "A>?B>?C>?B", {"ties": "either"}, [0, 2, 1, None]),
]


@pytest.mark.parametrize(
    ("text", "steps", "options", "expected"),
    REPORTED,
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_reported_attempt(text, steps, options, expected):
    """Which events fill the steps, where the options meet; found by hand."""
    bare = " ".join(word.rstrip("pq") for word in text.split())
    events = [
        {**event, "path": word[-1] if word[-1] in "pq" else None}
        for event, word in zip(session(bare), text.split(), strict=True)
    ]
    real = [hf.optional(each[1:]) if each[0] == "?" else each for each in steps.split(">")]
    rows = hf.funnel_sessions(frame_of(events), real, missing="zero", **options)
    if expected is None:
        assert rows.empty
        return
    found = [rows[f"step_{number}_id"][0] for number in range(1, len(real) + 1)]
    wanted = [None if place is None else f"s1-{place}" for place in expected]
    assert [plain(each) for each in found] == wanted
