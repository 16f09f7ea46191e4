"""Tables as part of a page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hardal_frames.plot._shared.text import (
    UNKNOWN,
    count_text,
    duration_text,
    one_line,
    percent_text,
)
from hardal_frames.tracking._changes import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_NAME: Final = 60
MOST_ROWS: Final = 500
"""So many rows of a table stand on a page at most."""

BAR: Final = "bar"
"""A column of this name is drawn: shares of the longest bar, beside the numbers that say it."""

_LONGEST_PATH: Final = 30
_OUTSIDE: Final = {"source": "(entry)", "target": "(exit)"}


def table(rows: pd.DataFrame, *, caption: str, headings: Mapping[Any, str] | None = None) -> str:
    """Write a table that scrolls by itself where it is too wide.

    Parameters
    ----------
    rows
        The table; its first column names the row. Shares are floats, durations Timedeltas.
    caption
        What it holds.
    headings
        Columns whose name does not do as a heading.

    Returns
    -------
    str
        HTML; beyond five hundred rows it says how many are left out.
    """
    shown = rows.head(MOST_ROWS)
    if len(shown) < len(rows):
        caption += f" The first {count_text(len(shown))} of {count_text(len(rows))} rows."
    names = {name: str(name).replace("_", " ") for name in rows.columns} | dict(headings or {})
    kinds = {name: "number" * _is_number(rows[name].dtype) for name in rows.columns}
    head = "".join(
        "<td class='bar'></td>"
        if name == BAR
        else f"<th scope='col'{_class(kinds[name])}>{name_text(names[name])}</th>"
        for name in rows.columns
    )
    label = escape(caption, quote=True)
    lines = [f"<tr>{''.join(_cells(row, kinds))}</tr>" for row in shown.itertuples(index=False)]
    return "\n".join(
        [
            f'<div class="wide" role="region" tabindex="0" aria-label="Table: {label}">',
            f"<table>\n<caption><span>{escape(caption)}</span></caption>",
            f"<thead><tr>{head}</tr></thead>\n<tbody>",
            *lines,
            "</tbody>\n</table></div>",
        ]
    )


def _is_number(dtype: Any) -> bool:  # noqa: ANN401  (any dtype)
    is_bool = pd.api.types.is_bool_dtype(dtype)
    is_number = pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype)
    return bool(is_number and not is_bool)


def _cells(row: Any, kinds: Mapping[Any, str]) -> Iterator[str]:  # noqa: ANN401  (a row)
    for place, (name, value) in enumerate(zip(kinds, row, strict=True)):
        if name == BAR:
            yield f"<td class='bar' aria-hidden='true'><span style='width:{value:.1%}'></span></td>"
            continue
        kind = kinds[name]
        if isinstance(value, str | tuple):
            kind = "path" if isinstance(value, tuple) else "name"
        start, end = ("th scope='row'", "th") if place == 0 else ("td", "td")
        yield f"<{start}{_class(kind)}>{readable(value, name)}</{end}>"


def _class(kind: str) -> str:
    return f" class='{kind}'" if kind else ""


def readable(value: Any, column: str = "") -> str:  # noqa: ANN401  (any cell)
    """Write the value of a cell for people, as HTML.

    Examples
    --------
    >>> readable(1200), readable(0.0712), readable(pd.Timedelta("75min")), readable(None, "target")
    ('1,200', '7.1%', '1h 15m', '(exit)')
    >>> readable("add_to_cart"), readable(("a", "b"))
    ('<bdi>add_<wbr>to_<wbr>cart</bdi>', '<bdi>a</bdi> → <bdi>b</bdi>')
    """
    if isinstance(value, tuple):
        parts = [name_text(each) for each in value[:_LONGEST_PATH]]
        more = len(value) - len(parts)
        return " → ".join([*parts, f"… and {count_text(more)} more"] if more else parts)
    if pd.isna(value):
        return _OUTSIDE.get(column, UNKNOWN)
    if isinstance(value, pd.Timedelta):
        return duration_text(value.total_seconds())
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return escape(percent_text(value, fine=True))
    return name_text(value) if isinstance(value, str) else count_text(int(value))


def name_text(text: str) -> str:
    """Write a name that may be broken where its words end, in whichever direction it is read."""
    return f"<bdi>{escape(short(one_line(text), LONGEST_NAME)).replace('_', '_<wbr>')}</bdi>"
