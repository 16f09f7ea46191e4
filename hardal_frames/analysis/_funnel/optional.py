"""Optional steps: what an attempt that is already decided did besides its required steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hardal_frames.analysis._funnel.places import held_codes
from hardal_frames.analysis._parts import begins_of

if TYPE_CHECKING:
    from hardal_frames.analysis._funnel.places import Mask, Table
    from hardal_frames.analysis._funnel.rules import Rules
    from hardal_frames.analysis._sequences import Integers, Sequences


def with_optional_steps(
    part: Sequences,
    attempts: Table,
    *,
    marks: Mask,
    barred: Mask | None,
    required: Mask,
    rules: Rules,
) -> Table:
    """Add to each attempt, step by step, the first event that fills an optional step.

    Parameters
    ----------
    part
        The events.
    attempts
        One row an attempt, one column a required step.
    marks
        One row a step, optional ones included: which events fill it.
    barred
        Which events end an attempt, if any do.
    required
        Which steps are required.
    rules
        The rules.

    Returns
    -------
    array
        One column a step.
    """
    filled = np.full((len(attempts), len(marks)), -1, dtype=np.int64)
    filled[:, required] = attempts
    for step in np.flatnonzero(~required).tolist():
        # What came before is there; of what comes after, only required steps are.
        before = np.where(filled[:, :step] >= 0, np.arange(step), -1).max(axis=1)
        previous = filled[np.arange(len(filled)), before]
        later = filled[:, step + 1 :]
        # Required steps are reached in their order, so the first that is there is the next one.
        there = np.append(later >= 0, np.ones((len(filled), 1), dtype=bool), axis=1)
        padded = np.append(later, np.full((len(filled), 1), len(part.times)), axis=1)
        following = padded[np.arange(len(filled)), there.argmax(axis=1)]
        # Who did not come as far as the required step before cannot do what follows it.
        come = filled[:, np.flatnonzero(required[:step])[-1]] >= 0
        filled[come, step] = _first_between(
            part,
            marks[step],
            previous=previous[come],
            following=following[come],
            filled=filled[come],
            barred=barred,
            rules=rules,
        )
    return filled


def _first_between(
    part: Sequences,
    marks: Mask,
    *,
    previous: Integers,
    following: Integers,
    filled: Table,
    barred: Mask | None,
    rules: Rules,
) -> Integers:
    """First event after one position and before another that the rules allow; or -1."""
    candidates = np.append(np.flatnonzero(marks), len(part.times))
    held, own = _held(part, marks, filled[:, 0], rules)
    lowest, highest = _bounds(part, previous, following, rules)
    latest = _latest(part, previous, filled[:, 0], rules)
    barriers_before = np.append(0, np.cumsum(barred if barred is not None else marks & False))
    chosen = np.full(len(filled), -1, dtype=np.int64)
    searching = np.arange(len(filled))
    at = np.searchsorted(candidates, lowest)
    while len(searching):
        here = candidates[at]
        inside = here <= highest[searching]
        inside &= part.times[np.minimum(here, len(part.times) - 1)] <= latest[searching]
        searching, at, here = searching[inside], at[inside], here[inside]
        fits = held[here] == own[searching]
        fits &= ~(filled[searching] == here[:, np.newaxis]).any(axis=1)
        start = previous[searching]
        between = (
            barriers_before[np.maximum(start, here)] - barriers_before[np.minimum(start, here) + 1]
        )
        fits &= between <= 0
        chosen[searching[fits]] = here[fits]
        searching, at = searching[~fits], at[~fits] + 1
    return chosen


def _held(
    part: Sequences, marks: Mask, starts: Integers, rules: Rules
) -> tuple[Integers, Integers]:
    """Code of what is held at each event, -1 where it cannot be, and at each start."""
    positions = np.union1d(np.flatnonzero(marks), starts)
    codes = held_codes(part, positions, rules)
    held = np.full(len(part.times), -1, dtype=np.int64)
    held[positions] = 0 if codes is None else codes
    return held, held[starts]


def _bounds(
    part: Sequences, previous: Integers, following: Integers, rules: Rules
) -> tuple[Integers, Integers]:
    """First and last position that count as after one event and before another."""
    walkers = part.walkers_at(previous)
    end = part.starts[walkers + 1]
    there = following < len(part.times)
    known = np.where(there, following, previous)
    if rules.ties == "feed":
        return previous + 1, np.where(there, following - 1, end - 1)
    last = part.last_of_instant()
    begins = begins_of(last)
    first = begins[np.searchsorted(begins, np.arange(len(last)), side="right") - 1]
    if rules.ties == "strict":
        return last[previous] + 1, np.where(there, first[known] - 1, end - 1)
    return first[previous], np.where(there, last[known], end - 1)


def _latest(part: Sequences, previous: Integers, starts: Integers, rules: Rules) -> Integers:
    latest = np.full(len(previous), np.iinfo(np.int64).max)
    if rules.within is not None:
        latest = np.minimum(latest, part.times[starts] + rules.within)
    if rules.step_within is not None:
        latest = np.minimum(latest, part.times[previous] + rules.step_within)
    return latest
