"""One HTML file: facts, drawings and tables, without scripts."""

from __future__ import annotations

import html
import io
import math
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from hardal_frames.plot._shared.text import duration_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff;
       max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.8rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 1rem; }
dt { color: #59636e; font-size: .85rem; } dd { margin: 0; font-size: 1.15rem; font-weight: 600; }
svg { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem; text-align: left; border-bottom: 1px solid #d1d9e0; }
td.number, th.number { text-align: right; }
"""


def figure(width: float, height: float) -> Figure:
    """Make an empty figure that no pyplot state knows of."""
    return Figure(figsize=(width, height), layout="constrained")


def report(
    *,
    title: str,
    facts: Mapping[str, str],
    charts: Mapping[str, Figure],
    tables: Mapping[str, pd.DataFrame],
) -> str:
    """Write a report.

    Parameters
    ----------
    title
        What it is about.
    facts
        Figures to begin with, each with its name.
    charts
        Heading to drawing.
    tables
        Heading to table.

    Returns
    -------
    str
        The page.
    """
    parts = [f"<h1>{html.escape(title)}</h1>", "<dl>"]
    parts += [
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in facts.items()
    ]
    parts.append("</dl>")
    for heading, drawn in charts.items():
        parts.append(f"<h2>{html.escape(heading)}</h2>\n<div class='wide'>{svg(drawn)}</div>")
    for heading, table in tables.items():
        parts.append(f"<h2>{html.escape(heading)}</h2>\n<div class='wide'>{_table(table)}</div>")
    body = "\n".join(parts)
    return (
        "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def svg(drawn: Figure) -> str:
    """Write a figure as an element of a page, its texts as text."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        drawn.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _table(table: pd.DataFrame) -> str:
    numeric = {name: pd.api.types.is_numeric_dtype(table[name]) for name in table.columns}
    head = "".join(
        _cell("th", str(name).replace("_", " "), number=numeric[name]) for name in numeric
    )
    rows = [
        "".join(
            _cell("td", _readable(value, name), number=numeric[name])
            for name, value in zip(numeric, row, strict=True)
        )
        for row in table.itertuples(index=False)
    ]
    lines = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table>"


def _cell(kind: str, text: str, *, number: bool) -> str:
    mark = " class='number'" if number else ""
    return f"<{kind}{mark}>{html.escape(text)}</{kind}>"


def _readable(value: Any, column: str) -> str:  # noqa: ANN401  (any cell)
    if isinstance(value, tuple):
        return " → ".join(value)
    if isinstance(value, pd.Timedelta):
        return duration(value)
    if pd.isna(value):
        return {"source": "(entry)", "target": "(exit)"}.get(column, "")
    if isinstance(value, float):
        return percent(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def percent(share: float) -> str:
    """Write a share for people.

    Examples
    --------
    >>> percent(0.0712)
    '7.1%'
    """
    return "" if math.isnan(share) else f"{share:.1%}"


def duration(value: Any) -> str:  # noqa: ANN401  (a Timedelta or NaT)
    """Write a duration for people, as the charts do.

    Examples
    --------
    >>> duration(pd.Timedelta("75min"))
    '1h 15m'
    """
    return "" if pd.isna(value) else duration_text(value.total_seconds())
