"""Random funnels: events full of ties and nulls, every option drawn on its own, and the comparison.

Whatever is drawn is drawn by ``pick``, a function from a list to one of its items: hypothesis
draws small cases that it can shrink, a seeded ``random.Random`` draws many.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

import pandas as pd
import pytest
from hypothesis import strategies as st

import hardal_frames as hf
from tests import funnel_twin
from tests.strategies import MARCH, NAMES, frame_of, microseconds, plain

TEXTS = ("session_id", "visitor_id", "id", "name", "type", "path", "product_id")
ORDERS = ("ordered", "strict", "any")
ENTRIES = ("best", "first")
TIES = ("feed", "either", "strict")
SHORT, LONG = 500_001, 25_200_000_000


def instant(*numbers):
    """Microseconds since 1970 of a date and time in UTC."""
    return round(datetime(*numbers, tzinfo=UTC).timestamp()) * 10**6


CLOCKS = (
    # Zone, first instant, distance between two neighbouring instants.
    ("Europe/Istanbul", MARCH, SHORT),
    ("UTC", MARCH, SHORT),
    ("Europe/Istanbul", MARCH, LONG),
    # Midnight in Istanbul, a Monday begins.
    ("Europe/Istanbul", instant(2026, 3, 1, 21) - 2 * SHORT, SHORT),
    # The Sunday of 23 hours, the Sunday of 25 hours.
    ("Europe/Berlin", instant(2026, 3, 28, 16), LONG),
    ("America/New_York", instant(2026, 10, 31, 23), LONG),
    # A midnight that the clock leaps over, and one that it shows twice.
    ("America/Havana", instant(2026, 3, 8, 5) - 2 * SHORT, SHORT),
    ("America/Havana", instant(2026, 3, 8, 1), LONG),
    ("America/Havana", instant(2026, 11, 1, 5) - SHORT, SHORT),
    ("America/Havana", instant(2026, 11, 1, 5) - 1_800_000_000, 3_600_000_000),
    ("Asia/Kathmandu", instant(2026, 1, 4, 18, 15) - 2 * SHORT, SHORT),
    ("UTC", -3 * LONG, LONG),
)

# What stands here more often is drawn more often.
STEPS = (
    *("A", "B", "C") * 5,
    ["A", "B"],
    ["B", "C"],
    ["C", "other"],
    {"name": "A", "path": "/"},
    {"name": ["B", "C"], "type": "custom"},
    {"path": ["/", "/cart"]},
    {"type": "pageview", "path": "/cart"},
    {"variant": 1},
    "D",
)
EXCLUDES = (*(None, "other") * 4, "A", "B", ["C", "other"], ["A", "B", "C"], "D", ["D", "other"])
HOLDS = (*(None,) * 5, "product_id", "variant", ["product_id", "variant"], "session_id")
BYS = (None, None, "path", "product_id", "variant", "visitor_id")


@dataclass(frozen=True)
class Case:
    """A funnel: its steps and options as the twin takes them, and what it is drawn from.

    Durations are whole microseconds. The clock is a zone, an instant and the distance of two.
    """

    steps: list
    order: str = "ordered"
    within: int | None = None
    step_within: int | None = None
    entry: str = "best"
    ties: str = "feed"
    exclude: str | list | None = None
    hold: str | list | None = None
    by: str | None = None
    trend: str | None = None
    key: str = "session_id"
    clock: tuple = CLOCKS[0]

    @property
    def rules(self):
        """The options that both functions of the twin take."""
        names = ("order", "within", "step_within", "entry", "ties", "exclude", "hold", "key")
        return {name: getattr(self, name) for name in names}

    @property
    def real_steps(self):
        """The steps as the package takes them."""
        return [hf.optional(step[1]) if isinstance(step, tuple) else step for step in self.steps]

    @property
    def real_options(self):
        """The options as the package takes them."""
        durations = {
            name: None if self.rules[name] is None else f"{self.rules[name]}us"
            for name in ("within", "step_within")
        }
        return {**self.rules, **durations, "by": self.by, "trend": self.trend, "missing": "zero"}

    def frame(self, events):
        """The frame of some events, in the zone of the clock."""
        frame = frame_of(events, TEXTS)
        frame["variant"] = pd.array([event["variant"] for event in events], dtype="Int64")
        frame["timestamp"] = frame["timestamp"].dt.tz_convert(self.clock[0])
        return frame

    def funnel(self, frame):
        """Run `hf.funnel` on a frame, silent about events without a name or visitor."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", hf.DataWarning)
            return hf.funnel(frame, self.real_steps, **self.real_options)

    def funnel_sessions(self, frame):
        """Run `hf.funnel_sessions` likewise."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", hf.DataWarning)
            return hf.funnel_sessions(frame, self.real_steps, **self.real_options)


def drawn_case(pick, **fixed):
    """Draw every option independently of the others."""
    clock = pick(CLOCKS)
    durations = (*(None,) * 6, *(clock[2] * count for count in (1, 2, 3, 0)), clock[2] * 2 - 1)
    steps = [pick(STEPS)]
    for _ in range(pick((0, 1, 2, 3, 1, 2, 3, 2, 3))):
        step = pick(STEPS)
        steps.append(("optional", step) if pick((True, False, False, False)) else step)
    options = {
        "order": pick(ORDERS),
        "within": pick(durations),
        "step_within": pick(durations),
        "entry": pick(ENTRIES),
        "ties": pick(TIES),
        "exclude": pick(EXCLUDES),
        "hold": pick(HOLDS),
        "by": pick(BYS),
        "trend": pick((None, None, "day", "week")),
        "key": pick(("session_id", "session_id", "visitor_id")),
    }
    case = Case(steps, **{**options, **fixed}, clock=clock)
    return replace(case, by=None) if case.by == case.key else case


def accepted_case(pick, **fixed):
    """Draw options that may be combined, often with one limit only, so that attempts go deep."""
    case = drawn_case(pick, **fixed)
    limit = pick((None, "within", "step_within", "exclude", "hold"))
    if limit is not None:
        limits = {"within", "step_within", "exclude", "hold"} - {limit}
        case = replace(case, **dict.fromkeys(limits - set(fixed)))
    if case.order != "ordered":
        case = replace(case, steps=[funnel_twin.plain_step(step) for step in case.steps])
    if case.order == "any":
        excluded = set(funnel_twin.listed(case.exclude)) - names_of(case.steps)
        case = replace(case, step_within=None, exclude=sorted(excluded))
    return replace(case, exclude=None) if may_be_refused(case) else case


def refusals(case):
    """Reasons to refuse a combination: each a pair of words that the message has to name."""
    reasons = []
    if case.order != "ordered" and any(isinstance(step, tuple) for step in case.steps):
        reasons.append(("order", "optional"))
    if case.order == "any" and case.step_within is not None:
        reasons.append(("order", "step_within"))
    if case.order == "any" and set(funnel_twin.listed(case.exclude)) & names_of(case.steps):
        reasons.append(("order", "exclude"))
    return reasons


def names_of(steps):
    """Event names that steps say."""
    plain_steps = [funnel_twin.plain_step(step) for step in steps]
    said = [step.get("name") if isinstance(step, dict) else step for step in plain_steps]
    return {name for each in said for name in funnel_twin.listed(each)}


def may_be_refused(case):
    """Tell whether excluded events may fill a step that says no name."""
    nameless = any(isinstance(step, dict) and "name" not in step for step in case.steps)
    return case.order == "any" and case.exclude is not None and nameless


def drawn_events(pick, case, sessions):
    """Draw some sessions; a visitor has at most two of them."""
    _, begin, unit = case.clock
    instants = pick((2, 4, 7))
    wanted = tuple(sorted(names_of(case.steps))) or NAMES
    names = pick((NAMES, NAMES[:3], NAMES[:3], wanted, (*wanted, "other"), (*NAMES[:3], None)))
    return [
        {
            "session_id": f"s{session}",
            "visitor_id": pick((f"v{session // 2}", f"v{session // 2}", None)),
            "id": f"s{session}-{place * 7 % 101}",
            "sequence": place // 2,
            "name": pick(names),
            "timestamp": begin + unit * pick(range(instants)),
            "type": pick(("pageview", "custom")),
            "path": pick((None, "/", "/", "/cart")),
            "product_id": pick((None, *("p1",) * 5, "p2")),
            "variant": pick((None, *(1,) * 5, 2)),
        }
        for session in range(sessions)
        for place in range(pick((1, 2, 3, 4, 5, *(6, 7, 8) * 3)))
    ]


@cache
def position_in(length):
    """Strategy of a position in a list; made once a length, as making costs more than drawing."""
    return st.integers(0, length - 1)


@st.composite
def drawn(draw, case_of=accepted_case, **fixed):
    """A case and events for it."""

    def pick(items):
        return items[draw(position_in(len(items)))]

    case = case_of(pick, **fixed)
    return case, drawn_events(pick, case, pick((0, 1, 2, 3, 3, 4, 4)))


def expected_sessions(case, events):
    """Rows of the drill-down, as the twin finds them."""
    found = funnel_twin.funnel_sessions(events, case.steps, **case.rules)
    rows = []
    for walker, (reached, chosen, start) in found.items():
        row = {case.key: walker}
        if case.by is not None:
            row[case.by] = start[case.by]
        if case.trend is not None:
            row["period"] = funnel_twin.period_of(start["timestamp"], case.trend, case.clock[0])
        row["reached"] = reached
        for number, event in enumerate(chosen, start=1):
            row[f"step_{number}_id"] = event and event["id"]
            row[f"step_{number}_time"] = event and event["timestamp"]
        rows.append(row)
    return rows


def expected_table(case, events):
    """Rows of the table, as the twin finds them."""
    more = {"by": case.by, "trend": case.trend, "zone": case.clock[0]}
    return funnel_twin.funnel_table(events, case.steps, **case.rules, **more)


def as_rows(table):
    """Rows of a table as dicts of plain values; instants and durations in microseconds."""
    columns = {}
    for name, values in table.items():
        temporal = values.dtype.kind in "mM"
        columns[name] = [microseconds(each) if temporal else plain(each) for each in values]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def differing_sessions(case, events, frame):
    """Walkers whose rows differ between the package and the twin, and how."""
    found = as_rows(case.funnel_sessions(frame))
    expected = expected_sessions(case, events)
    if [row[case.key] for row in found] != [row[case.key] for row in expected]:
        return [("walkers", found, expected)]
    pairs = zip(found, expected, strict=True)
    return [(got, wanted) for got, wanted in pairs if list(got.items()) != list(wanted.items())]


def differing_rows(case, events, frame):
    """Rows of the table that differ between the package and the twin, and how."""
    found, expected = as_rows(case.funnel(frame)), expected_table(case, events)
    if len(found) != len(expected):
        return [("rows", found, expected)]
    pairs = zip(found, expected, strict=True)
    return [(got, wanted) for got, wanted in pairs if not is_same_row(got, wanted)]


def is_same_row(found, expected):
    """Tell whether two rows of a table are equal; the interval's ends nearly."""
    if list(found) != list(expected):
        return False
    for name, value in expected.items():
        if name.startswith("ci_") and None not in (value, found[name]):
            if found[name] != pytest.approx(value, abs=1e-12):
                return False
        elif found[name] != value:
            return False
    return True
