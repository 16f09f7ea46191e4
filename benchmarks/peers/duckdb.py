"""DuckDB in SQL as its experts write it, over the frame's own Arrow buffers.

Sorted lists, one a session, were faster than window functions on each of these, and `asof join`
slower than lists in the funnel.
"""
# ruff: noqa: S608  (constants of the benchmark)

from __future__ import annotations

import os

import duckdb
import pyarrow as pa
from _tasks import END, FLOW_STEPS, PLACES, START, STEPS, WINDOW_MICROSECONDS

PLACE = f"epoch_us(timestamp) * {PLACES} + sequence"
CODES = 1_024  # more than there are names
NAMES = ", ".join(f"'{step}'" for step in STEPS)


def prepare(frame):
    """Register the frame's columns as they are in memory."""
    connection = duckdb.connect()
    connection.execute(f"set threads = {os.cpu_count()}")
    connection.execute("set preserve_insertion_order = false")
    connection.register("events", pa.Table.from_pandas(frame, preserve_index=False))
    return connection


# Time, sequence and the name's code in one number: sorting numbers takes half the time of names.
PACKED = f"""
    with labels as (
        select name, row_number() over (order by name) as code
        from (select distinct name from events)
    ), bounds as (
        select epoch_us(min(timestamp)) as first_time, max(sequence) + 1 as places from events
    ), ordered as (
        select row_number() over () as session, any_value(places) as places, list_sort(list(
            ((epoch_us(timestamp) - first_time) * places + sequence) * {CODES} + code)) as packed
        from events join labels using (name) cross join bounds group by session_id
    ), sessions as (
        select session, list_transform(packed, lambda each: each % {CODES}) as names,
            list_transform(packed, lambda each: each // {CODES} // places) as times
        from ordered
    )
"""
LABELLED = """
    left join labels as sources on sources.code = source
    left join labels as targets on targets.code = target
"""
PAIRS = f"""{PACKED}, pairs as (
        select session, unnest([0] || names) * {CODES} + unnest(names || [0]) as pair
        from sessions
    ), counted as (
        select pair // {CODES} as source, pair % {CODES} as target, count(*) as count,
            count(distinct session) as sessions
        from pairs group by pair
    )
    select sources.name as source, targets.name as target, count, sessions
    from counted {LABELLED}
"""
PAIR_TIMES = f"""{PACKED}, pairs as (
        select session, unnest([0] || names) * {CODES} + unnest(names || [0]) as pair,
            unnest(times || [null]) - unnest([null] || times) as gap
        from sessions
    ), counted as (
        select pair // {CODES} as source, pair % {CODES} as target, count(*) as count,
            count(distinct session) as sessions, quantile_cont(gap, [0.5, 0.9]) as quantiles
        from pairs group by pair
    )
    select sources.name as source, targets.name as target, count, sessions,
        quantiles[1] as median, quantiles[2] as p90
    from counted {LABELLED}
"""
ATTEMPTS = f"""
    with places as (
        select session_id, name, {PLACE} as place from events where name in ({NAMES})
    ), sessions as (
        select row_number() over () as session,
            {
    ", ".join(
        f"list(place order by place) filter (where name = '{step}') as places_{number}"
        for number, step in enumerate(STEPS, start=1)
    )
}
        from places group by session_id having count(*) filter (where name = '{STEPS[0]}') > 0
    ), attempts_1 as (
        select session, unnest(places_1) as place_1, places_2, places_3, places_4 from sessions
    ), attempts_2 as (
        select *, list_filter(places_2, lambda place: place > place_1)[1] as place_2
        from attempts_1
    ), attempts_3 as (
        select *, list_filter(places_3, lambda place: place > place_2)[1] as place_3
        from attempts_2
    ), attempts as (
        select session, place_1 // {PLACES} as time_1, place_2 // {PLACES} as time_2,
            place_3 // {PLACES} as time_3,
            list_filter(places_4, lambda place: place > place_3)[1] // {PLACES} as time_4
        from attempts_3
    ), depths as (
        select *, case
            when time_4 - time_1 <= {WINDOW_MICROSECONDS} then 4
            when time_3 - time_1 <= {WINDOW_MICROSECONDS} then 3
            when time_2 - time_1 <= {WINDOW_MICROSECONDS} then 2 else 1 end as depth
        from attempts
    )
"""
FUNNEL = f"""{ATTEMPTS}, deepest as (select max(depth) as depth from depths group by session)
    select step, count(*) filter (where depth >= step) as sessions
    from deepest, range(1, {len(STEPS) + 1}) as steps(step) group by step
"""
FUNNEL_TIMES = f"""{ATTEMPTS}, best as (
        select max(depth) as depth,
            arg_max([time_1, time_2, time_3, time_4], (depth::bigint << 60) - time_1) as times
        from depths group by session
    ), reached as (select step, times from best, range(1, 5) as steps(step) where depth >= step)
    select step, count(*) as sessions,
        median(case when step > 1 then times[step] - times[step - 1] end) as median_from_previous,
        median(case when step > 1 then times[step] - times[1] end) as median_from_first
    from reached group by step
"""
FLOWS = f"""{PACKED}, flows as (
        select generate_subscripts(names[:{FLOW_STEPS}], 1) as step,
            unnest(names[:{FLOW_STEPS}]) as source,
            unnest((names[2:] || [0])[:{FLOW_STEPS}]) as target
        from sessions
    ), counted as (select step, source, target, count(*) as sessions from flows group by all)
    select step, sources.name as source,
        case when step < {FLOW_STEPS} then targets.name end as target,
        case when target = 0 then 'exit' when step < {FLOW_STEPS} then 'flow'
            else 'beyond' end as kind,
        sum(sessions)::bigint as sessions
    from counted {LABELLED} group by all
"""
SUMMARY = f"""
    with places as (select *, {PLACE} as place from events)
    select session_id, min(timestamp) as start, max(timestamp) as end,
        epoch_us(max(timestamp)) - epoch_us(min(timestamp)) as duration, count(*) as events,
        count(*) filter (where type = 'pageview') as page_views,
        count(distinct name) as distinct_names,
        arg_min(name, place) as entry_name, arg_max(name, place) as exit_name,
        arg_min(path, place) as entry_path, arg_max(path, place) as exit_path,
        arg_min_null(prop_utm_source, place) as utm_source
    from places group by session_id
"""
BETWEEN = f"""
    with places as (
        select session_id, name, {PLACE} as place from events where name in ('{START}', '{END}')
    ), sessions as (
        select session_id, min(place) filter (where name = '{START}') as start,
            list(place) filter (where name = '{END}') as ends
        from places group by session_id
    ), pairs as (
        select session_id, start // {PLACES} as start_time,
            list_min(list_filter(ends, lambda place: place > start)) // {PLACES} as end_time
        from sessions
    )
    select *, end_time - start_time as elapsed from pairs where end_time is not null
"""


def _query(sql):
    return lambda connection: connection.sql(sql).to_arrow_table()


QUERIES = {
    "transitions": _query(PAIRS),
    "transition_times": _query(PAIR_TIMES),
    "funnel": _query(FUNNEL),
    "funnel_times": _query(FUNNEL_TIMES),
    "flows": _query(FLOWS),
    "summary": _query(SUMMARY),
    "time_between": _query(BETWEEN),
}
