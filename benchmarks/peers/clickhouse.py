"""ClickHouse inside the process (chdb), as its experts write it, over the frame itself.

Arrays of a session's names, sorted by numbers into which time, sequence and the name's code are
packed, were faster than window functions and than arrays of tuples. Its windowFunnel orders events
of one instant by step; it is given time and sequence as one number, which makes it exact.
"""
# ruff: noqa: S608  (constants of the benchmark)

from __future__ import annotations

import os

import chdb.session
from _tasks import END, FLOW_STEPS, PLACES, START, STEPS, WINDOW_MICROSECONDS

_SESSION = []
NAME = "assumeNotNull(name)"
TIME = "toUInt64(assumeNotNull(toUnixTimestamp64Micro(timestamp)))"
PLACE = f"({TIME} * {PLACES} + toUInt64(sequence))"
STEP_NAMES = ", ".join(f"'{step}'" for step in STEPS)
# Scalars, each from one quick scan: the names in order, the first instant, the places needed.
SCALARS = f"""
    with (select groupArray(label) from (
            select distinct toString({NAME}) as label from Python(events) order by label
        )) as labels,
        assumeNotNull((select min({TIME}) from Python(events))) as first_time,
        assumeNotNull((select toUInt64(max(sequence) + 1) from Python(events))) as places,
        toUInt64(length(labels) + 1) as codes
"""
CODE = f"transform(toString({NAME}), labels, arrayEnumerate(labels), 0)"
ORDERED = f"arraySort(groupArray((({TIME} - first_time) * places + sequence) * codes + {CODE}))"
NAMES = f"arrayMap(packed -> packed % codes, {ORDERED})"
LABEL = "if({code} = 0, NULL, labels[{code}])"


def prepare(frame):
    """Start the engine; it reads the frame where it is."""
    if not _SESSION:
        _SESSION.append(chdb.session.Session())
        _SESSION[0].query(f"set max_threads = {os.cpu_count()}")
    return frame


PAIRS = f"""{SCALARS}
    select {LABEL.format(code="intDiv(pair, codes)")} as source,
        {LABEL.format(code="(pair % codes)")} as target,
        count() as count, countIf(nth = 1) as sessions
    from (
        select arrayJoin(arrayZip(pairs, arrayEnumerateUniq(pairs))) as each,
            each.1 as pair, each.2 as nth
        from (
            select {NAMES} as names, arrayMap((source, target) -> source * codes + target,
                arrayPushFront(names, 0), arrayPushBack(names, 0)) as pairs
            from Python(events) group by session_id
        )
    ) group by pair
"""
PAIR_TIMES = f"""{SCALARS}
    select {LABEL.format(code="intDiv(pair, codes)")} as source,
        {LABEL.format(code="(pair % codes)")} as target,
        count() as count, countIf(nth = 1) as sessions,
        if(source is null or target is null, NULL, quantilesExactInclusive(0.5, 0.9)(gap)) as both,
        both[1] as median, both[2] as p90
    from (
        select arrayJoin(arrayZip(pairs, arrayEnumerateUniq(pairs), gaps)) as each,
            each.1 as pair, each.2 as nth, each.3 as gap
        from (
            select {ORDERED} as ordered, arrayMap(packed -> packed % codes, ordered) as names,
                arrayMap((source, target) -> source * codes + target,
                    arrayPushFront(names, 0), arrayPushBack(names, 0)) as pairs,
                arrayMap(packed -> intDiv(packed, codes * places), ordered) as times,
                arrayPushBack(arrayDifference(times), 0) as gaps
            from Python(events) group by session_id
        )
    ) group by pair
"""
FUNNEL = f"""
    select step, countIf(depth >= step) as sessions
    from (
        select windowFunnel({(WINDOW_MICROSECONDS + 1) * PLACES - 1})(
            {PLACE}, {", ".join(f"name = '{step}'" for step in STEPS)}) as depth
        from Python(events) where name in ({STEP_NAMES}) group by session_id
    ) array join range(1, {len(STEPS) + 1}) as step group by step
"""


def _next(places, after):
    return f"arrayMap(a -> if(a = 0, 0, arrayFirst(b -> b > a, {places})), {after})"


def _in_time(place):
    elapsed = f"intDiv({place}, {PLACES}) - intDiv(a, {PLACES})"
    return f"({place} > 0 and {elapsed} <= {WINDOW_MICROSECONDS})"


FUNNEL_TIMES = f"""
    select step, count() as sessions,
        if(step = 1, NULL, quantileExactInclusive(0.5)(times[step] - times[greatest(step, 2) - 1]))
            as median_from_previous,
        if(step = 1, NULL, quantileExactInclusive(0.5)(times[step] - times[1])) as median_from_first
    from (
        select
            arraySort(groupArrayIf(place, name = '{STEPS[0]}')) as places_1,
            {_next(f"arraySort(groupArrayIf(place, name = '{STEPS[1]}'))", "places_1")} as places_2,
            {_next(f"arraySort(groupArrayIf(place, name = '{STEPS[2]}'))", "places_2")} as places_3,
            {_next(f"arraySort(groupArrayIf(place, name = '{STEPS[3]}'))", "places_3")} as places_4,
            arrayMap((a, b, c, d) -> 1 + {" + ".join(map(_in_time, "bcd"))}, places_1, places_2,
                places_3, places_4) as depths,
            arrayMax(depths) as depth,
            indexOf(depths, depth) as best,
            arrayMap(x -> toInt64(intDiv(x, {PLACES})),
                [places_1[best], places_2[best], places_3[best], places_4[best]]) as times
        from (
            select session_id, name, {PLACE} as place
            from Python(events) where name in ({STEP_NAMES})
        ) group by session_id having notEmpty(places_1)
    ) array join range(1, depth + 1) as step group by step
"""
FLOWS = f"""{SCALARS}
    select step, labels[flow.1] as source, {LABEL.format(code="flow.2")} as target,
        ['flow', 'beyond', 'exit'][flow.3] as kind, count() as sessions
    from (
        select {NAMES} as names, arraySlice(names, 1, {FLOW_STEPS}) as sources,
            arrayMap((source, step) -> (source,
                if(step < {FLOW_STEPS}, names[step + 1], 0),
                multiIf(step = length(names), 3, step = {FLOW_STEPS}, 2, 1)),
                sources, arrayEnumerate(sources)) as flows
        from Python(events) group by session_id
    ) array join flows as flow, arrayEnumerate(flows) as step group by step, flow
"""
SUMMARY = f"""
    select session_id, min(timestamp) as start, max(timestamp) as end,
        toInt64(max(time) - min(time)) as duration, count() as events,
        countIf(type = 'pageview') as page_views, uniqExact(name) as distinct_names,
        argMin(name, place) as entry_name, argMax(name, place) as exit_name,
        argMin(path, place) as entry_path, argMax(path, place) as exit_path,
        argMin(tuple(prop_utm_source), place).1 as utm_source
    from (
        select session_id, name, type, path, prop_utm_source, timestamp, {TIME} as time,
            {PLACE} as place
        from Python(events)
    ) group by session_id
"""
BETWEEN = f"""
    select session_id, toInt64(intDiv(first, {PLACES})) as start_time,
        toInt64(intDiv(arrayMin(ends), {PLACES})) as end_time, end_time - start_time as elapsed
    from (
        select session_id, minIf(place, name = '{START}') as first,
            arrayFilter(x -> x > first, groupArrayIf(place, name = '{END}')) as ends
        from (
            select session_id, name, {PLACE} as place
            from Python(events) where name in ('{START}', '{END}')
        ) group by session_id having first > 0 and notEmpty(ends)
    )
"""


def _query(sql):
    # The engine finds the frame by the name of this argument.
    return lambda events: _SESSION[0].query(sql, "ArrowTable")  # noqa: ARG005


QUERIES = {
    "transitions": _query(PAIRS),
    "transition_times": _query(PAIR_TIMES),
    "funnel": _query(FUNNEL),
    "funnel_times": _query(FUNNEL_TIMES),
    "flows": _query(FLOWS),
    "summary": _query(SUMMARY),
    "time_between": _query(BETWEEN),
}
