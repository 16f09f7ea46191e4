"""The heatmap of transitions, read back from its artists, and its numbers."""

from __future__ import annotations

import pickle
import random

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames import plot
from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.shades import contrast
from hardal_frames.plot._transitions.layout import in_lines, plan_for
from hardal_frames.plot._transitions.matrix import read_transitions
from tests.plot.artists import drawn, said, visible
from tests.plot.random_tables import transitions_of, transitions_table
from tests.plot.text_boxes import figures, require_apart

SHOP = transitions_of(
    {
        (None, "page_view"): 90, (None, "search"): 10,
        ("page_view", "page_view"): 40, ("page_view", "search"): 20, ("page_view", "cart"): 20,
        ("page_view", "help"): 5, ("page_view", None): 75,
        ("search", "page_view"): 25, ("search", None): 5,
        ("cart", "page_view"): 5, ("cart", None): 15,
        ("help", None): 5,
    }
)  # fmt: skip


def cells(ax):
    """Find the cells."""
    return next(one for one in ax.collections if one.get_label() == "cells")


def by_hand(table, top):
    """Shares of the shown rows and columns, by dictionaries."""
    rows = list(table[["source", "target", "count"]].itertuples(index=False))
    plain = [(None if pd.isna(a) else a, None if pd.isna(b) else b, n) for a, b, n in rows]
    seen = {}
    for source, target, count in plain:
        seen.setdefault(source, [0, 0])[0] += count
        seen.setdefault(target, [0, 0])[1] += count
    seen.pop(None, None)
    ranked = sorted(seen, key=lambda name: (-max(seen[name]), name))
    kept = ranked[:top]
    shares = {}
    leaving = {}
    for source, target, count in plain:
        row = "(entry)" if source is None else source if source in kept else "(other)"
        column = "(exit)" if target is None else target if target in kept else "(other)"
        shares[row, column] = shares.get((row, column), 0) + count
        leaving[row] = leaving.get(row, 0) + count
    return {pair: count / leaving[pair[0]] for pair, count in shares.items()}, kept


@given(st.integers(0, 10**6), st.integers(1, 30))
def test_shares_are_of_all_that_leave(seed, top):
    """Each cell is the share by hand, of all that leave, whatever is cut; rows make 100 %."""
    generator = random.Random(seed)
    table = transitions_table(generator)
    matrix = read_transitions(table, top=top)
    expected, kept = by_hand(table, top)
    if not matrix.rows:
        assert not kept
        return
    names = [" ".join(name.split()) or "(empty)" for name in kept]
    assert list(matrix.columns) == [*names, "(other)", "(exit)"]
    rows = ["(entry)"] * matrix.entry + kept + ["(other)"] * matrix.others
    for row, label in enumerate(rows):
        for column, head in enumerate([*kept, "(other)", "(exit)"]):
            if label in {"(other)", "(entry)", "(exit)"} & set(kept):
                continue
            share = expected.get((label, head), 0.0)
            if head not in {"(other)", "(exit)"} & set(kept):
                assert matrix.shares[row, column] == pytest.approx(share)
    full = matrix.shares.sum(axis=1)[matrix.leaving > 0]
    assert np.allclose(full, 1)


@given(st.integers(0, 10**6), st.integers(1, 20))
def test_part_of_a_table_has_the_same_shares(seed, rows):
    """Of the first rows of a table alone, the cells that it has are those of the whole."""
    table = transitions_table(random.Random(seed))
    part = table.head(rows)
    whole = read_transitions(table, top=10**6)
    matrix = read_transitions(part, top=10**6)
    if not matrix.rows or len(set(whole.columns)) < len(whole.columns):
        return
    place = {name: column for column, name in enumerate(whole.columns)}
    for row, name in enumerate(matrix.rows):
        if name in ("(entry)", "(other)"):
            continue
        for column, head in enumerate(matrix.columns):
            if matrix.counts[row, column]:
                same = whole.shares[whole.rows.index(name), place[head]]
                assert matrix.shares[row, column] == pytest.approx(same, rel=1e-9)


@given(
    st.integers(0, 10**6),
    st.integers(1, 30),
    st.floats(60, 1500, allow_nan=False),
    st.floats(60, 900, allow_nan=False),
)
def test_cells_lie_apart_and_inside(seed, top, width, height):
    """No cell lies on another one, all are inside, and those of other and exit stand apart."""
    matrix = read_transitions(transitions_table(random.Random(seed)), top=top)
    if not matrix.rows:
        return
    plan = plan_for(
        matrix, width, height, base=10, measure=lambda text, size: 0.6 * size * len(text)
    )
    wide, high = plan.cell
    assert len(plan.lefts) == len(matrix.columns)
    assert len(plan.tops) == len(matrix.rows)
    assert plan.lefts[0] >= 0
    assert plan.tops[0] >= 0
    if width >= 200 and height >= 200:
        assert plan.lefts[-1] + wide <= width + 1e-6
        assert plan.tops[-1] + high <= plan.bottom + 1e-6
    assert (np.diff(plan.lefts) >= wide).all()
    assert (np.diff(plan.tops) >= high).all()
    gaps = np.diff(plan.lefts)
    assert np.isclose(gaps[-1], gaps.max())
    if matrix.events > 1:
        assert gaps[-1] > gaps[0]


def test_texts(new_axes):
    """Share and count in each cell, what they are of at its side, names around."""
    ax = plot.transitions(SHOP, ax=new_axes(), title="Shop", top=3)
    drawn(ax)
    texts = said(ax)
    assert ax.get_title(loc="left") == "Shop"
    for text in ("90%\n90", "25%\n40", "47%\n75", "3%\n5", "83%\n25", "100%\n5"):
        assert text in texts
    assert texts[:5] == ["(entry)", "page_view", "search", "cart", "(other)"]
    assert texts[5:10] == ["page_view", "search", "cart", "(other)", "(exit)"]
    assert texts[10:12] == ["next →", "100% ="]
    assert texts[12:17] == ["100", "160", "30", "20", "5"]
    assert texts[-3:-1] == ["0%", "100%"]
    assert texts[-1].startswith("share of all that leave the event of the row")


def test_other_and_exit_are_always_there(new_axes):
    """Also where nothing is other and nobody leaves."""
    table = transitions_of({("a", "b"): 3, ("b", "a"): 2})
    ax = plot.transitions(table, ax=new_axes())
    drawn(ax)
    assert {"(other)", "(exit)"} <= set(said(ax))
    assert "(entry)" not in said(ax)


def test_an_event_called_other_is_none(new_axes):
    """The explicit other is another column than an event of that name."""
    table = transitions_of({("other", "x"): 3, ("x", None): 2, ("y", "other"): 1})
    matrix = read_transitions(table, top=2)
    assert matrix.columns == ("other", "x", "(other)", "(exit)")
    assert matrix.shares.tolist() == [[0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]]
    drawn(plot.transitions(table, ax=new_axes()))


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_letters_can_be_read(new_axes, style):
    """On every colour of a cell, letters have the contrast that reading needs."""
    table = transitions_of({(f"e{n}", target): count for n in range(40)
                            for target, count in (("x", n + 1), (None, 40 - n))})  # fmt: skip
    with plt.style.context(style):
        ax = plot.transitions(table, ax=new_axes(13, 16), top=40)
        drawn(ax)
        colours = {tuple(colour[:3]) for colour in cells(ax).get_facecolor().tolist()}
    letters = {text.get_color() for text in visible(ax) if "%\n" in text.get_text()}
    assert letters == {(0, 0, 0), (1, 1, 1)}
    assert len(colours) > 20
    extents = [path.get_extents() for path in cells(ax).get_paths()]
    painted = list(zip(extents, cells(ax).get_facecolor(), strict=True))
    for text in visible(ax):
        if "%\n" in text.get_text():
            inside = [colour for cell, colour in painted if cell.contains(*text.get_position())]
            assert contrast(tuple(inside[0][:3]), text.get_color()) >= 4.5


def test_counts_and_signs_go_where_there_is_no_room():
    """Small cells have no counts, then no sign, then nothing; the key says what they are."""
    table = transitions_of(
        {(f"e{n}", f"e{(n + k) % 12}"): 9 + n for n in range(12) for k in (0, 1)}
    )
    seen = []
    for size in ((14, 9), (10, 4), (3.4, 3), (2, 1.5)):
        figure = plt.figure(figsize=size, layout="constrained")
        ax = plot.transitions(table, ax=figure.add_subplot())
        drawn(ax)
        texts = said(ax)
        seen.append(
            "counts" if "50%\n9" in texts else "%" if "50%" in texts
            else "plain" if "50" in texts else "none"
        )  # fmt: skip
        if seen[-1] == "plain":
            assert "%" in texts[-1]
    assert seen == ["counts", "%", "plain", "none"]


def test_names_break_before_they_turn():
    """Names above break at their joints, at most into three lines."""
    assert in_lines("add_payment_info", 8, len) == "add_\npayment_\ninfo"
    assert in_lines("addPaymentInfo", 8, len) == "add\nPayment\nInfo"
    assert in_lines("a_b_c_d", 2, len) is None
    assert in_lines("x" * 30, 10, len) is None
    assert in_lines("two words", 9, len) == "two words"


def test_dark_ground_has_light_peaks(new_axes):
    """On dark ground much is light, on light ground dark; little is near the ground."""
    light = cells(plot.transitions(SHOP, ax=new_axes())).get_facecolor()[:, :3].sum(axis=1)
    with plt.style.context("dark_background"):
        dark = cells(plot.transitions(SHOP, ax=new_axes())).get_facecolor()[:, :3].sum(axis=1)
    shares = read_transitions(SHOP, top=10).shares.ravel()
    filled = shares > 0
    assert np.corrcoef(shares[filled], light[filled])[0, 1] < -0.9
    assert np.corrcoef(shares[filled], dark[filled])[0, 1] > 0.9


@pytest.mark.parametrize("seed", range(16))
def test_drawn_texts_stay_apart_and_inside(seed):
    """Measured as drawn, no text lies on another one or sticks out of the figure."""
    generator = random.Random(seed)
    figure, grid = figures(generator)
    for ax in grid:
        plot.transitions(
            transitions_table(generator), ax=ax, title="A title", top=generator.choice([1, 10, 25])
        )
    require_apart(figure)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 300))
def test_texts_of_many_tables_stay_apart(seed):
    """The same, of many more tables."""
    test_drawn_texts_stay_apart_and_inside(seed)


@pytest.mark.parametrize("names", [1, 2, 200])
def test_any_number_of_events(new_axes, names):
    """One event, and more than can be shown."""
    pairs = {(f"e{n}", f"e{(n * 7) % names}"): 10**9 - n for n in range(names)}
    ax = plot.transitions(transitions_of(pairs), ax=new_axes(), top=200)
    require_apart(ax.figure)
    assert len(cells(ax).get_facecolor()) == names * (names + 2)


def test_empty(new_axes):
    """A table without rows, or with nothing but an entry and exit, draws a message."""
    assert said(plot.transitions(SHOP[:0], ax=new_axes())) == ["no transitions to draw"]


def test_no_letter_is_mathematics(new_axes):
    """Names are written as they are."""
    table = transitions_of({("$a_b$", "$x^2$"): 3, ("$x^2$", None): 3})
    ax = plot.transitions(table, ax=new_axes(), title="$t$")
    drawn(ax)
    assert "$a_b$" in said(ax)
    assert not any(text.get_parse_math() for text in [*ax.texts, ax._left_title])


def test_what_the_analysis_returns(new_axes):
    """The table of the analysis can be drawn, and is left as it is."""
    table = hf.transitions(hf.sample_events(sessions=50))
    before = table.copy(deep=True)
    drawn(plot.transitions(table, ax=new_axes(), top=5))
    pd.testing.assert_frame_equal(table, before)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "not dict"),
        (SHOP.drop(columns="count"), "no column 'count'"),
        (SHOP.assign(count=-1), "whole numbers from 0"),
        (SHOP.assign(probability=40.0), "shares above 0, up to 1"),
        (SHOP.assign(probability=np.nan), "shares above 0, up to 1"),
        (SHOP.assign(probability=0.0), "shares above 0, up to 1"),
        (pd.concat([SHOP, SHOP]), "twice"),
        (pd.DataFrame({"session_id": [], "timestamp": []}), r"transitions\(events\) returns"),
    ],
)
def test_tables_that_cannot_be_drawn(table, message):
    """The message says what is wrong."""
    with pytest.raises(InvalidInput, match=message):
        plot.transitions(table)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("top", [0, -1, 2.5, True, "10"])
def test_top_is_a_whole_number(top):
    """Anything else is refused."""
    with pytest.raises(InvalidInput, match="top is"):
        plot.transitions(SHOP, top=top)


def test_figures_can_be_pickled(new_axes):
    """A chart survives a pickle, and is placed anew afterwards."""
    figure = pickle.loads(pickle.dumps(plot.transitions(SHOP, ax=new_axes()).figure))  # noqa: S301
    figure.set_size_inches(6, 4)
    require_apart(figure)
