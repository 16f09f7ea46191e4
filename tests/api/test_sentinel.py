"""The key is found nowhere: no output, log, repr, pickle, traceback with locals, or file."""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import traceback

import pytest

import hardal_frames as hf
from tests.api.faulty import KEY, SIGNAL, FaultyHardal
from tests.api.faulty_world import World, events
from tests.api.limiters import VirtualTime
from tests.api.scripted import Scripted, answer

ECHO = f"your key {KEY} is wrong"
FAULTS = {
    "no server": b"",
    "refused": answer({"error": {"code": 401, "message": ECHO}}, status=401),
    "not found": answer({"error": {"code": 404, "message": ECHO}}, status=404),
    "too many": answer({"error": {"code": 429, "message": ECHO}}, status=429),
    "server error": answer({"error": {"code": 500, "message": ECHO}}, status=500),
    "web page": answer(f"<html>{ECHO}</html>".encode(), content_type="text/html"),
    "error in 200": answer({"error": ECHO}),
    "wrong shape": answer({"events": [], "totalCount": ECHO, "page": 1, "pageSize": 1}),
    "redirect": answer({}, status=302, headers=[f"Location: http://127.0.0.1:1/{KEY}"]),
    "cut": answer({"events": ECHO * 50}, cut=30),
}
CALLS = {
    "activity": lambda client, _: client.activity("s"),
    "activities": lambda client, _: client.activities(["s", "t"]),
    "sessions": lambda client, _: client.sessions(),
    "pull": lambda client, store: client.pull(store, ["s", "t"], progress=True),
    "check": lambda client, _: client.check(),
}


def assert_hidden(*texts):
    """Check that the key is in none of the texts."""
    for text in texts:
        assert KEY not in text


def bytes_of(folder):
    """All that stands in the files of a folder."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_errors_hide_it(fault, call, tmp_path, monkeypatch, capfd, caplog):
    """Whatever goes wrong, and though the server echoes the key: nothing of ours shows it."""
    monkeypatch.setenv("HARDAL_FRAMES_CACHE_DIR", str(tmp_path / "cache"))
    caplog.set_level(logging.DEBUG)
    shown = []
    waits = VirtualTime()
    with (
        Scripted(fault) as server,
        hf.Store(tmp_path / "store") as store,
        hf.Client(
            KEY, SIGNAL, base_url=server.base_url, clock=waits.clock, sleep=waits.sleep
        ) as client,
    ):
        try:
            result = call(client, store)
        except hf.HardalError as error:
            # Without the frame of this test, which knows the server's answer.
            told = traceback.TracebackException(
                type(error), error, error.__traceback__.tb_next, capture_locals=True
            )
            shown += [repr(error), str(error), repr(error.__dict__), *told.format()]
            shown.append(pickle.dumps(error).decode("latin-1"))
            shown += getattr(error, "__notes__", [])
        else:
            shown += [repr(result), str(result)]
        shown += [repr(client), repr(client.__dict__), repr(store)]
        status = store.status()
    output = capfd.readouterr()
    assert_hidden(*shown, str(status), output.out, output.err, caplog.text)
    assert KEY.encode() not in bytes_of(tmp_path)


def test_a_client_is_not_pickled():
    """A pickle would carry the key to another machine, or to a file."""
    with pytest.raises(TypeError):
        pickle.dumps(hf.Client(KEY, SIGNAL))


def test_a_whole_pull_from_the_shell_hides_it(tmp_path):
    """With every log at DEBUG: neither the output nor any file holds the key."""
    code = (
        "import logging, sys, http.client; logging.basicConfig(level=logging.DEBUG);"
        "from hardal_frames.shell.cli import main;"
        "codes = [main(['check']), main(['pull']), main(['status']), main(['pull'])];"
        "sys.exit(max(codes))"
    )
    world = World({"s": events(3), "t": events(4)})
    with FaultyHardal(world) as server:
        environment = os.environ | {
            "HARDAL_API_KEY": KEY,
            "HARDAL_SIGNAL_ID": SIGNAL,
            "HARDAL_API_BASE_URL": server.base_url,
            "HARDAL_FRAMES_CACHE_DIR": str(tmp_path / "cache"),
        }
        ended = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, check=False,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "2 of 2 sessions fetched" in ended.stdout
    assert "DEBUG" in ended.stderr
    assert_hidden(ended.stdout, ended.stderr)
    assert len(server.requests) > 5
    assert KEY.encode() not in bytes_of(tmp_path)
