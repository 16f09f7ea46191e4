"""Recordings and their files."""

from __future__ import annotations

import gzip
import json

import pytest

from hardal_frames.errors import InvalidInput
from hardal_frames.sandbox import Recording, read_recording, simulate, write_recording
from hardal_frames.sandbox.recording import record_sessions
from hardal_frames.sandbox.records import parse_instant, to_json

EVENT = {
    "id": "e1",
    "type": "pageview",
    "name": "page_view",
    "timestamp": "2026-03-02T09:00:00.000Z",
    "url": "https://shop.example/",
    "path": "/",
    "title": "Örnek",
    "referrer": None,
    "properties": {},
}
ROW = {"id": "s1", "startedAt": "2026-03-02T12:00:00.000+03:00"}


def event(session="s1", **changes):
    """Return a line of an event."""
    return {"sessionId": session, **EVENT, **changes}


def write_lines(path, *lines):
    """Write objects, or text as it is, as lines of a file."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["shop.jsonl", "shop.jsonl.gz"])
def test_a_written_recording_is_read_back_equal(tmp_path, name):
    """Writing and reading loses nothing."""
    recording = simulate(sessions=20, seed=4)
    write_recording(recording, tmp_path / name)
    assert read_recording(tmp_path / name) == recording


def test_the_same_recording_gives_the_same_bytes(tmp_path):
    """Neither the time nor the name of the file is in the bytes."""
    first, second = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"
    write_recording(simulate(sessions=20, seed=4), first)
    write_recording(simulate(sessions=20, seed=4), str(second))
    assert first.read_bytes() == second.read_bytes()


def test_missing_rows_are_worked_out_from_the_events(tmp_path):
    """Times, counts, pages and campaign come from the events; the machine is not known."""
    path = write_lines(
        tmp_path / "events.jsonl",
        event(timestamp="2026-03-02T09:00:00.500Z", properties={"utm_source": "x", "a": 1}),
        event(id="e2", path="/sepet", timestamp="2026-03-02T12:00:10+03:00"),
        event(id="e3", type="custom", name="purchase", path="/odeme"),
        event(id="e4", timestamp="2026-03-02T09:03:00.999Z"),
    )
    assert read_recording(path).sessions == [
        {
            "id": "s1",
            "visitorId": None,
            "startedAt": "2026-03-02T09:00:00.000Z",
            "duration": "180s",
            "pageViews": 3,
            "events": 4,
            "pages": ["/", "/sepet"],
            "browser": None,
            "os": None,
            "device": None,
            "country": None,
            "fields": {},
        }
    ]


def test_the_campaign_comes_from_the_first_event(tmp_path):
    """What the first event says of its utm properties is in the fields of the row."""
    properties = {"utm_source": "google", "utm_term": "bot", "price": 3}
    path = write_lines(tmp_path / "events.jsonl", event(properties=properties))
    assert read_recording(path).sessions[0]["fields"] == {"utm_source": "google", "utm_term": "bot"}


def test_a_row_keeps_what_it_says(tmp_path):
    """What a row holds is kept; only what it leaves out is worked out."""
    path = write_lines(tmp_path / "both.jsonl", event(), {**ROW, "events": 7, "browser": "Lynx"})
    row = read_recording(path).sessions[0]
    assert (row["events"], row["browser"], row["pageViews"]) == (7, "Lynx", 1)
    assert row["startedAt"] == ROW["startedAt"]


def test_rows_come_before_those_that_are_worked_out(tmp_path):
    """Sessions stand in the order of their rows, then of their first events."""
    path = write_lines(tmp_path / "mixed.jsonl", event("s3"), event("s2"), {**ROW, "id": "s9"})
    assert [row["id"] for row in read_recording(path).sessions] == ["s9", "s3", "s2"]


def test_equal_timestamps_keep_the_recorded_order(tmp_path):
    """Reading sorts nothing."""
    lines = [event(id=f"e{number}") for number in (3, 1, 2)]
    path = write_lines(tmp_path / "ties.jsonl", *lines)
    assert [each["id"] for each in read_recording(path).events["s1"]] == ["e3", "e1", "e2"]


def test_what_an_event_may_leave_out_becomes_null(tmp_path):
    """Every event has every field of the API."""
    line = {key: event()[key] for key in ("sessionId", "id", "type", "name", "timestamp")}
    read = read_recording(write_lines(tmp_path / "short.jsonl", line)).events["s1"][0]
    assert set(read) == set(EVENT)
    assert read["url"] is None
    assert read["properties"] == {}


def test_empty_lines_are_passed_over(tmp_path):
    """A blank line is no fault."""
    path = write_lines(tmp_path / "blank.jsonl", event(), "", "   ", event(id="e2"))
    assert read_recording(path).event_count == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{not json", "Not a JSON object"),
        ("[1]", "not list"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": 1e999}', "too large"),
        ("[" * 200_000, "Not a JSON object"),
        ({"id": "x"}, "Neither an event"),
        ({}, "its keys are none"),
        (event(session=""), "'sessionId' is ''"),
        (event(name=None), "'name' is None"),
        (event(url=5), "'url' is 5"),
        (event(properties=[]), "'properties' is []"),
        (event(timestamp="yesterday"), "not a timestamp"),
        (event(timestamp="2026-03-02T09:00:00"), "has no offset"),
        (event(timestamp="0001-01-01T00:00:00+03:00"), "not between the years"),
        ({"id": "s1", "startedAt": None}, "not a timestamp"),
        ({"id": 5, "startedAt": ROW["startedAt"]}, "'id' is 5"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, reason):
    """The error names the file, the line and the reason."""
    path = write_lines(tmp_path / "bad.jsonl", event(), line)
    with pytest.raises(InvalidInput) as raised:
        read_recording(path)
    assert f"{path}, line 2: " in str(raised.value)
    assert reason in str(raised.value)


def test_two_rows_for_a_session_are_refused(tmp_path):
    """Which of the two would be true is not for us to guess."""
    with pytest.raises(InvalidInput, match="line 2: A second row"):
        read_recording(write_lines(tmp_path / "twice.jsonl", ROW, ROW))


def test_text_that_is_not_utf8_is_refused(tmp_path):
    """The line is named here too."""
    path = tmp_path / "latin.jsonl"
    path.write_bytes(b'{"sessionId": "\xfe"}\n')
    with pytest.raises(InvalidInput, match="line 1: Not a JSON object in UTF-8"):
        read_recording(path)


def test_a_missing_file_is_named(tmp_path):
    """The path is in the message."""
    with pytest.raises(InvalidInput, match="nowhere"):
        read_recording(tmp_path / "nowhere.jsonl.gz")


def test_a_folder_is_no_recording(tmp_path):
    """What the operating system says is passed on."""
    folder = tmp_path / "folder.jsonl"
    folder.mkdir()
    with pytest.raises(InvalidInput, match="Cannot read"):
        read_recording(folder)


@pytest.mark.parametrize("content", [b"plain text\n", gzip.compress(b"x" * 9_999)[:-9]])
def test_a_broken_gzip_file_is_refused(tmp_path, content):
    """Neither plain text nor half a file passes as gzip."""
    path = tmp_path / "broken.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"broken\.jsonl\.gz"):
        read_recording(path)


def test_other_suffixes_are_refused(tmp_path):
    """The suffix says how a file is packed."""
    with pytest.raises(InvalidInput, match=r"ends in \.jsonl\.gz or \.jsonl"):
        write_recording(record_sessions({}), tmp_path / "shop.csv")


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    """Writing makes no folders."""
    with pytest.raises(InvalidInput, match="Cannot write"):
        write_recording(record_sessions({}), tmp_path / "no" / "shop.jsonl")


def test_what_json_cannot_say_is_not_written(tmp_path):
    """NaN has no JSON."""
    recording = record_sessions({"s1": [{**EVENT, "properties": {"price": float("nan")}}]})
    with pytest.raises(InvalidInput, match="JSON"):
        write_recording(recording, tmp_path / "nan.jsonl")


def test_a_lone_surrogate_is_written_as_its_escape():
    """Text from a broken tracker stays valid JSON."""
    assert json.loads(to_json({"a": "\ud800"}).decode("utf-8")) == {"a": "\ud800"}


def test_a_session_without_a_row_is_refused():
    """A recording is complete, or there is none."""
    with pytest.raises(InvalidInput, match="has events but no row"):
        Recording(events={"s1": [EVENT]}, sessions=[])


def test_a_session_with_two_rows_is_refused():
    """The constructor checks what the reader checks."""
    with pytest.raises(InvalidInput, match="has 2 rows"):
        Recording(events={}, sessions=[ROW, ROW])


def test_a_session_of_nothing_is_refused():
    """Without events and without a row nothing says when it began."""
    with pytest.raises(InvalidInput, match="neither events nor a row"):
        record_sessions({"s1": []})


def test_instants_are_the_same_in_any_zone():
    """An offset is converted, not dropped."""
    assert parse_instant("2026-03-02T09:00:00Z") == parse_instant("2026-03-02T12:00:00+03:00")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "events", "sessions"),
    [("moodle_la", 95_626, 9_560), ("otto20", 862, 20), ("eshop2008", 165_474, 24_026)],
)
def test_the_recorded_logs_are_read_whole(dataset, name, events, sessions):
    """Counts are those that the logs' own descriptions name."""
    recording = read_recording(dataset(name))
    assert (recording.event_count, len(recording.sessions)) == (events, sessions)
