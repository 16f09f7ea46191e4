"""Events of a made-up shop for the benchmarks: seeded, realistic in shape, ten million in seconds.

    python benchmarks/_data.py --folder FOLDER [--events 10000000] [--shuffled] [--ids]

writes them to parquet. Sessions have twelve events on average (a geometric length), names follow
one another as a Markov chain, one event in sixty-six happens at the very instant of the one before,
pauses are log-normal and now and then long. The rows are in canonical order: sessions in contiguous
runs, which begin at random within thirty days, inside a session by (timestamp, sequence).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SEED = 20260301
ZONE = "Europe/Istanbul"
EVENTS_PER_SESSION = 12
TIED = 0.015
VISITORS_PER_SESSION = 0.6
VARIANTS = ("canonical", "categorical", "shuffled")

# From the most common to the rarest.
NAMES = (
    "page_view",
    "scroll",
    "view_item",
    "click",
    "view_item_list",
    "select_item",
    "add_to_cart",
    "search",
    "session_start",
    "view_cart",
    "view_promotion",
    "begin_checkout",
    "add_to_wishlist",
    "view_search_results",
    "purchase",
    "add_shipping_info",
    "add_payment_info",
    "remove_from_cart",
    "login",
    "select_promotion",
    "video_start",
    "video_progress",
    "form_start",
    "form_submit",
    "sign_up",
    "coupon_apply",
    "share",
    "video_complete",
    "file_download",
    "generate_lead",
)
# How much likelier than by chance one name follows another.
HABITS = {
    ("page_view", "scroll"): 3.0,
    ("view_item_list", "select_item"): 6.0,
    ("select_item", "view_item"): 12.0,
    ("view_item", "add_to_cart"): 5.0,
    ("add_to_cart", "view_cart"): 6.0,
    ("add_to_cart", "begin_checkout"): 6.0,
    ("view_cart", "begin_checkout"): 10.0,
    ("begin_checkout", "add_shipping_info"): 12.0,
    ("add_shipping_info", "add_payment_info"): 20.0,
    ("add_payment_info", "purchase"): 12.0,
    ("begin_checkout", "purchase"): 3.0,
    ("search", "view_search_results"): 20.0,
    ("video_start", "video_progress"): 20.0,
    ("video_progress", "video_complete"): 20.0,
    ("form_start", "form_submit"): 25.0,
    ("view_promotion", "select_promotion"): 10.0,
}
FIRST_NAMES = {"page_view": 60.0, "session_start": 40.0, "view_item": 20.0, "view_item_list": 10.0}

_SECOND = 1_000_000
_BEGIN = 1_772_312_400 * _SECOND  # midnight of 1 March 2026 in Istanbul
_DAYS_30 = 30 * 86_400 * _SECOND
_LONGEST_PAUSE = 5_400  # seconds
_CHANCES = 1 << 13


def events_table(events, *, names=30, long_sessions=0, long_length=100_000, ids=False, seed=SEED):
    """Make so many events as an Arrow table in canonical order.

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
    """
    rng = np.random.default_rng(seed)
    labels = list(NAMES[:names]) + [f"custom_{number:04d}" for number in range(len(NAMES), names)]
    lengths = _lengths(rng, events, long_sessions, long_length)
    sessions = len(lengths)
    starts = np.cumsum(lengths) - lengths
    codes = _names(rng, labels, lengths, starts)
    session_codes = np.repeat(np.arange(sessions, dtype=np.int32), lengths)
    first = np.zeros(events, dtype=bool)
    first[starts] = True
    columns = {"session_id": _texts(rng, sessions, 16, 24).take(session_codes)}
    if ids:
        columns["id"] = _texts(rng, events, 24, 24)
    columns["sequence"] = pa.array(np.arange(events) - np.repeat(starts, lengths))
    kinds = pa.array(["pageview", "custom", "click"], pa.large_string())
    kind_of = np.array([{"page_view": 0, "click": 2}.get(label, 1) for label in labels])
    columns["type"] = kinds.take(kind_of[codes])
    columns["name"] = pa.array(labels, pa.large_string()).take(codes)
    times = pa.array(_times(rng, lengths, starts, first))
    columns["timestamp"] = times.cast(pa.timestamp("us", ZONE))
    is_view = codes == labels.index("page_view")
    columns |= _places(rng, is_view, first)
    visitors = max(1, int(sessions * VISITORS_PER_SESSION))
    visitor_codes = rng.integers(0, visitors, sessions, dtype=np.int32)
    columns["visitor_id"] = _texts(rng, visitors, 20, 20).take(visitor_codes[session_codes])
    columns |= _purchases(rng, codes == labels.index("purchase"))
    columns |= _campaigns(rng, first)
    return pa.table(columns)


def _lengths(rng, events, long_sessions, long_length):
    rest = events - long_sessions * long_length
    drawn = rng.geometric(1 / EVENTS_PER_SESSION, size=int(rest / EVENTS_PER_SESSION * 1.2) + 100)
    total = np.cumsum(drawn)
    count = int(np.searchsorted(total, rest)) + 1
    lengths = drawn[:count]
    lengths[-1] -= total[count - 1] - rest
    long = np.full(long_sessions, long_length, dtype=lengths.dtype)
    return rng.permutation(np.concatenate([lengths, long]))


def _names(rng, labels, lengths, starts):
    """Walk the Markov chain for all sessions at once, one step after the other."""
    count = len(labels)
    place = {label: code for code, label in enumerate(labels)}
    popularity = 1 / np.arange(1, count + 1) ** 0.8
    weights = popularity * np.exp(rng.normal(0, 0.5, (count, count)))
    for (source, target), times in HABITS.items():
        weights[place[source], place[target]] *= times
    first = popularity / popularity.sum()
    for label, more in FIRST_NAMES.items():
        first[place[label]] += more
    following = np.stack([_lottery(row) for row in weights])
    longest_first = np.argsort(-lengths, kind="stable")
    alive = np.searchsorted(-lengths[longest_first], -np.arange(1, lengths.max() + 1), side="right")
    begins = starts[longest_first]
    codes = np.empty(lengths.sum(), dtype=np.int16)
    state = _lottery(first)[rng.integers(0, _CHANCES, len(lengths))]
    codes[begins] = state
    for step, walking in enumerate(alive[1:].tolist(), start=1):
        chance = rng.integers(0, _CHANCES, walking, dtype=np.uint16)
        state = following[state[:walking], chance]
        codes[begins[:walking] + step] = state
    return codes


def _lottery(weights):
    """Tickets of which each code has as many as its weight wants."""
    ends = np.rint(np.cumsum(weights) / weights.sum() * _CHANCES).astype(np.int64)
    return np.repeat(np.arange(len(weights), dtype=np.int16), np.diff(ends, prepend=0))


def _times(rng, lengths, starts, first):
    events = len(first)
    pauses = np.exp(rng.standard_normal(events, dtype=np.float32) * 1.3 + np.log(15.0))
    pauses[rng.random(events, dtype=np.float32) < 0.02] *= 60
    pauses = np.minimum(pauses, _LONGEST_PAUSE)
    gaps = (pauses.astype(np.float64) * _SECOND).astype(np.int64)
    gaps[rng.random(events, dtype=np.float32) < TIED * events / (events - len(starts))] = 0
    gaps[first] = 0
    since = np.cumsum(gaps)
    begins = _BEGIN + rng.integers(0, _DAYS_30, len(starts))
    return since + np.repeat(begins - since[starts], lengths)


def _texts(rng, count, shortest, longest):
    """Distinct texts of digits and small letters."""
    alphabet = np.frombuffer(b"0123456789abcdefghijklmnopqrstuvwxyz", dtype=np.uint8)
    lengths = rng.integers(shortest, longest + 1, count)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    letters = alphabet[rng.integers(0, 36, offsets[-1], dtype=np.uint8)]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
    texts = pa.Array.from_buffers(pa.large_string(), count, buffers)
    if pc.count_distinct(texts).as_py() != count:
        raise AssertionError("Two texts are equal: take another seed.")
    return texts


def _places(rng, is_view, first):
    """Make paths, which change with page views, and referrers, on page views and landings."""
    paths = ["/", "/cart", "/checkout", "/thanks"]
    paths += [f"/c/category-{number}" for number in range(36)]
    paths += [f"/p/product-{number}" for number in range(260)]
    lottery = _lottery(1 / np.arange(1, len(paths) + 1) ** 0.7)
    arrives = is_view | first
    visited = lottery[rng.integers(0, _CHANCES, int(arrives.sum()))]
    codes = visited[np.cumsum(arrives) - 1]
    outside = ["https://www.google.com/", "https://www.facebook.com/", "https://www.bing.com/"]
    outside += [f"https://blog-{number}.example/" for number in range(12)]
    referrers = pa.array([None, *outside, "https://www.ornekmagaza.example/"], pa.large_string())
    inside = len(referrers) - 1
    lottery = _lottery(1 / np.arange(1, inside + 1))
    referred = np.where(is_view, inside, 0).astype(np.int16)
    referred[first] = lottery[rng.integers(0, _CHANCES, int(first.sum()))]
    return {
        "path": pa.array(paths, pa.large_string()).take(codes),
        "referrer": referrers.take(referred),
    }


def _purchases(rng, bought):
    count = int(bought.sum())
    rank = np.cumsum(bought) - 1
    currencies = pa.array(["TRY", "EUR", "USD"], pa.large_string())
    drawn = {
        "prop_currency": currencies.take(rng.choice(3, count, p=[0.9, 0.07, 0.03])),
        "prop_price": pa.array(rng.integers(500, 500_000, count) / 100),
        "prop_quantity": pa.array(rng.geometric(0.7, count)),
    }
    where = pa.array(np.where(bought, rank, 0), mask=~bought)
    return {name: values.take(where) for name, values in drawn.items()}


def _campaigns(rng, first):
    """Give 35 of 100 sessions a source and a campaign, at their first event."""
    sources = pa.array([None, "google", "facebook", "instagram", "newsletter"], pa.large_string())
    campaigns = [None, *(f"campaign_{number:02d}" for number in range(20))]
    of_session = rng.random(int(first.sum())) < 0.35
    source = np.zeros(len(first), dtype=np.int8)
    source[first] = np.where(of_session, rng.integers(1, 5, len(of_session)), 0)
    campaign = np.zeros(len(first), dtype=np.int8)
    campaign[first] = np.where(of_session, rng.integers(1, 21, len(of_session)), 0)
    return {
        "prop_utm_campaign": pa.array(campaigns, pa.large_string()).take(campaign),
        "prop_utm_source": sources.take(source),
    }


def prepare(folder, events, *, shuffled=False, **options):
    """Write the events into the folder unless they are there, and return the file.

    Parameters
    ----------
    folder
        Where to.
    events
        How many.
    shuffled
        Whether the rows are permuted.
    options
        Of events_table.
    """
    told = "".join(f"_{name}{value:d}" for name, value in sorted(options.items()))
    file = Path(folder, f"events_{events}{told}{'_shuffled' if shuffled else ''}.parquet")
    if not file.exists():
        if shuffled:
            table = pq.read_table(prepare(folder, events, **options))
            table = table.take(np.random.default_rng(SEED).permutation(len(table)))
        else:
            table = events_table(events, **options)
        aside = file.with_suffix(".part")
        pq.write_table(table, aside, compression="lz4")
        aside.replace(file)
    return file


def load(folder, events, variant, columns, **options):
    """Read the columns of a variant into the frame that every peer is given.

    The columns are what `hf.read_events` gives, each in one piece: strings of Arrow, or
    categoricals, nullable numbers for properties.
    """
    file = prepare(folder, events, shuffled=variant == "shuffled", **options)
    coded = [name for name in ("type", "name") if name in columns and variant == "categorical"]
    table = pq.read_table(file, columns=columns, read_dictionary=coded).combine_chunks()
    types = {pa.large_string(): pd.StringDtype("pyarrow")}
    numbers = {pa.float64(): pd.Float64Dtype(), pa.int64(): pd.Int64Dtype()}
    properties = [name for name in columns if name.startswith("prop_")]
    others = [name for name in columns if name not in properties]
    parts = [
        table.select(others).to_pandas(types_mapper=types.get),
        table.select(properties).to_pandas(types_mapper=(types | numbers).get),
    ]
    return pd.concat(parts, axis="columns")[columns]


def main():
    """Write the files and tell how long it took."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--shuffled", action="store_true", help="a second file, rows permuted")
    options.add_argument("--ids", action="store_true", help="with an id for each event")
    asked = options.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    more = {"ids": True} if asked.ids else {}
    for shuffled in (False, True)[: 1 + asked.shuffled]:
        begin = time.perf_counter()
        file = prepare(asked.folder, asked.events, shuffled=shuffled, **more)
        print(f"{file} ({time.perf_counter() - begin:.1f} s)")


if __name__ == "__main__":
    main()
