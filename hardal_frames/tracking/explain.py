"""What happened in one session, in order, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._funnel.attempts import attempts_of
from hardal_frames.analysis._funnel.rules import OptionalStep, funnel_of
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._steps import asked_step, match_step, seen
from hardal_frames.errors import InvalidInput, UnknownName, did_you_mean
from hardal_frames.plot._shared.text import one_line
from hardal_frames.tracking._changes import changes_of, short
from hardal_frames.tracking._concerning import among, by_itself
from hardal_frames.tracking._origin import origins_of
from hardal_frames.tracking._personal import HIDDEN, looks_personal, personal_among
from hardal_frames.tracking.explanation import Explanation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardal_frames.analysis._steps import Step

_LONGEST_PAGE: Final = 60
_NEAR_IDS: Final = 2_000
_FUNNEL_DEFAULTS: Final[dict[str, Any]] = {
    "order": "ordered",
    "within": None,
    "step_within": None,
    "entry": "best",
    "ties": "feed",
    "exclude": None,
    "hold": None,
    "by": None,
    "trend": None,
    "preset": None,
    "missing": "zero",
    "key": "session_id",
}


def explain(
    events: pd.DataFrame,
    session_id: object,
    *,
    funnel: Sequence[Step | OptionalStep] | None = None,
    findings: pd.DataFrame | None = None,
) -> Explanation:
    """Tell one session in order: what happened when, what changed, and what is wrong with it.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name.
    session_id
        Which session.
    funnel
        Steps as `funnel` takes them; the events that reached them are marked.
    findings
        What `audit` found; those that name the session are told, so call it with
        ``examples=None``. By default the session is audited by itself, which cannot find what only
        a comparison with other sessions shows.

    Returns
    -------
    Explanation
        ``.frame`` has one row an event; ``print`` shows text, a notebook shows a table, ``.html()``
        gives it.

    Raises
    ------
    UnknownName
        If there is no such session, or no event that a step names.
    InvalidInput
        If the frame, the funnel or the findings cannot be used, or several ids are given.

    Warns
    -----
    DataWarning
        If events of the session lack a timestamp or a name and are left out.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> told = hf.explain(hf.sample_events(), "ses_000007", funnel=["add_to_cart", "purchase"])
    >>> told
    Explanation('ses_000007', 20 events)
    >>> told.frame["step"].dropna().tolist()
    [1, 2]
    >>> print(told.reached)
    Funnel: 2 of 2 steps reached.
    """
    frame = schema.require_frame(events)
    schema.require_columns(frame, ("session_id", "timestamp", "name"))
    schema.require_distinct_columns(frame)
    _require_one(session_id)
    own = frame.iloc[_rows_of(frame["session_id"], session_id)]
    sequences = sequences_of(own)
    if not len(sequences.rows):
        raise InvalidInput("No event of the session has a timestamp and a name; nothing happened.")
    own = own.iloc[sequences.rows].reset_index(drop=True)
    steps, labels = _steps(frame, own, funnel)
    # As the findings write it, whatever the caller gave: 7 and "7" are one session.
    known_as = str(own["session_id"].iloc[0])
    ids, names, paths = _text(own, "id"), _names(own), _paths(own)
    if findings is None:
        concerning = by_itself(own, ids)
    else:
        concerning = among(findings, known_as, own.assign(name=names), ids)
    changes, _ = changes_of(own)
    told = pd.DataFrame(
        {
            "timestamp": own["timestamp"],
            "gap": own["timestamp"].diff().astype("timedelta64[us]"),
            "name": names,
            "type": _text(own, "type"),
            "page": _pages(paths),
            # Pages that are hidden differ still.
            "page_changed": (paths != paths.ffill().shift(1)).fillna(paths.notna()).astype(bool),
            "origin": origins_of(own),
            "changes": pd.array(changes, dtype=schema.TEXT),
            "step": steps,
            "findings": concerning.checks,
            "id": ids,
        }
    )
    return Explanation(
        str(session_id), told, concerning.findings, labels, concerning.notes, paths.nunique()
    )


def _require_one(session_id: object) -> None:
    is_text = isinstance(session_id, str | bytes)
    if not is_text and (np.iterable(session_id) or isinstance(session_id, np.ndarray)):
        raise InvalidInput(
            f"session_id is a {type(session_id).__name__}; one session id is needed. Call explain "
            "once for each, as in [explain(events, each) for each in ids]."
        )


def _rows_of(sessions: pd.Series[Any], session_id: object) -> np.ndarray[Any, Any]:
    found = sessions == session_id
    if not found.any():
        found = sessions.astype(schema.TEXT) == str(session_id)
    mask = found.fillna(False).to_numpy(dtype=bool)  # noqa: FBT003  (what is missing is no match)
    if not mask.any():
        told = "that id" if _is_personal(str(session_id)) else f"the id {str(session_id)!r:.80}"
        raise UnknownName(f"No event has {told} as its session_id. {_near(sessions, session_id)}")
    return np.flatnonzero(mask)


def _near(sessions: pd.Series[Any], session_id: object) -> str:
    """Ask whether a near id was meant; ids that look personal are not told."""
    text = str(session_id)
    ids = pd.Series(sessions.dropna().unique()).astype(str)
    folded, wanted = ids.str.casefold(), text.casefold()
    alike = ids.iloc[:0]
    # To compare with all of a million would take minutes: those with the longest end in common.
    for size in range(len(wanted), 0, -1):
        alike = ids[folded.str.startswith(wanted[:size]) | folded.str.endswith(wanted[-size:])]
        if len(alike):
            break
    known = alike.head(_NEAR_IDS).tolist()
    shown = [each for each, hide in zip(known, looks_personal(known), strict=True) if not hide]
    return did_you_mean(text, shown) or f"There are {len(ids):,} sessions."


def _is_personal(text: str) -> bool:
    return bool(looks_personal([text])[0])


def _text(frame: pd.DataFrame, column: str) -> pd.Series[Any]:
    if column not in frame.columns:
        return pd.Series(pd.NA, index=frame.index, dtype=schema.TEXT)
    return frame[column].astype(schema.TEXT)


def _names(frame: pd.DataFrame) -> pd.Series[Any]:
    names = frame["name"].astype(schema.TEXT)
    return names.replace(dict.fromkeys(personal_among(names.unique().tolist()), HIDDEN))


def _paths(frame: pd.DataFrame) -> pd.Series[Any]:
    """Path of each event, without a query; the url's where there is none."""
    path = _text(frame, "path").fillna(
        _text(frame, "url").str.replace(r"^[A-Za-z][\w+.-]*://[^/?#]*", "", regex=True)
    )
    return path.str.replace(r"[?#].*$", "", regex=True).replace("", "/")


def _pages(path: pd.Series[Any]) -> pd.Series[Any]:
    """Paths as they are told: short, and without what looks personal."""
    distinct = path.dropna().unique().tolist()
    hidden = looks_personal(distinct).tolist()
    told = {
        each: HIDDEN if hide else short(one_line(each), _LONGEST_PAGE)
        for each, hide in zip(distinct, hidden, strict=True)
    }
    return path.map(told).astype(schema.TEXT)


def _steps(
    frame: pd.DataFrame, own: pd.DataFrame, funnel: Sequence[Step | OptionalStep] | None
) -> tuple[pd.Series[Any], tuple[str, ...]]:
    """Step of the funnel that each event filled, and the steps in words."""
    steps = pd.Series(pd.NA, index=own.index, dtype="Int64")
    if funnel is None:
        return steps, ()
    asked = funnel_of(funnel, _FUNNEL_DEFAULTS)
    attempts = attempts_of(own, asked, every_event=True)
    if not all(attempts.seen.filled):
        # A step that this session never reached may be misspelt.
        everything = sequences_of(frame)
        matched = [match_step(everything, step) for step in asked.steps]
        seen(frame, everything, matched).require(asked.steps, "error")
    for number, positions in enumerate(attempts.positions, start=1):
        steps.iloc[attempts.sequences.rows[positions[positions >= 0]]] = number
    return steps, tuple(asked_step(step).label for step in asked.steps)
