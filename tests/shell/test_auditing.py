"""The command audit, used as a user and a pipeline use it."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.sandbox import Sandbox, simulate, write_recording
from hardal_frames.shell import audit_page
from hardal_frames.shell.cli import main
from tests.shell.pages import Page

EVENTS = hf.sample_events(sessions=120)
# The one finding of clean events: the addresses that people typed into the newsletter's form.
EVENTS = EVENTS[EVENTS["name"] != "newsletter_signup"].reset_index(drop=True)


def with_faults():
    """Make events of which two purchases were sent twice."""
    twice = EVENTS[EVENTS["name"] == "purchase"].head(2)
    twice = twice.assign(id="x_" + twice["id"], timestamp=twice["timestamp"] + pd.Timedelta("90ms"))
    return pd.concat([EVENTS, twice], ignore_index=True)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with clean events, faulty ones, and a plan that one event is not in."""
    hf.write_events(EVENTS, tmp_path / "good.parquet")
    hf.write_events(with_faults(), tmp_path / "bad.parquet")
    hf.plan_from(EVENTS).write(tmp_path / "plan.json")
    document = hf.plan_from(EVENTS).document
    del document["properties"]["click"]
    document["properties"]["never"] = {}
    hf.Plan(document).write(tmp_path / "other.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_exit_status(capsys):
    """0 without a finding of the severity or a higher one, 1 with one."""
    assert main(["audit", "good.parquet", "--plan", "plan.json", "--fail-on", "low"]) == 0
    assert "audited: 0 high, 0 medium, 0 low." in capsys.readouterr().out
    assert main(["audit", "bad.parquet"]) == 1
    printed = capsys.readouterr().out
    assert f"{len(EVENTS) + 2:,} events of 120 sessions audited: 2 high" in printed
    assert re.search(r"\nhigh    duplicate_event  purchase  2 \(\d+%\)  2026-03", printed)
    assert main(["audit", "good.parquet", "--plan", "other.json"]) == 0
    assert "missing_event  never  0 (0%)  never seen" in capsys.readouterr().out
    assert main(["audit", "good.parquet", "--plan", "other.json", "--fail-on", "medium"]) == 1
    assert main(["audit", "good.parquet", "--plan", "other.json", "--fail-on", "low"]) == 1


@pytest.mark.usefixtures("folder")
def test_one_session_is_singular(capsys):
    """One is not several, neither of events nor of sessions."""
    hf.write_events(EVENTS.head(1), "one.parquet")
    main(["audit", "one.parquet"])
    assert "1 event of 1 session audited: " in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_many_findings_are_told_briefly(capsys):
    """Beyond forty findings, the rest is counted."""
    hf.Plan({"properties": {f"event_{place}": {} for place in range(60)}}).write("plan.json")
    assert main(["audit", "good.parquet", "--plan", "plan.json"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("missing_event") == 40
    assert "and 20 more; --out DIR writes all." in printed


def test_report(folder, capsys):
    """Findings as tables, and a page in which each leads to a session that is drawn and told."""
    assert main(["audit", "bad.parquet", "--plan", "other.json", "--out", "new/çıktı"]) == 1
    assert "audit.html" in capsys.readouterr().out
    found = pd.read_parquet(folder / "new/çıktı/findings.parquet")
    told = pd.read_csv(folder / "new/çıktı/findings.csv")
    assert set(found["check"]) >= {"duplicate_event", "missing_event", "unplanned_event"}
    assert told["count"].tolist() == found["count"].tolist()
    assert all(len(each) <= 5 for each in found["example_ids"])
    text = (folder / "new/çıktı/audit.html").read_text(encoding="utf-8")
    page = Page(text)
    drawings = page.drawings
    tags = [tag for tag, _ in page.tags]
    assert "script" not in tags
    assert not re.findall(r"""(?:src|href)=["']http""", text)
    assert page.tags[0] == ("html", {"lang": "en"})
    assert [tag for tag in tags if tag in {"h1", "h2"}] == ["h1", "h2", "h2"]
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    rows = re.findall(r"<tr role='row' id='finding-\d+'>.*?</tr>", text)
    assert len(rows) == len(found)
    for row, count in zip(rows, found["count"], strict=True):
        links = re.findall(r"href='#(session-\d+)'", row)
        assert len(links) == (1 if count else 0)
        assert all(f"<article id='{link}'>" in text for link in links)
    assert text.count("<article ") == len(drawings)
    for drawing in drawings:
        picture = ET.fromstring(drawing)
        assert picture.get("role") == "img"
        [name] = [each for each in picture if each.get("id") == picture.get("aria-labelledby")]
        assert name.text.startswith("Timeline of session ses_")
        [words] = [each for each in picture if each.get("id") == picture.get("aria-describedby")]
        assert words.text.endswith("The table tells the same.")
        assert "page_view" in "".join(picture.itertext())
    ids = re.findall(r"""\bid=["']([^"']+)""", text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"""href=["']#([^"']+)|url\(#([^)]+)""", text))
    for link in re.findall(r"""(?:href=["']#|url\(#)([^"')]+)""", text):
        assert link in ids


def test_report_is_bounded(monkeypatch):
    """Only so many sessions are drawn, and of a very long one only the beginning."""
    monkeypatch.setattr(audit_page, "MOST_SESSIONS", 1)
    monkeypatch.setattr(audit_page, "_MOST_EVENTS", 3)
    plan = hf.Plan(
        {
            "additionalProperties": False,
            "properties": {name: {} for name in set(EVENTS["name"]) - {"click", "login"}},
        }
    )
    findings = hf.audit(EVENTS, plan=plan, checks=[], examples=1)
    assert len(findings) == 2
    text = audit_page.audit_page(EVENTS, findings, title="<b>")
    assert text.count("<article ") == 1
    assert "(not drawn: 1 sessions are)" in text
    assert "The first 3 are drawn." in text
    assert "<title>&lt;b&gt;</title>" in text


def test_report_without_findings(folder):
    """A page is written all the same, and says so."""
    assert main(["audit", "good.parquet", "--out", "out"]) == 0
    text = (folder / "out/audit.html").read_text(encoding="utf-8")
    assert "<p>No findings.</p>" in text
    assert "<article" not in text
    nothing = audit_page.audit_page(EVENTS.head(0), hf.audit(EVENTS, checks=[]), title="x")
    assert "<dt>From" not in nothing


def test_report_holds_no_query(folder):
    """The drawings show pages as the explanation does: without query, nothing personal."""
    events = with_faults().drop(columns=["path"])
    events["url"] = events["url"] + "?mail=ali@example.com"
    hf.write_events(events, "urls.parquet")
    assert main(["audit", "urls.parquet", "--out", "out"]) == 1
    text = (folder / "out/audit.html").read_text(encoding="utf-8")
    assert "ali@" not in text
    assert "?mail" not in text


@pytest.mark.usefixtures("folder")
def test_every_kind_of_input(capsys):
    """A recording, a store and its export are read as the parquet file is."""
    recording = simulate(60, seed=4)
    write_recording(recording, "shop.jsonl.gz")
    with (
        Sandbox(recording) as hardal,
        hf.Client(**hardal.access) as client,
        hf.Store("store") as store,
    ):
        client.pull(store, progress=False)
        store.export("export")
        store.sessions().to_parquet("sessions.parquet")
    said = set()
    for arguments in (
        ["store"],
        ["export", "--sessions", "sessions.parquet"],
        ["export", "--sessions", "shop.jsonl.gz"],
        ["shop.jsonl.gz", "--timezone", "Europe/Istanbul"],
    ):
        assert main(["audit", *arguments]) == 0
        said.add(capsys.readouterr().out)
    assert len(said) == 1
    assert f"{recording.event_count:,} events of 60 sessions" in said.pop()


def test_timezone(folder, capsys):
    """It says how instants are shown, and which zone timestamps without one are in."""
    hf.write_events(EVENTS.assign(timestamp=EVENTS["timestamp"].dt.tz_localize(None)), "n.parquet")
    assert main(["audit", "n.parquet", "--timezone", "Europe/Istanbul"]) == 0
    assert main(["audit", "n.parquet"]) == 2
    assert "say it with --timezone" in capsys.readouterr().err
    assert main(["audit", "bad.parquet", "--timezone", "Asia/Tokyo", "--out", "out"]) == 1
    assert "Asia/Tokyo" in (folder / "out/audit.html").read_text(encoding="utf-8")
    odd = EVENTS.head(1).assign(timestamp=pd.Timestamp("2026-10-25 02:30"))
    hf.write_events(odd, "odd.parquet")
    assert main(["audit", "odd.parquet", "--timezone", "Europe/Berlin"]) == 2
    assert "1 of the timestamps do not exist in Europe/Berlin" in capsys.readouterr().err
    hf.write_events(EVENTS.assign(timestamp="soon"), "text.parquet")
    assert main(["audit", "text.parquet", "--timezone", "UTC"]) == 2
    assert "timezone-aware timestamps are needed" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_as_a_module():
    """The package is run as the command is, with its exit status."""
    command = [sys.executable, "-m", "hardal_frames", "audit", "nowhere.parquet"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith("hardal-frames: There is no nowhere.parquet")


def test_help_tells_each_zone(capsys):
    """A parquet file has a zone; a store and a recording are shown in the default one."""
    with pytest.raises(SystemExit):
        main(["audit", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "Europe/Istanbul for a store or a recording" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.parquet"], "There is no nowhere.parquet"),
        (["foreign.parquet"], "has no column 'session_id'"),
        (["empty.parquet"], "There are no events in empty.parquet"),
        (["zero.parquet"], "cannot be read as parquet"),
        (["words.parquet"], "cannot be read as parquet"),
        (["zero.jsonl"], "There are no events in zero.jsonl"),
        (["."], ". is a folder, but no store (it has no sessions.sqlite) and no whole export"),
        (["good.parquet", "--plan", "none.json"], "No plan at 'none.json'"),
        (["good.parquet", "--plan", "good.parquet"], "no text in UTF-8"),
        (["good.parquet", "--timezone", "Mars"], "Unknown time zone 'Mars'"),
        (["good.parquet", "--sessions", "none.parquet"], "Cannot read the session list"),
        (["good.parquet", "--sessions", "zero.parquet"], "it is no parquet file"),
        (["good.parquet", "--sessions", "foreign.parquet"], "has no column 'session_id'"),
        (["good.parquet", "--out", "good.parquet"], "Cannot write into good.parquet"),
    ],
)
def test_what_cannot_be_read(folder, capsys, arguments, said):
    """Each is one line and a status of 2, which no finding has."""
    pd.DataFrame({"a": [1]}).to_parquet("foreign.parquet")
    hf.write_events(EVENTS.head(0), "empty.parquet")
    (folder / "zero.parquet").touch()
    (folder / "zero.jsonl").touch()
    (folder / "words.parquet").write_text("words, and not few of them")
    assert main(["audit", *arguments]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
    assert ".." not in printed
