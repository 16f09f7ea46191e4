"""Columns that stand in the names of folders, and patterns of names."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

import hardal_frames as hf

STEPS = ["view_item", "add_to_cart"]


@pytest.fixture(scope="module")
def events():
    """Events with a column of text, one of whole numbers and values that are odd in a path."""
    events = hf.sample_events(sessions=120)
    codes = events["session_id"].astype("category").cat.codes.astype("int64")
    cities = pd.Series(["İzmir", "a b/c=d", None, "Bursa"], dtype="string")
    return events.assign(city=cities.take(codes % 4).to_numpy(), year=2024 + codes % 2)


@pytest.fixture(scope="module")
def folder(events, tmp_path_factory):
    """The same events as DuckDB writes them, cut by both columns, which the files then lack."""
    folder = tmp_path_factory.mktemp("hive") / "events"
    told = events[["session_id", "timestamp", "name", "sequence", "id", "city", "year"]]
    connection = duckdb.connect()
    connection.register("told", told)
    connection.sql(f"COPY told TO '{folder}' (FORMAT parquet, PARTITION_BY (city, year))")
    return folder


def same(one, other):
    """Whether tables are equal but for the kinds of their text, and of what is missing in it."""
    tables = [table.convert_dtypes(dtype_backend="numpy_nullable") for table in (one, other)]
    pd.testing.assert_frame_equal(*tables, check_dtype=False)


def test_columns_of_paths_are_read(folder, events):
    """They group a funnel, and hold what they held; a missing value stays missing."""
    scan = hf.scan_events(folder)
    assert {"city", "year"} < set(scan.columns)
    for by in ("city", "year"):
        same(hf.funnel(scan, STEPS, by=by), hf.funnel(events, STEPS, by=by))
    by_city = hf.transitions(scan, state="city", times=False)
    same(by_city, hf.transitions(events, state="city", times=False))


def test_they_can_be_renamed_and_cut_anew(folder, events, tmp_path):
    """A column of a path is one as any other: as a key, with another name, in a partition."""
    scan = hf.scan_events(folder, rename={"city": "town"})
    same(
        hf.funnel(scan, STEPS, by="town"),
        hf.funnel(events.rename(columns={"city": "town"}), STEPS, by="town"),
    )
    hf.partition_events(folder, tmp_path / "cut", key="session_id")
    same(hf.funnel(hf.scan_events(tmp_path / "cut"), STEPS, by="year"),
         hf.funnel(events, STEPS, by="year"))  # fmt: skip
    with_year = hf.scan_events(folder, workspace=tmp_path / "workspace")
    same(
        hf.transitions(with_year, key="year", times=False),
        hf.transitions(events, key="year", times=False),
    )


def test_folders_that_disagree_are_refused(events, tmp_path):
    """Where some names tell a column and others do not, half of it would be missing."""
    for place in ("device=phone/a.parquet", "b.parquet"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        events.to_parquet(tmp_path / place)
    with pytest.raises(hf.StoreError, match="none and device="):
        hf.scan_events(tmp_path)


def test_a_pattern_chooses_files(events, tmp_path):
    """As a shell would; nothing that matches is an error that names the pattern."""
    halves = {"2026-01": events[events["year"] == 2024], "2026-02": events[events["year"] == 2025]}
    for month, half in halves.items():
        half.to_parquet(tmp_path / f"events-{month}.parquet")
    for pattern, rows in (
        ("events-2026-01*.parquet", len(halves["2026-01"])),
        ("events-2026-0[12].parquet", len(events)),
        ("**/*.parquet", len(events)),
    ):
        assert hf.scan_events(tmp_path / pattern).rows == rows
        assert hf.scan_events(str(tmp_path / pattern)).rows == rows
    with pytest.raises(hf.StoreError, match=r"No file in .* matches events-2027\*\.parquet"):
        hf.scan_events(tmp_path / "events-2027*.parquet")


def test_columns_of_the_given_path_itself(folder, events):
    """Who gives one of the folders still has the column that it names."""
    bursa = hf.scan_events(folder / "city=Bursa")
    own = events[events["city"].eq("Bursa").fillna(value=False)]
    same(hf.funnel(bursa, STEPS, by="city"), hf.funnel(own, STEPS, by="city"))
    same(
        hf.funnel(hf.scan_events(folder / "city=Bursa" / "year=*" / "*.parquet"), STEPS, by="city"),
        hf.funnel(own, STEPS, by="city"),
    )


def test_nothing_is_left_out_in_silence(events, tmp_path):
    """Files of other endings count; a link to a folder, which is not followed, is told."""
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    half = events["year"] == 2024
    events[half].to_parquet(here / "a.PARQUET")
    events[~half].to_parquet(here / "b.parq")
    assert hf.scan_events(here).rows == len(events)
    try:
        (here / "more").symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    with pytest.raises(hf.StoreError, match="more is a link to a folder, and is not followed"):
        hf.scan_events(here)


def test_days_are_counted_in_the_zone_asked_for(events, tmp_path):
    """DuckDB writes instants in UTC; a zone moves the days and no instant."""
    utc = events.assign(timestamp=events["timestamp"].dt.tz_convert("UTC"))
    utc.to_parquet(tmp_path / "events.parquet")
    file = tmp_path / "events.parquet"
    for zone, frame in ((None, utc), ("Europe/Istanbul", events)):
        scan = hf.scan_events(file, timezone=zone)
        same(hf.funnel(scan, STEPS, trend="day"), hf.funnel(frame, STEPS, trend="day"))


@pytest.mark.parametrize(
    "kind", [lambda times: times.astype("int64") // 1000, lambda times: times.astype("string")]
)
def test_timestamps_that_are_none(events, tmp_path, kind):
    """Numbers and text in files are refused with what to do about files."""
    file = tmp_path / "events.parquet"
    events.assign(timestamp=kind(events["timestamp"])).to_parquet(file)
    with pytest.raises(hf.InvalidInput, match="in the files; timestamps are needed"):
        hf.funnel(hf.scan_events(file), STEPS)


@pytest.mark.parametrize(("unit", "factor"), [("s", 10**6), ("ms", 1000), ("us", 1)])
def test_numbers_in_a_frame_are_told_their_unit(events, unit, factor):
    """The hint, followed, gives the instants that were meant."""
    numbers = events["timestamp"].astype("int64") // factor
    with pytest.raises(hf.InvalidInput, match=rf"unit='{unit}', utc=True"):
        hf.funnel(events.assign(timestamp=numbers), STEPS)
