"""Spark counts the same with the same code, also when it loses a worker."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.engine.spark import scan_spark
from tests.engine.analyses import ATTRIBUTIONS, BY_SESSION, BY_VISITOR
from tests.engine.made import made_frame, require_equal, told
from tests.engine.odd_countings import Asking, killing_one
from tests.engine.test_scan import tied

pyspark = pytest.importorskip("pyspark", reason="there is no pyspark")

ROOT = Path(__file__).parents[2]
ZONE = "Europe/Istanbul"
OLDEST_JAVA = 17

# What PySpark leaves open, and what it says of a pandas that is newer than it, is its own.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.*pandas:UserWarning:pyspark"),
    pytest.mark.filterwarnings("ignore::FutureWarning:pyspark"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark"),
]


def java_version():
    """Number of the Java that Spark would take; 0 if there is none."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if java is None:
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """A session with two executors in processes of their own."""
    if java_version() < OLDEST_JAVA:
        pytest.skip(f"Spark needs Java {OLDEST_JAVA}")
    from pyspark.sql.pandas.utils import require_minimum_pyarrow_version  # noqa: PLC0415

    try:
        require_minimum_pyarrow_version()
    except ImportError as error:
        pytest.skip(str(error))
    from pyspark.sql import SparkSession  # noqa: PLC0415  (slow, and not everywhere)

    space = tmp_path_factory.mktemp("spark")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYSPARK_PYTHON", sys.executable)
        patched.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patched.setenv("SPARK_WORKER_DIR", str(space / "work"))
        session = (
            SparkSession.builder.master("local-cluster[2,1,1024]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.executorEnv.PYTHONPATH", str(ROOT))
            .config("spark.local.dir", str(space))
            .config("spark.sql.warehouse.dir", str(space / "warehouse"))
            .config("spark.sql.session.timeZone", ZONE)
            .config("spark.sql.shuffle.partitions", "3")
            .config("spark.log.level", "OFF")
            .getOrCreate()
        )
        yield session
        session.stop()


@pytest.fixture(scope="module")
def write(spark, tmp_path_factory):
    """A function that has Spark read a frame from several files."""

    def written(frame):
        folder = tmp_path_factory.mktemp("events")
        for number in range(3):
            frame.iloc[number::3].to_parquet(folder / f"{number}.parquet", index=False)
        return spark.read.parquet(str(folder))

    return written


@pytest.fixture(scope="module")
def frame():
    """Events in random order, some of which lack something."""
    return made_frame()


@pytest.fixture(scope="module")
def events(write, frame):
    """The same in Spark."""
    return write(frame)


def test_workers_have_this_checkout(spark):
    """What is tested is what runs there, in other processes."""

    def look(batches):
        import pyarrow as pa  # noqa: PLC0415  (there, not here)

        for _ in batches:
            found = [__import__("hardal_frames").__file__]
            yield pa.RecordBatch.from_pydict({"file": found, "pid": [os.getpid()]})

    rows = spark.range(4, numPartitions=2).mapInArrow(look, "file string, pid long").collect()
    assert {row["file"] for row in rows} == {hf.__file__}
    assert os.getpid() not in {row["pid"] for row in rows}


@pytest.mark.parametrize("name", ["transitions", "funnel by", "session_summary", "paths few"])
def test_sessions(events, frame, name):
    """Table and warnings are those of the frame, ties that only ids decide included."""
    require_equal(BY_SESSION[name], scan_spark(events), frame)


@pytest.mark.parametrize("name", ["retention", "visitor funnel"])
def test_visitors(events, frame, name):
    """Shuffled by visitor, into as many parts as asked for."""
    require_equal(BY_VISITOR[name], scan_spark(events, parts=2), frame)


def test_attribution(events, write):
    """Sessions of one visitor, or of nobody, are counted; torn ones are refused."""
    whole = made_frame(300, whole_visits=True, lacking=False)
    require_equal(ATTRIBUTIONS["attribution linear"], scan_spark(write(whole)), whole)
    with pytest.raises(hf.InvalidInput, match=r"\d+ sessions have events of more than one vis"):
        hf.attribution(scan_spark(events), "purchase")


def test_ids_that_decide(write):
    """Events of one instant and one place: in the order of their ids."""
    odd = tied(lambda place: 7)
    table = require_equal(hf.paths, scan_spark(write(odd)), odd)
    assert len(table)


def test_no_events(events, frame):
    """The empty table of the analysis."""
    nothing = frame.iloc[:0]
    for name in ("transitions", "session_summary"):
        require_equal(BY_SESSION[name], scan_spark(events.limit(0)), nothing)


def test_timestamps_without_zone(events, frame):
    """Are the clock of the session's zone, or of the one that is named."""
    naive = events.withColumn("timestamp", events["timestamp"].cast("timestamp_ntz"))
    require_equal(BY_SESSION["session_summary"], scan_spark(naive), frame)
    require_equal(
        hf.activity_by_hour,
        scan_spark(naive, timezone="UTC"),
        frame.assign(timestamp=frame["timestamp"].dt.tz_localize(None).dt.tz_localize("UTC")),
    )


def test_another_zone(events, frame):
    """Days and hours are those of the zone that is named."""
    require_equal(
        hf.activity_by_hour,
        scan_spark(events, timezone="America/New_York"),
        frame.assign(timestamp=frame["timestamp"].dt.tz_convert("America/New_York")),
    )


def test_errors(events, frame, tmp_path):
    """A missing column, a misspelt step, an error in a worker: ours, not Spark's."""
    with pytest.raises(hf.InvalidInput, match="no column 'session'"):
        hf.transitions(scan_spark(events), key="session")
    texts = events.withColumn("timestamp", events["timestamp"].cast("string"))
    with pytest.raises(hf.InvalidInput, match="'timestamp' is of type string"):
        hf.transitions(scan_spark(texts))
    odd = Asking(scan_spark(events), {"folder": str(tmp_path), "fails": True})
    with pytest.raises(hf.UnknownName) as caught:
        hf.transitions(odd)
    assert caught.value.args == ("quarks", "are not here")
    with pytest.raises(hf.InvalidInput, match="events is a DataFrame; a DataFrame of PySpark"):
        scan_spark(frame)
    with pytest.raises(hf.InvalidInput, match="parts is 0"):
        scan_spark(events, parts=0)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
def test_lost_worker(events, frame, tmp_path):
    """A Python worker is killed while it counts: its part is counted again."""
    odd = Asking(scan_spark(events), {"folder": str(tmp_path), "sleeps": 0.5})
    with killing_one(tmp_path) as killed:
        table, said = told(hf.transitions, odd)
    assert len(killed) == 1
    expected, said_too = told(hf.transitions, frame)
    pd.testing.assert_frame_equal(table, expected, check_exact=True)
    assert said == said_too
