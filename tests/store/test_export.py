"""Sessions to a folder of parquet files and back."""

from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames.store import _manifest
from hardal_frames.store._manifest import part_of, read_manifest
from tests.frames.records import SESSIONS
from tests.store.exports import built, export, simulated


@pytest.fixture
def exported(tmp_path):
    """Simulated sessions, and the folder that they were exported to."""
    sessions, rows = simulated(120)
    folder = tmp_path / "dışa aktarım"
    export(folder, sessions, list_rows=rows)
    return sessions, folder


@settings(max_examples=60)
@given(
    SESSIONS,
    st.integers(1, 9),
    st.sampled_from([None, {"a": "float", "z": "int"}, {"b": "string", "c": "bool"}]),
)
@pytest.mark.filterwarnings("ignore::hardal_frames.errors.DataWarning")
def test_any_sessions_come_back_as_if_built_at_once(tmp_path_factory, records, rows, types):
    """However odd the records and however many the parts, the frame is that of the whole."""
    folder = tmp_path_factory.mktemp("export") / "out"
    sessions = {f"s{number}": feed for number, feed in enumerate(records)}
    manifest = export(folder, sessions, rows=rows, types=types)
    expected = built(sessions, types=types)
    pd.testing.assert_frame_equal(hf.read_events(folder), expected, check_exact=True)
    schemas = {str(pyarrow.parquet.read_schema(folder / file.name)) for file in manifest.part_files}
    assert len(schemas) == 1
    assert manifest == read_manifest(folder)


def test_no_session_is_split_and_order_is_kept(exported):
    """Each session is whole in the part that its id tells, in the order of the whole."""
    sessions, folder = exported
    manifest = read_manifest(folder)
    assert manifest.parts > 3
    order = {name: place for place, name in enumerate(sessions)}
    rows = 0
    for number, file in enumerate(manifest.part_files):
        part = pd.read_parquet(folder / file.name)
        keys = part["session_id"].astype(object)
        runs = keys[keys != keys.shift()].tolist()
        assert {part_of(name, manifest.parts) for name in runs} == {number}
        assert runs == sorted(runs, key=order.__getitem__)
        assert file.sessions == len(runs)
        rows += len(part)
    assert rows == manifest.rows == sum(map(len, sessions.values()))
    assert manifest.sessions == len(sessions)


def test_manifest_tells_what_the_folder_holds(exported):
    """The manifest is small JSON: layout, totals, types, and each file with its checksum."""
    sessions, folder = exported
    told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert told["key"] == "session_id"
    assert told["timezone"] == "Europe/Istanbul"
    assert told["columns"]["timestamp"] == "timestamp[us, tz=Europe/Istanbul]"
    assert list(told["columns"]) == built(sessions).columns.tolist()
    found = {str(file.relative_to(folder).as_posix()) for file in folder.rglob("*.parquet")}
    assert {file["name"] for file in told["files"]} == found
    for file in told["files"]:
        content = (folder / file["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert len(content) == file["bytes"]
        assert pyarrow.parquet.read_metadata(folder / file["name"]).num_rows == file["rows"]


def test_part_of_a_session_never_changes():
    """The hash is a promise: folders that others wrote rely on it."""
    assert [part_of(name, 7) for name in ("ses_000001", "ş", "", "\ud800")] == [5, 2, 0, 3]


def test_other_programs_read_the_parts(exported):
    """Plain pandas, DuckDB and Polars see the same events, instants and missing values."""
    sessions, folder = exported
    expected = built(sessions)
    parts = f"{folder}/events/*.parquet"
    micros = [moment.value // 1000 for moment in expected["timestamp"]]
    by_pandas = pd.read_parquet(folder / "events")
    assert by_pandas["timestamp"].dtype == expected["timestamp"].dtype
    assert by_pandas["prop_price"].dtype == expected["prop_price"].dtype
    by_pandas = by_pandas.set_index("id").loc[expected["id"]].reset_index()
    for name in expected.columns:
        assert by_pandas[name].isna().tolist() == expected[name].isna().tolist(), name
        assert by_pandas[name].dropna().tolist() == expected[name].dropna().tolist(), name
    [row] = duckdb.sql(
        "select count(*), count(distinct session_id), epoch_us(min(timestamp)), "
        f"sum(prop_price) from '{parts}'"
    ).fetchall()
    assert row[:3] == (len(expected), len(sessions), min(micros))
    assert row[3] == pytest.approx(expected["prop_price"].sum())
    by_polars = pl.read_parquet(parts)
    assert by_polars.schema["timestamp"] == pl.Datetime("us", "Europe/Istanbul")
    assert sorted(by_polars["timestamp"].dt.epoch("us").to_list()) == sorted(micros)
    assert by_polars["prop_price"].null_count() == expected["prop_price"].isna().sum()


def test_session_list_is_beside(exported):
    """sessions.parquet is the session list with its types."""
    sessions, folder = exported
    listed = pd.read_parquet(folder / "sessions.parquet")
    assert listed["session_id"].tolist() == list(sessions)
    assert listed["started_at"].dtype == "datetime64[us, Europe/Istanbul]"
    assert listed["duration"].dtype == "timedelta64[us]"
    assert listed["events"].dtype == "Int64"


def test_some_columns_and_categoricals(exported):
    """columns= and categorical= mean what they mean for a file."""
    sessions, folder = exported
    expected = built(sessions)
    some = hf.read_events(folder, columns=["session_id", "prop_price"])
    pd.testing.assert_frame_equal(some, expected[["session_id", "prop_price"]])
    coded = hf.read_events(folder, categorical=["name", "type"])
    assert isinstance(coded["name"].dtype, pd.CategoricalDtype)
    assert coded["name"].astype(str).tolist() == expected["name"].tolist()
    pd.testing.assert_frame_equal(hf.transitions(coded), hf.transitions(expected))
    with pytest.raises(hf.InvalidInput, match=r"'nam'.*Did you mean 'name'"):
        hf.read_events(folder, columns=["nam"])
    with pytest.raises(hf.InvalidInput, match="only text columns can be categoricals"):
        hf.read_events(folder, categorical=["sequence"])


def test_nothing_to_export(tmp_path):
    """An export of no session is an empty frame with all its columns and types."""
    export(tmp_path / "out", {}, types={"price": "float"})
    read = hf.read_events(tmp_path / "out")
    pd.testing.assert_frame_equal(read, built({}, types={"price": "float"}))


def truncate(folder):
    """Cut a part."""
    file = folder / "events" / "part-00001.parquet"
    file.write_bytes(file.read_bytes()[:-9])


def flip(folder):
    """Change one byte of a part."""
    file = folder / "events" / "part-00001.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def edit(folder):
    """Change the zone in the manifest."""
    file = folder / "manifest.json"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"timezone": "Europe/Istanbul"', '"timezone": "UTC"'))


def rename_version(folder):
    """Make it a manifest of the future."""
    file = folder / "manifest.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"version": 1', '"version": 2'))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (truncate, r"part-00001.parquet has [\d,]+ bytes; it was written with"),
        (flip, "part-00001.parquet was changed after"),
        (edit, "manifest.json was changed after"),
        (rename_version, "is of version 2; this hardal_frames reads 1"),
        (lambda folder: (folder / "events/part-00000.parquet").unlink(), "part-00000.* is missing"),
        (lambda folder: (folder / "order.parquet").unlink(), "order.parquet is missing"),
        (lambda folder: (folder / "manifest.json").unlink(), "folder without a manifest.json"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "without a manifest.json"),
        (
            lambda folder: (folder / "events/part-99999.parquet").write_bytes(b""),
            "part-99999.parquet does not belong to the export",
        ),
    ],
)
def test_damage_is_told(exported, damage, said):
    """Whatever is missing, cut, changed or too many is an error that names the file."""
    _, folder = exported
    damage(folder)
    with pytest.raises(hf.StoreError, match=said):
        hf.read_events(folder)


def test_rows_are_audited(exported, monkeypatch):
    """Even with checksums that agree, the rows must be those that the export counted."""
    _, folder = exported
    first, second = (folder / f"events/part-0000{number}.parquet" for number in (0, 1))
    first.write_bytes(second.read_bytes())
    monkeypatch.setattr("hardal_frames.store.parquet.checked_bytes", lambda folder, file: (
        folder / file.name
    ).read_bytes())  # fmt: skip
    with pytest.raises(hf.StoreError, match=r"part-00000.parquet has \d+ events"):
        hf.read_events(folder)


def test_what_systems_leave_is_no_foreign_part(exported):
    """A file that a desktop leaves in every folder harms nothing."""
    sessions, folder = exported
    (folder / "events" / ".DS_Store").write_bytes(b"")
    assert len(hf.read_events(folder)) == sum(map(len, sessions.values()))
    export(folder, sessions)


def test_older_export_is_replaced_as_a_whole(exported):
    """Fewer parts than before leave none of the older ones; damaged exports are replaced, too."""
    sessions, folder = exported
    truncate(folder)
    few = dict(list(sessions.items())[:5])
    export(folder, few)
    pd.testing.assert_frame_equal(hf.read_events(folder), built(few))
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize(
    "name", ["notes.txt", "events/part-00000.csv", "events/sub/x", "photos/a.jpg", "manifest.json"]
)
def test_strangers_folder_is_refused(tmp_path, name):
    """A folder with anything in it that is not ours is refused and left alone."""
    mine = tmp_path / "mine"
    file = mine / name
    file.parent.mkdir(parents=True)
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(hf.StoreError, match="something else than an export"):
        export(mine, {})
    assert file.read_text(encoding="utf-8") == "{}"
    assert list(tmp_path.iterdir()) == [mine]


def test_files_added_to_an_export_are_not_deleted(exported):
    """Whoever keeps a file of theirs in an export does not lose it."""
    sessions, folder = exported
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(hf.StoreError, match="notes.txt"):
        export(folder, sessions)
    assert (folder / "notes.txt").read_text() == "mine"


def test_target_that_cannot_be(tmp_path):
    """A file, or a folder in no folder, is refused."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(hf.StoreError, match="something else"):
        export(tmp_path / "file", {})
    with pytest.raises(hf.StoreError, match="There is no folder"):
        export(tmp_path / "absent" / "out", {})


def test_leftovers_of_others_stay(exported):
    """Only what an export of ours can have left is cleared up."""
    sessions, folder = exported
    theirs = folder.with_name(f".{folder.name}.0123abcd.part")
    (theirs / "new").mkdir(parents=True)
    (theirs / "new" / "diary.txt").write_text("mine")
    ours = folder.with_name(f".{folder.name}.abcd0123.part")
    (ours / "new" / "events").mkdir(parents=True)
    (ours / "new" / "events" / "part-00000.parquet").write_bytes(b"cut")
    (ours / "0011223344556677.lock").write_bytes(b"")
    export(folder, sessions)
    assert (theirs / "new" / "diary.txt").exists()
    assert not ours.exists()


def test_export_at_work_is_left_alone(exported):
    """An export that runs meanwhile into the same folder is not cleared up; the last one wins."""
    sessions, folder = exported
    few = dict(list(sessions.items())[:3])

    def while_exporting(names):
        if len(list(folder.parent.glob(".*.part"))) == 1:
            export(folder, few)
        return ((name, sessions[name]) for name in names)

    from hardal_frames.store._buckets import export_buckets  # noqa: PLC0415

    export_buckets(
        folder, session_ids=list(sessions), event_counts=[1] * len(sessions),
        read=while_exporting, sessions=pd.DataFrame({"session_id": []}), timezone="UTC",
    )  # fmt: skip
    assert hf.read_events(folder)["session_id"].nunique() == len(sessions)
    assert list(folder.parent.iterdir()) == [folder]


def failing(number, error):
    """Stand in for a call that fails the given time."""
    calls = iter(range(1000))

    def wrap(original):
        def call(*arguments, **options):
            if next(calls) == number:
                raise error
            return original(*arguments, **options)

        return call

    return wrap


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), PermissionError(13, "Denied")]
)
@pytest.mark.parametrize("step", range(4))
def test_full_disk_leaves_the_older_export(exported, monkeypatch, error, step):
    """Whatever step the system refuses, the older export is there and nothing else."""
    sessions, folder = exported
    before = hf.read_events(folder)
    places = [(pyarrow.parquet, "write_table", 1), (_manifest.Manifest, "write", 0),
              (Path, "rename", 0), (Path, "rename", 1)]  # fmt: skip
    owner, name, number = places[step]
    monkeypatch.setattr(owner, name, failing(number, error)(getattr(owner, name)))
    with pytest.raises(hf.StoreError, match=error.strerror):
        export(folder, dict(list(sessions.items())[:9]))
    pd.testing.assert_frame_equal(hf.read_events(folder), before)
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("number", range(2))
def test_interrupt_cleans_up(exported, monkeypatch, number):
    """Ctrl-C at either rename leaves the older export and nothing else."""
    sessions, folder = exported
    monkeypatch.setattr(Path, "rename", failing(number, KeyboardInterrupt())(Path.rename))
    with pytest.raises(KeyboardInterrupt):
        export(folder, dict(list(sessions.items())[:9]))
    assert hf.read_events(folder)["session_id"].nunique() == len(sessions)
    assert list(folder.parent.iterdir()) == [folder]


def test_sessions_that_vanish_are_told(tmp_path):
    """A store that does not give what it promised ends the export."""
    from hardal_frames.store._buckets import export_buckets  # noqa: PLC0415

    feeds = [("s1", [{"id": "e", "timestamp": 1}])]
    with pytest.raises(hf.StoreError, match="changed while they were exported"):
        export_buckets(
            tmp_path / "out", session_ids=["s1", "s2"], event_counts=[1, 1],
            read=lambda names: iter(feeds), sessions=pd.DataFrame(), timezone="UTC",
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_changed_values_are_told(tmp_path):
    """One warning counts what became null or a number, over all parts."""
    sessions = {
        f"s{number}": [{"id": "e", "timestamp": 1_772_434_800, "properties": {"n": value}}]
        for number, value in enumerate([1, "2", "3.5", float("nan")])
    }
    with pytest.warns(hf.DataWarning, match="prop_n: 2 texts became.*prop_n: 1 NaN"):
        export(tmp_path / "out", sessions, rows=1)
