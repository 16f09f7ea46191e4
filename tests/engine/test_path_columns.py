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
    """Whether tables are equal but for the kinds of their text."""
    pd.testing.assert_frame_equal(one, other, check_dtype=False)


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
