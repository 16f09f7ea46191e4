"""Polars as its experts write it: sessions as codes, one sort, then shifts over all rows at once.

The in-memory engine was faster on these than the streaming one, which is the default.
"""
# ruff: noqa: SIM300  (columns, no constants)

from __future__ import annotations

import polars as pl
from _tasks import END, FLOW_STEPS, PLACES, START, STEPS, WINDOW_MICROSECONDS

ENGINE = "in-memory"
NAME = pl.col("name")
SESSION = pl.col("session")
HERE = SESSION == SESSION.shift(-1)
FIRST = (SESSION != SESSION.shift(1)).fill_null(value=True)


def prepare(frame):
    """Convert the frame; strings get views, which is not for nothing."""
    return pl.from_pandas(frame)


class Ordered:
    """Queries over events that are sorted first, or, if told so, stand in order already.

    Parameters
    ----------
    told
        Whether sessions stand in contiguous runs, in order inside.
    """

    def __init__(self, *, told=False):
        self.told = told
        tasks = (
            self.transitions,
            self.transition_times,
            self.funnel,
            self.funnel_times,
            self.flows,
            self.summary,
            self.time_between,
        )
        self.queries = {task.__name__: task for task in tasks}

    def ordered(self, events, *columns):
        """Give each session a code, and put the events in order."""
        code = pl.col("session_id")
        code = code.rle_id() if self.told else code.cast(pl.Categorical).to_physical()
        chosen = events.lazy().select(code.alias("session"), "timestamp", "sequence", *columns)
        return chosen if self.told else chosen.sort("session", "timestamp", "sequence")

    def _pairs(self, events, *columns):
        return self.ordered(events, NAME.cast(pl.Categorical)).select(
            SESSION,
            NAME.alias("source"),
            pl.when(HERE).then(NAME.shift(-1)).alias("target"),
            FIRST.alias("first"),
            *columns,
        )

    @staticmethod
    def _counted(pairs, *figures):
        # The rows of a group stand in order: where the session changes, another one begins.
        sessions = (SESSION != SESSION.shift(1)).sum() + 1
        counted = pairs.group_by("source", "target").agg(
            pl.len().alias("count"), sessions.alias("sessions"), *figures
        )
        entries = pairs.filter("first").group_by(pl.col("source").alias("target"))
        entering = entries.agg(pl.len().alias("count"), pl.len().alias("sessions"))
        return pl.concat([counted, entering], how="diagonal")

    def transitions(self, events):
        """Count pairs, and the sessions that have them."""
        return self._counted(self._pairs(events)).collect(engine=ENGINE)

    def transition_times(self, events):
        """Count pairs, and take the quantiles of their gaps."""
        time = pl.col("timestamp")
        gap = pl.when(HERE).then((time.shift(-1) - time).dt.total_microseconds()).alias("gap")
        return self._counted(
            self._pairs(events, gap),
            pl.col("gap").median().alias("median"),
            pl.col("gap").quantile(0.9, interpolation="linear").alias("p90"),
        ).collect(engine=ENGINE)

    def _attempts(self, events):
        """Follow each start to the next event of each further step."""
        steps = self.ordered(events.lazy().filter(NAME.is_in(STEPS)), NAME).with_columns(
            pl.col("timestamp").dt.timestamp("us")
        )
        row = pl.int_range(pl.len(), dtype=pl.UInt32)
        rows = [pl.when(NAME == step).then(row).backward_fill().alias(step) for step in STEPS[1:]]
        time = pl.col("timestamp")
        begins = NAME == STEPS[0]
        columns = [SESSION.filter(begins), time.filter(begins).alias(STEPS[0])]
        at = None
        for step in STEPS[1:]:
            following = pl.col(step)
            at = following.filter(begins) if at is None else following.gather(at)
            in_time = time.gather(at) - time.filter(begins) <= WINDOW_MICROSECONDS
            same = SESSION.gather(at) == SESSION.filter(begins)
            columns.append(pl.when(in_time & same).then(time.gather(at)).alias(step))
        attempts = steps.with_columns(rows).select(columns)
        # What fails at one step fails at all further ones, for time only grows.
        depth = pl.sum_horizontal(pl.col(step).is_not_null() for step in STEPS)
        return attempts.with_columns(depth.cast(pl.Int64).alias("depth"))

    def funnel(self, events):
        """Count the sessions that reach each step."""
        deepest = self._attempts(events).group_by("session").agg(pl.col("depth").max())
        return deepest.select(
            pl.int_range(1, len(STEPS) + 1).alias("step"),
            pl.concat([(pl.col("depth") >= step).sum() for step in range(1, len(STEPS) + 1)]).alias(
                "sessions"
            ),
        ).collect(engine=ENGINE)

    def funnel_times(self, events):
        """Take the medians of each session's deepest attempt, of several the earliest."""
        depth = pl.col("depth")
        best = self._attempts(events).filter(depth == depth.max().over("session"))
        best = best.unique("session", keep="first", maintain_order=True).collect(engine=ENGINE)
        consecutive = zip(STEPS[:1] + STEPS[:-1], STEPS, strict=True)
        rows = [
            {
                "step": number,
                "sessions": best.select((depth >= number).sum()).item(),
                "median_from_previous": None
                if number == 1
                else (best[step] - best[before]).median(),
                "median_from_first": None
                if number == 1
                else (best[step] - best[STEPS[0]]).median(),
            }
            for number, (before, step) in enumerate(consecutive, start=1)
        ]
        return pl.DataFrame(rows)

    def flows(self, events):
        """Count what follows what at each of the first steps."""
        row = pl.int_range(pl.len(), dtype=pl.UInt32)
        begin = pl.when(FIRST).then(row).forward_fill()
        table = self.ordered(events, NAME.cast(pl.Categorical)).select(
            (row - begin + 1).alias("step"),
            NAME.alias("source"),
            pl.when(HERE).then(NAME.shift(-1)).alias("target"),
        )
        step, target = pl.col("step"), pl.col("target")
        kind = pl.when(target.is_null()).then(pl.lit("exit"))
        kind = kind.when(step == FLOW_STEPS).then(pl.lit("beyond")).otherwise(pl.lit("flow"))
        counted = table.filter(step <= FLOW_STEPS).group_by("step", "source", "target").len("n")
        counted = counted.with_columns(
            kind.alias("kind"), pl.when(step < FLOW_STEPS).then(target).alias("target")
        )
        keys = ("step", "source", "target", "kind")
        return (
            counted.group_by(keys).agg(pl.col("n").sum().alias("sessions")).collect(engine=ENGINE)
        )

    def summary(self, events):
        """Aggregate each session."""
        time = pl.col("timestamp")
        ordered = self.ordered(
            events, "session_id", NAME.cast(pl.Categorical), "type", "path", "prop_utm_source"
        )
        grouped = ordered.group_by("session").agg(
            pl.col("session_id").first(),
            time.first().alias("start"),
            time.last().alias("end"),
            (time.last() - time.first()).alias("duration"),
            pl.len().alias("events"),
            (pl.col("type") == "pageview").sum().alias("page_views"),
            NAME.n_unique().alias("distinct_names"),
            NAME.first().alias("entry_name"),
            NAME.last().alias("exit_name"),
            pl.col("path").first().alias("entry_path"),
            pl.col("path").last().alias("exit_path"),
            pl.col("prop_utm_source").first().alias("utm_source"),
        )
        return grouped.drop("session").collect(engine=ENGINE)

    @staticmethod
    def time_between(events):
        """Find each session's first start, and the first end after it; no order is needed."""
        place = pl.col("timestamp").dt.timestamp("us") * PLACES + pl.col("sequence")
        chosen = events.lazy().filter(NAME.is_in([START, END])).select("session_id", "name", place)
        time = pl.col("timestamp")
        starts = chosen.filter(NAME == START).group_by("session_id").agg(time.min().alias("start"))
        ends = chosen.filter(NAME == END).join(starts, on="session_id")
        ends = ends.filter(time > pl.col("start")).group_by("session_id")
        both = ends.agg(pl.col("start").first(), time.min().alias("end")).with_columns(
            start=pl.col("start") // PLACES, end=pl.col("end") // PLACES
        )
        return both.select(
            "session_id",
            pl.col("start").alias("start_time"),
            pl.col("end").alias("end_time"),
            (pl.col("end") - pl.col("start")).alias("elapsed"),
        ).collect(engine=ENGINE)


QUERIES = Ordered().queries
TOLD = Ordered(told=True).queries
