"""Folders that others wrote are read as they are, cut anew, or refused in words that help."""

from __future__ import annotations

import sys
import uuid

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

import hardal_frames as hf
from hardal_frames.engine import _workspace
from tests.engine.analyses import BY_SESSION
from tests.engine.made import made_frame, require_equal

SOME = ("transitions", "funnel by", "session_summary")


@pytest.fixture(scope="module")
def frame():
    """Events in random order, none of which lacks anything."""
    return made_frame(lacking=False)


@pytest.fixture
def cuts(monkeypatch):
    """How often events are cut anew, into small parts, from here on."""
    done = []
    real = _workspace.partition_source

    def spying(*given, **named):
        done.append(given)
        real(*given, **named, rows_per_part=250)

    monkeypatch.setattr(_workspace, "partition_source", spying)
    return done


def require_all(scan, frame):
    """Check some analyses against the frame."""
    for name in SOME:
        require_equal(BY_SESSION[name], scan, frame)


def split(frame, folder, parts=3, suffix=".parquet"):
    """Write every fifth event into a file."""
    folder.mkdir(exist_ok=True)
    for number in range(parts):
        own = frame.iloc[number::parts].sort_values("id")
        own.to_parquet(folder / f"{number}{suffix}")


def by_session(frame, folder, parts=3, **options):
    """Write files in which sessions are whole."""
    folder.mkdir(exist_ok=True)
    home = pd.factorize(frame["session_id"])[0] % parts
    for number in range(parts):
        frame[home == number].to_parquet(folder / f"{number}.parquet", **options)


def test_sessions_split(tmp_path, frame, cuts):
    """Files of pandas, each with its index: cut anew, once."""
    split(frame, tmp_path / "in")
    assert "__index_level_0__" in pyarrow.parquet.read_schema(tmp_path / "in/0.parquet").names
    for _ in range(2):
        scan = hf.scan_events(tmp_path / "in")
        assert scan.columns == list(frame.columns)
        require_all(scan, frame)
    assert len(cuts) == 1


def test_sessions_whole(tmp_path, frame, cuts):
    """Where no session is in two files, they are used as they are."""
    by_session(frame, tmp_path / "in")
    require_all(hf.scan_events(tmp_path / "in"), frame)
    assert not cuts


def test_sessions_without_name_split(tmp_path, frame, cuts):
    """A session whose id is an empty text is a session."""
    frame = frame.assign(session_id=frame["session_id"].replace("oturum 7", ""))
    split(frame[frame["session_id"] == ""], tmp_path / "in", parts=2)
    require_all(hf.scan_events(tmp_path / "in"), frame[frame["session_id"] == ""])
    assert len(cuts) == 1


def test_events_of_nobody_need_no_cut(tmp_path, cuts):
    """Events without a session are left out, in however many files they are."""
    frame = made_frame()
    by_session(frame[frame["session_id"].notna()], tmp_path / "in")
    split(frame[frame["session_id"].isna()], tmp_path / "in" / "more", parts=2)
    require_all(hf.scan_events(tmp_path / "in"), frame)
    assert not cuts


def test_attribution_of_files_by_visitor(tmp_path, cuts):
    """Visitors whole in their files, sessions of nobody split: cut anew."""
    frame = made_frame(whole_visits=True, lacking=False)
    (tmp_path / "in").mkdir()
    codes = pd.factorize(frame["visitor_id"])[0]
    home = np.where(codes < 0, np.arange(len(frame)), codes) % 4
    for number in range(4):
        frame[home == number].to_parquet(tmp_path / f"in/{number}.parquet")
    scan = hf.scan_events(tmp_path / "in")
    require_equal(lambda events: hf.attribution(events, "purchase"), scan, frame)
    assert len(cuts) == 1


def test_attribution_of_torn_sessions(tmp_path, frame, cuts):
    """Visitors whole in their files, sessions torn between them: refused, however they are cut."""
    (tmp_path / "in").mkdir()
    for number, (_, own) in enumerate(frame.groupby("visitor_id", dropna=False)):
        own.to_parquet(tmp_path / f"in/{number}.parquet")
    with pytest.raises(hf.InvalidInput, match="events of more than one visitor_id"):
        hf.attribution(hf.scan_events(tmp_path / "in"), "purchase")
    assert len(cuts) == 1


@pytest.mark.usefixtures("cuts")
def test_duckdb(tmp_path, frame):
    """A folder of folders, from COPY ... PARTITION_BY."""
    source = frame.assign(day=frame["timestamp"].dt.strftime("%Y-%m-%d"))
    duckdb.sql(
        f"copy (select * from source) to '{tmp_path / 'in'}' "
        "(format parquet, partition_by (day), write_partition_columns true)"
    )
    assert len(list((tmp_path / "in").glob("day=*"))) > 3
    scan = hf.scan_events(tmp_path / "in")
    expected = frame.assign(timestamp=frame["timestamp"].dt.tz_convert("UTC"))
    require_all(scan, expected)
    table = require_equal(
        lambda events: hf.funnel(events, ["A", "B"], by="day"),
        scan,
        source.assign(timestamp=expected["timestamp"], day=source["day"].astype("string[pyarrow]")),
    )
    assert table["day"].nunique() > 3


def test_polars(tmp_path, frame, cuts):
    """Files of polars, with its own text type."""
    (tmp_path / "in").mkdir()
    whole = pl.from_pandas(frame)
    for number in range(3):
        whole[number::3].write_parquet(tmp_path / f"in/{number}.pq")
    require_all(hf.scan_events(tmp_path / "in"), frame)
    assert len(cuts) == 1


def test_hidden_files_are_no_events(tmp_path, frame):
    """Spark's marks, checksums and files that are being written."""
    by_session(frame, tmp_path / "in")
    for name in ("_SUCCESS", "._0.parquet.crc", ".1.parquet", "_metadata", "read.me"):
        (tmp_path / "in" / name).write_bytes(b"no parquet")
    (tmp_path / "in" / "_temporary").mkdir()
    (tmp_path / "in" / "_temporary" / "0.parquet").write_bytes(b"no parquet")
    assert hf.scan_events(tmp_path / "in").rows == len(frame)


@pytest.mark.parametrize("writer", [split, by_session])
def test_columns_and_types_differ(tmp_path, frame, cuts, writer):
    """A column that some files lack is missing there; whole numbers among fractions are these."""
    first, second = frame.iloc[::2], frame.iloc[1::2]
    if writer is by_session:
        even = pd.factorize(frame["session_id"])[0] % 2 == 0
        first, second = frame[even], frame[~even]
    first = first.assign(prop_quantity=pd.array([2] * len(first), dtype="Int64"))
    second = second.assign(prop_quantity=pd.array([2.5] * len(second), dtype="Float64"))
    writer(first.drop(columns=["prop_currency", "type"]), tmp_path / "in")
    writer(second.drop(columns="prop_utm_source"), tmp_path / "in" / "other")
    frame = frame.assign(
        prop_quantity=pd.concat(
            [first["prop_quantity"].astype("Float64"), second["prop_quantity"]]
        ),
        prop_currency=second["prop_currency"],
        type=second["type"],
        prop_utm_source=first["prop_utm_source"],
    )
    frame = frame.astype(dict.fromkeys(("prop_currency", "type"), "string[pyarrow]"))
    scan = hf.scan_events(tmp_path / "in")
    require_all(scan, frame)
    for name in ("revenue", "purchases", "funnel by trend", "touches"):
        require_equal(BY_SESSION[name], scan, frame)
    assert len(scan.sample(1000, columns=["prop_currency"])) == len(frame)
    assert len(scan.sample(5, key="prop_currency")) > 0
    assert len(cuts) == (writer is split)


def test_a_column_of_nulls(tmp_path, frame, cuts):
    """A file in which no event has a name leaves all out, as the frame does."""
    by_session(frame, tmp_path / "in")
    nameless = frame.iloc[:9].assign(name=None, session_id="nobody")
    table = pa.Table.from_pandas(nameless, preserve_index=False)
    assert pa.types.is_null(table.schema.field("name").type)
    pa.parquet.write_table(table, tmp_path / "in" / "nameless.parquet")
    nameless = nameless.astype(frame.dtypes[["name", "session_id"]].to_dict())
    whole = pd.concat([frame, nameless], ignore_index=True)
    require_all(hf.scan_events(tmp_path / "in"), whole)
    assert not cuts


def test_dictionaries(tmp_path, frame, cuts):
    """Categoricals of pandas, other ones in each file, beside plain text; none recut needlessly."""
    by_session(frame.astype({"name": "category", "session_id": "category"}), tmp_path / "in")
    kinds = pyarrow.parquet.read_schema(tmp_path / "in/0.parquet").field("session_id").type
    assert pa.types.is_dictionary(kinds)
    require_all(hf.scan_events(tmp_path / "in"), frame)
    assert not cuts
    plain = frame.iloc[:50].assign(session_id="plain", id="of plain")
    plain = plain.astype({"session_id": "string[pyarrow]", "id": "string[pyarrow]"})
    split(plain, tmp_path / "in" / "plain", parts=2)
    require_all(hf.scan_events(tmp_path / "in"), pd.concat([frame, plain], ignore_index=True))
    assert len(cuts) == 1


@pytest.mark.parametrize("writer", [split, by_session])
def test_naive_timestamps(tmp_path, frame, writer):
    """Refused with the option that helps; with a zone as if written in it."""
    naive = frame.assign(timestamp=frame["timestamp"].dt.tz_localize(None))
    writer(naive, tmp_path / "in")
    with pytest.raises(hf.InvalidInput, match="is naive.*timezone='UTC'"):
        hf.transitions(hf.scan_events(tmp_path / "in"))
    with pytest.raises(hf.InvalidInput, match="is naive.*timezone='UTC'"):
        hf.partition_events(tmp_path / "in", tmp_path / "out")
    for zone in ("UTC", "Europe/Istanbul"):
        expected = frame.assign(timestamp=naive["timestamp"].dt.tz_localize(zone))
        require_all(hf.scan_events(tmp_path / "in", timezone=zone), expected)


@pytest.mark.parametrize("writer", [split, by_session])
def test_times_that_a_zone_shows_twice(tmp_path, frame, writer):
    """Are no instants; which zone it was is asked."""
    naive = frame.assign(timestamp=pd.Timestamp("2026-10-25 02:30").as_unit("us"))
    writer(naive, tmp_path / "in")
    scan = hf.scan_events(tmp_path / "in", timezone="Europe/Berlin")
    with pytest.raises(hf.InvalidInput, match="Europe/Berlin.*twice or never"):
        hf.transitions(scan)
    require_all(
        hf.scan_events(tmp_path / "in", timezone="UTC"),
        naive.assign(timestamp=naive["timestamp"].dt.tz_localize("UTC")),
    )


@pytest.mark.parametrize("writer", [split, by_session])
@pytest.mark.usefixtures("cuts")
def test_whole_numbers_as_keys(tmp_path, frame, writer):
    """Neighbours that no float tells apart stay apart, also where some events have no session."""
    codes = pd.factorize(frame["session_id"])[0] + 2**60
    keys = pd.array(codes, dtype="Int64")
    for missing in (False, True):
        if missing:
            keys[::17] = pd.NA
        numbered = frame.assign(session_id=keys)
        writer(numbered, tmp_path / f"in {missing}")
        scan = hf.scan_events(tmp_path / f"in {missing}")
        expected = numbered if missing else numbered.astype({"session_id": "int64"})
        require_all(scan, expected)
        assert len(hf.session_summary(scan.sample(10**6))) == 60 or missing


def test_whole_numbers_among_floats(tmp_path, frame, cuts):
    """As pandas leaves them where one file lacks some: the same session in both."""
    codes = pd.factorize(frame["session_id"])[0]
    (tmp_path / "in").mkdir()
    frame.assign(session_id=codes).iloc[::2].to_parquet(tmp_path / "in/0.parquet")
    frame.assign(session_id=codes.astype(float)).iloc[1::2].to_parquet(tmp_path / "in/1.parquet")
    expected = frame.assign(session_id=codes.astype(float))
    require_all(hf.scan_events(tmp_path / "in"), expected)
    assert len(cuts) == 1


def test_one_file(tmp_path, frame, cuts):
    """A file is a folder of one part."""
    hf.write_events(frame, tmp_path / "any name")
    scan = hf.scan_events(tmp_path / "any name")
    assert scan.parts == 1
    require_all(scan, frame)
    require_equal(lambda events: hf.attribution(events, "purchase"), scan, frame)
    assert not cuts


def test_one_part_of_ours(tmp_path, frame, cuts):
    """Whatever its key, all walkers are whole in it."""
    hf.partition_events(frame, tmp_path / "in")
    scan = hf.scan_events(tmp_path / "in")
    require_equal(lambda events: hf.attribution(events, "purchase"), scan, frame)
    assert not cuts


def test_no_events(tmp_path, frame):
    """No rows, and a file of none among others."""
    nothing = frame.iloc[:0]
    by_session(nothing, tmp_path / "in", parts=2)
    scan = hf.scan_events(tmp_path / "in")
    assert scan.rows == 0
    for name in ("transitions", "funnel by", "session_summary", "paths", "transition_times"):
        require_equal(BY_SESSION[name], scan, nothing)
    by_session(frame, tmp_path / "in", parts=3)
    nothing.to_parquet(tmp_path / "in" / "nothing.parquet")
    require_all(hf.scan_events(tmp_path / "in"), frame)
    pa.parquet.ParquetWriter(
        tmp_path / "in" / "no groups.parquet",
        pyarrow.parquet.read_schema(tmp_path / "in/0.parquet"),
    ).close()
    require_all(hf.scan_events(tmp_path / "in"), frame)


@pytest.mark.parametrize("form", ["memory://{}", "file://{}"])
def test_urls(tmp_path, frame, form):
    """Wherever fsspec finds them; an export by its manifest."""
    fsspec = pytest.importorskip("fsspec", reason="there is no fsspec")
    root = form.format(tmp_path / uuid.uuid4().hex)
    system, path = fsspec.core.url_to_fs(root)
    by_session(frame, tmp_path / "plain")
    hf.partition_events(frame, tmp_path / "cut", rows_per_part=100)
    system.put(str(tmp_path / "plain"), f"{path}/plain", recursive=True)
    system.put(str(tmp_path / "cut"), f"{path}/cut", recursive=True)
    for name in ("plain", "cut"):
        require_all(hf.scan_events(f"{root}/{name}"), frame)
    [first, *_] = system.find(f"{path}/cut/events")
    one = hf.scan_events(form.format(str(first)))
    assert one.parts == 1
    system.rm(first)
    with pytest.raises(hf.StoreError, match=r"://.*part-00000.parquet is missing"):
        hf.scan_events(f"{root}/cut")
    with pytest.raises(hf.StoreError, match="There is no file or folder|cannot be listed"):
        hf.scan_events(f"{root}/nowhere")


def test_unknown_urls():
    """No such kind of address."""
    pytest.importorskip("fsspec", reason="there is no fsspec")
    with pytest.raises(hf.InvalidInput, match="path is 'quark://events'"):
        hf.scan_events("quark://events")


def test_urls_without_fsspec(monkeypatch):
    """An address needs it, and is told so."""
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(hf.InvalidInput, match="install fsspec"):
        hf.scan_events("s3://bucket/events")


def damaged(folder):
    """Change one byte of the data of a file, none of its footer."""
    content = bytearray((folder / "0.parquet").read_bytes())
    content[4:400] = bytes(396)
    (folder / "0.parquet").write_bytes(content)


@pytest.mark.parametrize("parts", [1, 4])
def test_damaged_data(tmp_path, frame, parts):
    """A file whose footer alone is whole is told by name, by whatever reads it."""
    by_session(frame, tmp_path / "in", parts=parts)
    damaged(tmp_path / "in")
    scan = hf.scan_events(tmp_path / "in")
    with pytest.raises(hf.StoreError, match=r"0.parquet cannot be read as parquet"):
        hf.transitions(scan)
    with pytest.raises(hf.StoreError, match=r"0.parquet cannot be read as parquet"):
        hf.partition_events(tmp_path / "in", tmp_path / "out")
    assert [each.name for each in tmp_path.iterdir()] == ["in"]


def test_no_folder(tmp_path, frame):
    """Nothing there, nothing in it, no parquet in it, a cut file, another kind of file."""
    with pytest.raises(hf.StoreError, match="There is no file or folder"):
        hf.scan_events(tmp_path / "absent")
    with pytest.raises(hf.StoreError, match="There is no parquet file in"):
        hf.scan_events(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(hf.StoreError, match="There is no parquet file in"):
        hf.scan_events(tmp_path)
    with pytest.raises(hf.StoreError, match="notes.txt cannot be read as parquet"):
        hf.scan_events(tmp_path / "notes.txt")
    frame.to_parquet(tmp_path / "0.parquet")
    whole = (tmp_path / "0.parquet").read_bytes()
    (tmp_path / "0.parquet").write_bytes(whole[:-100])
    with pytest.raises(hf.StoreError, match="0.parquet cannot be read as parquet"):
        hf.scan_events(tmp_path)


def test_types_that_cannot_be_one(tmp_path, frame):
    """A number in one file and a text in another."""
    frame.to_parquet(tmp_path / "0.parquet")
    frame.assign(prop_quantity="two").to_parquet(tmp_path / "1.parquet")
    with pytest.raises(hf.StoreError, match=r"differ in a column's type: .*prop_quantity"):
        hf.scan_events(tmp_path)


def test_timestamps_that_are_none(tmp_path, frame):
    """A text or a number is no instant."""
    frame.assign(timestamp="2026-03-01").to_parquet(tmp_path / "0.parquet")
    with pytest.raises(hf.InvalidInput, match="'timestamp' is of type"):
        hf.transitions(hf.scan_events(tmp_path))
    with pytest.raises(hf.InvalidInput, match="'timestamp' is of type"):
        hf.partition_events(tmp_path, tmp_path / "out")


@pytest.fixture
def cut(tmp_path, frame):
    """A folder of ours."""
    hf.partition_events(frame, tmp_path / "cut", rows_per_part=100)
    return tmp_path / "cut"


def add_part(folder):
    """Lay a part beside the others."""
    part = folder / "events" / "part-00000.parquet"
    (folder / "events" / "more.parquet").write_bytes(part.read_bytes())


def cut_part(folder):
    """Cut a part."""
    part = folder / "events" / "part-00001.parquet"
    part.write_bytes(part.read_bytes()[:-50])


def swap_parts(folder):
    """Put a part where another was."""
    first, second = (folder / "events" / f"part-0000{number}.parquet" for number in (0, 1))
    assert first.stat().st_size != second.stat().st_size
    first.write_bytes(second.read_bytes())


def edit(folder):
    """Change the key in the manifest."""
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"session_id"', '"visitor_id"', 1))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "events/part-00002.parquet").unlink(), "part-00002.* is missing"),
        (add_part, "more.parquet does not belong to the folder. Take it away"),
        (cut_part, r"part-00001.parquet has [\d,]+ bytes; it was written with"),
        (swap_parts, r"part-00000.parquet has [\d,]+ bytes; it was written with"),
        (edit, "manifest.json was changed after it was written"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "without a manifest.json"),
        (
            lambda folder: (folder / "manifest.json").unlink(),
            "export of ours without its manifest.json.*events for those that are there",
        ),
    ],
)
def test_damage_of_ours(cut, damage, said):
    """A missing part, an extra one, a cut one, an edited manifest: told with the file's name."""
    damage(cut)
    with pytest.raises(hf.StoreError, match=said):
        hf.scan_events(cut)


def test_parts_without_their_manifest(cut, frame, cuts):
    """Whoever asks for the files that are there gets them."""
    require_all(hf.scan_events(cut / "events"), frame)
    assert not cuts


def test_changed_between_looking_and_counting(tmp_path, frame):
    """A file that was replaced meanwhile is told, not counted."""
    by_session(frame, tmp_path / "in", parts=1)
    scan = hf.scan_events(tmp_path / "in")
    frame.iloc[:99].to_parquet(tmp_path / "in" / "0.parquet")
    with pytest.raises(
        hf.StoreError, match="is not what it was when it was looked at, with 700 events"
    ):
        hf.transitions(scan)
    (tmp_path / "in" / "0.parquet").unlink()
    with pytest.raises(hf.StoreError, match=r"0.parquet cannot be read: No such file"):
        hf.transitions(scan)
