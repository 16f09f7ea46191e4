"""What every test may use."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test opens a window; set before anything imports matplotlib.
os.environ["MPLBACKEND"] = "Agg"

# A shell that starts us in the background lets us ignore Ctrl-C, which some tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).parents[2] / "shared" / "datasets"

settings.register_profile(
    "short", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("brief", parent=settings.get_profile("short"), max_examples=20)
settings.register_profile("glance", parent=settings.get_profile("short"), max_examples=7)
settings.register_profile("nightly", parent=settings.get_profile("short"), max_examples=20_000)
settings.load_profile("short")


@pytest.fixture(scope="session")
def shared_datasets():
    """Folder of recorded event logs, or a skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("there are no recorded event logs beside this checkout")
    return SHARED


@pytest.fixture(autouse=True)
def _no_real_key(monkeypatch, tmp_path_factory):
    """Keep the machine's own Hardal settings, and its budgets, out of the tests."""
    monkeypatch.setenv("HARDAL_FRAMES_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    for name in ("HARDAL_API_KEY", "HARDAL_SIGNAL_ID", "HARDAL_API_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def pytest_collection_modifyitems(config, items):
    """Leave the long runs out unless they are asked for with ``-m nightly``."""
    if "nightly" in (config.getoption("-m") or ""):
        return
    long = [item for item in items if item.get_closest_marker("nightly")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]
