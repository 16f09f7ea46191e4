"""Which sessions a store holds, and their records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hardal_frames.errors import InvalidInput
from hardal_frames.store._answers import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hardal_frames.store._database import Database

_AT_ONCE: Final = 500

_COMPLETE: Final = "SELECT session_id, events FROM sessions WHERE is_complete"
_IN_ORDER: Final = " ORDER BY first_event, session_id"


def stored_sessions(database: Database, *, partial: bool = False) -> list[tuple[Any, ...]]:
    """Ids and numbers of events of the stored sessions, in their lasting order."""
    condition = " OR state = 'partial'" if partial else ""
    return database.read(_COMPLETE + condition + _IN_ORDER)


def named_sessions(
    database: Database, session_ids: Iterable[str], *, partial: bool
) -> tuple[list[str], dict[str, str]]:
    """Those of the named sessions that are stored, and what is known of the others."""
    named = list(dict.fromkeys(ids(session_ids, "session_ids")))
    stored = {name for name, _ in stored_sessions(database, partial=partial)}
    missing = {name: "it was never pulled" for name in named if name not in stored}
    if missing:
        rows = database.read("SELECT session_id, state, reason FROM sessions")
        missing |= {
            name: state if reason is None else f"{state}: {reason}"
            for name, state, reason in rows
            if name in missing
        }
    return [name for name in named if name in stored], missing


def feeds(
    database: Database, session_ids: Sequence[str]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Session ids and their records, in the order asked for."""
    return unpacked(_answers(database, session_ids))


def _answers(database: Database, session_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for first in range(0, len(session_ids), _AT_ONCE):
        names = session_ids[first : first + _AT_ONCE]
        places = ",".join("?" * len(names))
        query = f"SELECT session_id, answer FROM answers WHERE session_id IN ({places})"  # noqa: S608
        answers = dict(database.read(query, names))
        for name in names:
            yield name, answers[name]


def ids(values: Iterable[str] | None, argument: str) -> list[str]:
    """Return the ids that were given, none for None."""
    if isinstance(values, str):
        raise InvalidInput(f"{argument} is the text {values!r}; a list of ids is needed.")
    names = [] if values is None else list(values)
    for name in names:
        if not isinstance(name, str):
            raise InvalidInput(f"{argument} holds a {type(name).__name__}; ids are text.")
    return names
