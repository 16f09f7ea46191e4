"""Events of a made-up shop by the million: seeded, realistic in shape, made column by column.

Sessions have twelve events on average (a geometric length), names follow one another as a Markov
chain, one event in sixty-six happens at the very instant of the one before, pauses are log-normal
and now and then long. Sessions begin at random within thirty days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from hardal_frames import schema
from hardal_frames.sandbox.catalogue import SHOP, SHOP_NAME
from hardal_frames.sandbox.habits import CHANCES, NAMES, Habits, labels_of, lottery
from hardal_frames.sandbox.identifiers import (
    VISITORS_PER_SESSION,
    DrawnIdentifiers,
    NumberedIdentifiers,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from hardal_frames.sandbox.identifiers import Identifiers

    Booleans = npt.NDArray[np.bool_]
    Codes = npt.NDArray[np.int16]
    Integers = npt.NDArray[np.int64]

__all__ = ["Crowd", "events_table"]

EVENTS_PER_SESSION: Final = 12
TIED: Final = 0.015

_SECOND: Final = 1_000_000
_BEGIN: Final = 1_772_312_400 * _SECOND  # midnight of 1 March 2026 in Istanbul
_DAYS_30: Final = 30 * 86_400 * _SECOND
_LONGEST_PAUSE: Final = 5_400  # seconds

_OUTSIDE: Final = (
    "https://www.google.com/",
    "https://www.facebook.com/",
    "https://www.bing.com/",
    *(f"https://blog-{number}.example/" for number in range(12)),
)
_PAGES: Final = {
    "/": SHOP_NAME,
    "/cart": f"Sepetim | {SHOP_NAME}",
    "/checkout": f"Ödeme | {SHOP_NAME}",
    "/thanks": f"Teşekkürler | {SHOP_NAME}",
    **{f"/c/category-{each}": f"Kategori {each} | {SHOP_NAME}" for each in range(36)},
    **{f"/p/product-{each}": f"Ürün {each} | {SHOP_NAME}" for each in range(260)},
}


def events_table(
    events: int,
    *,
    names: int = len(NAMES),
    long_sessions: int = 0,
    long_length: int = 100_000,
    ids: bool = False,
    seed: int = 1,
) -> pa.Table:
    """Make so many events as one table, each session in one piece.

    Parameters
    ----------
    events
        How many.
    names
        How many distinct event names there are.
    long_sessions, long_length
        So many of the sessions have so many events each.
    ids
        Whether each event has an id.
    seed
        Where chance begins.

    Returns
    -------
    pyarrow.Table
        One row an event, sessions in no order, inside a session by (timestamp, sequence).

    Raises
    ------
    InvalidInput
        If a number is too small.

    Examples
    --------
    >>> table = events_table(1000, ids=True)
    >>> len(table), table.column_names[:5]
    (1000, ['session_id', 'id', 'sequence', 'type', 'name'])
    """
    schema.require_whole(events, "events", least=long_sessions * long_length + 1)
    schema.require_whole(names, "names", least=len(NAMES))
    rng = np.random.default_rng(seed)
    lengths = _lengths(rng, events, long_sessions, long_length)
    habits = Habits.drawn(rng, labels_of(names))
    return _events(rng, habits, lengths, DrawnIdentifiers(rng), ids=ids)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Events of one shop in parts, each of which is made without the others.

    Sessions and events are told apart over all parts; visitors come back in any part; habits are
    the same in all.

    Parameters
    ----------
    events
        How many there are in all.
    parts
        How many parts, as equal in size as can be.
    seed
        Where chance begins.

    Examples
    --------
    >>> crowd = Crowd(events=1000, parts=3, seed=1)
    >>> [len(crowd.part(number)) for number in range(3)]
    [333, 333, 334]
    """

    events: int
    parts: int
    seed: int

    def part(self, number: int) -> pa.Table:
        """Make a part.

        Parameters
        ----------
        number
            Which, from 0.

        Returns
        -------
        pyarrow.Table
            One row an event; sessions in order of their first events, each whole.
        """
        of_all = np.random.SeedSequence(self.seed)
        habits = Habits.drawn(np.random.default_rng(of_all), labels_of(len(NAMES)))
        of_part = np.random.SeedSequence(self.seed, spawn_key=(number,))
        rng = np.random.default_rng(of_part)
        rows = self.events * (number + 1) // self.parts - self.events * number // self.parts
        lengths = _lengths(rng, rows, 0, 0)
        visitors = max(1, int(self.events / EVENTS_PER_SESSION * VISITORS_PER_SESSION))
        identifiers = NumberedIdentifiers(rng, number, visitors, of_all)
        return _events(rng, habits, lengths, identifiers, is_part=True)


class _Rows(NamedTuple):
    """Which rows are whose, and which events they are."""

    starts: Integers
    first: Booleans
    is_view: Booleans


def _events(
    rng: np.random.Generator,
    habits: Habits,
    lengths: Integers,
    identifiers: Identifiers,
    *,
    ids: bool = True,
    is_part: bool = False,
) -> pa.Table:
    """Make the events of sessions of these lengths; those of a part in order, with whole pages."""
    starts = np.cumsum(lengths) - lengths
    codes = habits.walk(rng, lengths, starts)
    sessions, events = len(lengths), len(codes)
    of_session = pa.array(np.repeat(np.arange(sessions, dtype=np.int32), lengths))
    first = np.zeros(events, dtype=np.bool_)
    first[starts] = True
    rows = _Rows(starts, first, codes == habits.labels.index("page_view"))
    columns = {"session_id": identifiers.sessions(sessions).take(of_session)}
    if ids:
        columns["id"] = identifiers.events(events)
    columns["sequence"] = pa.array(np.arange(events) - np.repeat(starts, lengths))
    kinds = np.array([{"page_view": 0, "click": 2}.get(each, 1) for each in habits.labels])
    columns["type"] = _text(["pageview", "custom", "click"], kinds[codes])
    columns["name"] = _text(habits.labels, codes)
    times = pa.array(_times(rng, lengths, rows, in_order=is_part))
    columns["timestamp"] = times.cast(pa.timestamp("us", schema.DEFAULT_TIMEZONE))
    columns |= _places(rng, rows, is_whole=is_part)
    columns["visitor_id"] = identifiers.visitors(sessions).take(of_session)
    columns |= _purchases(rng, codes == habits.labels.index("purchase"))
    columns |= _campaigns(rng, rows)
    return pa.table(columns)


def _text(values: list[Any], codes: npt.NDArray[np.integer[Any]]) -> pa.Array:
    return pa.array(values, pa.large_string()).take(pa.array(codes))


def _lengths(
    rng: np.random.Generator, events: int, long_sessions: int, long_length: int
) -> Integers:
    rest = events - long_sessions * long_length
    drawn = rng.geometric(1 / EVENTS_PER_SESSION, size=int(rest / EVENTS_PER_SESSION * 1.2) + 100)
    total = np.cumsum(drawn)
    count = int(np.searchsorted(total, rest)) + 1
    lengths = drawn[:count]
    lengths[-1] -= total[count - 1] - rest
    long = np.full(long_sessions, long_length, dtype=lengths.dtype)
    return rng.permutation(np.concatenate([lengths, long]))


def _times(rng: np.random.Generator, lengths: Integers, rows: _Rows, *, in_order: bool) -> Integers:
    events, sessions = len(rows.first), len(lengths)
    spread = rng.standard_normal(events, dtype=np.float32) * 1.3
    pauses = np.exp(spread.astype(np.float64) + np.log(15.0))
    pauses[rng.random(events, dtype=np.float32) < 0.02] *= 60  # noqa: PLR2004  (one in fifty)
    pauses = np.minimum(pauses, _LONGEST_PAUSE)
    gaps = (pauses * _SECOND).astype(np.int64)
    following = max(1, events - sessions)
    gaps[rng.random(events, dtype=np.float32) < TIED * events / following] = 0
    gaps[rows.first] = 0
    since = np.cumsum(gaps)
    begins = _BEGIN + rng.integers(0, _DAYS_30, sessions)
    if in_order:
        begins.sort()
    times: Integers = since + np.repeat(begins - since[rows.starts], lengths)
    return times


def _places(rng: np.random.Generator, rows: _Rows, *, is_whole: bool) -> dict[str, pa.Array]:
    """Make pages, which change with page views, and referrers, on page views and landings."""
    paths = list(_PAGES)
    tickets = lottery(1 / np.arange(1, len(paths) + 1) ** 0.7)
    arrives = rows.is_view | rows.first
    visited = tickets[rng.integers(0, CHANCES, int(arrives.sum()))]
    page = visited[np.cumsum(arrives) - 1]
    referrers = [None, *_OUTSIDE, f"{SHOP}/"]
    inside = len(referrers) - 1
    tickets = lottery(1 / np.arange(1, inside + 1))
    referred = np.where(rows.is_view, inside, 0).astype(np.int16)
    referred[rows.first] = tickets[rng.integers(0, CHANCES, int(rows.first.sum()))]
    found = {"path": _text(paths, page), "referrer": _text(referrers, referred)}
    if is_whole:
        urls = _text([SHOP + path for path in paths], page)
        titles = _text(list(_PAGES.values()), page)
        path, referrer = found.values()
        found = {"url": urls, "path": path, "title": titles, "referrer": referrer}
    return found


def _purchases(rng: np.random.Generator, bought: Booleans) -> dict[str, pa.Array]:
    count = int(bought.sum())
    rank = np.cumsum(bought) - 1
    drawn = {
        "prop_currency": _text(["TRY", "EUR", "USD"], rng.choice(3, count, p=[0.9, 0.07, 0.03])),
        "prop_price": pa.array(rng.integers(500, 500_000, count) / 100),
        "prop_quantity": pa.array(rng.geometric(0.7, count)),
    }
    where = pa.array(np.where(bought, rank, 0), mask=~bought)
    return {name: values.take(where) for name, values in drawn.items()}


def _campaigns(rng: np.random.Generator, rows: _Rows) -> dict[str, pa.Array]:
    """Give 35 of 100 sessions a source and a campaign, at their first event."""
    sources = [None, "google", "facebook", "instagram", "newsletter"]
    campaigns = [None, *(f"campaign_{number:02d}" for number in range(20))]
    sessions = len(rows.starts)
    told = rng.random(sessions) < 0.35  # noqa: PLR2004  (as the docstring says)
    source = np.zeros(len(rows.first), dtype=np.int8)
    source[rows.first] = np.where(told, rng.integers(1, 5, sessions), 0)
    campaign = np.zeros(len(rows.first), dtype=np.int8)
    campaign[rows.first] = np.where(told, rng.integers(1, 21, sessions), 0)
    return {
        "prop_utm_campaign": _text(campaigns, campaign),
        "prop_utm_source": _text(sources, source),
    }
