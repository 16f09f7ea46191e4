"""Which findings concern a session and its events, and what they cannot tell of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.errors import InvalidInput
from hardal_frames.plot._shared.text import count_text, one_line
from hardal_frames.tracking._changes import short
from hardal_frames.tracking._personal import HIDDEN, looks_personal
from hardal_frames.tracking._table import COLUMNS, EXAMPLES
from hardal_frames.tracking.audit import audit

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOLD: Final = 3
_LONGEST_ID: Final = 40


@dataclass(frozen=True)
class Concerning:
    """What is wrong with a session.

    Parameters
    ----------
    findings
        The findings that concern it.
    checks
        For each event a tuple of the checks that concern it.
    notes
        What the findings cannot tell, each in a sentence.
    """

    findings: pd.DataFrame
    checks: pd.Series[Any]
    notes: tuple[str, ...]


def by_itself(own: pd.DataFrame, ids: pd.Series[Any]) -> Concerning:
    """Audit a session by itself.

    Parameters
    ----------
    own
        Its events, in order, with labels from 0.
    ids
        Id of each event, as text.
    """
    # A finding names its events by id only, and ids may be missing or shared; rows are neither.
    rows = pd.Series("row " + own.index.astype(str), index=own.index, dtype=schema.TEXT)
    findings = audit(own.assign(id=rows), examples=None)
    checks = _checks(rows, own, findings, [set(each) for each in findings["example_ids"]])
    real = dict(zip(rows.tolist(), ids.tolist(), strict=True))
    named = [
        tuple(dict.fromkeys(real[row] for row in each if not pd.isna(real[row])))
        for each in findings["example_ids"]
    ]
    findings["example_ids"] = pd.Series(named, index=findings.index, dtype=object)
    notes = ("No findings in this session by itself.",) if findings.empty else ()
    return Concerning(findings, checks, notes)


def among(findings: object, session_id: str, own: pd.DataFrame, ids: pd.Series[Any]) -> Concerning:
    """Choose those findings of an audit that concern a session.

    Parameters
    ----------
    findings
        What `audit` found.
    session_id
        The session's, as text.
    own
        Its events, in order, with labels from 0, their names as they are told.
    ids
        Id of each event, as text.
    """
    if not isinstance(findings, pd.DataFrame) or not set(COLUMNS) <= set(findings.columns):
        raise InvalidInput("findings is no table of findings; what audit(events) gives is needed.")
    # An id alone may be that of another session's event.
    concerns = [session_id in each for each in findings["example_sessions"].tolist()]
    concerning = findings.loc[concerns].reset_index(drop=True)
    known = set(ids.dropna())
    named = [known.intersection(each) for each in concerning["example_ids"].tolist()]
    checks = _checks(ids, own, concerning, named)
    notes = [*_on_examples(findings, is_any=not concerning.empty)]
    if not concerning.empty:
        notes += _on_ids(ids, set().union(*named))
    return Concerning(concerning, checks, tuple(notes))


def _checks(
    ids: pd.Series[Any], own: pd.DataFrame, findings: pd.DataFrame, named: list[set[str]]
) -> pd.Series[Any]:
    is_shared = ids.duplicated(keep=False) & ids.notna()
    found: list[dict[str, None]] = [{} for _ in range(len(own))]
    for finding, here in zip(findings.to_dict("records"), named, strict=True):
        concerned = ids.isin(here)
        for shared in set(ids[concerned & is_shared]):
            having = ids == shared
            likely = having & _may_concern(finding, own)
            if likely.any():
                concerned &= ~having | likely
        for place in np.flatnonzero(concerned.to_numpy(dtype=bool)).tolist():
            found[place][str(finding["check"])] = None
    return pd.Series([tuple(each) for each in found], index=own.index, dtype=object)


def _may_concern(finding: dict[Any, Any], own: pd.DataFrame) -> pd.Series[Any]:
    """Events that a finding may be about by its name and times."""
    likely = own["timestamp"].between(finding["first_seen"], finding["last_seen"])
    return likely if pd.isna(finding["name"]) else likely & (own["name"] == finding["name"])


def _on_examples(findings: pd.DataFrame, *, is_any: bool) -> Iterator[str]:
    """Say which findings do not name all of their events."""
    partly = [
        f"{check} names {count_text(examples)} of {count_text(count)} events"
        for check, count, examples in _partly_named(findings)
    ]
    if not partly:
        if not is_any:
            yield "No findings."
        return
    listed = ", ".join(partly[:_TOLD])
    if len(partly) > _TOLD:
        listed += f" and {len(partly) - _TOLD} more name a part"
    start = "Findings name examples only" if is_any else "No findings named for this session"
    yield f"{start}; {listed}: audit(events, examples=None) names all."


def _partly_named(findings: pd.DataFrame) -> Iterator[tuple[str, int, int]]:
    limit = findings.attrs.get(EXAMPLES, "unknown")
    for each in findings.to_dict("records"):
        # A table that was read from a file does not say how many were asked for.
        most = len(each["example_ids"]) or each["count"] if limit == "unknown" else limit
        if most is not None and each["count"] > most:
            yield str(each["check"]), int(each["count"]), int(most)


def _on_ids(ids: pd.Series[Any], named: set[str]) -> Iterator[str]:
    """Say where ids do not tell which event a finding is about."""
    missing = int(ids.isna().sum())
    if missing == len(ids):
        yield "The events have no id, by which findings name them; none is marked."
    elif missing:
        yield (
            f"{count_text(missing)} of {count_text(len(ids))} events have no id, by which findings "
            "name them; these are not marked."
        )
    counts = Counter(ids.dropna())
    shared = [each for each in counts if counts[each] > 1 and each in named]
    if shared:
        first = HIDDEN if looks_personal(shared[:1])[0] else short(one_line(shared[0]), _LONGEST_ID)
        more = f", {count_text(len(shared) - 1)} more ids are shared" if len(shared) > 1 else ""
        yield (
            f"{count_text(counts[shared[0]])} events share the id {first}{more}; findings name "
            "ids, so the mark may be another's."
        )
