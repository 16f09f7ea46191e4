"""The funnel under all its options beside an exhaustive search."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

import hardal_frames as hf
from tests.funnel_cases import (
    ENTRIES,
    ORDERS,
    TIES,
    accepted_case,
    differing_rows,
    differing_sessions,
    drawn,
    drawn_case,
    drawn_events,
    may_be_refused,
    refusals,
)

MANY_SESSIONS = 100_000
SESSIONS_IN_A_FRAME = 10
COMBINATIONS = list(product(ORDERS, ENTRIES, TIES))


@given(drawn(drawn_case))
def test_any_combination(drawn_example):
    """Whatever options are drawn: the same as the twin, or refused in words that tell why."""
    case, events = drawn_example
    frame = case.frame(events)
    reasons = refusals(case)
    if reasons:
        for run in (case.funnel, case.funnel_sessions):
            with pytest.raises(hf.InvalidInput) as caught:
                run(frame)
            said = str(caught.value)
            assert any(all(word in said for word in words) for words in reasons), said
        return
    try:
        differences = differing_sessions(case, events, frame)
    except hf.InvalidInput as error:
        assert may_be_refused(case), error
        assert "exclude" in str(error)
        return
    assert not differences
    assert not differing_rows(case, events, frame)
    event(f"order {case.order}, ties {case.ties}")


@pytest.mark.parametrize("order", ORDERS)
@given(st.data())
def test_accepted_combinations(order, data):
    """The same of options that may be combined, so that no draw is spent on a refusal."""
    case, events = data.draw(drawn(order=order))
    frame = case.frame(events)
    assert not differing_sessions(case, events, frame)
    assert not differing_rows(case, events, frame)


def compared(seed, sessions, **fixed):
    """Compare many random sessions; count them and their differences, and show one."""
    chance = random.Random(seed)
    count, differences, example = 0, 0, None
    while count < sessions:
        case = accepted_case(chance.choice, **fixed)
        events = drawn_events(chance.choice, case, SESSIONS_IN_A_FRAME)
        frame = case.frame(events)
        found = differing_sessions(case, events, frame)
        found += differing_rows(case, events, frame)
        count += SESSIONS_IN_A_FRAME
        differences += len(found)
        if found and example is None:
            example = (case, found[0])
    return count, differences, example


@pytest.mark.parametrize(("order", "entry", "ties"), COMBINATIONS)
def test_many_random_sessions(order, entry, ties):
    """Seeded sessions under every order, entry and ties, the other options at random."""
    seed = f"{order} {entry} {ties}"
    _, differences, example = compared(seed, 130, order=order, entry=entry, ties=ties)
    assert differences == 0, example


@pytest.mark.nightly
def test_a_hundred_thousand_random_sessions():
    """The same of 100,000 sessions."""
    each = -(-MANY_SESSIONS // len(COMBINATIONS))
    total, differences, examples = 0, 0, []
    for order, entry, ties in COMBINATIONS:
        found = compared(f"long {order} {entry} {ties}", each, order=order, entry=entry, ties=ties)
        total, differences = total + found[0], differences + found[1]
        examples += [found[2]] if found[2] else []
    print(f"{total:,} sessions over all combinations of options: {differences:,} differences")
    assert differences == 0, examples[:1]
