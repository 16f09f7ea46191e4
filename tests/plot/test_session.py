"""The session chart, read back from its artists, and its layout."""

from __future__ import annotations

import pickle

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames import plot
from hardal_frames.errors import DataWarning, InvalidInput
from hardal_frames.plot._session.axis import elapsed_text, idle_gaps, time_axis
from hardal_frames.plot._session.labels import Run, place_labels, runs_of, stacked
from hardal_frames.plot._session.reading import read_session
from hardal_frames.plot._session.rows import rows_of
from hardal_frames.plot._shared.colours import colour_of, rgb
from tests.plot.artists import drawn, said
from tests.plot.text_boxes import check_random, labels, require_apart

ZONE = "Europe/Istanbul"
START = pd.Timestamp("2026-03-14 09:49:12", tz=ZONE)
ODD = ["sayfa_İĞŞçöü", "$begin_$x^2$", "a\nb", "x" * 80, "", "%d\\frac", "other", "purchase"]
SHOP = ["page_view", "view_item", "add_to_cart", "begin_checkout", "purchase", "search", "login"]


def session(*events, **columns):
    """Make the frame of a session from (seconds, name) or (seconds, name, type, path)."""
    frame = pd.DataFrame(
        [(*event, None, None)[:4] for event in events], columns=["seconds", "name", "type", "path"]
    )
    frame["timestamp"] = (
        START + pd.to_timedelta(frame.pop("seconds").astype(float), unit="s")
    ).astype(f"datetime64[us, {ZONE}]")
    return frame.assign(session_id="s1", sequence=range(len(frame)), **columns)


def visit():
    """Make a session with a pause of 47 minutes and one event twice."""
    rows = [(0, "search"), (26, "search"), (33, "view_item"), (44, "view_item"), (53, "view_item")]
    rows += [(227, "page_view"), (227, "page_view"), (421, "add_to_cart"), (496, "purchase")]
    rows += [(3316, "page_view"), (3370, "view_item")]
    kinds = {"page_view": "pageview"}
    return session(*((at, name, kinds.get(name, "custom"), f"/{at // 100}") for at, name in rows))


def random_session(generator):
    """Make any session: few or many events, bursts, pauses, ties, odd names, missing values."""
    count = generator.choice([1, 2, 3, 8, 20, 40, 90, 149, 150, 400])
    names = generator.choice([SHOP, ODD, [f"event_{place}" for place in range(60)]])
    names = generator.sample(names, generator.randint(1, len(names)))
    kinds = generator.choice([[None], ["pageview"], ["pageview", "custom", "click", None]])
    kinds = [*kinds, *(f"kind {place} " * 4 for place in range(generator.choice([0, 0, 9])))]
    pages = generator.choice([[None], ["/"], [None, "/a", "/b" * 40, "/ürün/çanta$"]])
    at, rows = 0.0, []
    for _ in range(count):
        rows.append((at, generator.choice(names), generator.choice(kinds), generator.choice(pages)))
        at += generator.choice([0, 0.01, 1, 10, 60]) * generator.random() ** 2
        at += generator.choice([0] * 12 + [3_000, 90_000]) * generator.random()
    return session(*rows)


def shape(ax, label):
    """One of the collections of a chart."""
    (found,) = (one for one in ax.collections if one.get_label() == label)
    return found


def dots(ax, label="_events"):
    """Places of dots, in parts of the Axes."""
    return np.asarray(shape(ax, label).get_offsets())


def ticks(ax):
    """How many ticks there are."""
    return sum(len(path.vertices) // 2 for path in shape(ax, "_ticks").get_paths())


def test_texts(new_axes):
    """Lanes, runs, the pause, the pages and the ring are named; the axis says since when."""
    ax = plot.session(visit(), ax=new_axes(), title="A visit")
    drawn(ax)
    texts = said(ax)
    assert {"custom", "pageview", "page", "search ×2", "view_item ×3", "purchase"} <= set(texts)
    assert {"page_view ×2", "47m idle", "same event, same instant (2)"} <= set(texts)
    assert ax.get_xlabel() == f"elapsed since 2026-03-14 09:49:12 {ZONE} · 11 events in 56m"
    assert ax.get_title(loc="left") == "A visit"
    ticks = [label.get_text() for label in ax.get_xticklabels()]
    assert ticks[0] == "0"
    assert "55m 16s" in ticks


def test_events_stand_in_order_of_time(new_axes):
    """Dots go from left to right, in the colours of their names, those of a type on one level."""
    events = visit()
    ax = plot.session(events, ax=new_axes())
    drawn(ax)
    places = dots(ax)
    assert (np.diff(places[:, 0]) >= 0).all()
    expected = [rgb(colour_of(name)) for name in events["name"]]
    assert np.allclose(shape(ax, "_events").get_facecolor()[:, :3], expected)
    levels = pd.Series(places[:, 1]).groupby(events["type"].to_numpy()).nunique()
    assert (levels == 1).all()


def test_ring_around_what_is_there_twice(new_axes):
    """Rings are around events with one name and one instant, and in the key."""
    ax = plot.session(visit(), ax=new_axes())
    drawn(ax)
    rings = {tuple(place) for place in dots(ax, "_rings").round(9)}
    assert rings > {tuple(dots(ax)[5].round(9))}
    assert len(rings) == 2
    plain = plot.session(session((0, "a"), (1, "a"), (1, "b")), ax=new_axes())
    drawn(plain)
    assert len(dots(plain, "_rings")) == 0


def test_a_pause_is_squeezed(new_axes):
    """A pause takes little of the axis, lanes are broken there, and its length is written."""
    ax = plot.session(visit(), ax=new_axes())
    drawn(ax)
    x = dots(ax)[:, 0]
    assert x[9] - x[8] < 0.05
    assert len(shape(ax, "_idle").get_paths()) == 1
    assert len(shape(ax, "_lanes").get_paths()) == 4


def test_pages(new_axes):
    """The band of pages goes from the first event of each to the first of the next."""
    events = session((0, "a", "t", "/x"), (10, "b", "t", None), (20, "c", "t", "/y"), (40, "d"))
    ax = plot.session(events, ax=new_axes())
    drawn(ax)
    x = dots(ax)[:, 0]
    spans = [path.vertices[:, 0] for path in shape(ax, "_pages").get_paths()]
    edges = np.array([(span.min(), span.max()) for span in spans])
    assert np.allclose(edges, [(x[0], x[2]), (x[2], x[3])])
    assert {"/x", "/y"} <= set(said(ax))


@pytest.mark.parametrize("column", ["path", "url"])
def test_pages_without_query_and_fragment(column, new_axes):
    """What a page was asked with is not written, and makes no other page of it."""
    pages = ["/orders?mail=ali@veli.com", "/orders?mail=b@c.tr", "/orders#b@c.tr", "/cart\n?x"]
    events = session(*((60 * at, "page_view") for at in range(len(pages))))
    events = events.drop(columns="path").assign(**{column: pages})
    ax = plot.session(events, ax=new_axes())
    drawn(ax)
    assert "@" not in " ".join(said(ax))
    assert "/orders" in said(ax)
    assert len(shape(ax, "_pages").get_paths()) == 2
    titled = events.drop(columns=column).assign(title="Any questions?")
    assert "Any questions?" in said(plot.session(titled, ax=new_axes()))


def test_pages_by_whatever_tells_them(new_axes):
    """Without paths the address tells the page, without it the title; without any there is none."""
    events = session((0, "a"), (60, "b"))
    for column in ("url", "title"):
        ax = plot.session(events.assign(**{column: ["one", "two"]}), ax=new_axes())
        assert "one" in said(ax)
    assert "page" not in said(plot.session(events, ax=new_axes()))


def test_many_events_are_ticks(new_axes):
    """From 150 events each name has a row of ticks, with its count."""
    rows = [(at, SHOP[at % 3], "pageview" if at % 3 == 0 else "custom", "/") for at in range(150)]
    few = plot.session(session(*rows[:149]), ax=new_axes())
    many = plot.session(session(*rows), ax=new_axes())
    assert len(dots(few)) == 149
    assert ticks(many) == 150
    assert len(dots(many)) == 0
    assert {"page_view ×50", "view_item ×50", "add_to_cart ×50", "custom"} <= set(said(many))


def test_thousands_of_events_stay_small(new_axes):
    """Ticks that cannot be told apart are one."""
    events = session(*((at / 7, SHOP[at % 2], "t", f"/{at}") for at in range(5000)))
    ax = plot.session(events, ax=new_axes())
    drawn(ax)
    assert 1000 < ticks(ax) < 3500
    assert len(shape(ax, "_pages").get_paths()) < 2000
    assert len(ax.texts) < 200


def test_names_without_room_get_rows(new_axes):
    """Where labels would not fit above their dots, each name has a row, in order of appearance."""
    names = [f"event_number_{at}" for at in range(20)]
    events = session(*((at, name, "custom") for at, name in enumerate(names)))
    ax = plot.session(events, ax=new_axes(10, 5))
    drawn(ax)
    assert [text for text in said(ax) if text.startswith("event")] == names
    assert (np.diff(dots(ax)[:, 1]) < 0).all()
    few = plot.session(events[:3], ax=new_axes(10, 5))
    drawn(few)
    assert set(names[:3]) <= set(said(few))
    assert len(set(dots(few)[:, 1])) == 1


def test_a_key_names_what_has_no_label(new_axes):
    """Where there is no room for rows either, the key names dots, and counts the others."""
    events = session(*((at // 3, f"name_{at % 14}", f"type {at % 4}") for at in range(90)))
    ax = plot.session(events, ax=new_axes(10, 1.9))
    drawn(ax)
    named = len(dots(ax, "_key"))
    assert named > 3
    assert f"and {14 - named} more" in said(ax)
    texts = said(ax)
    assert all(text.startswith("name_") for text in texts[-named - 1 : -1])


def test_rows_too_many_for_their_names(new_axes):
    """Rare names share a row that says how many they are; without room a whole lane does."""
    events = session(*((at, f"name_{at // 2 % 70}", "custom") for at in range(150)))
    ax = plot.session(events, ax=new_axes())
    drawn(ax)
    [others] = [text for text in said(ax) if "others ×" in text]
    assert 70 - int(others.split()[0]) == len([text for text in said(ax) if text[:5] == "name_"])
    events = session(*((at, f"n{at}", f"t{at % 5}") for at in range(150)))
    low = plot.session(events, ax=new_axes(10, 1.5))
    drawn(low)
    assert [f"t{kind} ×30" for kind in range(5)] == said(low)
    one = plot.session(events[["timestamp", "name"]], ax=new_axes(10, 0.6))
    drawn(one)
    assert said(one) == ["150 others ×150"]


def test_events_without_a_type(new_axes):
    """Where some events have no type, their lane says so."""
    ax = plot.session(session((0, "a", "custom"), (9, "b", None)), ax=new_axes())
    assert "(no type)" in said(ax)


def test_all_at_one_instant(new_axes):
    """Events of one instant stand beside each other in their order, and the axis says so."""
    ax = plot.session(session((0, "a"), (0, "b"), (0, "c")), ax=new_axes())
    drawn(ax)
    assert (np.diff(dots(ax)[:, 0]) > 0.02).all()
    assert ax.get_xlabel().startswith("order of events, all at 2026-03-14 09:49:12")
    assert list(ax.get_xticks()) == []


@pytest.mark.parametrize("shift", [0, 1])
def test_order_is_that_of_the_analyses(shift):
    """Equal instants are ordered by sequence, a missing one last, then by id, then by name."""
    frame = session((0, "d"), (0, "c"), (0, "b"), (0, "a"), (-1, "first"), (0, "last"))
    frame["sequence"] = pd.array([2, 1, 2, 2, 9, None], dtype="Int64")
    frame["id"] = ["2", "9", "1", "1", "0", "0"]
    read = read_session(frame.iloc[::-1] if shift else frame)
    assert [read.names[name] for name in read.name] == ["first", "c", "a", "b", "d", "last"]


def test_order_agrees_with_transitions():
    """The same order as in the analyses, on simulated sessions with their rows shuffled."""
    events = hf.sample_events(sessions=40, seed=3)
    for _, one in events.groupby("session_id"):
        read = read_session(one.sample(frac=1, random_state=1))
        [path] = hf.paths(one)["path"]
        assert tuple(read.names[name] for name in read.name) == path


def test_a_session_without_id(new_axes):
    """Neither id, type nor page is needed; columns may be there and empty."""
    bare = visit()[["timestamp", "name"]]
    empty = visit().assign(session_id=None, type=None, path=None, url=None, sequence=None, id=None)
    for events in (bare, empty):
        ax = plot.session(events, ax=new_axes())
        drawn(ax)
        assert len(dots(ax)) == 11
        assert len(set(dots(ax)[:, 1].round(9))) == 1


def test_odd_types_of_columns(new_axes):
    """Categories, Arrow's types and events without a type."""
    events = visit().astype({"name": "category", "type": "category"})
    arrow = visit().astype(
        {"timestamp": pd.ArrowDtype(__import__("pyarrow").timestamp("us", ZONE))}
    )
    some = visit()
    some.loc[3, "type"] = None
    for one in (events, arrow):
        assert "custom" in said(plot.session(one, ax=new_axes()))
    assert len(read_session(some).lanes) == 3
    assert read_session(visit().assign(id=[1, "a", None, 2.5, *range(7)])).duration == 3370


def test_many_types_share_a_lane():
    """Beyond six types the rarest are one lane."""
    events = session(*((at, "a", f"type {at % 9}") for at in range(30)))
    read = read_session(events)
    assert len(read.lanes) == 6
    assert read.lanes[-1] is None
    assert set(read.lane) == set(range(6))


def test_rows_without_values_are_left_out(new_axes):
    """A warning counts rows without an instant, a name or the session of the others."""
    events = visit()
    events.loc[0, "timestamp"] = pd.NaT
    events.loc[1, "name"] = None
    events.loc[2, "session_id"] = None
    with pytest.warns(
        DataWarning, match="3 of 11 rows are left out: 1 without timestamp"
    ) as caught:
        ax = plot.session(events, ax=new_axes())
    assert caught[0].filename == __file__
    assert len(dots(ax)) == 8


def test_frames_that_cannot_be_drawn():
    """Neither several sessions, nor naive times, nor a broken sequence, nor something else."""
    two = pd.concat([visit(), visit().assign(session_id="s2")])
    with pytest.raises(InvalidInput, match=r"2 sessions.*events\['session_id'\] == 's1'"):
        plot.session(two)
    with pytest.raises(InvalidInput, match="naive"):
        plot.session(visit().assign(timestamp=visit()["timestamp"].dt.tz_localize(None)))
    with pytest.raises(InvalidInput, match="timezone-aware"):
        plot.session(visit().assign(timestamp="today"))
    with pytest.raises(InvalidInput, match="whole numbers"):
        plot.session(visit().assign(sequence="x"))
    with pytest.raises(InvalidInput, match="no column 'name'"):
        plot.session(visit().drop(columns="name"))
    with pytest.raises(InvalidInput, match="not list"):
        plot.session([])


def test_empty(new_axes):
    """A frame without events draws a message."""
    assert said(plot.session(visit()[:0], ax=new_axes())) == ["no events of that session"]


def test_one_event(new_axes):
    """A session of one event says when it was."""
    ax = plot.session(session((0, "a")), ax=new_axes())
    drawn(ax)
    assert said(ax) == ["a"]
    assert ax.get_xlabel() == f"at 2026-03-14 09:49:12 {ZONE} · 1 event"


def test_no_letter_is_mathematics(new_axes):
    """Names are written as they are."""
    events = session(*((at * 9, name, "$t$", "$p$") for at, name in enumerate(ODD)))
    ax = plot.session(events, ax=new_axes(), title="$a_b$")
    drawn(ax)
    assert "$begin_$x^2$" in said(ax)
    assert not any(text.get_parse_math() for text in labels(ax))


@pytest.mark.filterwarnings("ignore:Glyph", "ignore:Matplotlib currently does not support")
def test_any_script(new_axes):
    """Names may be in any script; a font that lacks them is not the chart's to choose."""
    names = ["商品を見る", "عرض المنتج", "🛒", "ürün_görüntüle"]
    events = session(*((at * 9, name, "イベント", "/商品") for at, name in enumerate(names)))
    ax = plot.session(events, ax=new_axes())
    drawn(ax)
    assert set(names) <= set(said(ax))


def draw_random(generator, ax, *, in_grid):
    """Draw a random session."""
    plot.session(random_session(generator), ax=ax, title="One" if in_grid else "Session")


def test_texts_stay_apart_and_inside():
    """Measured as drawn, no text of random sessions lies on another or outside the figure."""
    check_random(draw_random, range(8))


@pytest.mark.nightly
def test_texts_of_many_sessions_stay_apart_and_inside():
    """The same for 200 more."""
    check_random(draw_random, range(100, 300))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.floats(50, 2000))
def test_laws_of_the_axis(gaps, width):
    """Events keep their order and stay between the edges; equal times, equal places."""
    elapsed = np.round(np.cumsum([0.0, *gaps]), 6)
    idle = idle_gaps(elapsed)
    axis = time_axis(
        elapsed,
        idle,
        left=10,
        right=10 + width,
        most=20 + width,
        width_of=lambda text: 5 * len(text),
    )
    assert axis.places[0] == 10
    assert axis.places[-1] <= 10 + width + 1e-6
    assert (np.diff(axis.places) >= -1e-9).all()
    assert len(axis.breaks) == idle.sum()
    if elapsed[-1]:
        assert np.allclose(axis.places[-1], 10 + width)
        active = np.diff(elapsed)[~idle]
        scale = np.diff(axis.places)[~idle]
        assert np.allclose(scale * active.sum(), active * scale.sum(), atol=1e-6 * width * 1e6)
    halves = [5 * len(text) / 2 for _, text in axis.ticks]
    ends = [place + half for (place, _), half in zip(axis.ticks, halves, strict=True)]
    begins = [place - half for (place, _), half in zip(axis.ticks, halves, strict=True)]
    assert all(end < begin for end, begin in zip(ends, begins[1:], strict=False))
    assert len({text for _, text in axis.ticks}) == len(axis.ticks)


@pytest.mark.parametrize(
    ("elapsed", "idle"),
    [
        ([0, 10, 20, 30], [False] * 3),
        ([0, 1, 2, 3, 2_823, 2_830], [False, False, False, True, False]),
        ([0, 3_600], [False]),
        ([0, 0, 0], [False] * 2),
        ([0, 1, 40], [False] * 2),
        ([0, 5, 9_000, 9_005, 99_000, 99_010], [False, True, False, True, False]),
        (np.cumsum([0, *[5] * 100, *[70] * 80, 240]), [False] * 181),
        (np.cumsum([0, *[5, 86_400] * 60]), [False, True] * 60),
    ],
    ids=["even", "one pause", "two events", "one instant", "short", "two pauses", "many", "days"],
)
def test_idle_gaps(elapsed, idle):
    """Long is what is far longer than usual."""
    assert idle_gaps(np.array(elapsed, dtype=float)).tolist() == idle


@given(st.integers(0, 10**8))
def test_elapsed_text_is_exact(seconds):
    """What is written adds up to the time."""
    units = {"d": 86_400, "h": 3_600, "m": 60, "s": 1, "0": 0}
    parts = elapsed_text(seconds).split()
    assert sum(int(part[:-1] or 0) * units[part[-1]] for part in parts) == seconds


@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(0, 300)), min_size=1, max_size=30),
    st.integers(0, 6),
)
def test_laws_of_labels(events, levels):
    """Labels and leaders of a lane do not meet and stay inside."""
    events = sorted(events, key=lambda each: each[1])
    names, at = (np.array(column) for column in zip(*events, strict=True))
    same = np.zeros(len(at), dtype=np.int64)
    runs = [run for _, run in runs_of(names, at, same, same, near=20)]
    assert sorted(event for run in runs for event in run.events) == list(range(len(at)))
    widths = [20.0 + 10 * run.name for run in runs]
    placed = place_labels(runs, widths, low=-5, high=310, levels=levels, reach=3)
    boxes = [(one, width) for one, width in zip(placed, widths, strict=True) if one is not None]
    for one, width in boxes:
        assert -5 <= one.left <= one.left + width <= 310
        assert 0 <= one.level < levels
        for two, other in boxes:
            if one is two:
                continue
            if one.level == two.level:
                assert one.left + width <= two.left or two.left + other <= one.left
            elif one.leader is not None and two.level < one.level:
                assert not two.left < one.leader < two.left + other


def test_labels_reach_their_dots():
    """A leader stands at the first dot of its run, below its label."""
    runs = [Run(place, (place,), 50.0 + 8 * place, 50.0 + 8 * place) for place in range(5)]
    placed = place_labels(runs, [60] * 5, low=0, high=300, levels=6, reach=3)
    for run, one in zip(runs, placed, strict=True):
        assert one is not None
        assert one.level == 0 or one.left <= one.leader == run.left <= one.left + 60


def test_hidden_dots_step_aside():
    """Dots of other names at one place stand below each other, as far as there is room."""
    at, lane, names = np.zeros(4), np.zeros(4, dtype=np.int64), np.array([0, 1, 2, 3])
    assert stacked(at, lane, names, near=3, most=2).tolist() == [0, 1, 2, 2]
    assert stacked(at, names, names, near=3, most=2).tolist() == [0, 0, 0, 0]


@given(st.integers(1, 60), st.integers(1, 80), st.integers(1, 12))
def test_rows_hold_every_event_once(most, events, names):
    """Each event is in one row, rare names together where there is no room."""
    read = read_session(session(*((at, f"n{at % names}", f"t{at % 3}") for at in range(events))))
    rows = rows_of(read, most=most)
    held = np.concatenate([row.events for row in rows])
    assert sorted(held.tolist()) == list(range(events))
    assert len(rows) <= max(most, len(read.lanes))


def test_dark(new_axes):
    """Ink and ground come from the style."""
    with plt.style.context("dark_background"):
        ax = plot.session(visit(), ax=new_axes())
        drawn(ax)
    colours = {mpl.colors.to_rgb(text.get_color()) for text in labels(ax)}
    assert (1, 1, 1) in colours
    assert max(shape(ax, "_lanes").get_facecolor()[0][:3]) < 0.3


def test_placed_anew_in_another_size(new_axes):
    """A figure that grows gets another layout."""
    ax = plot.session(visit(), ax=new_axes(4, 3))
    drawn(ax)
    before = said(ax)
    ax.figure.set_size_inches(14, 8)
    require_apart(ax.figure)
    assert len(said(ax)) >= len(before)


def test_pyplot_and_the_frame_are_left_alone(new_axes):
    """With an Axes given, pyplot gets no figure; settings and frame stay."""
    settings, events = dict(mpl.rcParams), visit()
    ax = new_axes()
    assert plot.session(events, ax=ax) is ax
    drawn(ax)
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == settings
    pd.testing.assert_frame_equal(events, visit())
    assert plot.session(events).figure.get_size_inches().tolist() == [10, 5]


def test_figures_can_be_pickled(new_axes):
    """A chart survives a pickle, and is placed anew afterwards."""
    ax = plot.session(visit(), ax=new_axes())
    drawn(ax)
    again = pickle.loads(pickle.dumps(ax.figure)).axes[0]  # noqa: S301
    drawn(again)
    assert said(again) == said(ax)
