"""What a chart shows, in words: for those who cannot see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames.errors import InvalidInput
from hardal_frames.plot._funnel.groups import group_columns, read_groups
from hardal_frames.plot._funnel.layout import step_names
from hardal_frames.plot._shared.counted import SESSIONS, one_of, require_noun
from hardal_frames.plot._shared.kinds import chart_of
from hardal_frames.plot._shared.table import flags
from hardal_frames.plot._shared.text import (
    NO_VALUE,
    count_text,
    duration_text,
    one_line,
    percent_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MOST: Final = 5
_ROUNDED: Final = 1e-9
_REST: Final = "all others"
_NOTHING: Final = "An empty table: there is nothing to show."


def describe(table: pd.DataFrame | Mapping[str, pd.DataFrame], *, counted: str = SESSIONS) -> str:
    """Describe in a few sentences what the chart of a table shows.

    For the alternative text of a picture, a screen reader, or the lines below a chart.

    Parameters
    ----------
    table
        What a chart is drawn from: the result of funnel, journey_flows, transitions, paths,
        time_between (or several by their labels), conversion_time or compare_transitions, or the
        events of one session.
    counted
        What the table counts, in the plural: ``"visitors"`` where it was made with
        ``key="visitor_id"``.

    Returns
    -------
    str
        The kind of chart, how many sessions it counts, and its largest parts with their numbers.

    Raises
    ------
    InvalidInput
        If no chart is drawn from such a table, or counted is no noun.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.sample_events()
    >>> import textwrap
    >>> told = describe(hf.funnel(events, ["page_view", "view_item", "purchase"]))
    >>> print(textwrap.fill(told, 90))
    Funnel of 3 steps, 300 sessions: page_view 300 (100%), view_item 185 (62%), purchase 10
    (3.3%). Most drop off before purchase: 175 sessions.

    A table does not hold what its key was, so say what it counts:

    >>> people = events.assign(visitor_id=events["session_id"])
    >>> describe(hf.funnel(people, ["page_view"], key="visitor_id"), counted="visitors")
    'Funnel of 1 step, 300 visitors: page_view 300 (100%).'
    """
    noun = require_noun(counted)
    if isinstance(table, Mapping):
        return " ".join(
            f"{one_line(str(label))}: {describe(each, counted=noun)}"
            for label, each in table.items()
        )
    words = _words_for(table)
    return words(table, noun) if len(table) else _NOTHING


def _words_for(table: object) -> Callable[[pd.DataFrame, str], str]:
    chart = chart_of(table)
    if chart is not None:
        return _WORDS[chart]
    given = list(table.columns) if isinstance(table, pd.DataFrame) else []
    raise InvalidInput(
        f"No chart is drawn from {given or type(table).__name__!r:.200}. Give what funnel, "
        "journey_flows, transitions, paths, time_between, conversion_time or compare_transitions "
        "returns, or one session's events."
    )


def _funnel(table: pd.DataFrame, counted: str) -> str:
    if group_columns(table):
        return _grouped_funnel(table, counted)
    table = table.sort_values("step", kind="stable")
    names = step_names(table)
    steps = [
        f"{name} {count_text(row['sessions'])} "
        f"({percent_text(row['conversion_from_first'], fine=True)})"
        for name, row in zip(names, _rows(table), strict=True)
    ]
    sessions = table["sessions"].to_numpy()
    told = f"Funnel of {_many(len(table), 'steps')}, {_many(sessions[0], counted)}: "
    told += f"{', '.join(steps)}."
    lost = -np.diff(sessions, prepend=sessions[0])
    if "drop_off" in table.columns:
        lost = table["drop_off"].to_numpy()
    worst = int(np.argmax(lost))
    if lost[worst] > 0:
        told += f" Most drop off before {names[worst]}: {_many(lost[worst], counted)}."
    return told


def _grouped_funnel(table: pd.DataFrame, counted: str) -> str:
    grouped = read_groups(table)
    each = [
        f"{group}: {_noun(entrants, counted)} did {grouped.names[0]}, {shares[-1]} of them "
        f"{grouped.names[-1]}"
        for group, entrants, shares in zip(
            grouped.groups, grouped.entrants, grouped.shares, strict=True
        )
    ]
    rest = f" {grouped.hidden}." if grouped.hidden else ""
    return f"Funnel of {len(grouped.names)} steps by group. {'; '.join(each)}.{rest}"


def _journey(table: pd.DataFrame, counted: str) -> str:
    if "direction" in table.columns:
        each = table.groupby("direction", sort=False)
        ways = (
            (str(way).capitalize(), _journey(rows.drop(columns="direction"), counted))
            for way, rows in each
        )
        return " ".join(f"{way} the anchor: {journey}" for way, journey in ways)
    if "source_is_other" in table.columns:
        rest = flags(table, "source_is_other")
        table = table.assign(source=table["source"].astype(object).mask(rest, _REST))
    steps = table.groupby("step")["sessions"].sum()
    told = [f"Journeys over {_many(len(steps), 'steps')}, {_many(steps.iloc[0], counted)}."]
    for step, rows in table.groupby("step"):
        nodes = rows.groupby("source")["sessions"].sum().sort_values(ascending=False, kind="stable")
        told.append(f"Step {step}, {count_text(int(steps[step]))}: {_largest(nodes)}.")
    return " ".join(told)


def _transitions(table: pd.DataFrame, _counted: str) -> str:
    ordered = table.sort_values("count", ascending=False, kind="stable")
    return f"Transitions between events, {_many(len(table), 'pairs')}. Most frequent: " + _listed(
        f"{_from(row['source'])} to {_to(row['target'])} {_many(row['count'], 'times')}"
        f" ({percent_text(row['probability'])} of what follows it)"
        for row in _rows(ordered.head(_MOST))
    )


def _paths(table: pd.DataFrame, counted: str) -> str:
    ordered = table.sort_values("sessions", ascending=False, kind="stable")
    which = "All" if table["share"].sum() > 1 - _ROUNDED else "The"
    kind = "sequences of events" if which == "All" else "commonest sequences of events"
    return f"{which} {len(table)} {kind}. First: " + _listed(
        f"{', '.join(map(_name, row['path']))}: {_many(row['sessions'], counted)} "
        f"({percent_text(row['share'])})"
        for row in _rows(ordered.head(_MOST))
    )


def _time_between(table: pd.DataFrame, _counted: str) -> str:
    elapsed = table["elapsed"].dropna().dt.total_seconds()
    told = f"Time between events, {_many(len(elapsed), 'pairs')}"
    if len(elapsed):
        median, nine = (duration_text(elapsed.quantile(share)) for share in (0.5, 0.9))
        told += f": half take at most {median}, nine of ten at most {nine}"
    alone = len(table) - len(elapsed)
    return f"{told}; {count_text(alone)} without a pair." if alone else f"{told}."


def _conversion_time(table: pd.DataFrame, counted: str) -> str:
    columns = list(table.columns)
    groups = columns[: columns.index("elapsed")]
    ordered = table.sort_values("elapsed", kind="stable")
    lasts = ordered.tail(1)
    if groups:
        lasts = ordered.groupby(groups, dropna=False, observed=True).tail(1)
        lasts = lasts.sort_index()
    each = []
    for row in _rows(lasts.head(_MOST)):
        group = f"{_name(row[groups[0]])}: " if groups else ""
        counts = f"{count_text(row['converted'])} of {_many(row['sessions'], counted)}"
        within = duration_text(row["elapsed"].total_seconds())
        each.append(f"{group}{counts} ({percent_text(row['share'], fine=True)}) within {within}")
    more = len(lasts) - _MOST
    rest = f" {_many(more, 'more groups')} not told." if more > 0 else ""
    return f"Share of {counted} that converted, over time. {'; '.join(each)}.{rest}"


def _comparison(table: pd.DataFrame, counted: str) -> str:
    told = f"Two groups of {counted} compared by their transitions."
    if {"share_ci_low", "share_ci_high"} <= set(table.columns):
        table = table[(table["share_ci_low"] > 0) | (table["share_ci_high"] < 0)]
    if not len(table):
        return f"{told} None surely differs."
    return f"{told} Surest to differ: " + _listed(
        f"{_from(row['source'])} to {_to(row['target'])}, {percent_text(row['share_first'])} and "
        f"{percent_text(row['share_second'])} of {counted}"
        for row in _rows(table.head(_MOST))
    )


def _session(table: pd.DataFrame, _counted: str) -> str:
    own = table.dropna(subset=["timestamp", "name"])
    count = len(own["session_id"].unique()) if "session_id" in own.columns else 1
    if count > 1:
        raise InvalidInput(
            f"Those are events of {count:,} sessions; one session is drawn, and told: "
            "events[events['session_id'] == ...]."
        )
    if not len(own):
        return _NOTHING
    times, names = own["timestamp"], own["name"].astype(str).value_counts()
    lasting = (times.max() - times.min()).total_seconds()
    return (
        f"One session, {_many(len(own), 'events')} in {duration_text(lasting)} from "
        f"{times.min():%Y-%m-%d %H:%M:%S %Z}: {_largest(names)}."
    )


def _many(count: int, word: str) -> str:
    """Write a count and what it counts, in the plural given."""
    return _noun(count_text(int(count)), word)


def _noun(count: str, word: str) -> str:
    return f"{count} {one_of(word) if count == '1' else word}"


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False)]


def _largest(counts: pd.Series[Any]) -> str:
    shown = [f"{_name(name)} {count_text(int(count))}" for name, count in counts[:_MOST].items()]
    rest = int(counts[_MOST:].sum())
    return ", ".join([*shown, f"others {count_text(rest)}"] if rest else shown)


def _listed(parts: Iterable[str]) -> str:
    return f"{'; '.join(parts)}."


def _name(value: Any) -> str:  # noqa: ANN401  (any value of a column)
    return NO_VALUE if pd.isna(value) else one_line(str(value))


def _from(source: Any) -> str:  # noqa: ANN401  (any value of a column)
    return "entry" if pd.isna(source) else _name(source)


def _to(target: Any) -> str:  # noqa: ANN401  (any value of a column)
    return "exit" if pd.isna(target) else _name(target)


_WORDS: Final[dict[str, Callable[[pd.DataFrame, str], str]]] = {
    "funnel": _funnel,
    "journey": _journey,
    "comparison": _comparison,
    "transitions": _transitions,
    "conversion_time": _conversion_time,
    "paths": _paths,
    "time_between": _time_between,
    "session": _session,
}
