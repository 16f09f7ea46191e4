"""The paths chart, read back from its artists, and its layout."""

from __future__ import annotations

import itertools
import pickle
from collections import Counter

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardal_frames as hf
from hardal_frames import plot
from hardal_frames.errors import InvalidInput
from hardal_frames.plot._paths.layout import lay_out
from hardal_frames.plot._paths.tree import read_paths
from hardal_frames.plot._shared.colours import OTHER_COLOUR, colour_of, rgb
from tests.plot.artists import drawn, said
from tests.plot.sample_tables import simulated_sessions
from tests.plot.text_boxes import check_random, labels

ODD = ["sayfa_İĞŞçöü", "$begin_$x^2$", "a\nb", "x" * 80, "", "%d\\frac", "other"]


def paths_table(sessions, *, top=None, weight=1):
    """Make the paths table of sessions, each a list of names."""
    counts = sorted(Counter(map(tuple, sessions)).items(), key=lambda each: (-each[1], each[0]))
    table = pd.DataFrame(counts[:top], columns=["path", "sessions"])
    table["share"] = table["sessions"] / max(len(sessions), 1)
    return table.assign(sessions=table["sessions"] * weight)


def letters(*paths):
    """Make the table of paths written as words, a letter an event."""
    return paths_table([list(path) for path in paths])


def shape(ax, label):
    """One of the collections of a chart."""
    (found,) = (one for one in ax.collections if one.get_label() == label)
    return found


def heights(ax, label):
    """Height of each shape, in parts of the Axes."""
    return np.array([np.ptp(path.vertices[:, 1]) for path in shape(ax, label).get_paths()])


def random_table(generator):
    """Make any table of paths."""
    names = generator.choice([ODD, [f"event_{place}" for place in range(200)], ["a", "b", "c"]])
    names = generator.sample(names, generator.randint(1, len(names)))
    weights = [1 / (place + 1) for place in range(len(names))]
    sessions = [
        generator.choices(names, weights, k=generator.choice([1, 1, 2, 3, 5, 9, 30]))
        for _ in range(generator.choice([1, 2, 30, 800]))
    ]
    top = generator.choice([None, None, 1, 20])
    return paths_table(sessions, top=top, weight=generator.choice([1, 1, 10**6]))


def test_texts(new_axes):
    """Blocks say name, count and share, headers how many sessions get there, edges who leaves."""
    ax = plot.paths(letters("ab", "ab", "a", "c"), ax=new_axes(), title="Paths")
    drawn(ax)
    assert {"Step 1", "Step 2", "4 · 100%", "2 · 50%"} <= set(said(ax))
    assert {"a\n3 · 75%", "b\n2 · 50%", "c\n1 · 25%", "exit\n1 · 25%"} <= set(said(ax))
    assert ax.get_xlabel() == "sessions, % of all 4 sessions · grey edge: the session ends there"
    assert ax.get_title(loc="left") == "Paths"


def test_paths_that_the_table_leaves_out(new_axes):
    """They are one block, and the note says whose sessions the others are."""
    table = letters("ab", "ab", "ab", "a", "c", "d")[:1]
    ax = plot.paths(table, ax=new_axes())
    drawn(ax)
    assert {"a\n3 · 50%", "all other paths\n3 · 50%"} <= set(said(ax))
    assert "6 · 100%" not in said(ax)
    assert ax.get_xlabel().startswith("sessions on this path, % of all 6 sessions")
    more = plot.paths(letters("ab", "ab", "c", "d")[:2], ax=new_axes())
    assert more.get_xlabel().startswith("sessions on these 2 paths, % of all 4 sessions")


def test_sessions_that_go_on(new_axes):
    """Beyond the last step there is an arrow, and the note explains it."""
    ax = plot.paths(letters("abc", "abd", "a"), ax=new_axes(), steps=2)
    drawn(ax)
    assert len(shape(ax, "_arrows").get_paths()) == 1
    assert ax.get_xlabel().endswith("arrow: it goes on")
    assert "Step 3" not in said(ax)
    ended = plot.paths(letters("abc", "abd", "a"), ax=new_axes())
    drawn(ended)
    assert len(shape(ended, "_arrows").get_paths()) == 0


def test_narrow_charts_have_fewer_steps(new_axes):
    """Columns stay wide enough for names."""
    table = letters("abcdef", "abcdeg")
    counts = []
    for width in (10, 5, 2):
        ax = plot.paths(table, ax=new_axes(width, 4))
        drawn(ax)
        counts.append(sum(text.startswith("Step") for text in said(ax)))
    assert counts[0] == 6
    assert counts == sorted(set(counts), reverse=True)


def test_colours(new_axes):
    """Events have their colour at the left of their block; others and the rest have none."""
    ax = plot.paths(letters("ab", "ab", "ab", "c"), ax=new_axes())
    drawn(ax)
    stripes = shape(ax, "_stripes").get_facecolor()[:, :3]
    assert np.allclose(stripes, [rgb(colour_of(name)) for name in "acb"])
    grey = plot.paths(letters("a", "b", "c")[:1], ax=new_axes())
    drawn(grey)
    assert len(shape(grey, "_blocks").get_paths()) == 2
    assert len(shape(grey, "_stripes").get_paths()) == 1
    assert not np.allclose(shape(grey, "_blocks").get_facecolor()[1, :3], rgb(OTHER_COLOUR))


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_labels_can_be_read(new_axes, style):
    """Ink on every tint has the contrast that reading needs."""
    with plt.style.context(style):
        names = ["page_view", "view_item", "purchase", "add_to_cart", "login", "search", "zz"]
        ax = plot.paths(paths_table([[name] for name in names]), ax=new_axes())
        drawn(ax)
        ink = mpl.colors.to_rgb(mpl.rcParams["text.color"])

    def light(colour):
        linear = [
            part / 12.92 if part <= 0.04 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
        ]
        return np.dot([0.2126, 0.7152, 0.0722], linear)

    for tint in shape(ax, "_blocks").get_facecolor()[:, :3]:
        low, high = sorted([light(ink), light(tint)])
        assert (high + 0.05) / (low + 0.05) > 4.5


sessions_lists = st.lists(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8), min_size=1, max_size=60
)


@given(sessions_lists, st.integers(1, 9), st.sampled_from([None, 1, 3]), st.floats(0, 40))
def test_laws_of_the_layout(sessions, steps, top, least):
    """Heights are proportional, blocks do not meet, what follows stands beside."""
    table = paths_table(sessions, top=top)
    tree = read_paths(table, steps=steps)
    assert tree.total == len(sessions)
    blocks = lay_out(tree, height=300, least=least, steps=tree.steps)
    scale = 300 / len(sessions)
    shown = int(table["sessions"].sum())
    for step in range(tree.steps):
        column = [block for block in blocks if block.step == step]
        alive = sum(
            count for path, count in table[["path", "sessions"]].to_numpy() if len(path) > step
        )
        rest = tree.rest if step == 0 else 0
        assert sum(block.sessions for block in column) == alive + rest
        for block in column:
            assert block.thickness == pytest.approx(block.sessions * scale)
            assert -1e-9 <= block.top <= block.bottom <= 300 + 1e-6
            after = [
                one
                for one in blocks
                if one.step == step + 1 and block.top - 1e-9 <= one.top < block.ends_top - 1e-9
            ]
            if block.kind != "rest" and step < tree.steps - 1:
                assert sum(one.sessions for one in after) == block.sessions - block.ends
        for above, below in itertools.pairwise(column):
            assert above.bottom <= below.top + 1e-9
    assert tree.rest == len(sessions) - shown


@given(sessions_lists)
def test_tree_is_the_prefixes(sessions):
    """Each node has as many sessions as begin like it, counted one by one."""
    tree = read_paths(paths_table(sessions), steps=4)
    starts = Counter(
        tuple(names[:end]) for names in sessions for end in range(1, min(len(names), 4) + 1)
    )
    found = {}

    def walk(nodes, before):
        for node in nodes:
            path = (*before, tree.names[node])
            found[path] = (int(tree.sessions[node]), int(tree.ends[node]))
            walk(tree.children[node], path)

    walk(tree.roots, ())
    ended = Counter(map(tuple, sessions))
    assert found == {path: (count, ended[path]) for path, count in starts.items()}


def test_rare_events_share_a_block():
    """What is too low for a label is together, at the bottom, and so is what follows it."""
    tree = read_paths(letters(*["ab"] * 8, "cd", "ef"), steps=3)
    blocks = lay_out(tree, height=100, least=15, steps=2)
    assert [(block.kind, block.sessions, block.names) for block in blocks] == [
        ("event", 8, 1),
        ("others", 2, 2),
        ("event", 8, 1),
        ("others", 2, 2),
    ]
    alone = lay_out(read_paths(letters(*["ab"] * 9, "cd"), steps=1), height=100, least=15, steps=1)
    assert [block.kind for block in alone] == ["event", "event"]


def test_heights_on_the_canvas(new_axes):
    """Edges where sessions end are as high as these sessions' part."""
    ax = plot.paths(letters("ab", "ab", "a", "a"), ax=new_axes(10, 8))
    drawn(ax)
    edges, blocks = heights(ax, "_exits"), heights(ax, "_blocks")
    assert edges / blocks.max() == pytest.approx([0.5, 0.5], abs=0.02)


def draw_random(generator, ax, *, in_grid):
    """Draw a random table, in so many steps where there is room."""
    steps = {} if in_grid else {"steps": generator.choice([1, 3, 6, 12])}
    plot.paths(random_table(generator), ax=ax, title="Some" if in_grid else "Paths", **steps)


def test_texts_stay_apart_and_inside():
    """Measured as drawn, no text of random tables lies on another or outside the figure."""
    check_random(draw_random, range(8))


@pytest.mark.nightly
def test_texts_of_many_tables_stay_apart_and_inside():
    """The same for 200 more."""
    check_random(draw_random, range(100, 300))


@pytest.mark.parametrize("height", [2, 3, 5, 9])
def test_every_label_is_drawn(new_axes, height):
    """No label is missing for want of a text, also in a figure twice as high."""
    table = paths_table(simulated_sessions(400))
    ax = plot.paths(table, ax=new_axes(10, height))
    for times in (1, 2):
        ax.figure.set_size_inches(10, height * times)
        drawn(ax)
        least = heights(ax, "_blocks") * ax.bbox.height > 20
        ends = heights(ax, "_exits") * ax.bbox.height > 20
        labels = [text for text in said(ax) if "%" in text]
        assert len(labels) >= least.sum() + ends.sum()


def test_of_the_analysis(new_axes):
    """What the analysis returns can be drawn, all of it or the top, from the sample."""
    events = hf.sample_events(sessions=60)
    for top in (20, None):
        ax = plot.paths(hf.paths(events, top=top), ax=new_axes())
        drawn(ax)
        assert any(text.startswith("page_view") for text in said(ax))


def test_empty(new_axes):
    """A table without sessions draws a message."""
    assert said(plot.paths(letters("a")[:0], ax=new_axes())) == ["no sessions to draw"]
    none = letters("a").assign(sessions=0)
    assert said(plot.paths(none, ax=new_axes())) == ["no sessions to draw"]


def test_large_counts(new_axes):
    """A billion sessions, beside one."""
    table = pd.DataFrame({"path": [("a",), ("b",)], "sessions": [10**9, 1]})
    table["share"] = table["sessions"] / (10**9 + 1)
    ax = plot.paths(table, ax=new_axes())
    drawn(ax)
    assert "a\n1,000,000,000 · >99.9%" in said(ax)


def test_long_paths(new_axes):
    """Paths of thousands of events, of which the first are drawn."""
    ax = plot.paths(letters("ab" * 2500, "ba" * 2500), ax=new_axes())
    drawn(ax)
    assert "Step 6" in said(ax)
    assert "Step 7" not in said(ax)


def test_names_as_they_are(new_axes):
    """Nothing is mathematics, names stay on a line, and any sequence is a path."""
    table = paths_table([[name] for name in ODD]).assign(share=1 / len(ODD))
    table["path"] = [list(path) for path in table["path"]]
    ax = plot.paths(table, ax=new_axes(), title="$a_b$")
    drawn(ax)
    assert any(text.startswith("$begin_$x^2$") for text in said(ax))
    assert any(text.startswith("a b\n") for text in said(ax))
    assert not any(text.get_parse_math() for text in labels(ax))


def test_tables_that_cannot_be_drawn():
    """Neither events, nor something else, nor shares and counts that do not fit each other."""
    with pytest.raises(InvalidInput, match=r"give it what paths\(events\) returns"):
        plot.paths(hf.sample_events(sessions=1))
    with pytest.raises(InvalidInput, match="not dict"):
        plot.paths({})
    with pytest.raises(InvalidInput, match="no column 'share'"):
        plot.paths(letters("a").drop(columns="share"))
    with pytest.raises(InvalidInput, match="'ab'; tuples of names"):
        plot.paths(letters("a").assign(path="ab"))
    with pytest.raises(InvalidInput, match="without events"):
        plot.paths(pd.DataFrame({"path": [()], "sessions": [1], "share": [1.0]}))
    for share in (None, 0.0, 0.3):
        with pytest.raises(InvalidInput, match="part of all sessions"):
            plot.paths(letters("a", "b", "b").assign(share=share))
    with pytest.raises(InvalidInput, match=r"counts 2 sessions, but its shares are of 1"):
        plot.paths(pd.concat([letters("a")] * 2))
    for steps in (0, 1.5, "3"):
        with pytest.raises(InvalidInput, match="steps is"):
            plot.paths(letters("a"), steps=steps)


def test_pyplot_and_the_table_are_left_alone(new_axes):
    """With an Axes given, pyplot gets no figure; settings and table stay."""
    settings, table = dict(mpl.rcParams), letters("ab", "a")
    ax = new_axes()
    assert plot.paths(table, ax=ax) is ax
    drawn(ax)
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == settings
    pd.testing.assert_frame_equal(table, letters("ab", "a"))
    assert plot.paths(table).figure.get_size_inches().tolist() == [10, 5]


def test_figures_can_be_pickled(new_axes):
    """A chart survives a pickle, and is placed anew afterwards."""
    ax = plot.paths(letters("ab", "a"), ax=new_axes())
    again = pickle.loads(pickle.dumps(ax.figure)).axes[0]  # noqa: S301
    drawn(again)
    drawn(ax)
    assert said(again) == said(ax)
