"""What the tests of faults share."""

from __future__ import annotations

import pytest

from tests.api.faulty import FaultyHardal
from tests.api.faulty_world import Paging, World, events


@pytest.fixture(autouse=True)
def _budget_of_its_own(monkeypatch, tmp_path_factory):
    """Keep the budgets of the tests out of the user's cache directory."""
    monkeypatch.setenv("HARDAL_FRAMES_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def running():
    """One server for all tests of a file; nothing ever reaches its other listener."""
    with FaultyHardal() as elsewhere, FaultyHardal() as server:
        server.elsewhere = elsewhere.base_url
        yield server
    assert elsewhere.requests == []


@pytest.fixture
def server(running):
    """The server with a session of ten events, four on a page, between two others."""
    world = World({"a": events(3), "s": events(10, ties=2), "z": events(6)})
    running.renew(world, paging=Paging(cap=4))
    return running
