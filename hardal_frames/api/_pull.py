"""Pull sessions into a store: plan, fetch what is missing, keep each as it comes."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hardal_frames.api._arguments import is_usable_id
from hardal_frames.api._many import fetch_each
from hardal_frames.api._pages import NotWhole
from hardal_frames.api._report import PullReport
from hardal_frames.errors import NotFound, RequestRefused
from hardal_frames.frames.quality import Quality, measure
from hardal_frames.progress import reporter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hardal_frames.api._connection import Connection
    from hardal_frames.api._many import Fetched
    from hardal_frames.api._report import Outcome, PullPlan
    from hardal_frames.api._run import Run
    from hardal_frames.progress import Progress
    from hardal_frames.store._ledger import Failure, Ledger, Wanted

Record = dict[str, Any]

_THEIRS_AT_ONCE: Final = 8
_GONE_BEFORE_ANY: Final = 20


class Pull:
    """One pull into a store.

    Parameters
    ----------
    connection
        Where from.
    ledger
        Where to.
    run
        What the requests are counted in.
    workers
        How many sessions are fetched at once.
    timezone
        Zone in which the session list is asked for.
    """

    def __init__(
        self, connection: Connection, ledger: Ledger, run: Run, *, workers: int, timezone: str
    ) -> None:
        self._connection = connection
        self._ledger = ledger
        self._run = run
        self._workers = workers
        self._timezone = timezone
        self._started = time.monotonic()
        self._is_named = False
        self._asked = self._planned = self._unchanged = self._forgotten = 0
        self._listed: list[str] = []
        self._in_flight = 0
        self._again: deque[Wanted] = deque()
        self._tally: Counter[str] = Counter()
        self._failures: dict[str, tuple[Outcome, str]] = {}
        self._quality = Quality()

    def into_store(
        self,
        session_ids: Sequence[str] | None,
        period: Mapping[str, str | int],
        progress: Progress | bool | None,  # noqa: FBT001
    ) -> PullReport:
        """Fetch what the store does not have as it is now.

        Parameters
        ----------
        session_ids
            Which sessions; None for those that are listed.
        period
            Parameters of the session list.
        progress
            Who is told how far it is.
        """
        try:
            self._ledger.begin(self._connection.source)
            if session_ids is None:
                endpoints = self._connection.endpoints
                self._note_listed(endpoints.session_rows(self._timezone, period, self._run))
            else:
                self._note_named(session_ids)
            wanted = self._to_fetch()
            plan = self._connection.plan_of(self._requests_of(wanted))
            with reporter(
                progress, total=len(wanted), per_minute=self._connection.requests_per_minute
            ) as tell:
                if wanted:
                    tell.say(f"{len(wanted):,} sessions to fetch: {plan}")
                self._fetch(wanted, tell)
        except BaseException as error:
            if self._planned:
                error.add_note(
                    f"{self._tally['fetched']:,} of {self._planned:,} sessions were fetched and "
                    "are stored; pull again to go on from there."
                )
            raise
        finally:
            self._ledger.end()
        return self._report(plan)

    def _note_listed(self, rows: Sequence[Record]) -> None:
        usable = [row for row in rows if is_usable_id(str(row["id"]))]
        unusable = {str(row["id"]) for row in rows} - {str(row["id"]) for row in usable}
        no_request: tuple[Outcome, str] = ("refused", "no request can be made of such an id")
        self._failures |= dict.fromkeys(unusable, no_request)
        self._asked = len(rows)
        self._listed = self._ledger.note_listed(usable, self._timezone)
        self._forgotten = len(usable) - len(self._listed)

    def _note_named(self, session_ids: Sequence[str]) -> None:
        self._is_named = True
        self._asked = len(session_ids)
        self._listed = self._ledger.note_named(session_ids)
        self._forgotten = len(session_ids) - len(self._listed)

    def _to_fetch(self) -> list[Wanted]:
        wanted = self._ledger.to_fetch(self._listed, named=self._is_named)
        self._unchanged = len(self._listed) - len(wanted)
        return wanted

    def _requests_of(self, wanted: Iterable[Wanted]) -> int:
        page_size = self._connection.page_size
        total = 0
        for each in wanted:
            pages = max(1, -(-(each.expected or 0) // page_size))
            # All pages but the last are read twice, as proof.
            total += 2 * pages - 1
        return total

    def _fetch(self, wanted: Sequence[Wanted], tell: Progress) -> None:
        done = 0
        self._planned = len(wanted)
        tasks = self._tasks(wanted)
        outcomes = fetch_each(self._connection.endpoints, tasks, self._run, workers=self._workers)
        with contextlib.closing(outcomes):
            for task, fetched in outcomes:
                is_settled = self._take(task, fetched)
                self._in_flight -= 1
                if is_settled:
                    done += 1
                    tell(min(done + self._tally["by_others"], len(wanted)), len(wanted))

    def _report(self, plan: PullPlan) -> PullReport:
        return PullReport(
            plan=plan,
            asked=self._asked,
            fetched=self._tally["fetched"],
            unchanged=self._unchanged,
            by_others=self._tally["by_others"],
            forgotten=self._forgotten,
            failures=dict(self._failures),
            events=self._quality.events,
            requests=self._run.counted("requests"),
            retries=self._run.counted("retries"),
            refusals=self._run.counted("refusals"),
            waited=pd.Timedelta(seconds=self._run.waited_seconds),
            elapsed=pd.Timedelta(seconds=time.monotonic() - self._started),
            duplicates=self._tally["duplicates"],
            conflicting_ids=self._quality.conflicting_ids,
            made_ids=self._quality.made_ids,
            naive_timestamps=self._quality.naive_timestamps,
            unreadable_timestamps=self._quality.unreadable_timestamps,
            coerced=self._quality.coerced,
            non_finite=self._quality.non_finite,
        )

    def _tasks(self, wanted: Sequence[Wanted]) -> Iterator[Wanted | None]:
        """Give out the sessions, each claimed for this pull before.

        Those that another pull is fetching are looked at again, and those that failed in passing
        are tried once more at the end.
        """
        waiting = deque(wanted)
        theirs: deque[Wanted] = deque()
        while waiting or theirs or self._again or self._in_flight:
            if not waiting:
                waiting, theirs = theirs, deque()
                waiting.extend(self._again)
                self._again.clear()
                yield None
                continue
            batch = [waiting.popleft()]
            if len(theirs) > _THEIRS_AT_ONCE:
                batch.append(theirs.popleft())
            for task in batch:
                claim = self._ledger.claim(task, named=self._is_named)
                if claim == "theirs":
                    theirs.append(task)
                elif claim == "forgotten":
                    self._forgotten += 1
                elif claim == "settled":
                    self._tally["by_others"] += 1
                else:
                    self._in_flight += 1
                    yield task

    def _take(self, task: Wanted, fetched: Fetched) -> bool:
        """Keep what came of a session; False if it will be tried again."""
        self._tally["duplicates"] += fetched.duplicates
        fault = fetched.fault
        if fault is None or isinstance(fault, NotWhole):
            records = self._ledger.cleaned(fetched.records)
            quality = measure(records)
            if fault is None:
                duplicates = fetched.duplicates
                if self._ledger.keep(task.session_id, records, quality, duplicates=duplicates):
                    self._tally["fetched"] += 1
                    self._quality = self._quality.merge(quality)
                else:
                    self._forgotten += 1
            else:
                self._ledger.note_partial(task.session_id, records, quality, fault.reason)
                self._failures[task.session_id] = ("partial", fault.reason)
            return True
        kind: Failure = "failed"
        if isinstance(fault, RequestRefused) and not fetched.has_failed_in_passing:
            kind = "gone" if isinstance(fault, NotFound) else "refused"
        self._ledger.note_failure(task.session_id, kind, str(fault))
        if kind == "failed" and not task.has_failed:
            self._again.append(dataclasses.replace(task, has_failed=True))
            return False
        self._failures[task.session_id] = (kind, str(fault))
        self._tally[kind] += 1
        is_first = self._tally["gone"] >= _GONE_BEFORE_ANY and not self._tally["fetched"]
        if is_first and not self._is_named and not self._unchanged:
            # Listed, and none of them there: it is not the sessions.
            raise fault
        return True
