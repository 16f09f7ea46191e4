"""The command report, used as a user uses it; what the page is like in a browser: tests/browser."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.sandbox import Sandbox, simulate, write_recording
from hardal_frames.shell import event_input
from hardal_frames.shell._report import numbers as report_numbers
from hardal_frames.shell._report.volumes import volumes
from hardal_frames.shell.cli import main
from tests.shell.pages import Page

EVENTS = hf.sample_events(sessions=120)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with events, where the command is run."""
    hf.write_events(EVENTS, tmp_path / "events.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(*arguments, status=0):
    """Run the command, and read what it wrote."""
    assert main(["report", *map(str, arguments), "--made", "2026-04-01 12:00"]) == status
    return Page(Path("report.html").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("folder")
def test_page_is_whole(capsys):
    """One page: every section, every chart with words and numbers, nothing from elsewhere."""
    page = report("events.parquet", "--title", "Spring <b>")
    size = len(page.source.encode())
    assert capsys.readouterr().out == (
        f"{len(EVENTS):,} events of 120 sessions: report.html ({size / 1000:,.0f} kB).\n"
    )
    names = [tag for tag, _ in page.tags]
    assert page.tags[0] == ("html", {"lang": "en"})
    assert names.count("h1") == names.count("main") == names.count("nav") == 1
    headings = [tag for tag in names if tag in {"h1", "h2", "h3"}]
    assert all(int(after[1]) - int(before[1]) <= 1 for before, after in pairwise(headings))
    assert "<title>Spring &lt;b&gt;</title>" in page.source
    assert not {"script", "link", "img", "iframe", "form"} & set(names)
    assert not re.findall(r"""(?:src|href)=["']http""", page.source)
    policies = [each["content"] for tag, each in page.tags if "http-equiv" in each]
    assert [each.split(";")[0] for each in policies] == ["default-src 'none'"]
    figures = re.findall(r"<figure>.*?</figure>", page.source, flags=re.DOTALL)
    assert len(figures) == len(page.drawings) == 6
    for figure in figures:
        assert figure.count("<figcaption>") == figure.count("<details>") == 1
        assert figure.count("<table>") == 1
    assert "hardal-frames 0.1.0" in page.text
    assert "Made on 2026-04-01 12:00 UTC" in page.text


@pytest.mark.usefixtures("folder")
def test_names_of_elements_meet_nowhere():
    """No id twice; every link, label and reference inside a drawing leads to one."""
    page = report("events.parquet")
    ids = re.findall(r"""\bid=["']([^"']+)""", page.source)
    assert len(ids) == len(set(ids))
    for link in re.findall(r"""(?:href=["']#|url\(#)([^"')]+)""", page.source):
        assert link in ids
    for labels in re.findall(r"""aria-(?:labelledby|describedby)=["']([^"']+)""", page.source):
        assert set(labels.split()) <= set(ids)
    for drawing in page.drawings:
        picture = ET.fromstring(drawing)
        assert picture.get("role") == "img"
        title, words = picture[0], picture[1]
        assert title.get("id") == picture.get("aria-labelledby")
        assert words.get("id") == picture.get("aria-describedby")
        assert len(title.text) > 5
        assert len(words.text) > 30
    for tag, given in page.tags:
        if tag == "th":
            assert given["scope"] in {"row", "col"}


@pytest.mark.usefixtures("folder")
def test_numbers_are_those_of_the_analyses():
    """What stands on the page is what the functions return."""
    page = report("events.parquet", "--steps", "view_item", "add_to_cart", "--within", "1h")
    table = hf.funnel(EVENTS, ["view_item", "add_to_cart"], within="1h")
    assert hf.plot.describe(table) in page.source
    flows = hf.journey_flows(EVENTS, collapse=True)
    assert hf.plot.describe(flows) in page.source.replace("&gt;", ">").replace("&lt;", "<")
    assert f"<dt>Events</dt><dd>{len(EVENTS):,}</dd>" in page.source
    rows = re.findall(
        r"<tr><th scope='row' class='name'>(.*?)</th><td class='number'>([\d,]+)<", page.source
    )
    told = {re.sub("<[^>]*>", "", name): int(count.replace(",", "")) for name, count in rows}
    counts = EVENTS["name"].value_counts()
    assert {name: told[name] for name in counts.index[:12]} == counts.head(12).to_dict()
    assert f"{table['sessions'][0]:,} sessions that did view_item, out of 120 sessions" in page.text
    assert "within 1h of the first" in page.text
    assert "Longer than 1h does not count." in page.text


@pytest.mark.usefixtures("folder")
def test_same_input_same_page(folder):
    """No chance is in it: the same bytes for the same events and moment."""
    first = report("events.parquet").source
    hf.write_events(EVENTS.sample(frac=1, random_state=2), folder / "events.parquet")
    assert report("events.parquet").source == first


@pytest.mark.usefixtures("folder")
def test_steps_that_nobody_gave():
    """The well-known names of a shop that occur; without two of them there is no funnel."""
    page = report("events.parquet")
    assert "these are the well-known names of a shop that occur" in page.text
    assert "Funnel of 4 steps" in page.source
    hf.write_events(EVENTS[EVENTS["name"] != "purchase"], "events.parquet")
    page = report("events.parquet")
    assert "Funnel of 3 steps" in page.source
    assert "purchase does not occur." in page.text
    hf.write_events(EVENTS[EVENTS["name"] == "page_view"], "events.parquet")
    page = report("events.parquet")
    assert "fewer than two of view_item, add_to_cart, begin_checkout, purchase occur" in page.text
    assert "hardal-frames report PATH --steps FIRST SECOND LAST" in page.text
    assert "id='times'" not in page.source
    assert len(page.drawings) == 3


@pytest.mark.usefixtures("folder")
def test_steps_one_by_one():
    """--step given again and --steps are the same."""
    first = report("events.parquet", "--step", "page_view", "--step", "search").source
    assert report("events.parquet", "--steps", "page_view", "search").source == first
    assert "Funnel of 2 steps" in first


@pytest.mark.usefixtures("folder")
def test_nobody_converts():
    """A funnel in which no session comes through is told, not refused."""
    page = report("events.parquet", "--steps", "purchase", "page_view", "--within", "1s")
    assert "Funnel of 2 steps" in page.source


@pytest.mark.usefixtures("folder")
def test_every_kind_of_input():
    """A recording, a store, an export and plain files give the same numbers."""
    recording = simulate(60, seed=4)
    write_recording(recording, "shop.jsonl.gz")
    with (
        Sandbox(recording) as hardal,
        hf.Client(**hardal.access) as client,
        hf.Store("store") as store,
    ):
        client.pull(store, progress=False)
        store.export("export")
        events = store.events()
    half = len(events) // 2
    Path("plain").mkdir()
    events.iloc[:half].to_parquet("plain/one.parquet")
    events.iloc[half:].to_parquet("plain/two.parquet")
    seen = {}
    for path in ("shop.jsonl.gz", "store", "export", "plain"):
        page = report(path, "--title", "x")
        assert f"Read from {KINDS[path]};" in page.text
        assert ("Visitors" in page.text) == (path in {"shop.jsonl.gz", "store"})
        seen[path] = page.source[page.source.index("id='volumes'") :]
    assert seen["store"] == seen["shop.jsonl.gz"]
    assert seen["export"] == seen["plain"]
    assert re.findall("<desc.*", seen["store"]) == re.findall("<desc.*", seen["export"])


KINDS = {
    "shop.jsonl.gz": "a recording",
    "store": "a store",
    "export": "an export",
    "plain": "a folder of files",
}


@pytest.mark.usefixtures("folder")
def test_many_events_stay_in_their_files(monkeypatch):
    """Counted part by part the numbers are the same; the audit says that it is of a sample."""
    whole = report("events.parquet").source
    monkeypatch.setattr(event_input, "MOST_IN_MEMORY", 100)
    assert report("events.parquet").source == whole
    monkeypatch.setattr(report_numbers, "_AUDITED", 500)
    page = report("events.parquet", "--timezone", "Asia/Tokyo")
    told = re.search(r"are of a sample: (\d+) whole sessions with (\d+) events", page.text)
    sessions, events = (int(each) for each in told.groups())
    assert 0 < sessions < 60
    assert sessions < events < len(EVENTS) / 2
    assert f"of hardal-frames audit on {events} events of a sample" in page.text
    assert "Of a sample; see the overview." in page.text
    monkeypatch.setattr(event_input, "MOST_IN_MEMORY", 1_000_000)
    exact = report("events.parquet", "--timezone", "Asia/Tokyo")
    for name in ("days", "journey", "transitions", "funnel-chart", "conversion"):
        one, other = (
            [each for each in seen.drawings if f'"{name}-title"' in each] for seen in (page, exact)
        )
        assert one == other
        assert one


@pytest.mark.usefixtures("folder")
def test_rows_that_no_analysis_can_use():
    """They are counted and told; where there are only such, that is an error."""
    lacking = EVENTS.copy()
    lacking.loc[lacking.index[:7], "session_id"] = None
    hf.write_events(lacking, "events.parquet")
    page = report("events.parquet")
    assert f"7 of {len(EVENTS):,} rows are left out: 7 without session_id." in page.text
    assert f"{len(EVENTS) - 7:,}" in page.text


@pytest.mark.filterwarnings("always::hardal_frames.DataWarning")
def test_store_that_lacks_sessions(tmp_path, monkeypatch, capsys):
    """What a store warns of stands on the page as well."""
    monkeypatch.chdir(tmp_path)
    recording = simulate(20, seed=4)
    with (
        Sandbox(recording) as hardal,
        hf.Client(**hardal.access) as client,
        hf.Store("store") as store,
    ):
        client.pull(store, progress=False)
    with contextlib.closing(sqlite3.connect("store/sessions.sqlite")) as database, database:
        database.execute(
            "UPDATE sessions SET is_complete = 0, state = 'listed' "
            "WHERE session_id IN (SELECT session_id FROM sessions LIMIT 3)"
        )
    page = report("store")
    told = "3 of 20 sessions are not completely stored and not in the result"
    assert told in page.text
    assert told in capsys.readouterr().err
    assert "<dt>Sessions</dt><dd>17</dd>" in page.source


@pytest.mark.usefixtures("folder")
def test_nothing_personal():
    """Names that look personal are hidden, in memory and in files; so is what is told of them."""
    events = EVENTS.copy()
    secrets = ["ali@example.com", "call +90 532 000 00 00"]
    for place, secret in enumerate(secrets):
        events.loc[events.index[place * 40 : place * 40 + 30], "name"] = secret
    hf.write_events(events, "events.parquet")
    page = report("events.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_input, "MOST_IN_MEMORY", 100)
        assert report("events.parquet").source == page.source
    for secret in secrets:
        assert secret not in page.source
    assert "ali@" not in page.source
    assert "532 000" not in page.source
    assert "Names of events that look like personal data are written (hidden)." in page.text


@pytest.mark.usefixtures("folder")
def test_names_of_any_kind():
    """Markup, other scripts, endless and empty names are text, and break nothing."""
    odd = [
        "<script>alert(1)</script>",
        "x\" onmouseover='alert(1)",
        'a&b id="q" url(#m) href="#m"',
        "ödeme yapıldı",
        "إضافة إلى السلة",
        "x" * 300,
        "",
        "$\\alpha$",
        "{name}",
    ]
    events = EVENTS.copy()
    events["name"] = pd.array(
        [odd[place % len(odd)] for place in range(len(events))], dtype="string"
    )
    hf.write_events(events, "events.parquet")
    page = report("events.parquet", "--steps", odd[0], odd[1], "--title", odd[2])
    assert "script" not in [tag for tag, _ in page.tags]
    assert not any(name.startswith("on") for _, given in page.tags for name in given)
    for name in (odd[0], odd[1], odd[2], odd[3], odd[4], "(empty)", odd[7]):
        assert name in page.text
    assert f"{'x' * 59}…" in page.text
    ids = re.findall(r"""<[^>]*? id=["']([^"']+)""", page.source)
    assert len(ids) == len(set(ids))
    for drawing in page.drawings:
        ET.fromstring(drawing)


@pytest.mark.usefixtures("folder")
def test_many_names():
    """The most frequent are shown, all are in a table to unfold."""
    events = EVENTS.copy()
    events["name"] = pd.array([f"name_{place % 200}" for place in range(len(events))], "string")
    hf.write_events(events, "events.parquet")
    page = report("events.parquet", "--top", "3")
    assert "The 12 most frequent of 200." in page.text
    assert "All 200 names" in page.text
    assert "The 3 most frequent names of each step are shown" in page.text


@pytest.mark.usefixtures("folder")
def test_one_event():
    """The least that can be told of."""
    hf.write_events(EVENTS.head(1), "events.parquet")
    page = report("events.parquet")
    assert "of all 1 session" in page.text
    assert "No findings." in page.text


@pytest.mark.usefixtures("folder")
def test_many_days_are_weeks():
    """Beyond 120 days, weeks are drawn, from Monday."""
    days = pd.date_range("2026-01-01", periods=150, tz="UTC")
    events = pd.DataFrame({"session_id": [f"s{day:%j}" for day in days], "timestamp": days})
    hf.write_events(events.assign(name="a"), "events.parquet")
    page = report("events.parquet")
    assert "Events a week, 2025-12-29 to 2026-05-25: most on 2026-01-05 (7)" in page.source


def test_volumes_in_parts(tmp_path):
    """Counted in parts, volumes are those of the frame; days are those of the zone."""
    events = EVENTS.assign(
        timestamp=EVENTS["timestamp"].dt.tz_convert("Asia/Tokyo"),
        visitor_id=EVENTS["session_id"].str[-1],
    )
    events.loc[events.index[:3], "visitor_id"] = None
    found = volumes(events)
    hf.partition_events(events, tmp_path / "parts", rows_per_part=200)
    scan = hf.scan_events(tmp_path / "parts")
    assert scan.parts > 3
    parts = volumes(scan)
    pd.testing.assert_frame_equal(parts.names, found.names)
    pd.testing.assert_frame_equal(parts.days, found.days)
    assert (parts.rows, parts.events, parts.sessions, parts.single, parts.visitors) == (
        found.rows,
        found.events,
        found.sessions,
        found.single,
        found.visitors,
    )
    assert (parts.first, parts.last) == (found.first, found.last)
    assert found.first == events["timestamp"].min()
    assert found.visitors == events["visitor_id"].nunique()
    assert found.sessions == events["session_id"].nunique()
    assert found.single == (events["session_id"].value_counts() == 1).sum()
    days = events["timestamp"].dt.strftime("%Y-%m-%d").value_counts()
    told = dict(zip(found.days["day"].dt.strftime("%Y-%m-%d"), found.days["events"], strict=True))
    assert {day: count for day, count in told.items() if count} == days.to_dict()
    assert found.days["sessions"].sum() == found.sessions
    having = events.groupby("name")["session_id"].nunique()
    assert dict(zip(found.names["name"], found.names["sessions"], strict=True)) == having.to_dict()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.parquet"], "There is no nowhere.parquet"),
        (["foreign.parquet"], "has no column 'session_id'"),
        (["empty.parquet"], "There are no events in empty.parquet"),
        (["useless.parquet"], "None of the 9 rows has a session, a timestamp and a name."),
        (["zero.parquet"], "cannot be read as parquet"),
        (["nothing"], "There is no parquet file in nothing"),
        (["naive.parquet"], "say it with --timezone, such as --timezone UTC"),
        (["naive"], "The timestamps in naive do not say in which zone their clock ran; say it"),
        (["events.parquet", "--steps", "view_item", "purchas"], "Did you mean 'purchase'?"),
        (["events.parquet", "--step", "view_item"], "A funnel needs two steps at least"),
        (["events.parquet", "--step", "a", "--steps", "b", "c"], "give all steps with one of them"),
        (["events.parquet", "--within", "soon"], "within is 'soon'"),
        (["events.parquet", "--top", "0"], "--top is 0"),
        (["events.parquet", "--timezone", "Mars"], "Unknown time zone 'Mars'"),
        (["events.parquet", "--made", "then"], "--made is 'then'; a moment such as"),
        (["events.parquet", "--out", "."], "Cannot write .:"),
    ],
)
def test_what_cannot_be_done(folder, capsys, arguments, said):
    """Each is one line and a status of 2, and writes nothing."""
    pd.DataFrame({"a": [1]}).to_parquet("foreign.parquet")
    hf.write_events(EVENTS.head(0), "empty.parquet")
    hf.write_events(EVENTS.head(9).assign(session_id=None), "useless.parquet")
    naive = EVENTS.assign(timestamp=EVENTS["timestamp"].dt.tz_localize(None))
    hf.write_events(naive, "naive.parquet")
    (folder / "naive").mkdir()
    naive.to_parquet("naive/part.parquet")
    (folder / "zero.parquet").touch()
    (folder / "nothing").mkdir()
    assert main(["report", "--made", "2026-04-01", *arguments]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
    assert not (folder / "report.html").exists()
