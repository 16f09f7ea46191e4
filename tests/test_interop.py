"""Other tools see the same events and count the same: Polars, DuckDB, Excel, CSV, pm4py.

What `docs/questions/other-tools.md` says is tried here. pm4py and retentioneering come with
`[benchmarks]`; without them their tests are skipped.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import duckdb
import pandas as pd
import polars as pl
import pytest

import hardal_frames as hf
from hardal_frames.sandbox import Sandbox, simulate

STEPS = ["view_item", "add_to_cart", "begin_checkout"]
TYPES = {
    "string": (pl.String, "VARCHAR"),
    "int64": (pl.Int64, "BIGINT"),
    "Int64": (pl.Int64, "BIGINT"),
    "Float64": (pl.Float64, "DOUBLE"),
    "boolean": (pl.Boolean, "BOOLEAN"),
    "datetime64[us, Europe/Istanbul]": (
        pl.Datetime("us", "Europe/Istanbul"),
        "TIMESTAMP WITH TIME ZONE",
    ),
}


@pytest.fixture(scope="module", params=["an export of a store", "a file of write_events"])
def events_and_files(request, tmp_path_factory):
    """The events as we read them, and the pattern of the files that other tools read."""
    folder = tmp_path_factory.mktemp("diğer araçlar")
    with (
        Sandbox(simulate(sessions=60)) as hardal,
        hf.Client(**hardal.access) as client,
        hf.Store(folder / "store") as store,
    ):
        client.pull(store, progress=False)
        if request.param == "an export of a store":
            exported = store.export(folder / "shop")
            return hf.read_events(exported), f"{exported}/events/*.parquet"
        hf.write_events(store.events(), folder / "shop.parquet")
        return hf.read_events(folder / "shop.parquet"), str(folder / "shop.parquet")


def counts(events):
    """Give what `transitions` counts from event to event."""
    table = hf.transitions(events, times=False).dropna(subset=["source", "target"])
    pairs = zip(table["source"], table["target"], strict=True)
    return dict(zip(pairs, table["count"].tolist(), strict=True))


def counts_of_duckdb(files):
    """Count in SQL what follows what."""
    rows = duckdb.sql(f"""
        SELECT name, next, count(*) FROM (
            SELECT name, lead(name) OVER (PARTITION BY session_id ORDER BY timestamp, sequence)
                AS next
            FROM '{files}'
        ) WHERE next IS NOT NULL GROUP BY ALL
    """).fetchall()
    return {(source, target): count for source, target, count in rows}


def counts_of_polars(files):
    """Count in Polars what follows what."""
    in_order = pl.scan_parquet(files).sort("timestamp", "sequence")
    following = in_order.with_columns(pl.col("name").shift(-1).over("session_id").alias("next"))
    counted = following.drop_nulls("next").group_by("name", "next").len().collect()
    return {(str(source), str(target)): count for source, target, count in counted.rows()}


def test_the_same_counts(events_and_files):
    """SQL and Polars count what `transitions` counts."""
    events, files = events_and_files
    assert len(counts(events)) > 20
    assert counts_of_duckdb(files) == counts(events)
    assert counts_of_polars(files) == counts(events)


def test_types_zones_and_nulls(events_and_files):
    """Each column has the type that says the same, and misses a value where ours does."""
    events, files = events_and_files
    read = pl.read_parquet(files)
    described = duckdb.sql(f"DESCRIBE SELECT * FROM '{files}'").fetchall()
    sql_types = {name: kind for name, kind, *_ in described}
    assert list(sql_types) == list(read.schema) == list(events.columns)
    kinds = set()
    for name, dtype in events.dtypes.items():
        kinds.add(str(dtype))
        polars_type, sql_type = TYPES[str(dtype)]
        missing = int(events[name].isna().sum())
        assert read.schema[name] == polars_type, name
        assert sql_types[name] == sql_type, name
        [(nulls,)] = duckdb.sql(f"SELECT count(*) - count({name}) FROM '{files}'").fetchall()
        assert nulls == missing, name
        assert read[name].null_count() == missing, name
    assert {"string", "Int64", "Float64"} < kinds


@pytest.mark.parametrize("tool", ["polars", "duckdb"])
def test_frames_of_others_give_the_same_tables(events_and_files, tool):
    """What comes back from them is analysed as it is, whatever its types and order of rows."""
    events, files = events_and_files
    if tool == "polars":
        frame = pl.read_parquet(files).sort("name").to_pandas()
    else:
        frame = duckdb.sql(f"SELECT * FROM '{files}' ORDER BY name").df()
        frame["timestamp"] = frame["timestamp"].dt.tz_convert("Europe/Istanbul")
    for analysis in (
        hf.transitions,
        hf.journey_flows,
        hf.revenue,
        hf.activity_by_hour,
        lambda each: hf.funnel(each, STEPS, within="1h"),
        lambda each: hf.time_between(each, STEPS[0], STEPS[1])[["elapsed"]],
    ):
        pd.testing.assert_frame_equal(
            analysis(frame), analysis(events), check_dtype=False, check_exact=True
        )


def test_categoricals(tmp_path):
    """A frame with categoricals is written as one that others read, with the same counts."""
    events = hf.sample_events(sessions=40).astype({"name": "category", "type": "category"})
    hf.write_events(events, tmp_path / "shop.parquet")
    files = str(tmp_path / "shop.parquet")
    assert counts_of_duckdb(files) == counts_of_polars(files) == counts(events)


def test_excel(tmp_path):
    """Durations as seconds go as they are; a zone is refused; the clock on the wall passes."""
    events = hf.sample_events()
    table = hf.funnel(events, STEPS, within="1h")
    seconds = table.apply(
        lambda column: column.dt.total_seconds() if column.dtype.kind == "m" else column
    )
    seconds.to_excel(tmp_path / "funnel.xlsx", index=False)
    read = pd.read_excel(tmp_path / "funnel.xlsx")
    pd.testing.assert_frame_equal(read, seconds, check_dtype=False)
    assert read["median_from_previous"].iloc[1] > 1
    with pytest.raises(ValueError, match="timezone"):
        events.to_excel(tmp_path / "events.xlsx")
    local = events.assign(timestamp=events["timestamp"].dt.tz_localize(None))
    local.to_excel(tmp_path / "events.xlsx", index=False)
    read = pd.read_excel(tmp_path / "events.xlsx")
    # Excel's own precision is a millisecond.
    off = read["timestamp"] - local["timestamp"]
    assert off.abs().max() <= pd.Timedelta("1ms")


def test_csv_there_and_back(tmp_path):
    """Ids like numbers, events called NA, Turkish letters and both offsets of a year survive."""
    written = [
        ("0012", "görüntüle", "2025-07-01T12:00:00.000001+03:00"),
        ("0012", "NA", "2025-07-01T12:00:00+03:00"),
        ("1e5", "İndirim ığŞ", "2025-01-01T12:00:00+01:00"),
        ("1e5", 'ödeme, "kart"', "2025-07-01T12:00:00+02:00"),
    ]
    events = hf.events_from_records(
        [
            {"sessionId": session, "id": str(number), "name": name, "timestamp": timestamp}
            for number, (session, name, timestamp) in enumerate(written)
        ],
        timezone="Europe/Berlin",
    )
    file = tmp_path / "events.csv"
    events.to_csv(file, index=False, encoding="utf-8-sig")
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert "+01:00" in file.read_text(encoding="utf-8")
    assert "+02:00" in file.read_text(encoding="utf-8")
    read = read_csv(file, "Europe/Berlin")
    for name in ("session_id", "id", "sequence", "name", "timestamp"):
        assert read[name].tolist() == events[name].tolist(), name
    pd.testing.assert_frame_equal(hf.transitions(read), hf.transitions(events))


def read_csv(file, zone):
    """Read events as the page says."""
    text = dict.fromkeys(["session_id", "id", "type", "name"], "string")
    read = pd.read_csv(file, dtype=text, keep_default_na=False, na_values=[""])
    instants = pd.to_datetime(read["timestamp"], utc=True, format="ISO8601")
    return read.assign(timestamp=instants.dt.tz_convert(zone))


def tied():
    """Events of which many share an instant, the rows shuffled."""
    events = hf.sample_events()
    to_the_minute = events.assign(timestamp=events["timestamp"].dt.floor("1min"))
    return to_the_minute.sample(frac=1, random_state=3)


def elsewhere(code, events, folder):
    """Give what a process of its own prints as JSON: these libraries warn, and load much."""
    hf.write_events(events, folder / "events.parquet")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {
        (source, target): count
        for source, target, count in json.loads(done.stdout.split("JSON")[-1])
    }


@pytest.mark.parametrize("make", [hf.sample_events, tied])
def test_pm4py(tmp_path, make):
    """Its directly-follows graph has the counts of `transitions`."""
    skip_without("pm4py")
    code = """
import json
import hardal_frames as hf, pm4py
pairs, firsts, lasts = pm4py.discover_dfg(
    hf.read_events("events.parquet").sort_values("sequence", kind="stable"),
    activity_key="name",
    timestamp_key="timestamp",
    case_id_key="session_id",
)
print("JSON", json.dumps([[*pair, int(count)] for pair, count in pairs.items()]))
"""
    assert elsewhere(code, make(), tmp_path) == counts(make())


@pytest.mark.parametrize("make", [hf.sample_events, tied])
def test_retentioneering(tmp_path, make):
    """Its transition graph too, entries and exits aside."""
    skip_without("retentioneering")
    code = """
import json, sys
sys.modules["posthog"] = None  # with it, it reports its use as soon as it is imported
import hardal_frames as hf
from retentioneering.eventstream import Eventstream
stream = Eventstream(
    hf.read_events("events.parquet").sort_values("sequence", kind="stable"),
    schema={"path_cols": ["session_id"], "event_col": "name", "timestamp_col": "timestamp"},
)
found = stream.transition_graph_data(edge_weight="count").stack()
rows = [[*pair, int(count)] for pair, count in found.items() if count]
print("JSON", json.dumps([row for row in rows if not {"path_start", "path_end"} & set(row)]))
"""
    assert elsewhere(code, make(), tmp_path) == counts(make())


def skip_without(package):
    """Skip where a package is not installed, without loading it here."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed; it comes with [benchmarks]")
