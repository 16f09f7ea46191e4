"""What changed in the properties of a session's events, told in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.plot._shared.text import one_line
from hardal_frames.tracking._kinds import values_of, written
from hardal_frames.tracking._personal import HIDDEN, is_named_personal, looks_personal

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

_LONGEST: Final = 60
_NOTHING: Final = "(none)"


def changes_of(frame: pd.DataFrame) -> tuple[list[str | None], list[tuple[str, ...]]]:
    """Tell what each event holds that the event before it of the same name did not.

    Parameters
    ----------
    frame
        The events of one session, in order.

    Returns
    -------
    tuple of two lists
        For each event what changed, all properties where it is the first of its name, None where
        nothing did; and the names of these properties.
    """
    names = frame["name"].astype(schema.TEXT)
    before = _before(names)
    told: list[list[str]] = [[] for _ in range(len(frame))]
    changed: list[list[str]] = [[] for _ in range(len(frame))]
    for column in sorted(map(str, frame.columns)):
        if not column.startswith(schema.PROPERTY_PREFIX):
            continue
        name = column.removeprefix(schema.PROPERTY_PREFIX)
        values = values_of(frame[column])
        codes = np.full(len(frame) + 1, -1, dtype=np.int64)
        codes[values.rows] = values.codes
        now, earlier = codes[:-1], codes[before]
        texts = [*_texts(name, values.distinct), _NOTHING]
        for place in np.flatnonzero(now != earlier).tolist():
            text = texts[now[place]]
            if before[place] >= 0:
                text = f"{texts[earlier[place]]} → {text}"
            told[place].append(f"{one_line(name)} {text}")
            changed[place].append(name)
    return ["; ".join(each) or None for each in told], [tuple(each) for each in changed]


def _before(names: pd.Series[Any]) -> Integers:
    """Place of the event before of the same name, -1 where there is none."""
    places = pd.Series(np.arange(len(names)), index=names.index)
    before = places.groupby(names.to_numpy(dtype=object)).shift(1, fill_value=-1)
    return before.to_numpy(dtype=np.int64)


def _texts(name: str, distinct: list[Any]) -> list[str]:
    if is_named_personal(name):
        return [HIDDEN] * len(distinct)
    # A list reads better without the quotation marks of JSON.
    texts = [
        text.replace('"', "").replace(",", ", ") if text[:2] in {"[{", '["', '{"'} else text
        for text in map(written, distinct)
    ]
    hidden = looks_personal(texts).tolist()
    return [
        HIDDEN if hide else short(one_line(text), _LONGEST)
        for text, hide in zip(texts, hidden, strict=True)
    ]


def short(text: str, longest: int) -> str:
    """Cut a text that is too long, and say so.

    Examples
    --------
    >>> short("add_to_cart", 20), short("add_to_cart", 6)
    ('add_to_cart', 'add_t…')
    """
    return text if len(text) <= longest else text[: longest - 1] + "…"
