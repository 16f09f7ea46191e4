"""The sandbox as a running server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from hardal_frames.errors import HardalError, InvalidInput
from hardal_frames.sandbox import Sandbox, simulate

SMALL = simulate(sessions=2)

FOREVER = """
import threading, time
from hardal_frames.sandbox import Sandbox, simulate

def tell():
    while "not started" in repr(sandbox):
        time.sleep(0.01)
    print(sandbox.base_url, flush=True)

sandbox = Sandbox(simulate(sessions=2))
threading.Thread(target=tell).start()
sandbox.serve_forever()
print("ended", flush=True)
"""


def status(sandbox, url=None):
    """Return the status of the list of sessions."""
    address = f"{url or sandbox.base_url}/api/websites/{sandbox.signal_id}/sessions"
    with requests.Session() as session:
        session.trust_env = False  # a proxy knows nothing of this machine
        session.headers["Authorization"] = f"Bearer {sandbox.api_key}"
        return session.get(address, timeout=5).status_code


def test_it_answers_as_soon_as_it_is_started():
    """And no longer once it has ended."""
    with Sandbox(SMALL) as sandbox:
        url = sandbox.base_url
        assert url.startswith("http://127.0.0.1:")
        assert status(sandbox) == 200
    with pytest.raises(requests.ConnectionError):
        status(sandbox, url)


def test_a_shop_is_made_up_if_no_recording_is_given():
    """The same as simulate()."""
    assert Sandbox().recording == simulate()


def test_an_address_is_there_only_while_it_runs():
    """Before and after there is an error that says so."""
    sandbox = Sandbox(SMALL)
    assert repr(sandbox) == "Sandbox(2 sessions, not started)"
    with pytest.raises(InvalidInput, match="not running"):
        _ = sandbox.base_url
    with sandbox:
        assert repr(sandbox) == f"Sandbox(2 sessions, {sandbox.base_url})"
    with pytest.raises(InvalidInput, match="not running"):
        _ = sandbox.base_url


def test_the_key_is_not_in_the_repr():
    """A repr ends up in logs."""
    assert "secret" not in repr(Sandbox(SMALL, api_key="secret"))


def test_starting_and_stopping_twice_is_harmless():
    """A running one is left as it is, and one that ended can be started again."""
    sandbox = Sandbox(SMALL)
    sandbox.stop()
    url = sandbox.start().base_url
    assert sandbox.start().base_url == url
    sandbox.stop()
    sandbox.stop()
    with sandbox:
        assert status(sandbox) == 200


def test_two_run_beside_each_other():
    """Each takes a port of its own."""
    with Sandbox(SMALL) as one, Sandbox(SMALL, signal_id="other") as two:
        assert one.base_url != two.base_url
        assert status(one) == status(two) == 200


def test_a_port_can_be_chosen():
    """And is free again afterwards."""
    with Sandbox(SMALL) as sandbox:
        port = int(sandbox.base_url.rpartition(":")[2])
    with Sandbox(SMALL, port=port) as sandbox:
        assert sandbox.base_url == f"http://127.0.0.1:{port}"


def test_a_port_that_is_taken_is_refused():
    """The message names the port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"port {port}.*Name another one"):
            Sandbox(SMALL, port=port).start()


@pytest.mark.parametrize("port", [-1, 65_536, "80", None, True])
def test_a_bad_port_is_refused(port):
    """A port is a whole number."""
    with pytest.raises(InvalidInput, match="The port is"):
        Sandbox(SMALL, port=port).start()


def test_a_bad_argument_leaves_nothing_running():
    """The check comes before the thread."""
    before = threading.active_count()
    with pytest.raises(InvalidInput, match="max_limit"):
        Sandbox(SMALL, max_limit=0).start()
    assert threading.active_count() == before


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn"])
def test_what_is_not_installed_is_named(monkeypatch, missing):
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "hardal_frames.sandbox.app", raising=False)
    monkeypatch.delitem(sys.modules, "hardal_frames.sandbox.parameters", raising=False)
    monkeypatch.delitem(sys.modules, "hardal_frames.sandbox.refusals", raising=False)
    with pytest.raises(InvalidInput, match=rf"needs {missing}.*hardal-frames\[sandbox\]"):
        Sandbox(SMALL).start()


def test_importing_loads_no_web_framework():
    """They load when a server is started, if ever."""
    code = (
        "import sys, hardal_frames.sandbox; "
        "print({'fastapi', 'uvicorn', 'pydantic', 'starlette'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_nothing_is_logged(capfd):
    """A server inside a notebook is quiet."""
    with Sandbox(SMALL) as sandbox:
        assert status(sandbox) == 200
    assert capfd.readouterr() == ("", "")


def test_an_answer_takes_no_delayed_acknowledgement():
    """Without TCP_NODELAY each answer on a kept connection takes 40 ms; here it takes about one."""
    with Sandbox(SMALL) as sandbox, requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {sandbox.api_key}"
        url = f"{sandbox.base_url}/api/websites/{sandbox.signal_id}/sessions"
        times = []
        for _ in range(20):
            begin = time.perf_counter()
            session.get(url, timeout=5)
            times.append(time.perf_counter() - begin)
    assert sorted(times)[10] < 0.03


def test_serving_ends_when_another_thread_stops_it():
    """serve_forever starts the server and returns after stop."""
    sandbox = Sandbox(SMALL)
    serving = threading.Thread(target=sandbox.serve_forever)
    serving.start()
    deadline = time.monotonic() + 10
    while "not started" in repr(sandbox) and time.monotonic() < deadline:
        time.sleep(0.01)
    sandbox.stop()
    serving.join(10)
    assert not serving.is_alive()


@pytest.mark.skipif(os.name != "posix", reason="only POSIX sends Ctrl-C to one process")
def test_ctrl_c_ends_serving_cleanly():
    """No traceback, status 0."""
    with subprocess.Popen(
        [sys.executable, "-c", FOREVER],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (out, err, process.returncode) == ("ended\n", "", 0)


def test_a_server_that_does_not_start_is_an_error(monkeypatch):
    """It is not waited for without end, and the port is given back."""
    monkeypatch.setattr(
        "hardal_frames.sandbox.server._serve", lambda _server, listener: listener.close()
    )
    sandbox = Sandbox(SMALL)
    with pytest.raises(HardalError, match="did not start"):
        sandbox.start()
    assert "not started" in repr(sandbox)
