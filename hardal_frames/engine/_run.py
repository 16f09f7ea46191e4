"""Parts counted one after another, or by whatever executor there is, and put together."""

from __future__ import annotations

import concurrent.futures
import contextlib
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from hardal_frames.analysis._counting import Counting, merged
from hardal_frames.analysis._ordering import RowsLeftOut
from hardal_frames.analysis._parts import one_thread
from hardal_frames.errors import HardalError, warn, warnings_kept
from hardal_frames.progress import reporter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor, Future

    from hardal_frames.engine._pool import Pool
    from hardal_frames.progress import Progress

    Count = Callable[[Any, Counting[Any, Any]], Any]

Result = TypeVar("Result")

_MERGED_AT_ONCE: Final = 8
_MOST_RESTARTS: Final = 3


class Outcome(NamedTuple):
    """What was counted of a part, how many events it has, and rows that were left out of it."""

    counted: Any
    events: int
    left_out: tuple[RowsLeftOut, ...]


def outcome_beside_others(part: Any, count: Count, counting: Counting[Any, Any]) -> Outcome:  # noqa: ANN401
    """Count a part where others are counted at the same time."""
    with one_thread():
        return outcome_of(part, count, counting)


def outcome_of(part: Any, count: Count, counting: Counting[Any, Any]) -> Outcome:  # noqa: ANN401
    """Count a part, wherever this runs."""
    with warnings_kept() as kept:
        counted, events = count(part, counting)
    left_out = tuple(each for each in kept if isinstance(each, RowsLeftOut))
    return Outcome(counted, events, left_out)


def run(
    counting: Counting[Any, Result],
    outcomes: Callable[[Counting[Any, Any]], Iterator[Outcome]],
) -> Result:
    """Count, merge and finish, in as many rounds as the analysis takes.

    Parameters
    ----------
    counting
        The analysis.
    outcomes
        Counts all parts; in which order they come means nothing.

    Returns
    -------
    DataFrame
        The analysis' table.

    Warns
    -----
    DataWarning
        Once, with counts, if rows are left out.
    """
    is_first = True
    while True:
        with contextlib.closing(outcomes(counting)) as found:  # type: ignore[type-var]
            whole, events, left_out = _together(found)
        if is_first and left_out:
            warn(_all_left_out(left_out, events))
        is_first = False
        result = counting.finish(whole)
        if not isinstance(result, Counting):
            return result
        counting = result


def _together(outcomes: Iterator[Outcome]) -> tuple[Any, int, list[RowsLeftOut]]:
    """Merge what was counted, some at a time, so that few are held in memory."""
    waiting: list[list[Any]] = [[]]
    left_out: list[RowsLeftOut] = []
    events = 0
    for outcome in outcomes:
        events += outcome.events
        left_out.extend(outcome.left_out)
        waiting[0].append(outcome.counted)
        # What is merged waits for as much again, so that nothing is merged over and over.
        for level, some in enumerate(waiting):
            if len(some) < _MERGED_AT_ONCE:
                break
            if level + 1 == len(waiting):
                waiting.append([])
            waiting[level + 1].append(merged(some))
            some.clear()
    return merged([each for some in waiting for each in some]), events, left_out


def _all_left_out(each: Sequence[RowsLeftOut], events: int) -> RowsLeftOut:
    without: dict[str, int] = {}
    for one in each:
        for column, count in one.without.items():
            without[column] = without.get(column, 0) + count
    order = sorted(without, key=_column_rank)
    rows = sum(one.rows for one in each)
    return RowsLeftOut(rows, events, {column: without[column] for column in order})


def _column_rank(column: str) -> tuple[bool, bool, str]:
    return column != "timestamp", column == "name", column


def one_by_one(
    parts: Sequence[Any],
    count: Count,
    counting: Counting[Any, Any],
    *,
    progress: Progress | bool | None,
) -> Iterator[Outcome]:
    """Count parts in this process."""
    with reporter(progress, total=len(parts), per_minute=None, unit="parts") as tell:
        for number, part in enumerate(parts, start=1):
            yield outcome_of(part, count, counting)
            tell(number, len(parts))


def by_executor(
    parts: Sequence[Any],
    count: Count,
    counting: Counting[Any, Any],
    *,
    executor: Executor,
    progress: Progress | bool | None,
) -> Iterator[Outcome]:
    """Count parts by an executor of the caller's, such as a cluster's."""
    with reporter(progress, total=len(parts), per_minute=None, unit="parts") as tell:
        futures = {
            executor.submit(outcome_beside_others, part, count, counting): number
            for number, part in enumerate(parts)
        }
        for done, outcome in enumerate(_as_they_come(futures), start=1):
            yield outcome
            tell(done, len(parts))


def by_processes(
    parts: Sequence[Any],
    count: Count,
    counting: Counting[Any, Any],
    *,
    pool: Pool,
    progress: Progress | bool | None,
) -> Iterator[Outcome]:
    """Count parts in processes of this machine; where one is killed, its part is counted again."""
    left = dict(enumerate(parts))
    restarts = 0
    with reporter(progress, total=len(parts), per_minute=None, unit="parts") as tell:
        while left:
            before = len(left)
            futures = {}
            try:
                for number, part in left.items():
                    future = pool.executor.submit(outcome_beside_others, part, count, counting)
                    futures[future] = number
                for number, outcome in _numbered(futures):
                    del left[number]
                    yield outcome
                    tell(len(parts) - len(left), len(parts))
            except BrokenProcessPool:
                pool.close()
                restarts = 0 if len(left) < before else restarts + 1
                if restarts >= _MOST_RESTARTS:
                    raise HardalError(
                        f"A process that counted events was killed {restarts} times in a row and "
                        "none of the parts that are left was counted. Is there memory for "
                        f"{pool.processes} of them? Give fewer processes, or smaller parts "
                        "(partition_events with a lower rows_per_part). A script has to call us "
                        "under if __name__ == '__main__':, as each process imports it."
                    ) from None


def _as_they_come(futures: dict[Future[Outcome], int]) -> Iterator[Outcome]:
    for _, outcome in _numbered(futures):
        yield outcome


def _numbered(futures: dict[Future[Outcome], int]) -> Iterator[tuple[int, Outcome]]:
    """Outcomes with the number of their part; what has not begun is called off at an error."""
    try:
        while futures:
            done, _ = concurrent.futures.wait(
                futures, return_when=concurrent.futures.FIRST_COMPLETED
            )
            while done:
                # What a future holds is forgotten with it.
                future = done.pop()
                yield futures.pop(future), future.result()
    finally:
        for future in futures:
            future.cancel()
