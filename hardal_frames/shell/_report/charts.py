"""The charts of a report, each with its caption, words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from hardal_frames import plot
from hardal_frames.plot._shared.colours import BLUE
from hardal_frames.plot._shared.text import count_text
from hardal_frames.plot._transitions.matrix import read_transitions
from hardal_frames.shell._page.pictures import chart, figure
from hardal_frames.shell._page.tables import table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes

# Inches; the wider, the smaller are its letters on paper and on a phone.
_WIDTH: Final = 9.0
_MOST_DAYS: Final = 120
_MOST_LABELS: Final = 8
_FEW_DAYS: Final = 7
_OTHERS: Final = "(others)"
_QUANTILES: Final = {"p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9}
_FUNNEL: Final = (
    "step", "name", "sessions", "conversion_from_first", "ci_low", "ci_high",
    "conversion_from_previous", "drop_off", "median_from_previous", "p90_from_previous",
    "median_from_first",
)  # fmt: skip


def days_chart(days: pd.DataFrame, zone: str) -> str:
    """Draw the events of each day; of each week, where days are too many to tell apart.

    Parameters
    ----------
    days
        As `Volumes` has them.
    zone
        That of the days.
    """
    period = "day"
    if len(days) > _MOST_DAYS:
        period = "week"
        monday = days["day"] - pd.to_timedelta(days["day"].dt.day_of_week, unit="D")
        days = days.assign(day=monday).groupby("day", as_index=False).sum()
    drawn = figure(_WIDTH, 2.9)
    ax = drawn.subplots()
    ax.bar(range(len(days)), days["events"], width=0.8, color=BLUE)
    labelled = days["day"].iloc[:: -(-len(days) // _MOST_LABELS)]
    ax.set_xticks(labelled.index, [f"{day:%Y-%m-%d}" for day in labelled])
    ax.set_xlim(-0.6, max(len(days), _FEW_DAYS) - 0.4)
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: count_text(round(value))))
    ax.set_ylim(bottom=0)
    ax.set_axisbelow(True)
    ax.grid(axis="y", color="#d1d9e0", linewidth=0.8)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0)
    most, least = (days.loc[days["events"].to_numpy().argmax()], _fewest(days))
    ends = f"{days['day'].iloc[0]:%Y-%m-%d} to {days['day'].iloc[-1]:%Y-%m-%d}"
    return chart(
        drawn,
        name="days",
        title=f"Events a {period}",
        caption=f"Events of each {period}{' from its Monday' if period == 'week' else ''}, in "
        f"{zone}. The first and the last may not be whole.",
        text=f"Events a {period}, {ends}: most on {_told(most)}, fewest on {_told(least)}.",
        numbers=table(
            days.rename(columns={"sessions": "sessions_begun"}),
            caption=f"Events of each {period}, and sessions that began in it.",
            headings={"day": period},
        ),
    )


def _fewest(days: pd.DataFrame) -> Any:  # noqa: ANN401  (a row)
    return days.loc[days["events"].to_numpy().argmin()]


def _told(row: Any) -> str:  # noqa: ANN401  (a row)
    return f"{row['day']:%Y-%m-%d} ({count_text(int(row['events']))})"


def _plotted(draw: Callable[..., Axes], shown: Any, height: float, **options: Any) -> Any:  # noqa: ANN401
    drawn = figure(_WIDTH, height)
    draw(shown, ax=drawn.subplots(), **options)
    return drawn


def journey_chart(flows: pd.DataFrame, *, name: str, title: str, caption: str) -> str:
    """Draw the first steps of sessions, from what `journey_flows` returns."""
    rows = flows.copy()
    for end in ("source", "target"):
        rows[end] = rows[end].mask(rows[f"{end}_is_other"], _OTHERS)
    rows["target"] = rows["target"].mask(rows["kind"] == "beyond", "(goes on)")
    return chart(
        _plotted(plot.journey, flows, 4.4),
        name=name,
        title=title,
        caption=caption,
        text=plot.describe(flows),
        numbers=table(
            rows[["step", "source", "target", "sessions", "coverage"]],
            caption=f"{title}: sessions that go from an event at a step to the next one.",
            headings={"source": "from", "target": "to", "coverage": "step shown in all"},
        ),
    )


def transitions_chart(pairs: pd.DataFrame, *, top: int, caption: str) -> str:
    """Draw what follows what, from what `transitions` returns."""
    matrix = read_transitions(pairs, top=top)
    rows: dict[Any, Any] = {"event": matrix.rows, "followed by": matrix.leaving}
    columns: dict[Any, str] = {"followed by": "times", **dict(enumerate(matrix.columns))}
    rows |= {place: matrix.shares[:, place] for place in range(len(matrix.columns))}
    return chart(
        _plotted(plot.transitions, pairs, 4.8, top=top),
        name="transitions",
        title="What follows what",
        caption=caption,
        text=plot.describe(pairs),
        numbers=table(
            pd.DataFrame(rows),
            caption="Of all that follows the event of a row, the share that is each column's.",
            headings=columns,
        ),
    )


def funnel_chart(found: pd.DataFrame, *, name: str, title: str, caption: str) -> str:
    """Draw a funnel, from what `funnel` returns."""
    return chart(
        _plotted(plot.funnel, found, 4.0),
        name=name,
        title=title,
        caption=caption,
        text=plot.describe(found),
        numbers=table(
            found[list(_FUNNEL)],
            caption="Sessions at each step; from and to are a 95 % interval of the share of the "
            "first step.",
            headings={
                "conversion_from_first": "of the first step",
                "conversion_from_previous": "of the step before",
                "ci_low": "from",
                "ci_high": "to",
                "drop_off": "lost before it",
                "median_from_previous": "median time from the step before",
                "p90_from_previous": "nine of ten within",
                "median_from_first": "median time from the first",
            },
        ),
    )


def gaps_chart(gaps: Mapping[str, pd.DataFrame], *, caption: str) -> str:
    """Draw how long each step takes, from tables of `time_between`."""
    rows = []
    for label, found in gaps.items():
        times = found["elapsed"].dropna()
        times_told = {name: times.quantile(share) for name, share in _QUANTILES.items()}
        without = len(found) - len(times)
        rows.append({"times": label, "pairs": len(times), "without_an_end": without, **times_told})
    return chart(
        _plotted(plot.time_between, gaps, 4.1),
        name="gaps",
        title="Time from step to step",
        caption=caption,
        text=plot.describe(gaps),
        numbers=table(
            pd.DataFrame(rows),
            caption="Time from each step to the next: a quarter, half, three quarters and nine of "
            "ten took no longer.",
            headings={"times": "from → to"},
        ),
    )


def conversion_chart(curve: pd.DataFrame, *, caption: str) -> str:
    """Draw how many have converted as time goes by, from what `conversion_time` returns."""
    return chart(
        _plotted(plot.conversion_time, curve, 4.1),
        name="conversion",
        title="Time to convert",
        caption=caption,
        text=plot.describe(curve),
        numbers=table(
            curve,
            caption="Sessions that had converted after so long; from and to are a 95 % interval.",
            headings={"elapsed": "within", "ci_low": "from", "ci_high": "to"},
        ),
    )
