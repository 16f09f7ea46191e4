"""The commands check, pull, status and export, used as a user uses them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

import hardal_frames as hf
from hardal_frames.sandbox import Sandbox, simulate
from hardal_frames.shell.cli import main

RECORDING = simulate(90, seed=9)


@pytest.fixture(scope="module")
def sandbox():
    """A stand-in for Hardal with a budget, as Hardal has."""
    with Sandbox(RECORDING) as running:
        yield running


@pytest.fixture
def shop(sandbox, monkeypatch, tmp_path):
    """The environment of a user, in a folder of their own."""
    monkeypatch.setenv("HARDAL_API_KEY", sandbox.api_key)
    monkeypatch.setenv("HARDAL_SIGNAL_ID", sandbox.signal_id)
    monkeypatch.setenv("HARDAL_API_BASE_URL", sandbox.base_url)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_pull_status_export(shop, capsys):
    """The four commands, one after the other."""
    assert main(["check"]) == 0
    assert "accepts the key" in capsys.readouterr().out
    assert main(["pull"]) == 0
    output = capsys.readouterr()
    assert "90 of 90 sessions fetched" in output.out
    assert "90 sessions to fetch: 90 requests, less than a minute" in output.err
    assert main(["pull"]) == 0
    assert "90 sessions unchanged" in capsys.readouterr().out
    assert main(["status"]) == 0
    assert "90 sessions with" in capsys.readouterr().out
    assert main(["export", "out"]) == 0
    assert "90 sessions with" in capsys.readouterr().out
    with hf.Store(shop / "hardal-store") as store:
        assert hf.read_events(shop / "out").equals(store.events())


def test_some_sessions_and_properties(shop, capsys):
    """Only what was named, without what shall not be kept."""
    names = list(RECORDING.events)[:2]
    command = ["pull", "--store", "s", "--session", names[0], "--session", names[1]]
    assert main([*command, "--drop-property", "price", "--hash-property", "currency"]) == 0
    with hf.Store(shop / "s") as store:
        assert store.events()["session_id"].nunique() == 2
        assert "prop_price" not in store.events()
    assert main(["status", "--store", "s"]) == 0
    assert "properties hashed: currency" in capsys.readouterr().out


@pytest.mark.usefixtures("shop")
def test_a_session_that_is_gone_fails_the_command(capsys):
    """What was asked for and is not there is told, and the status says so."""
    assert main(["pull", "--session", "nobody"]) == 1
    assert "'nobody', gone" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["status"], "There is no store hardal-store"),
        (["export", "out"], "There is no store hardal-store"),
        (["pull", "--timeframe", "lastweek"], "timeframe is 'lastweek'"),
        (["pull", "--start", "yesterday"], "start is 'yesterday'"),
        (["pull", "--signal-id", "other"], "404"),
    ],
)
def test_what_is_wrong_is_told(shop, capsys, arguments, said):
    """An error is one line on standard error and status 1, and leaves no folder behind."""
    assert main(arguments) == 1
    assert said in capsys.readouterr().err
    assert not (shop / "out").exists()


@pytest.mark.usefixtures("shop")
def test_check_tells_a_wrong_key(monkeypatch, capsys):
    """A wrong key is a finding that is bad."""
    monkeypatch.setenv("HARDAL_API_KEY", "wrong-key")
    assert main(["check"]) == 1
    output = capsys.readouterr().out
    assert output.startswith("bad")
    assert "HARDAL_API_KEY" in output
    assert "wrong-key" not in output


def test_no_key(shop, monkeypatch, capsys):
    """No key at all: what to do."""
    monkeypatch.delenv("HARDAL_API_KEY")
    assert main(["pull"]) == 1
    assert "set the environment variable HARDAL_API_KEY" in capsys.readouterr().err
    assert not (shop / "hardal-store").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_interrupted_and_resumed(shop):
    """Ctrl-C: how far it came, status 130; the next pull goes on."""
    # A budget that is soon spent holds the pull until the signal comes.
    code = "import sys; from hardal_frames.shell.cli import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "pull", "--requests-per-minute", "30"],
        cwd=shop, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    file = shop / "hardal-store" / "sessions.sqlite"
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if file.exists():
            with hf.Store(shop / "hardal-store") as store:
                if store.status().stored_sessions >= 25:
                    break
        time.sleep(0.05)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert time.monotonic() - started < 2.5
    assert process.returncode == 130
    assert "of 90 sessions were fetched and are stored; pull again" in told
    assert main(["pull"]) == 0
    with hf.Store(shop / "hardal-store") as store:
        assert store.status().stored_sessions == 90
