"""The command line, run as a user runs it."""

from __future__ import annotations

import contextlib
import io
import re
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import requests

import hardal_frames as hf
from hardal_frames.shell.cli import main
from tests.shell.pages import Page

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demonstration's folder, and what it printed."""
    out = tmp_path_factory.mktemp("demo") / "new" / "çıktı"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["demo", "--out", str(out)]) == 0
    return out, printed.getvalue()


def test_demo_writes_what_it_says(demo):
    """Every file that is named is there and can be used."""
    out, printed = demo
    for name in ("report.html", "journey.png", "journey_of_buyers.png", "checkout.png"):
        assert str(out / name) in printed
        assert (out / name).stat().st_size > 5_000
    events = hf.read_events(out / "events.parquet")
    assert events["session_id"].nunique() == 300
    assert f"{len(events):,}" in printed
    assert str(hf.funnel(events, ["view_item", "purchase"])["sessions"][0]) in printed


def test_demo_says_what_it_did(demo):
    """The summary can be read: sessions fetched, funnel, paths."""
    _, printed = demo
    assert "fetching the latest 300" in printed
    assert re.search(r"1\. view_item +\d+ +100%", printed)
    assert re.search(r"\d+  page_view", printed)


def test_report_is_one_valid_page(demo):
    """The report needs no script and no other file, and its tables are tables."""
    text = (demo[0] / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert not re.findall(r'(?:src|href)="http', text)
    page = Page(text)
    assert [tag for tag, _ in page.tags].count("table") == len(page.drawings) + 1 == 5
    for drawing in page.drawings:
        ET.fromstring(drawing)
    rows = re.findall(r"<th scope='row' class='path'>", text)
    assert len(rows) == 8


def test_demo_into_a_file(tmp_path, capsys):
    """A folder that cannot be made is told in one line."""
    (tmp_path / "taken").write_text("")
    assert main(["demo", "--out", str(tmp_path / "taken")]) == 1
    assert re.fullmatch(
        r"hardal-frames: Cannot make the folder .*Name another with --out\.\n",
        capsys.readouterr().err,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent to a whole console there")
def test_sandbox_serves_records_until_interrupted():
    """The command serves a recording at the address that it prints, and Ctrl-C ends it."""
    command = [sys.executable, "-m", "hardal_frames.shell.cli", "sandbox", "--port", "0"]
    with subprocess.Popen(
        [*command, "--records", str(DATA / "shop.jsonl.gz")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        printed = "".join(running.stdout.readline() for _ in range(6))
        settings = dict(re.findall(r"(HARDAL_\w+)=(\S+)", printed))
        with hf.Client(
            settings["HARDAL_API_KEY"],
            settings["HARDAL_SIGNAL_ID"],
            base_url=settings["HARDAL_API_BASE_URL"],
        ) as client:
            assert len(client.sessions()) == 300
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=10)
    assert running.returncode in (0, 130)
    assert "Traceback" not in errors
    with pytest.raises(requests.ConnectionError):
        requests.get(settings["HARDAL_API_BASE_URL"], timeout=2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--records", "no-such-file.jsonl.gz"], "no-such-file.jsonl.gz"),
        (["--records", "x.jsonl", "--seed", "3"], "not for --records"),
        (["--port", "70000"], "70000"),
        (["--sessions", "-1"], "-1"),
    ],
)
def test_sandbox_tells_mistakes(arguments, said, capsys):
    """Each mistake is one line, and a status of 1."""
    assert main(["sandbox", *arguments]) == 1
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there a pipe breaks with another error")
def test_whoever_reads_may_stop():
    """As `head` does: no traceback, and a status that says that not all was read."""
    command = [sys.executable, "-m", "hardal_frames", "sandbox", "--sessions", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b"hardal-frames: stopped, for a pipe is read no more.\n"
    assert process.returncode == 1


def test_unknown_command():
    """Usage errors are argparse's own."""
    with pytest.raises(SystemExit) as caught:
        main(["dmeo"])
    assert caught.value.code == 2


def test_version(capsys):
    """The command knows the package's version."""
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == hf.__version__
