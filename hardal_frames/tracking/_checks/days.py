"""What changes from one day to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hardal_frames.tracking._checks._calendar import calendar_of
from hardal_frames.tracking._checks._runs import WEEK, Counts, changed
from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking._checks._calendar import Calendar
    from hardal_frames.tracking._checks._runs import Run
    from hardal_frames.tracking._log import Log, Mask

LEAST: Final = 4
"""Fewer days before a day are no measure of a share; for volumes, whose weekends differ, a week."""

MOST: Final = 10
"""A session counts with no more events of a name a day: no robot makes or hides a change."""


def changed_volume(log: Log) -> Iterator[Finding]:
    """Find days on which a name has more or fewer events than the days before make expect.

    What is expected follows the day's traffic, so that a quiet Sunday is no finding for each name;
    the traffic itself, sessions a day, is compared apart, day by day. Days on end of a name are
    also judged together for a fall: one that came five times a day is missed after about a week.
    The first and the last day of the data are left out: they may be parts of one. Chance does not
    do it (`_runs.changed` says how). A name that stops is shown by its last events.
    """
    calendar = calendar_of(log, least=WEEK)
    if calendar is None:
        return
    traffic = calendar.traffic[None, :]
    days = Counts(traffic, traffic, np.ones(traffic.shape))
    for run in changed(days, change=log.limits.change, least=WEEK, together=False):
        yield _of_volume(log, calendar, run, "Sessions a day", None)
    names = log.name_codes[calendar.rows]
    for run, most in _runs_of_names(log, calendar):
        name = log.names[run.row]
        said = f"Sessions with {name!r}" if most == 1 else f"{name!r} in a session, {most} at most,"
        yield _of_volume(log, calendar, run, said, names == run.row)


def _runs_of_names(log: Log, calendar: Calendar) -> Iterator[tuple[Run, int]]:
    """Find changes in how many sessions have a name, and of other names in how many events."""
    told: set[int] = set()
    for most in (1, MOST):
        sizes = np.minimum(calendar.of_visits(), most)
        table = Counts(calendar.table(sizes), calendar.table(sizes**2), calendar.traffic[None, :])
        runs = changed(table, change=log.limits.change, least=WEEK)
        found = [run for run in runs if run.row not in told]
        told |= {run.row for run in found}
        yield from ((run, most) for run in found)


def _of_volume(log: Log, calendar: Calendar, run: Run, said: str, is_named: Mask | None) -> Finding:
    days, rows = calendar.day_of, calendar.rows
    if is_named is not None:
        days, rows = days[is_named], rows[is_named]
    chosen = (days >= run.begin) & (days < run.end)
    if not chosen.any():
        chosen = days == days[days < run.begin].max()
    name = None if is_named is None else log.names[run.row]
    fell = run.during < run.before
    advice = (
        "Look for a tag that was taken out, or does not fire on a new version of the page."
        if fell
        else "Look for a tag that fires more than once, a robot, or what the site did that day."
    )
    during, before = f"{run.during:.3g}", f"{run.before:.3g}"
    if name is not None and said.startswith("Sessions"):
        during, before = f"{run.during:.1%} of all", f"{run.before:.1%}"
    return Finding(
        "medium" if fell else "low",
        f"{said} are {during} {_when(calendar, run)}, and {before} on the days before. {advice}",
        rows[chosen],
        of=len(log) if name is None else len(log.named(name)),
        name=name,
    )


def changed_fill(log: Log) -> Iterator[Finding]:
    """Find days on which a property is in more or fewer of a name's events than before.

    As for `changed_volume`: whole days only, alone and together, against up to 14 days before, and
    beyond chance: were each session to have it in all of its events or in none, it would still be.
    """
    calendar = calendar_of(log, least=LEAST)
    if calendar is None:
        return
    all_of_visits = calendar.of_visits()
    sizes = np.minimum(all_of_visits, MOST)
    exposure, whole = calendar.table(sizes), calendar.table(sizes**2)
    names = calendar.place_of // calendar.count
    for column in log.properties:
        has = log.filled(column)[calendar.rows]
        if not has.any():
            continue
        filled = calendar.of_visits(has) * sizes / all_of_visits
        counts = calendar.table(filled)
        share = counts.sum(axis=1) / np.maximum(exposure.sum(axis=1), 1)
        squares = calendar.table((filled - share[names] * sizes) ** 2)
        table = Counts(counts, squares, exposure, whole)
        for run in changed(table, change=log.limits.change, least=LEAST):
            yield _of_fill(log, calendar, run, column)


def _of_fill(log: Log, calendar: Calendar, run: Run, column: str) -> Finding:
    in_run = (calendar.day_of >= run.begin) & (calendar.day_of < run.end)
    rows = calendar.rows[in_run & (log.name_codes[calendar.rows] == run.row)]
    fell = run.during < run.before
    has = log.filled(column)[rows]
    name, prop = log.names[run.row], column.removeprefix("prop_")
    return Finding(
        "medium" if fell else "low",
        f"{prop} is in {run.during:.1%} of the events {name!r} {_when(calendar, run)}, and in "
        f"{run.before:.1%} of those before. Look at what was released that day.",
        rows[has != fell],
        of=len(log.named(name)),
        name=name,
        property=prop,
    )


def _when(calendar: Calendar, run: Run) -> str:
    first, last = calendar.date(run.begin), calendar.date(run.end - 1)
    if run.end == calendar.count:
        return f"since {first}"
    return f"on {first}" if first == last else f"from {first} to {last}"
