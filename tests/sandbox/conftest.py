"""What the tests of the sandbox share."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from hardal_frames.sandbox import Sandbox, simulate

DATASETS = Path(__file__).parents[3] / "shared" / "datasets"


class Client:
    """Asks a running sandbox over HTTP."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {sandbox.api_key}"

    def get(self, path, *, headers=None, method="GET", **query):
        """Ask for a path below the server."""
        url = self.sandbox.base_url + path
        return self.session.request(method, url, params=query, headers=headers, timeout=10)

    def sessions(self, **query):
        """Ask for the list of sessions."""
        return self.get(f"/api/websites/{self.sandbox.signal_id}/sessions", **query)

    def activity(self, session, **query):
        """Ask for the events of a session."""
        path = f"/api/websites/{self.sandbox.signal_id}/sessions/{session}/activity"
        return self.get(path, **query)

    def every_event(self, session, **query):
        """Ask for all pages of a session."""
        events, page = [], 1
        while True:
            answer = self.activity(session, page=page, **query).json()
            events += answer["events"]
            if not answer["hasMore"]:
                return events
            page += 1


@pytest.fixture(scope="session")
def shop():
    """Return a recording with a session of every length."""
    return simulate(sessions=300, seed=5)


@pytest.fixture
def serve():
    """Return a function that runs a sandbox until the test ends and returns its client."""
    clients = []

    def start(recording, **options):
        client = Client(Sandbox(recording, **options).start())
        clients.append(client)
        return client

    yield start
    for client in clients:
        client.session.close()
        client.sandbox.stop()


@pytest.fixture(scope="session")
def client(shop):
    """Return the client of a sandbox that serves the shop."""
    with Sandbox(shop, max_limit=500) as sandbox:
        client = Client(sandbox)
        yield client
        client.session.close()


@pytest.fixture
def dataset():
    """Return a function that names a recorded event log, or skips the test."""

    def find(name):
        path = DATASETS / name / "hardal.jsonl.gz"
        if not path.exists():
            pytest.skip(f"{path} is not here")
        return path

    return find
