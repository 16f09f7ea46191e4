"""A folder of parts gives the tables of the frame that was cut, whoever counts them."""

from __future__ import annotations

import concurrent.futures
import random
import re
import warnings
from functools import partial

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.analysis import _order
from hardal_frames.engine import _reading, _workspace
from tests.engine.analyses import ATTRIBUTIONS, BY_SESSION, BY_VISITOR
from tests.engine.made import made_frame, require_equal, told
from tests.strategies import MARCH, frame_of

A_FEW = ("transitions", "funnel by", "session_summary")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """What is cut anew has several parts, however few events there are."""
    small = partial(_workspace.partition_source, rows_per_part=150)
    monkeypatch.setattr(_workspace, "partition_source", small)


@pytest.fixture(scope="module")
def frame():
    """Events in random order, some without a session, a name or a timestamp."""
    return made_frame()


@pytest.fixture(scope="module")
def whole_visits():
    """Events of which those of a session have one visitor, or none."""
    return made_frame(whole_visits=True, lacking=False)


@pytest.fixture(scope="module")
def folders(tmp_path_factory, frame, whole_visits):
    """Folders of some parts: of sessions, of visitors."""
    above = tmp_path_factory.mktemp("scan")
    hf.partition_events(frame, above / "sessions", rows_per_part=150)
    hf.partition_events(frame, above / "visitors", key="visitor_id", rows_per_part=150)
    hf.partition_events(whole_visits, above / "visits", rows_per_part=150)
    return above


@pytest.mark.parametrize("name", BY_SESSION)
def test_sessions(folders, frame, name):
    """Every analysis of sessions: the table to the last bit, and one warning of the whole."""
    scan = hf.scan_events(folders / "sessions")
    assert scan.parts == 5
    require_equal(BY_SESSION[name], scan, frame)


def test_rows_left_out_are_told_once(folders, frame):
    """One warning with the counts of all parts, also where there are two rounds."""
    _, [said] = told(hf.transitions, hf.scan_events(folders / "sessions"))
    lacking = frame[["timestamp", "session_id", "name"]].isna()
    rows, columns = lacking.any(axis=1).sum(), lacking.sum()
    assert (
        said
        == f"{rows} of {len(frame)} rows are left out: "
        + ", ".join(
            f"{columns[each]} without {each}" for each in ("timestamp", "session_id", "name")
        )
        + "."
    )


@pytest.mark.parametrize("name", BY_VISITOR)
def test_visitors(folders, frame, name):
    """Every analysis of visitors, from parts of visitors."""
    require_equal(BY_VISITOR[name], hf.scan_events(folders / "visitors"), frame)


@pytest.mark.parametrize("lacking", [False, True])
@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_attribution(tmp_path, name, lacking):
    """Parts of sessions are cut anew by visitor; sessions without one stay whole."""
    frame = made_frame(whole_visits=True, lacking=lacking)
    hf.partition_events(frame, tmp_path / "in", rows_per_part=150)
    table = require_equal(ATTRIBUTIONS[name], hf.scan_events(tmp_path / "in"), frame)
    assert len(table) >= 3


def test_torn_sessions_are_refused(folders):
    """Where sessions have events of several visitors, nothing is counted in pieces."""
    for name in ("sessions", "visitors"):
        scan = hf.scan_events(folders / name)
        with pytest.raises(hf.InvalidInput, match=r"\d+ sessions have events of more than one vis"):
            hf.attribution(scan, "purchase")


def test_other_walkers_that_are_torn_are_refused(tmp_path, whole_visits):
    """Also if the key is not the session."""
    numbers = pd.Series(range(len(whole_visits))) % 10
    frame = whole_visits.assign(cart=numbers.map("c{}".format).astype("string[pyarrow]"))
    hf.partition_events(frame, tmp_path / "in", key="visitor_id", rows_per_part=150)
    scan = hf.scan_events(tmp_path / "in")
    with pytest.raises(hf.InvalidInput, match="10 sessions have events of more than one visitor"):
        hf.attribution(scan, "purchase", key="cart")


def test_workspace_is_cut_once(tmp_path, frame):
    """Parts of sessions are cut anew for visitors once, and again when a file has changed."""
    source, space = tmp_path / "in", tmp_path / "deep" / "space"
    hf.partition_events(frame, source, rows_per_part=100)

    def written():
        scan = hf.scan_events(source, workspace=space)
        require_equal(BY_VISITOR["visitor funnel"], scan, frame)
        return {file: file.stat().st_mtime_ns for file in space.rglob("*.parquet")}

    first = written()
    assert first
    assert written() == first
    hf.partition_events(frame, source, rows_per_part=99)
    second = written()
    assert first.items() < second.items()


def test_workspace_of_the_users_cache(folders, tmp_path, monkeypatch):
    """Unless one is named, it is in the cache."""
    monkeypatch.setenv("HARDAL_FRAMES_CACHE_DIR", str(tmp_path))
    hf.touches(hf.scan_events(folders / "visits"), key="type")
    assert list(tmp_path.glob("partitioned/*/manifest.json"))


def test_workspace_that_cannot_be(folders, tmp_path):
    """A file in its way is told."""
    (tmp_path / "file").write_text("x")
    scan = hf.scan_events(folders / "visits", workspace=tmp_path / "file" / "below")
    with pytest.raises(hf.StoreError, match="Name another one"):
        hf.retention(scan, period="day")


@pytest.mark.parametrize("name", A_FEW[1:])
def test_processes(folders, frame, name):
    """Two processes count the same, and warn as one does."""
    scan = hf.scan_events(folders / "sessions", processes=2)
    require_equal(BY_SESSION[name], scan, frame)


def test_threads(folders, frame):
    """So does an executor of threads, whose warnings are none of its neighbours'."""
    filters = list(warnings.filters)
    with concurrent.futures.ThreadPoolExecutor(4) as executor:
        scan = hf.scan_events(folders / "sessions", executor=executor)
        for name in A_FEW * 2:
            require_equal(BY_SESSION[name], scan, frame)
    assert warnings.filters == filters


@pytest.mark.parametrize("way", ["processes", "executor", "one by one"])
def test_progress(folders, way):
    """Each part is told, whoever counts."""
    heard = []
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        given = {"processes": {"processes": 2}, "executor": {"executor": executor}}.get(way, {})
        scan = hf.scan_events(
            folders / "visits", progress=lambda done, total: heard.append((done, total)), **given
        )
        hf.transitions(scan, times=False)
    assert heard == [(done, scan.parts) for done in range(1, scan.parts + 1)]


def test_export_of_a_store(tmp_path):
    """What a store exports is scanned as it is, whichever columns and types it has."""
    from tests.store.exports import built, export, simulated  # noqa: PLC0415

    sessions, rows = simulated(120)
    export(tmp_path / "out", sessions, list_rows=rows)
    events = built(sessions)
    scan = hf.scan_events(tmp_path / "out", workspace=tmp_path / "none")
    assert scan.parts > 3
    assert (scan.rows, scan.columns) == (len(events), list(events.columns))
    for analysis in (
        hf.transitions,
        hf.session_summary,
        lambda events: hf.funnel(events, ["view_item", "purchase"], by="prop_category"),
        hf.purchases,
        hf.touches,
    ):
        require_equal(analysis, scan, events)
    assert not (tmp_path / "none").exists()


def test_export_of_nothing(tmp_path):
    """No session at all is the empty table of each analysis."""
    from tests.store.exports import built, export  # noqa: PLC0415

    export(tmp_path / "out", {})
    require_equal(hf.transitions, hf.scan_events(tmp_path / "out"), built({}))


@pytest.fixture
def columns_read(monkeypatch):
    """Columns of each part that is read from here on."""
    read = []
    real = _reading.table_of

    def spying(part, schema, columns, **options):
        read.append(list(columns))
        return real(part, schema, columns, **options)

    monkeypatch.setattr(_reading, "table_of", spying)
    return read


def tied(sequences):
    """Events of one session at one instant; ids say another order than rows and names."""
    events = [
        {
            "session_id": f"s{place % 2}",
            "visitor_id": "v",
            "id": f"e{9 - place // 2}",
            "name": "ABCDE"[place // 2],
            "timestamp": MARCH,
            "type": "custom",
            "path": None,
            "sequence": sequences(place // 2),
        }
        for place in range(10)
    ]
    random.Random(1).shuffle(events)
    return frame_of(events)


@pytest.mark.parametrize(
    ("sequences", "is_read"), [(lambda place: place, False), (lambda place: 7, True)]
)
@pytest.mark.parametrize("key", ["session_id", "visitor_id"])
def test_ids_are_read_only_where_they_decide(tmp_path, columns_read, sequences, is_read, key):
    """An id of each event is the widest column; ties seldom need it."""
    frame = tied(sequences)
    assert _order.LEFT_UNREAD not in frame.attrs
    # Written as it comes: cut parts would be in order already.
    frame.to_parquet(tmp_path / "events.parquet")
    scan = hf.scan_events(tmp_path)
    for analysis in (hf.transitions, hf.journey_flows, hf.paths):
        columns_read.clear()
        table = require_equal(lambda events: analysis(events, key=key), scan, frame)  # noqa: B023
        assert len(table)
        assert any("id" in columns for columns in columns_read) is is_read


def test_only_needed_columns_are_read(folders, columns_read):
    """Transitions need none of what events tell beside names and times."""
    hf.transitions(hf.scan_events(folders / "visits"))
    needed = {"session_id", "timestamp", "name", "sequence", "id"}
    assert columns_read
    assert all(set(columns) <= needed for columns in columns_read)


def test_misspelt(folders, frame):
    """A misspelt step, column or key is told as for a frame."""
    scan = hf.scan_events(folders / "sessions")
    for call in (
        lambda events: hf.funnel(events, ["A", "purchas"]),
        lambda events: hf.funnel(events, ["A", "B"], by="prop_currencies"),
        lambda events: hf.transitions(events, key="session"),
        lambda events: hf.transitions(events, state="urll"),
    ):
        with pytest.raises(hf.InvalidInput) as of_scan:
            told(call, scan)
        with pytest.raises(hf.InvalidInput) as of_frame:
            told(call, frame)
        assert str(of_scan.value) == str(of_frame.value)
        assert type(of_scan.value) is type(of_frame.value)


def test_ways_that_cannot_be(folders):
    """Two ways at once, no processes, no client, no zone."""
    folder = folders / "visits"
    with pytest.raises(hf.InvalidInput, match="processes and executor are given"):
        hf.scan_events(folder, processes=2, executor=object())
    with pytest.raises(hf.InvalidInput, match="processes is 0"):
        hf.scan_events(folder, processes=0)
    with pytest.raises(hf.InvalidInput, match="client is a str"):
        hf.scan_events(folder, client="tcp://127.0.0.1:1")
    with pytest.raises(hf.InvalidInput, match="Unknown time zone 'Europe/Istambul'"):
        hf.scan_events(folder, timezone="Europe/Istambul")


def test_repr(folders, frame):
    """It says what it is."""
    scan = hf.scan_events(folders / "sessions")
    assert re.fullmatch(
        rf"FolderScan\(.*sessions': {len(frame)} events in {scan.parts} parts\)", repr(scan)
    )


class TestSample:
    """Some whole sessions of many."""

    def test_whole_sessions(self, folders, whole_visits):
        """So many, each with all its events, and the same ones each time."""
        scan = hf.scan_events(folders / "visits")
        some = scan.sample(7)
        assert some["session_id"].nunique() == 7
        mine = whole_visits[whole_visits["session_id"].isin(some["session_id"])]
        pd.testing.assert_frame_equal(
            some.sort_values(["sequence", "id"], ignore_index=True),
            mine.sort_values(["sequence", "id"], ignore_index=True),
        )
        pd.testing.assert_frame_equal(scan.sample(7), some)
        more = scan.sample(20)
        assert set(some["session_id"]) < set(more["session_id"])

    def test_some_columns(self, folders):
        """Any columns, also without timestamps, in the order asked for."""
        scan = hf.scan_events(folders / "visits")
        some = scan.sample(3, columns=["name", "prop_value"])
        assert list(some) == ["name", "prop_value"]
        assert len(some) == len(scan.sample(3))

    def test_by_visitor_and_all(self, folders, whole_visits):
        """By any key; more than there are is all of them."""
        scan = hf.scan_events(folders / "visits")
        assert scan.sample(4, key="visitor_id")["visitor_id"].nunique() == 4
        named = whole_visits["session_id"].notna()
        assert len(scan.sample(10**6)) == int(named.sum())

    def test_of_nothing(self, tmp_path, whole_visits):
        """An empty frame with its types."""
        hf.partition_events(whole_visits.iloc[:0], tmp_path / "none")
        some = hf.scan_events(tmp_path / "none").sample(5)
        pd.testing.assert_frame_equal(some, whole_visits.iloc[:0])

    def test_refused(self, folders):
        """No column of that name, no number."""
        scan = hf.scan_events(folders / "visits")
        with pytest.raises(hf.InvalidInput, match="no column 'nam'"):
            scan.sample(5, columns=["nam"])
        with pytest.raises(hf.InvalidInput, match="sessions is 0"):
            scan.sample(0)
