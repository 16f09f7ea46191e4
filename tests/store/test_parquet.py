"""The events frame to parquet and back."""

from __future__ import annotations

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf

PROPERTY_LISTS = st.lists(
    st.dictionaries(
        st.sampled_from(["price", "ok", "count", "note", "items"]),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False, allow_infinity=False),
            st.text(max_size=5),
            st.lists(st.integers(), max_size=2),
        ),
    ),
    max_size=6,
)


def make(all_properties, zone="Europe/Istanbul"):
    """Make a frame of one event a set of properties."""
    return hf.events_from_records(
        [
            {"name": "e", "timestamp": 1_772_434_800 + index, "properties": each}
            for index, each in enumerate(all_properties)
        ],
        session_id="s",
        timezone=zone,
    )


@given(PROPERTY_LISTS, st.sampled_from(["Europe/Istanbul", "UTC", "America/New_York"]))
@pytest.mark.filterwarnings("ignore::hardal_frames.errors.DataWarning")
def test_frame_comes_back_identical(tmp_path_factory, all_properties, zone):
    """Values, missing values, types and the zone are the same after a round trip."""
    file = tmp_path_factory.mktemp("parquet") / "events.parquet"
    events = make(all_properties, zone)
    hf.write_events(events, file)
    pd.testing.assert_frame_equal(hf.read_events(file), events, check_exact=True)


@pytest.fixture
def sample(tmp_path):
    """Simulated events, and the file that they were written to."""
    events = hf.sample_events(sessions=40)
    file = tmp_path / "olaylar ş.parquet"
    hf.write_events(events, file)
    return events, file


def test_plain_pandas_reads_it(sample):
    """pandas.read_parquet gives the same values, instants and zone."""
    events, file = sample
    read = pd.read_parquet(file)
    assert read["timestamp"].dtype == events["timestamp"].dtype
    assert read["timestamp"].tolist() == events["timestamp"].tolist()
    assert read["prop_price"].dtype == events["prop_price"].dtype
    for name in events.columns:
        assert read[name].isna().tolist() == events[name].isna().tolist(), name
        assert read[name].dropna().tolist() == events[name].dropna().tolist(), name


def test_duckdb_reads_it(sample):
    """DuckDB counts the same events and sees the same instants."""
    events, file = sample
    [row] = duckdb.sql(
        "select count(*), count(distinct session_id), epoch_us(min(timestamp)), "
        f"sum(prop_price) from '{file}'"
    ).fetchall()
    assert row[:2] == (len(events), events["session_id"].nunique())
    assert row[2] == events["timestamp"].min().value // 1000
    assert row[3] == pytest.approx(events["prop_price"].sum())


def test_polars_reads_it(sample):
    """Polars sees the same instants in the same zone, and the same missing values."""
    events, file = sample
    read = pl.read_parquet(file)
    assert read.schema["timestamp"] == pl.Datetime("us", "Europe/Istanbul")
    assert read["timestamp"].dt.epoch("us").to_list() == [
        moment.value // 1000 for moment in events["timestamp"]
    ]
    assert read["prop_price"].null_count() == events["prop_price"].isna().sum()


def test_categorical_columns(sample):
    """Text columns are read as categoricals when asked, and analyses give the same."""
    events, file = sample
    read = hf.read_events(file, categorical=["name", "type"])
    assert isinstance(read["name"].dtype, pd.CategoricalDtype)
    assert read["name"].astype(str).tolist() == events["name"].tolist()
    pd.testing.assert_frame_equal(hf.transitions(read), hf.transitions(events))


def test_some_columns(sample):
    """Only the columns asked for are read."""
    events, file = sample
    read = hf.read_events(file, columns=["session_id", "name"])
    pd.testing.assert_frame_equal(read, events[["session_id", "name"]])


def test_foreign_file_gets_nullable_properties(tmp_path):
    """Integers with gaps from another writer stay integers."""
    file = tmp_path / "polars.parquet"
    pl.DataFrame(
        {
            "session_id": ["s", "s"],
            "name": ["a", "b"],
            "timestamp": pl.Series(
                [1_772_434_800_000_000, 1_772_434_801_000_000],
                dtype=pl.Datetime("us", "Europe/Istanbul"),
            ),
            "prop_user": [2**60 + 1, None],
        }
    ).write_parquet(file)
    read = hf.read_events(file)
    assert read["prop_user"].tolist() == [2**60 + 1, pd.NA]
    assert read["timestamp"].dtype == "datetime64[us, Europe/Istanbul]"


def test_filtered_frame_loses_only_its_index(sample):
    """A part of a frame can be written; it comes back numbered anew."""
    events, file = sample
    part = events[events["name"] == "page_view"]
    hf.write_events(part, file)
    pd.testing.assert_frame_equal(hf.read_events(file), part.reset_index(drop=True))


def test_failed_write_leaves_the_old_file(sample):
    """When a column cannot be written, the file that was there stays, and nothing else."""
    events, file = sample
    odd = events.assign(prop_odd=[object()] * len(events))
    with pytest.raises(hf.InvalidInput, match="cannot be written to parquet"):
        hf.write_events(odd, file)
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert len(hf.read_events(file)) == len(events)


def test_bad_files_and_frames(tmp_path, sample):
    """Each mistake has its own clear error."""
    events, file = sample
    (tmp_path / "text.parquet").write_text("no parquet")
    with pytest.raises(hf.StoreError, match="There is no file"):
        hf.read_events(tmp_path / "absent.parquet")
    with pytest.raises(hf.StoreError, match="cannot be read as parquet"):
        hf.read_events(tmp_path / "text.parquet")
    with pytest.raises(hf.StoreError, match="Is there such a folder"):
        hf.write_events(events, tmp_path / "absent" / "events.parquet")
    with pytest.raises(hf.InvalidInput, match=r"'nam'.*Did you mean 'name'"):
        hf.read_events(file, columns=["nam"])
    with pytest.raises(hf.InvalidInput, match="no column 'session_id'"):
        hf.write_events(events.drop(columns="session_id"), file)
    for path in ("", ".", tmp_path):
        with pytest.raises(hf.InvalidInput, match="the name of a file is needed"):
            hf.write_events(events, path)
    with pytest.raises(hf.InvalidInput, match="cannot be written to parquet"):
        hf.write_events(events.assign(prop_big=[2**70] * len(events)), file)
    for option in ("columns", "categorical"):
        with pytest.raises(hf.InvalidInput, match=f"{option} is the text 'name'"):
            hf.read_events(file, **{option: "name"})
    with pytest.raises(hf.InvalidInput, match="only text columns can be categoricals"):
        hf.read_events(file, categorical=["sequence"])
    assert hf.read_events(file, categorical=["name", "name"]).columns.is_unique
    with pytest.raises(hf.InvalidInput, match="not dict"):
        hf.write_events({}, file)
    doubled = pd.concat([events, events[["url"]]], axis="columns")
    with pytest.raises(hf.InvalidInput, match="more than one column called 'url'"):
        hf.write_events(doubled, file)
