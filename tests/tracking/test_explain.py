"""One session told in order: as a frame, as text, as HTML."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames.errors import InvalidInput
from hardal_frames.tracking._story import story_of

EVENTS = hf.sample_events()
BUYER = "ses_000007"
STEPS = ["view_item", "add_to_cart", "purchase"]
START = pd.Timestamp("2026-03-02 09:00", tz="Europe/Istanbul")


def session(names, *, seconds=None, **columns):
    """Make a session of events with these names."""
    places = np.arange(len(names)) if seconds is None else np.array(seconds)
    return pd.DataFrame(
        {
            "session_id": "s",
            "id": [f"e{place}" for place in range(len(names))],
            "type": "custom",
            "name": names,
            "timestamp": START + pd.to_timedelta(places, unit="s"),
            **columns,
        }
    )


class Page(HTMLParser):
    """The tags of a part of a page, each closed, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text = [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Check that it closes the last one."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Note a text."""
        if not self.open or self.open[-1] != "style":
            self.text.append(data)


def test_frame():
    """One row an event, in order, with gaps, pages, changes and steps."""
    told = hf.explain(EVENTS.sample(frac=1, random_state=1), BUYER, funnel=STEPS)
    own = EVENTS[EVENTS["session_id"] == BUYER]
    frame = told.frame
    assert frame["id"].tolist() == own["id"].tolist()
    assert frame["timestamp"].dtype == EVENTS["timestamp"].dtype
    assert frame["gap"].dropna().tolist() == own["timestamp"].diff().dropna().tolist()
    assert frame.loc[frame["step"].notna(), "name"].tolist() == STEPS
    assert frame["step"].dropna().tolist() == [1, 2, 3]
    assert frame["findings"].tolist() == [()] * len(frame)
    pages = own["path"].tolist()
    turned = [now for now, before in zip(pages, [None, *pages], strict=False) if now != before]
    assert frame.loc[frame["page_changed"], "page"].tolist() == turned
    assert (repr(told), told.session_id) == ("Explanation('ses_000007', 20 events)", BUYER)


def test_what_changed():
    """All properties at first, then only what differs from the event before of that name."""
    frame = session(
        ["a", "b", "a", "a", "a"],
        prop_price=[1.0, 9.5, 2.0, 2.0, None],
        prop_flag=pd.array([True, None, True, True, None], dtype="boolean"),
        prop_text=["x", "x", "x", None, None],
    )
    assert hf.explain(frame, "s").frame["changes"].fillna("-").tolist() == [
        "flag true; price 1; text x",
        "price 9.5; text x",
        "price 1 → 2",
        "text x → (none)",
        "flag true → (none); price 2 → (none)",
    ]


def test_personal_data_is_hidden():
    """Neither text, HTML nor frame holds an address, a number, a query; that it changed is told."""
    frame = session(
        ["a", "a"],
        url="https://a.example/find?q=ali#top",
        prop_email=["ali@example.com", "veli@example.com"],
        prop_note=["+90 532 111 22 33", "fine"],
        prop_link=["https://a.example/?user=ali", None],
    )
    told = hf.explain(frame, "s")
    everything = str(told) + "".join(Page(told.html()).text) + told.frame.to_string()
    for secret in ("ali", "532", "?"):
        assert secret not in everything
    assert told.frame["page"].tolist() == ["/find", "/find"]
    assert told.frame["changes"][1].startswith("email (hidden) → (hidden); link (hidden) → (none)")
    mail = session(["a"], path="/u/ali@example.com")
    assert hf.explain(mail, "s").frame["page"].tolist() == ["(hidden)"]


@pytest.mark.parametrize(
    ("columns", "pages", "changed"),
    [
        ({}, [None] * 3, [False] * 3),
        ({"path": ["/a?x", None, "/b"]}, ["/a", None, "/b"], [True, False, True]),
        ({"path": [None, "/a", "/a"]}, [None, "/a", "/a"], [False, True, False]),
        ({"path": ["/a", None, "/a"]}, ["/a", None, "/a"], [True, False, False]),
        ({"url": ["https://h.example", "https://h.example/a#b", None]}, ["/", "/a", None],
         [True, True, False]),
    ],
)  # fmt: skip
def test_pages(columns, pages, changed):
    """A page is the path without a query; an event without one does not leave the page."""
    frame = hf.explain(session(["a", "b", "c"], **columns), "s").frame
    assert [None if pd.isna(page) else page for page in frame["page"]] == pages
    assert frame["page_changed"].tolist() == changed


def test_findings():
    """Findings stand at the events that they concern, whether the audit is given or made."""
    twice = EVENTS[(EVENTS["session_id"] == BUYER) & (EVENTS["name"] == "purchase")]
    events = pd.concat([EVENTS, twice.assign(id="x_again")], ignore_index=True)
    told = hf.explain(events, BUYER)
    assert told.frame.set_index("id")["findings"]["x_again"] == (
        "duplicate_event",
        "repeated_transaction",
    )
    assert "! duplicate_event, repeated_transaction" in str(told)
    assert "! duplicate_event (high) of purchase: " in str(told)
    given_findings = hf.explain(events, BUYER, findings=hf.audit(events, examples=None))
    assert given_findings.frame.equals(told.frame)
    plan = hf.Plan({"properties": {"never": {}}})
    other = hf.audit(events, plan=plan, checks=[])
    assert hf.explain(events, BUYER, findings=other).findings.empty
    for told in (str(hf.explain(events, BUYER, findings=other)), other_html(events, other)):
        assert "No findings." in told


def other_html(events, findings):
    """Text of the HTML of the buyer's session."""
    return "".join(Page(hf.explain(events, BUYER, findings=findings).html()).text)


def test_findings_by_itself():
    """What only a comparison of sessions shows is not denied."""
    told = hf.explain(EVENTS, BUYER)
    for text in (str(told), "".join(Page(told.html()).text)):
        assert "No findings in this session by itself.\n" in text


def faulty_sessions(count, **columns):
    """Make sessions of which each has one event that was sent twice."""
    return pd.concat(
        [
            session(["a", "a"], seconds=[60 * place, 60 * place + 0.1], **columns).assign(
                session_id=f"s{place}", id=[f"{place}_first", f"{place}_again"]
            )
            for place in range(count)
        ],
        ignore_index=True,
    )


def test_findings_that_name_examples():
    """A session that is none of the examples is not said to have no findings."""
    events = faulty_sessions(7)
    few = hf.audit(events, checks=["duplicate_event"])
    partly = "duplicate_event names 5 of 7 events: audit(events, examples=None) names all."
    for findings in (few, few[["check", *few.columns.drop("check")]]):
        told = hf.explain(events, "s6", findings=findings)
        for text in (str(told), "".join(Page(told.html()).text)):
            assert f"No findings named for this session; {partly}" in " ".join(text.split())
            assert "No findings." not in text
    few.attrs.clear()
    assert partly in " ".join(hf.explain(events, "s6", findings=few).notes)
    some = hf.explain(events, "s0", findings=few)
    assert some.notes == (f"Findings name examples only; {partly}",)
    everything = hf.audit(events, checks=["duplicate_event"], examples=None)
    assert hf.explain(events, "s6", findings=everything).notes == ()
    without_ids = events.drop(columns="id")
    everything = hf.audit(without_ids, checks=["duplicate_event"], examples=None)
    assert "examples" not in str(hf.explain(without_ids, "s6", findings=everything))


def test_findings_cannot_mark_events_without_ids():
    """That nothing is marked is said, for all of the events or for some."""
    events = faulty_sessions(1)
    bare = events.drop(columns="id")
    findings = hf.audit(bare, checks=["duplicate_event"], examples=None)
    told = hf.explain(bare, "s0", findings=findings)
    assert len(told.findings) == 1
    assert "\nThe events have no id, by which findings name them; none is marked.\n" in str(told)
    some = events.assign(id=["x", None])
    told = str(hf.explain(some, "s0", findings=hf.audit(some, examples=None)))
    assert "1 of 2 events have no id, by which findings name them; these are not marked." in told


def test_events_that_share_an_id():
    """Only those that have the fault are marked, as far as the finding tells."""
    names, seconds = ["a", "b", "a", "a"], [0, 5, 60, 60.1]
    events = session(names, seconds=seconds).assign(id=["x", "y", "y", "y"])
    told = hf.explain(events, "s")
    assert told.frame["findings"].tolist() == [(), (), (), ("duplicate_event",)]
    assert told.frame["id"].tolist() == ["x", "y", "y", "y"]
    assert told.findings["example_ids"].tolist() == [("y",)]
    given_findings = hf.audit(events, examples=None)
    told = hf.explain(events, "s", findings=given_findings)
    assert told.frame["findings"].tolist() == [(), (), (), ("duplicate_event",)]
    assert "3 events share the id y; findings name ids, so the mark may be another's." in str(told)
    private = events.assign(id="ali@example.com")
    told = hf.explain(private, "s", findings=hf.audit(private, examples=None))
    assert "4 events share the id (hidden)" in str(told)


def test_where_a_session_came_from():
    """Referrer and campaign stand at the first event and where they come from outside again."""
    landing = "https://www.shop.example/?utm_source=mail&utm_medium=x@y.example&q=ali"
    events = session(
        ["a"] * 6,
        url=[landing, landing, *["https://www.shop.example/b"] * 4],
        referrer=[
            "https://news.example/secret?q=veli",
            "https://news.example/secret?q=veli",
            "https://shop.example/",
            "https://pay.example/",
            None,
            "https://pay.example/",
        ],
    )
    told = hf.explain(events, "s")
    first = "referrer news.example; utm_source in the url mail; utm_medium in the url (hidden)"
    assert told.frame["origin"].fillna("").tolist() == [
        first, "", "", "referrer pay.example", "", "referrer pay.example",
    ]  # fmt: skip
    for text in (str(told), "".join(Page(told.html()).text)):
        assert "referrer news.example; utm_source in the url mail;" in text
        assert text.count("referrer pay.example") == 2
        for secret in ("ali", "veli", "secret", "x@y"):
            assert secret not in text
    own = hf.explain(events.iloc[2:], "s")
    assert own.frame["origin"][0] == "referrer shop.example"


def test_hidden_pages_differ():
    """Pages are counted and compared as they are, not as they are told."""
    events = session(["a"] * 3, path=["/u/ali@a.example", "/u/ayse@a.example", "/u/ayse@a.example"])
    told = hf.explain(events, "s")
    assert told.frame["page"].tolist() == ["(hidden)"] * 3
    assert told.frame["page_changed"].tolist() == [True, True, False]
    assert told.summary.endswith("; 2 pages seen.")


@pytest.mark.parametrize("times", [1, 2])
def test_rare_events_are_not_folded(times):
    """What happens once or twice in a long session is told."""
    count = 1_000
    names = ["view", "list", "tick"] * count
    for place in range(times):
        names[count + place] = "login"
    findings = hf.audit(EVENTS, checks=[])
    events = session(names, path=[f"/{place}" for place in range(len(names))])
    text = str(hf.explain(events, "s", findings=findings))
    assert len(re.findall(r"^\d\d:.* login ", text, flags=re.MULTILINE)) == times
    assert "login ×" not in text


def test_one_event_is_singular():
    """One is not several."""
    assert repr(hf.explain(session(["a"]), "s")) == "Explanation('s', 1 event)"


def test_findings_of_events_without_ids():
    """The session's own audit tells its events apart even where they have no ids."""
    frame = session(["a", "b", "b"], seconds=[0, 1, 1.1]).drop(columns="id")
    told = hf.explain(frame, "s")
    assert told.frame["findings"].tolist() == [(), (), ("duplicate_event",)]
    assert told.frame["id"].isna().all()


def test_funnel():
    """Steps that were missed are told; a misspelt one is an error, one of other sessions is not."""
    told = hf.explain(EVENTS, "ses_000001", funnel=["view_item", hf.optional("search"), "purchase"])
    assert "not purchase" in told.reached
    assert told.reached in str(told)
    assert "> step 1 of 3: view_item" in str(told)
    with pytest.raises(hf.UnknownName, match="No event is called 'purchas'. Did you mean"):
        hf.explain(EVENTS, "ses_000001", funnel=["view_item", "purchas"])
    with pytest.raises(hf.InvalidInput, match="[Ss]tep"):
        hf.explain(EVENTS, "ses_000001", funnel=[])
    nowhere = hf.explain(session(["b"]), "s", funnel=["b"])
    assert nowhere.reached == "Funnel: 1 of 1 steps reached."
    assert hf.explain(EVENTS, BUYER).reached == ""


@pytest.mark.parametrize(
    ("session_id", "said"),
    [
        ("SES_000007", "the id 'SES_000007' .*Did you mean 'ses_000007'"),
        ("ses_000007x", "Did you mean 'ses_000007'"),
        ("zzz", "There are 300 sessions"),
        ("", "There are 300 sessions"),
        ("ali@example.com", "No event has that id as its session_id. There are 300"),
    ],
)
def test_unknown_session(session_id, said):
    """Near ids are told, what looks personal is not."""
    with pytest.raises(hf.UnknownName, match=said):
        hf.explain(EVENTS, session_id)


def test_personal_names_of_events_are_hidden():
    """In the frame, the text and the HTML."""
    told = hf.explain(session(["a", "hi ali@example.com"]), "s")
    assert told.frame["name"].tolist() == ["a", "(hidden)"]
    assert "example.com" not in str(told) + told.html()


@pytest.mark.parametrize(
    "several",
    [
        pd.Series([BUYER, "ses_000001"]),
        [BUYER],
        np.array([BUYER]),
        np.array(BUYER),
        (BUYER,),
        EVENTS.head(1),
        {BUYER},
        pd.Index([BUYER]),
    ],
    ids=lambda each: type(each).__name__,
)
def test_only_one_session_is_told(several):
    """Several ids would be told as one session."""
    with pytest.raises(InvalidInput, match="one session id is needed.*once for each"):
        hf.explain(EVENTS, several)


def test_ids_of_events_may_repeat_between_sessions():
    """A finding of another session does not mark the events that have the same ids."""
    faulty = session(["a", "a"], seconds=[0, 0.1])
    clean = session(["a", "b"], seconds=[0, 60]).assign(session_id="t")
    events = pd.concat([faulty, clean], ignore_index=True)
    findings = hf.audit(events, checks=["duplicate_event"], examples=None)
    told = hf.explain(events, "t", findings=findings)
    assert told.frame["findings"].tolist() == [(), ()]
    assert told.findings.empty
    assert hf.explain(events, "s", findings=findings).frame["findings"].tolist()[1]


def test_findings_of_sessions_that_are_numbers():
    """The findings write ids as text; a number given finds them still."""
    events = session(["a", "a"], seconds=[0, 0.1]).assign(session_id=7)
    findings = hf.audit(events, checks=["duplicate_event"], examples=None)
    for each in (7, "7", 7.0):
        assert len(hf.explain(events, each, findings=findings).findings) == 1


def test_near_ids_are_never_personal():
    """An id that is an e-mail address is not proposed."""
    frame = session(["a", "b"]).assign(session_id=["ali@example.com", "ali_example"])
    with pytest.raises(hf.UnknownName) as caught:
        hf.explain(frame, "ali@example")
    assert "@example.com" not in str(caught.value)


def test_ids_that_are_no_text():
    """A number names a session whether it is given as a number or as text."""
    frame = session(["a", "b"]).assign(session_id=[7, 8])
    for given_id in (7, "7"):
        told = hf.explain(frame, given_id)
        assert (told.session_id, told.frame["name"].tolist()) == ("7", ["a"])


def test_bad_input():
    """What cannot be told is an error; what can be told in part is a warning."""
    with pytest.raises(hf.InvalidInput, match="findings is no table of findings"):
        hf.explain(EVENTS, BUYER, findings=EVENTS)
    frame = session(["a", "b"])
    frame.loc[1, "timestamp"] = pd.NaT
    with pytest.warns(hf.DataWarning, match="timestamp"):
        assert len(hf.explain(frame, "s").frame) == 1
    frame["timestamp"] = pd.Series([pd.NaT] * 2, dtype=frame["timestamp"].dtype)
    with pytest.warns(hf.DataWarning), pytest.raises(hf.InvalidInput, match="nothing happened"):
        hf.explain(frame, "s")


def test_text_is_a_screen_wide():
    """No line has more than 100 letters, whatever names, values and pages are like."""
    frame = session(
        ["n" * 300, "b\n\tc", "\x1b[31mred"],
        path=["/" + "p" * 400, "/", "/x"],
        prop_text=["v" * 500, "w " * 300, "\r\n"],
        prop_list=['[{"a":1,"b":"' + "x" * 90 + '"}]', None, "[]"],
        **{"prop_" + "k" * 200: 1},
    )
    text = str(hf.explain(frame.assign(session_id="s" * 90), "s" * 90))
    assert max(map(len, text.splitlines())) <= 100
    assert not any(unicodedata.category(letter) == "Cc" for letter in text.replace("\n", ""))


def test_days_are_told():
    """A session beyond midnight has a line for each day."""
    text = str(hf.explain(session(["a", "b"], seconds=[0, 16 * 3600]), "s"))
    assert [line for line in text.splitlines() if re.fullmatch(r"2026-03-\d\d", line)] == [
        "2026-03-02",
        "2026-03-03",
    ]
    assert (
        "2026-03-03 01:00:00.000"
        in hf.explain(session(["a", "b"], seconds=[0, 16 * 3600]), "s").html()
    )


def test_runs_are_folded():
    """Repeats in which nothing changes are one line; what changes, or is found, is not folded."""
    names = ["a", *["scroll"] * 30, "b"]
    none = hf.audit(session(names), checks=[])
    text = str(hf.explain(session(names), "s", findings=none))
    assert "… 29 more: scroll ×29; in 28s" in text
    assert len(text.splitlines()) == 9
    changing = session(names, prop_depth=np.arange(32))
    assert "more" not in str(hf.explain(changing, "s"))
    two = str(hf.explain(session(["scroll"] * 3 + ["b"]), "s"))
    assert "more" not in two


@pytest.mark.parametrize("kind", ["runs", "alternating", "pages", "findings"])
def test_long_sessions_stay_readable(kind):
    """Five thousand events are a few hundred lines, and every one is in the story once."""
    count = 5_000
    names = ["a"] * count if kind == "runs" else ["scroll", "move", "tick", "x", "y"] * 1000
    more = {"path": [f"/{place}" for place in range(count)]} if kind == "pages" else {}
    frame = session(names, prop_n=np.arange(count), **more)
    if kind == "findings":
        frame = session(["a"] * count, seconds=np.arange(count) / 100)
    told = hf.explain(frame, "s")
    assert len(str(told).splitlines()) < 450
    assert len(told.html()) < 200_000
    assert len(told.frame) == count
    if kind == "findings":
        assert "duplicate_event ×" in str(told)
    if kind in {"alternating", "pages"}:
        # In chapters: no line stands for most of what happened.
        assert len(str(told).splitlines()) > 50
    if kind == "alternating":
        assert "and 1 other names" in str(told)


ROWS = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.sampled_from(["/x", "/y", None]), st.sampled_from([1, 2, None])
    ),
    min_size=1,
    max_size=30,
)


@given(ROWS, st.randoms())
def test_laws(rows, random):
    """Row order plays no part, other sessions neither, and the story has each event once."""
    names, paths, values = zip(*rows, strict=True)
    frame = session(list(names), path=list(paths), prop_x=pd.array(values, dtype="Int64"))
    told = hf.explain(frame, "s")
    shuffled = pd.concat([frame, session(["z"] * 3).assign(session_id="t")])
    shuffled = shuffled.iloc[random.sample(range(len(shuffled)), len(shuffled))]
    again = hf.explain(shuffled, "s")
    assert again.frame["id"].tolist() == told.frame["id"].tolist()
    assert str(again) == str(told)
    stretches = story_of(told.frame)
    places = [place for each in stretches for place in range(each.first, each.end)]
    assert places == list(range(len(frame)))


def test_html_is_escaped_and_can_be_heard():
    """Every tag is closed, nothing of the events becomes one, and headers have a scope."""
    evil = "<script>alert('x')</script>"
    frame = session([evil, "b"], path=f"/{evil}", type=evil, prop_x=[evil, "&"])
    frame["session_id"] = evil
    html = hf.explain(frame, evil, funnel=[evil])._repr_html_()
    page = Page(html)
    assert "script" not in {tag for tag, _ in page.tags}
    assert evil in "".join(page.text)
    heads = [attributes["scope"] for tag, attributes in page.tags if tag == "th"]
    assert heads == ["col"] * 7 + ["row"] * 2
    assert "prefers-color-scheme: dark" in html
    assert "<h2>" in hf.explain(frame, evil).html(level=2)


def test_html_of_findings_and_folds():
    """What is found and what is folded stands in the HTML as in the text."""
    frame = session(["a", *["b"] * 9], seconds=[0, *np.arange(1, 10)])
    frame = pd.concat([frame, frame.tail(1).assign(id="again")], ignore_index=True)
    text = "".join(Page(hf.explain(frame, "s").html()).text)
    assert "! duplicate_event" in text
    assert "more: b ×" in text
