"""The attempt that a funnel reports for each walker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from hardal_frames import schema
from hardal_frames.analysis._funnel.any_order import sets_of_steps
from hardal_frames.analysis._funnel.chains import chains, unbroken_chains
from hardal_frames.analysis._funnel.optional import with_optional_steps
from hardal_frames.analysis._funnel.places import (
    best_of_each,
    held_codes,
    places_of,
    reached_steps,
)
from hardal_frames.analysis._funnel.rules import refuse_excluded_events
from hardal_frames.analysis._funnel.ties import chains_among_ties
from hardal_frames.analysis._funnel.trials import all_chains
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._parts import joined
from hardal_frames.analysis._steps import match_step, seen, sequences_of_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from hardal_frames.analysis._funnel.places import Mask, Places, Table
    from hardal_frames.analysis._funnel.rules import Funnel, Rules
    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._steps import MatchedStep, Seen


@dataclass(frozen=True, slots=True)
class Attempts:
    """The reported attempt of each walker that entered, in the order of walkers.

    Parameters
    ----------
    sequences
        The events.
    seen
        What of all steps of the funnel occurs.
    starts
        Position of the event with which each attempt begins.
    positions
        One row a step, one column an attempt: position of the event that filled it, or -1.
    reached
        How many steps each attempt reached, optional ones left out.
    """

    sequences: Sequences
    seen: Seen
    starts: Integers
    positions: Table
    reached: Integers


def attempts_of(events: pd.DataFrame, funnel: Funnel, *, every_event: bool) -> Attempts:
    """Find the attempt that is reported for each walker.

    Parameters
    ----------
    events
        The caller's frame.
    funnel
        Steps and options.
    every_event
        Whether the sequences must hold all events, not only those that the steps name.
    """
    sequences = _sequences(events, funnel, every_event=every_event)
    schema.require_columns(sequences.frame, funnel.rules.hold)
    matched = [match_step(sequences, step) for step in funnel.all_steps]
    steps = matched[: len(funnel.steps)]
    excluded = matched[-1] if funnel.rules.exclude else None
    find = partial(_attempts_of_part, steps=steps, excluded=excluded, funnel=funnel)
    nothing = np.empty((len(steps), 0), dtype=np.int64)
    found = [(nothing[0], nothing, nothing[0]), *sequences.map_parts(find)]
    columns = list(zip(*found, strict=True))
    del found
    # What is joined is let go before more is made.
    reached = joined(columns.pop())
    positions = joined(columns.pop())
    starts = joined(columns.pop())
    return Attempts(sequences, seen(events, sequences, matched), starts, positions, reached)


def _sequences(events: pd.DataFrame, funnel: Funnel, *, every_event: bool) -> Sequences:
    if every_event or funnel.rules.order == "strict":
        return sequences_of(events, key=funnel.key)
    return sequences_of_steps(events, funnel.all_steps, key=funnel.key)


def _attempts_of_part(
    part: Sequences, *, steps: list[MatchedStep], excluded: MatchedStep | None, funnel: Funnel
) -> tuple[Integers, Table, Integers]:
    """Positions in the whole of each attempt's start and steps; how many required ones it has."""
    required = np.array([not is_optional for is_optional in funnel.is_optional])
    marks = np.array([step.marks(part) for step in steps])
    barred = None if excluded is None else excluded.marks(part)
    attempts, starts = _required_steps(part, marks[required], barred, funnel.rules)
    reached = reached_steps(attempts)
    if not required.all():
        attempts = with_optional_steps(
            part, attempts, marks=marks, barred=barred, required=required, rules=funnel.rules
        )
    # Nobody else holds the attempts, so they may be written over.
    positions = np.ascontiguousarray(attempts.T)
    positions += (positions >= 0) * np.int64(part.offset)
    return starts + part.offset, positions, reached


def _required_steps(
    part: Sequences, marks: Mask, barred: Mask | None, rules: Rules
) -> tuple[Table, Integers]:
    """Positions of the steps of the attempts that are reported, and of their starts."""
    if rules.order == "strict":
        found = [_unbroken(part, marks, rules)]
    elif rules.order == "any":
        if barred is not None:
            refuse_excluded_events(rules, marks, barred)
        found = [_followed(part, marks, barred, rules, sets_of_steps, cut=True)]
    elif rules.ties == "either":
        found = _among_ties(part, marks, barred, rules)
    else:
        found = [_followed(part, marks, barred, rules, chains, cut=False)]
    if len(found) == 1:
        return found[0]
    # No walker is in both.
    attempts = np.concatenate([attempts for attempts, _ in found])
    starts = np.concatenate([starts for _, starts in found])
    order = np.argsort(starts)
    return attempts[order], starts[order]


def _unbroken(part: Sequences, marks: Mask, rules: Rules) -> tuple[Table, Integers]:
    # Nothing stands between the steps, so nothing is excluded between them.
    positions = np.flatnonzero(marks.any(axis=0))
    own = held_codes(part, positions, rules)
    held = None
    if own is not None:
        held = np.full(len(part.times), -1, dtype=np.int64)
        held[positions] = own
    attempts = unbroken_chains(part, marks, rules, held)
    starts = attempts[:, 0]
    best = best_of_each(part.walkers_at(starts), attempts, starts)
    return attempts[best], starts[best]


def _followed(
    part: Sequences,
    marks: Mask,
    barred: Mask | None,
    rules: Rules,
    follow: Callable[[Places, Rules], Table],
    *,
    cut: bool,
) -> tuple[Table, Integers]:
    places = places_of(part, marks, barred, rules, cut=cut)
    found = follow(places, rules)
    begins = found[:, 0]
    if rules.order == "any":
        begins = np.where(found < 0, len(places.positions), found).min(axis=1)
    starts, walkers = places.positions[begins], places.walkers[begins]
    if np.any(walkers[1:] <= walkers[:-1]):
        best = best_of_each(walkers, found, starts, places.positions)
        found, starts = found[best], starts[best]
    return places.positions_at(found), starts


def _among_ties(
    part: Sequences, marks: Mask, barred: Mask | None, rules: Rules
) -> list[tuple[Table, Integers]]:
    hard = np.zeros(len(part.times), dtype=bool)
    if barred is not None:
        # Walkers with an event that is a later step and ends attempts as well.
        clashes = np.flatnonzero((marks[1:] & barred).any(axis=0))
        is_hard = np.zeros(part.walker_count, dtype=bool)
        is_hard[part.walkers_at(clashes)] = True
        hard = np.repeat(is_hard, part.lengths)
    return [
        _followed(part, marks & ~hard, barred, rules, chains_among_ties, cut=True),
        _followed(part, marks & hard, barred, rules, all_chains, cut=False),
    ]
