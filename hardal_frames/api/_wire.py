"""The shapes of Hardal's answers, checked before anyone trusts them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from hardal_frames.errors import BadResponse
from hardal_frames.frames.values import INT64_HIGHEST


class TooLarge(BadResponse):
    """An answer that is refused for its size; smaller pages may do."""


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """One answer of the Session Activity endpoint, as the API gives it.

    Parameters
    ----------
    events
        The events' records, in the order asked for.
    total_count
        How many events the session has, says the API.
    page
        Which page this is, from 1.
    page_size
        How many events a page holds; less than was asked for if the server caps it.
    has_more
        Whether more pages follow, says the API.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> from hardal_frames.sandbox import Sandbox, simulate
    >>> with Sandbox(simulate(sessions=3)) as hardal, hf.Client(**hardal.access) as client:
    ...     page = client.activity_page("ses_000001", limit=5, order="asc")
    >>> page
    ActivityPage(total_count=7, page=1, page_size=5, has_more=True)
    >>> page.events[0]["name"]
    'page_view'
    """

    events: list[dict[str, Any]] = field(repr=False)
    total_count: int
    page: int
    page_size: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class SessionListPage:
    """One answer of the Sessions endpoint: rows, and how many there are in all."""

    sessions: list[dict[str, Any]] = field(repr=False)
    total: int
    has_more: bool


def decode(body: bytes) -> Any:  # noqa: ANN401  (any JSON)
    """Read a body as JSON in UTF-8.

    Raises
    ------
    BadResponse
        If it is not.
    """
    try:
        return json.loads(body.decode("utf-8"), parse_int=_integer)
    except RecursionError:
        raise BadResponse("The answer holds objects nested too deeply to be read.") from None
    except ValueError:
        raise BadResponse(
            f"The answer is not JSON ({len(body):,} bytes that end or break in the middle)."
        ) from None


def _integer(digits: str) -> int | str:
    # Python refuses to read thousands of digits; what no column can hold stays text.
    return int(digits) if len(digits) <= len(str(INT64_HIGHEST)) + 1 else digits


def error_message(body: bytes) -> str:
    """Message of an error answer, or nothing where there is none."""
    try:
        answer = decode(body)
    except BadResponse:
        return ""
    return _message_of(answer)


def _message_of(answer: object) -> str:
    error = answer.get("error") if isinstance(answer, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    longest = 200
    return str(message)[:longest] if isinstance(message, str | int) else ""


def activity_page(answer: object) -> ActivityPage:
    """Check the shape of a Session Activity answer.

    Raises
    ------
    BadResponse
        If it is not what the API promises.
    """
    body = _object(answer, "events")
    return ActivityPage(
        events=_records(body, "events"),
        total_count=_count(body, "totalCount"),
        page=_count(body, "page"),
        page_size=_count(body, "pageSize"),
        has_more=_flag(body, "hasMore"),
    )


def session_list_page(answer: object) -> SessionListPage:
    """Check the shape of a Sessions answer.

    Raises
    ------
    BadResponse
        If it is not what the API promises.
    """
    body = _object(answer, "sessions")
    pagination = body.get("pagination")
    if not isinstance(pagination, dict):
        raise BadResponse("The answer has no object 'pagination'.")
    rows = _records(body, "sessions")
    for row in rows:
        if not isinstance(row.get("id"), str | int) or isinstance(row["id"], bool):
            raise BadResponse("A row of the session list has no usable 'id'.")
    return SessionListPage(
        sessions=rows, total=_count(pagination, "total"), has_more=_flag(pagination, "hasMore")
    )


def _object(answer: object, what: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise BadResponse(f"The answer is a JSON {type(answer).__name__}, not an object.")
    if "error" in answer and what not in answer:
        raise BadResponse(f"The answer says 200 but holds an error: {_message_of(answer)!r}.")
    return answer


def _records(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    records = body.get(name)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BadResponse(f"The answer's {name!r} is no list of objects.")
    return records


def _count(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadResponse(f"The answer's {name!r} is {value!r:.50}, not a count.")
    return value


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool):
        raise BadResponse(f"The answer's {name!r} is {value!r:.50}, not true or false.")
    return value
