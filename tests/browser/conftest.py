"""A Chromium for all tests of pages, and the pages; tests skip where there is none."""

from __future__ import annotations

import contextlib
import io
import os

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.shell.cli import main
from tests.browser import chromium

EVENTS = hf.sample_events(sessions=120)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Chromium with an empty profile."""
    if why := chromium.missing():
        pytest.skip(why)
    with chromium.started(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


def _faulty():
    """Make events of which some were sent twice, with names of all kinds."""
    twice = EVENTS[EVENTS["name"].isin(["purchase", "add_to_cart"])]
    twice = twice.assign(id="x_" + twice["id"], timestamp=twice["timestamp"] + pd.Timedelta("90ms"))
    odd = EVENTS.head(300).copy()
    names = [
        "<script>document.title = 1</script>",
        "ödeme yapıldı",
        "إضافة إلى السلة",
        "🛒",
        "x" * 99,
    ]
    odd["name"] = pd.array([names[place % 5] for place in range(300)], dtype="string")
    odd["id"] = "odd_" + odd["id"]
    return pd.concat([EVENTS, twice, odd], ignore_index=True)


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """One page of each kind: file by name."""
    if why := chromium.missing():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("pages")
    hf.write_events(EVENTS, folder / "good.parquet")
    hf.write_events(_faulty(), folder / "bad.parquet")
    hf.write_events(EVENTS[EVENTS["name"] == "page_view"].head(1), folder / "one.parquet")
    before = os.getcwd()  # noqa: PTH109  (to go back to)
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for name in ("good", "bad", "one"):
                assert main(["report", f"{name}.parquet", "--out", f"{name}.html"]) == 0
            assert main(["audit", "bad.parquet", "--out", "audit"]) == 1
            assert main(["demo", "--out", "demo"]) == 0
    finally:
        os.chdir(before)
    return {
        "report": folder / "good.html",
        "report of faults": folder / "bad.html",
        "report of one event": folder / "one.html",
        "audit": folder / "audit/audit.html",
        "demo": folder / "demo/report.html",
    }
