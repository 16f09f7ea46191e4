"""The store itself: its folder and settings, what it says, what it forgets, when it is hurt."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import zlib

import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.frames.quality import measure
from hardal_frames.store._answers import packed, unpacked
from tests.api.faulty_world import events, list_row

ZONE = "Europe/Istanbul"


@pytest.fixture
def folder(tmp_path):
    """Where the store will be."""
    return tmp_path / "deep" / "store"


def fill(store, feeds, visitor="v"):
    """Put sessions into a store as a pull would."""
    ledger = store._ledger()
    ledger.begin("a test")
    rows = [list_row(name, visitor, feed) for name, feed in feeds.items()]
    ledger.note_listed(rows, ZONE)
    wanted = ledger.to_fetch(list(feeds), named=False)
    for each in wanted:
        assert ledger.claim(each, named=False) == "ours"
        records = ledger.cleaned(feeds[each.session_id])
        ledger.keep(each.session_id, records, measure(records))
    ledger.end()


def bytes_of(folder):
    """All that stands in the files of a folder."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_the_folder_is_for_its_owner_only(folder):
    """Nobody else may read what visitors did."""
    hf.Store(folder).close()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_git_ignores_the_folder(folder):
    """A store inside a checkout is not committed by mistake."""
    with hf.Store(folder) as store:
        fill(store, {"a": events(2)})
    git = shutil.which("git")
    if git is None:
        pytest.skip("there is no git here")
    subprocess.run([git, "init", "-q", str(folder.parent)], check=True)
    status = subprocess.run(
        [git, "-C", str(folder.parent), "status", "--porcelain", "--untracked-files=all"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert status.stdout == ""


def test_dropped_and_hashed_properties_never_reach_the_disk(folder):
    """Neither in events nor in fields, at no depth, in no file, also while it is being written."""
    feed = events(2)
    feed[0]["properties"] = {
        "email": "ada@example.org", "user_id": 181518521833, "n": 1,
        "cart": [{"email": "x@example.org"}],
        "inner": {"user_id": "bob-secret"},
    }  # fmt: skip
    feed[1]["properties"] = json.dumps({"email": "eve@example.org", "user_id": 181518521833})
    with hf.Store(folder, drop_properties=["email"], hash_properties=["user_id"]) as store:
        fill(store, {"a": feed})
        written = bytes_of(folder)
        frame = store.events()
        ledger = store._ledger()
        row = list_row("b", "v", events(1)) | {"fields": {"user_id": "carol-secret", "email": "c@"}}
        ledger.note_listed([row], ZONE)
        sessions = store.sessions()
    with hf.Store(folder) as store:
        rows = store._database.read("SELECT answer FROM answers")
    stored = list(unpacked([("a", row[0]) for row in rows]))
    for secret in ("ada@", "x@example", "eve@", "bob-secret", "carol-secret", "181518521833"):
        assert secret.encode() not in written + bytes_of(folder)
        assert secret not in json.dumps(stored)
    assert "prop_email" not in frame
    assert frame["prop_user_id"].str.fullmatch("[0-9a-f]{32}").all()
    assert len(set(frame["prop_user_id"])) == 1
    assert "field_email" not in sessions
    assert len(sessions["field_user_id"].dropna().iloc[0]) == 32


def test_the_hash_has_a_key_that_lasts(folder, tmp_path):
    """Equal values stay equal when the store is opened again; another store hashes differently."""
    hashes = []
    for place in (folder, folder, tmp_path / "other"):
        with hf.Store(place, hash_properties=["n"]) as store:
            hashes.append(store._privacy.applied({"n": 5})["n"])
    assert hashes[0] == hashes[1] != hashes[2]
    with hf.Store(folder) as store:
        assert store._privacy.applied({"n": 5})["n"] == hashes[0]


def test_privacy_is_settled_when_the_store_is_made(folder):
    """Other settings later would leave what is there as it is: an error."""
    hf.Store(folder, drop_properties=["email"]).close()
    hf.Store(folder, drop_properties=["email"]).close()
    with pytest.raises(hf.StoreError, match="made with drop_properties=\\['email'\\]"):
        hf.Store(folder, drop_properties=["phone"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"drop_properties": "email"}, "drop_properties is the text 'email'"),
        ({"hash_properties": ["prop_email"]}, "without the prefix"),
        ({"drop_properties": ["a"], "hash_properties": ["a"]}, r"\['a'\] stand in"),
        ({"hash_properties": [5]}, "names 5"),
        ({"timezone": "Mars"}, "Unknown time zone"),
    ],
)
def test_bad_settings(folder, options, said):
    """What cannot be meant is told, and no folder is made."""
    with pytest.raises(hf.InvalidInput, match=said):
        hf.Store(folder, **options)
    assert not folder.exists()


def test_forget_leaves_nothing(folder, tmp_path):
    """Who is forgotten is in no byte of the store and in no later export."""
    with hf.Store(folder) as store:
        fill(store, {"secret-session": events(40, start=1000), "other": events(3)})
        fill(store, {"of-visitor": events(5)}, visitor="secret-visitor")
        store.export(tmp_path / "export")
        assert store.forget(["secret-session"], ["secret-visitor"]) == 2
        assert store.forget(["never-seen"]) == 0
        store.export(tmp_path / "export")
        assert store.events()["session_id"].unique().tolist() == ["other"]
        written = bytes_of(folder) + bytes_of(tmp_path / "export")
        assert store.status().forgotten == 4
        fill(store, {"secret-session": events(40, start=1000), "never-seen": events(1)})
        assert store.events()["session_id"].unique().tolist() == ["other"]
    for secret in (b"secret-session", b"secret-visitor", b"of-visitor"):
        assert secret not in written
    answer = packed(events(40, start=1000))
    assert answer[20:60] not in written


def test_forget_says_when_traces_must_stay(folder):
    """While another program reads, the log cannot be emptied: that is told."""
    with hf.Store(folder) as store:
        fill(store, {"a": events(3)})
        reader = sqlite3.connect(folder / "sessions.sqlite", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sessions").fetchone()
        store._database._connection().execute("PRAGMA busy_timeout = 100")
        with pytest.raises(hf.StoreError, match="erased, but traces stay"):
            store.forget(["a"])
        reader.execute("ROLLBACK")
        reader.close()
        assert store.forget(["a"]) == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda store: store.forget(), "Nobody to forget"),
        (lambda store: store.forget("a"), "session_ids is the text 'a'"),
        (lambda store: store.forget(visitor_ids=[5]), "visitor_ids holds a int"),
        (lambda store: store.events("a"), "session_ids is the text 'a'"),
        (lambda store: store.events([], types={"n": "number"}), "'number'"),
    ],
)
def test_bad_calls(folder, call, said):
    """What cannot be meant is told."""
    with hf.Store(folder) as store, pytest.raises(hf.InvalidInput, match=said):
        call(store)


def test_an_empty_store(folder):
    """Nothing pulled yet: empty frames with their columns, told, for a path may be misspelt."""
    with hf.Store(folder) as store:
        with pytest.warns(hf.DataWarning, match="holds no sessions. Is its path right"):
            events_frame = store.events()
        sessions, status = store.sessions(), store.status()
        with pytest.raises(hf.IncompleteSession, match="'a': it was never pulled"):
            store.events(["a"])
    assert events_frame.columns[0] == "session_id"
    assert len(events_frame) == len(sessions) == status.events == 0
    assert "nowhere yet" in str(status)
    assert status.to_frame()["sessions"].sum() == 0


def test_status_prints_well(folder):
    """What a store holds, in a few lines."""
    with hf.Store(folder, drop_properties=["email"]) as store:
        fill(store, {"a": events(3), "b": events(2)})
        store._ledger().note_listed([list_row("c", "v", events(1))], ZONE)
        row = list_row("a", "v", events(3)) | {"duration": "99s"}
        store._ledger().note_listed([row], ZONE)
        status = store.status()
    assert str(status).splitlines()[1:] == [
        "2 sessions with 5 events stored completely",
        "events from 2026-03-02 10:00 to 2026-03-02 10:00 +03",
        "          1 outdated: stored, but the session list tells of a change since",
        "          1 waiting: listed, not fetched yet",
        "properties dropped: email",
    ]
    table = status.to_frame().set_index("state")["sessions"]
    assert table[["complete", "outdated", "waiting"]].tolist() == [1, 1, 1]


def test_zone_is_for_display(folder):
    """Another zone shows the same instants."""
    with hf.Store(folder) as here, hf.Store(folder, timezone="Asia/Tokyo") as there:
        fill(here, {"a": events(3)})
        first, second = here.events(), there.events()
    assert str(second["timestamp"].dt.tz) == "Asia/Tokyo"
    assert (first["timestamp"] == second["timestamp"]).all()


def test_what_half_a_character_and_huge_numbers_become():
    """Odd JSON comes out of the store as it went in."""
    odd = events(1)
    odd[0]["properties"] = {"half": "\ud83d", "huge": 10**30, "nan": float("nan"), "ş": "İ"}
    ((_, read),) = unpacked([("a", packed(odd))])
    assert repr(read) == repr(odd)


def test_a_damaged_answer_is_found(folder):
    """A changed byte is an error that names the session, not other numbers."""
    with hf.Store(folder) as store:
        fill(store, {"a": events(9)})
        with store._database.writing() as connection:
            answer = bytearray(connection.execute("SELECT answer FROM answers").fetchone()[0])
            answer[len(answer) // 2] ^= 0xFF
            connection.execute("UPDATE answers SET answer = ?", [bytes(answer)])
        with pytest.raises(hf.StoreError, match="session 'a' is damaged"):
            store.events()


@pytest.mark.parametrize("block_bytes", [1, 500, 2**18])
def test_many_answers_are_read_as_one_by_one(monkeypatch, block_bytes):
    """However many answers are decompressed together, each session has its own, in order."""
    monkeypatch.setattr("hardal_frames.store._answers._BLOCK_BYTES", block_bytes)
    feeds = {f"s{number}": events(number % 4) for number in range(40)}
    feeds["s7"][0]["name"] = "şü€😀"
    assert dict(unpacked((name, packed(feed)) for name, feed in feeds.items())) == feeds


def _cut(answer):
    return answer[:-3]


def _of_no_length(answer):
    return answer[:0]


def _of_two_lists(answer):
    return zlib.compress(zlib.decompress(answer) + b"[]")


def _cut_before_it_was_compressed(answer):
    return zlib.compress(zlib.decompress(answer)[:-1])


@pytest.mark.parametrize(
    "harm", [_cut, _of_no_length, _of_two_lists, _cut_before_it_was_compressed]
)
@pytest.mark.parametrize("number", [0, 3, 9])
def test_the_damaged_one_of_many_is_named(harm, number):
    """Nobody is given the frame, although those before it are as they were."""
    answers = [(f"s{each}", packed(events(each % 3))) for each in range(10)]
    name, answer = answers[number]
    answers[number] = (name, harm(answer))
    read = []
    with pytest.raises(hf.StoreError, match=f"session 's{number}' is damaged"):
        read.extend(unpacked(answers))


def test_what_stands_behind_an_answer_is_ignored():
    """As zlib does, also among others."""
    answers = [("a", packed(events(2))), ("b", packed(events(1)) + b"more"), ("c", packed([]))]
    assert [len(records) for _, records in unpacked(answers)] == [2, 1, 0]


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_file(folder, content):
    """A file that is no store is refused, and stays as it is."""
    folder.mkdir(parents=True)
    (folder / "sessions.sqlite").write_bytes(content)
    with pytest.raises(hf.StoreError, match="damaged or no store"):
        hf.Store(folder)
    assert (folder / "sessions.sqlite").read_bytes() == content


def test_somebody_elses_database(folder):
    """Another program's SQLite file is not written into."""
    folder.mkdir(parents=True)
    other = sqlite3.connect(folder / "sessions.sqlite")
    other.execute("CREATE TABLE mine (a)")
    other.commit()
    other.close()
    with pytest.raises(hf.StoreError, match="no store of hardal_frames"):
        hf.Store(folder)


def test_a_later_format(folder):
    """A store that a later version made is refused, not misread."""
    with hf.Store(folder) as store:
        store._database._connection().execute("PRAGMA user_version = 9")
    with pytest.raises(hf.StoreError, match="has format 9.*Update"):
        hf.Store(folder)


def test_a_place_where_no_folder_can_be(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "store").write_text("x")
    with pytest.raises(hf.StoreError, match="cannot be made"):
        hf.Store(tmp_path / "store")


def test_locked_by_another_program(folder, monkeypatch):
    """A lock that lasts is told, after a while."""
    monkeypatch.setattr("hardal_frames.store._database._BUSY_SECONDS", 0.1)
    with hf.Store(folder) as store:
        other = sqlite3.connect(folder / "sessions.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(hf.StoreError, match="locked by another program"):
            fill(store, {"a": events(1)})
        other.close()
        fill(store, {"a": events(1)})


def test_claims_of_the_dead_are_void(folder):
    """Another pull's sessions are left to it while it lives, and taken when it is gone."""
    with hf.Store(folder) as store, hf.Store(folder) as again:
        first, second = store._ledger(), again._ledger()
        first.begin("a test")
        second.begin("a test")
        first.note_listed([list_row("a", "v", events(1))], ZONE)
        (wanted,) = first.to_fetch(["a"], named=False)
        assert first.claim(wanted, named=False) == "ours"
        assert second.claim(wanted, named=False) == "theirs"
        first._presence._connection.close()
        first._presence._connection = None
        assert second.claim(wanted, named=False) == "ours"
        first.keep("a", events(1), measure(events(1)))
        assert store.status().stored_sessions == 0
        second.keep("a", events(2), measure(events(2)))
        assert len(store.events()) == 2
        second.end()


def test_events_are_typed_over_all_sessions(folder):
    """A property that is a number here and text there has one type."""
    feeds = {"a": events(1), "b": events(1, start=1)}
    feeds["a"][0]["properties"] = {"n": 1}
    feeds["b"][0]["properties"] = {"n": "x"}
    with hf.Store(folder) as store:
        fill(store, feeds)
        assert store.events()["prop_n"].tolist() == ["1", "x"]
        assert store.events(["a"])["prop_n"].dtype == pd.Int64Dtype()
        assert store.events(types={"n": "string"})["prop_n"].tolist() == ["1", "x"]
