"""Events of a Spark DataFrame, counted where they are."""

from __future__ import annotations

import pickle
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pyarrow as pa

from hardal_frames import schema
from hardal_frames.analysis._counting import EventScan
from hardal_frames.analysis._order import LEFT_UNREAD, TiesUndecided
from hardal_frames.engine._joining import SessionColumns
from hardal_frames.engine._reading import columns_for, in_zone, refuse_torn
from hardal_frames.engine._run import Outcome, outcome_beside_others, outcome_of, run
from hardal_frames.errors import HardalError, InvalidInput
from hardal_frames.store.parquet import frame_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from hardal_frames.analysis._counting import Counting

    Result = TypeVar("Result")

_OUTCOME: Final = "outcome"


def scan_spark(events: Any, *, parts: int | None = None, timezone: str | None = None) -> SparkScan:  # noqa: ANN401
    """Analyse events of a Spark DataFrame; every analysis takes the result in place of a frame.

    Parameters
    ----------
    events
        A `pyspark.sql.DataFrame`, PySpark 4 or later, also of Spark Connect, with the columns of an
        events frame: session_id, timestamp and name at least. hardal_frames must be installed where
        its Python workers run.
    parts
        Into how many parts events are shuffled; what a worker holds at a time is one of them. By
        default as many as Spark's own shuffles make.
    timezone
        Zone in which timestamps are shown and days begin; by default that of the Spark session.

    Returns
    -------
    SparkScan
        What every analysis takes.

    Raises
    ------
    InvalidInput
        If events is no such DataFrame.

    Notes
    -----
    Events are shuffled by the key of the analysis, and each part is counted with the same code that
    counts a frame (``mapInArrow``). What comes back to the driver are counts.

    Examples
    --------
    >>> from pyspark.sql import SparkSession                       # doctest: +SKIP
    >>> spark = SparkSession.builder.getOrCreate()                 # doctest: +SKIP
    >>> scan = scan_spark(spark.read.parquet("events"))            # doctest: +SKIP
    >>> hf.funnel(scan, ["view_item", "purchase"])                 # doctest: +SKIP
    """
    if not all(hasattr(events, name) for name in ("mapInArrow", "repartition", "sparkSession")):
        raise InvalidInput(
            f"events is a {type(events).__name__}; a DataFrame of PySpark is needed. A frame of "
            "pandas goes to the analyses as it is."
        )
    if parts is not None:
        schema.require_whole(parts, "parts")
    if timezone is not None:
        schema.known_zone(timezone)
    return SparkScan(events, parts, timezone)


class SparkScan(EventScan):
    """Events of a Spark DataFrame; made by `scan_spark`, taken by every analysis."""

    def __init__(self, events: Any, parts: int | None, timezone: str | None) -> None:  # noqa: ANN401
        self._events = events
        self._parts = parts
        self._timezone = timezone

    def __repr__(self) -> str:
        return f"SparkScan({', '.join(self._events.columns)})"

    def with_sessions(
        self, sessions: pd.DataFrame, columns: Iterable[str] = ("visitor_id",)
    ) -> SparkScan:
        """Give events what the session list knows of their sessions; as `hf.with_sessions`."""
        joined = SessionColumns(list(self._events.columns), sessions, columns)
        listed = self._events.sparkSession.createDataFrame(joined.table)
        events = self._events.join(listed, on="session_id", how="left")
        return SparkScan(events, self._parts, self._timezone)

    @property
    def _zone(self) -> str:
        own = self._events.sparkSession.conf.get("spark.sql.session.timeZone")
        return self._timezone or str(own)

    def computed(self, counting: Counting[Any, Result]) -> Result:
        """Run an analysis; what the analyses call.

        Raises
        ------
        InvalidInput
            If a column is missing, or sessions that must stay whole belong to several visitors.
        """
        columns_for(counting, self._events.columns)
        kind = dict(self._events.dtypes)["timestamp"]
        if kind not in {"timestamp", "timestamp_ntz"}:
            raise InvalidInput(f"The column 'timestamp' is of type {kind}; timestamps are needed.")
        if counting.together != counting.key:
            refuse_torn(self._torn_sessions(counting), counting.together)
        return run(counting, self._outcomes)

    def _torn_sessions(self, counting: Counting[Any, Any]) -> int:
        """How many sessions have events of several visitors, or some without."""
        from pyspark.sql import functions  # noqa: PLC0415  (an extra)

        visitor = functions.coalesce(
            functions.col(counting.together).cast("string"),
            functions.col(counting.key).cast("string"),
        )
        visitors = self._events.groupBy(counting.key).agg(
            functions.countDistinct(visitor).alias("n")
        )
        torn: int = visitors.filter("n > 1").count()
        return torn

    def _outcomes(self, counting: Counting[Any, Any]) -> Iterator[Outcome]:
        known = list(self._events.columns)
        columns = columns_for(counting, known)
        pickled = self._collected(counting, columns, is_short="id" in known and "id" not in columns)
        if not pickled:
            nothing = self._events.select(*columns).limit(0).toArrow()
            frame = frame_of(_with_zone(nothing, self._zone), [])
            yield outcome_of(frame, _count_frame, counting)
        if any(each is None for each in pickled):
            # Events of one instant and one place in the feed: only then are their ids needed.
            pickled = self._collected(counting, [*columns, "id"], is_short=False)
        for each in pickled:
            outcome = None if each is None else pickle.loads(each)  # noqa: S301  (our own)
            if isinstance(outcome, HardalError):
                raise outcome
            if outcome is not None:
                yield outcome

    def _collected(
        self, counting: Counting[Any, Any], columns: list[str], *, is_short: bool
    ) -> list[bytes | None]:
        """Outcomes of all parts; None of one that needs more columns."""
        from pyspark.sql import functions  # noqa: PLC0415  (an extra)

        together = functions.col(counting.together)
        if "session_id" in columns:
            # Events of nobody go with their session, so that they do not all go to one part.
            other = "session_id" if counting.together == counting.key else counting.key
            together = functions.coalesce(
                together.cast("string"), functions.col(other).cast("string")
            )
        chosen = self._events.select(*columns)
        by = [together] if self._parts is None else [self._parts, together]
        count = partial(_counted, counting=counting, timezone=self._zone, is_short=is_short)
        rows = chosen.repartition(*by).mapInArrow(count, f"{_OUTCOME} binary").collect()
        return [None if row[0] is None else bytes(row[0]) for row in rows]


def _counted(
    batches: Iterator[pa.RecordBatch],
    *,
    counting: Counting[Any, Any],
    timezone: str,
    is_short: bool,
) -> Iterator[pa.RecordBatch]:
    """Count one part; runs in Spark's workers."""
    held = list(batches)
    if held:
        table = _with_zone(pa.Table.from_batches(held), timezone)
        frame = frame_of(table, [])
        if is_short:
            frame.attrs[LEFT_UNREAD] = "id"
        try:
            outcome = pickle.dumps(outcome_beside_others(frame, _count_frame, counting))
        except TiesUndecided:
            outcome = None
        except HardalError as error:
            outcome = pickle.dumps(error)  # which Spark would make one of its own
        yield pa.RecordBatch.from_pydict({_OUTCOME: pa.array([outcome], pa.binary())})


def _count_frame(frame: pd.DataFrame, counting: Counting[Any, Any]) -> tuple[Any, int]:
    return counting.count(frame), len(frame)


def _with_zone(table: pa.Table, timezone: str) -> pa.Table:
    """Timestamps in a zone; a timestamp without one is the clock of that zone."""
    place = table.schema.get_field_index("timestamp")
    column = in_zone(table.column(place), timezone)
    return table.set_column(place, "timestamp", column.cast(pa.timestamp("us", tz=timezone)))
