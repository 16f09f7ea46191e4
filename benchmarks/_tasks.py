"""What each task asks, what its result looks like, and whether two results are the same."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

STEPS = ("view_item", "add_to_cart", "begin_checkout", "purchase")
WINDOW = "1h"
WINDOW_MICROSECONDS = 3_600_000_000
START, END = "view_item", "purchase"
FLOW_STEPS = 10
# More than there are events in a session: time times this, plus the sequence, is one number that
# orders a session's events. It fits into 64 bits, and spares the databases sorting by two columns.
PLACES = 4_096
_HALF = 0.5 + 1e-4
TOP = 1_000  # of the names at a step; more than there are

_PAIR = {"source": "text", "target": "text", "count": "number", "sessions": "number"}
_STEP = {"step": "number", "sessions": "number"}
_EVENT = ("session_id", "sequence", "name", "timestamp")


@dataclass(frozen=True)
class Task:
    """One question.

    Parameters
    ----------
    title
        The question in words.
    needs
        Columns of the frame.
    result
        Columns of the result, each with what it holds: text, number, instant, duration, or
        quantile (a duration that a peer may give as floating-point microseconds).
    goals
        For each variant, how many times faster than the best database ours should be.
    """

    title: str
    needs: tuple[str, ...]
    result: dict[str, str]
    goals: dict[str, float]


def _goals(canonical, categorical, shuffled):
    return {"canonical": canonical, "categorical": categorical, "shuffled": shuffled}


WITHIN_1_2, WITHIN_1_5, WITHIN_2 = 1 / 1.2, 1 / 1.5, 1 / 2

TASKS = {
    "transitions": Task(
        "transitions: count and sessions a pair, entries and exits included",
        _EVENT,
        _PAIR,
        _goals(3, 5, WITHIN_1_2),
    ),
    "transition_times": Task(
        "transitions with exact median and p90",
        _EVENT,
        {**_PAIR, "median": "quantile", "p90": "quantile"},
        _goals(3, 4, WITHIN_1_2),
    ),
    "funnel": Task(
        "funnel of four, any start, within 1 h: sessions a step",
        _EVENT,
        _STEP,
        _goals(1.5, 4, WITHIN_1_5),
    ),
    "funnel_times": Task(
        "the same funnel with median times, of each session's deepest and earliest attempt",
        _EVENT,
        {**_STEP, "median_from_previous": "quantile", "median_from_first": "quantile"},
        _goals(1.5, 4, WITHIN_1_5),
    ),
    "flows": Task(
        "flows over the first ten steps, all names kept",
        _EVENT,
        {
            "step": "number",
            "source": "text",
            "target": "text",
            "kind": "text",
            "sessions": "number",
        },
        _goals(3, 4, WITHIN_1_2),
    ),
    "summary": Task(
        "a row a session: times, counts, entry and exit, source",
        (*_EVENT, "type", "path", "prop_utm_source"),
        {
            "session_id": "text",
            "start": "instant",
            "end": "instant",
            "duration": "duration",
            "events": "number",
            "page_views": "number",
            "distinct_names": "number",
            "entry_name": "text",
            "exit_name": "text",
            "entry_path": "text",
            "exit_path": "text",
            "utm_source": "text",
        },
        _goals(1, 1, WITHIN_1_2),
    ),
    "time_between": Task(
        "from each session's first start to the first end after it",
        _EVENT,
        {
            "session_id": "text",
            "start_time": "instant",
            "end_time": "instant",
            "elapsed": "duration",
        },
        _goals(WITHIN_2, WITHIN_2, WITHIN_2),
    ),
}


def normalised(result, task):
    """Turn a result of any library into one Arrow table whose rows stand in one order.

    A peer may lack a column of the result where it has no such figure; the rest is compared.
    """
    if isinstance(result, pd.DataFrame):
        table = pa.Table.from_pandas(result, preserve_index=False)
    else:
        table = result if isinstance(result, pa.Table) else result.to_arrow()
    kinds = {name: kind for name, kind in task.result.items() if name in table.column_names}
    columns = {name: _normalised(table[name], kind) for name, kind in kinds.items()}
    return _sorted(pa.table(columns))


def _normalised(column, kind):
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kind == "text":
        return column.cast(pa.large_string())
    if kind == "quantile" and pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), None, column)
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
    if pa.types.is_duration(column.type):
        return column.cast(pa.duration("us")).cast(pa.int64())
    return column.cast(pa.int64())


def _sorted(table):
    # Whatever a quantile is, the other columns tell the row.
    exact = [name for name in table.column_names if not pa.types.is_floating(table[name].type)]
    return table.sort_by([(name, "ascending") for name in exact]).combine_chunks()


def differences(ours, theirs, most=8):
    """Rows of either normalised table that the other one lacks, as text; empty if they are equal.

    Parameters
    ----------
    ours, theirs
        The tables; theirs may have fewer columns. A quantile of theirs in floating point is equal
        to our exact one if it rounds to it, whichever way a half is rounded: 0.9 is no binary
        number, so that an exact half may come out a little lower or higher.
    most
        How many rows to show.
    """
    names = theirs.column_names
    floats = [name for name in names if pa.types.is_floating(theirs[name].type)]
    ours = _sorted(ours.select([name for name in names if name not in floats] + floats))
    ours, theirs = _sorted(ours.select(names)), _sorted(theirs)
    if len(ours) == len(theirs):
        for name in floats:
            theirs = _rounded(theirs, name, ours[name])
    if ours.equals(theirs):
        return ""
    sides = {"left_only": "ours", "right_only": "theirs", "both": "both"}
    merged = ours.to_pandas().merge(theirs.to_pandas(), how="outer", indicator="only in")
    merged["only in"] = merged["only in"].astype(str).map(sides)
    odd = merged[merged["only in"] != "both"]
    return f"{len(odd):,} rows differ\n{odd.head(most).to_string(index=False)}"


def _rounded(table, name, exact):
    near = pc.less_equal(pc.abs(pc.subtract(table[name], exact)), _HALF)
    values = pc.if_else(near, exact, pc.round(table[name], round_mode="half_to_even").cast("int64"))
    return table.set_column(table.column_names.index(name), name, values)


def total(table):
    """How many events or sessions a normalised table counts, to show that it is not empty."""
    for name in ("count", "events", "sessions"):
        if name in table.column_names:
            return pc.sum(table[name]).as_py()
    return len(table)
