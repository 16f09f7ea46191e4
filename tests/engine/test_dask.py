"""A Dask cluster counts the same, also when it loses a worker."""

from __future__ import annotations

import os
import signal

import pandas as pd
import pytest

import hardal_frames as hf
from tests.engine.analyses import BY_SESSION
from tests.engine.made import made_frame, require_equal, told
from tests.engine.odd_countings import Asking, killing_one

distributed = pytest.importorskip("distributed", reason="there is no dask.distributed")

# What Dask leaves open when its workers are killed is its own.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def client():
    """Two processes of one thread each, reached at 127.0.0.1."""
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # None would be port 8787
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def frame():
    """Events in random order, some of which lack something."""
    return made_frame()


@pytest.fixture
def folder(tmp_path, frame):
    """A folder of seven parts."""
    hf.partition_events(frame, tmp_path / "in", rows_per_part=100)
    return tmp_path / "in"


def test_workers_have_this_checkout(client):
    """What is tested is what runs there."""
    found = client.run(lambda: __import__("hardal_frames").__file__)
    assert set(found.values()) == {hf.__file__}
    assert os.getpid() not in client.run(os.getpid).values()


@pytest.mark.parametrize("name", ["transitions", "funnel by", "session_summary"])
def test_equal(client, folder, frame, name):
    """Table and warnings are those of the frame."""
    require_equal(BY_SESSION[name], hf.scan_events(folder, client=client), frame)


def test_errors_come_through(client, folder, tmp_path):
    """The same kind with the same words."""
    odd = Asking(hf.scan_events(folder, client=client), {"folder": str(tmp_path), "fails": True})
    with pytest.raises(hf.UnknownName) as caught:
        hf.transitions(odd)
    assert caught.value.args == ("quarks", "are not here")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
def test_lost_worker(client, folder, frame, tmp_path):
    """One is killed while it counts: the others count again what it had."""
    odd = Asking(hf.scan_events(folder, client=client), {"folder": str(tmp_path), "sleeps": 0.3})
    with killing_one(tmp_path) as killed:
        table, said = told(hf.transitions, odd)
    assert len(killed) == 1
    expected, said_too = told(hf.transitions, frame)
    pd.testing.assert_frame_equal(table, expected, check_exact=True)
    assert said == said_too
