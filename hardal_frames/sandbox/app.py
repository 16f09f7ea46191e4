"""The two endpoints of the Hardal API, answered from a recording."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hardal_frames.errors import InvalidInput
from hardal_frames.sandbox import parameters as ask  # noqa: TC001  (FastAPI reads them)
from hardal_frames.sandbox.budget import RequestBudget
from hardal_frames.sandbox.refusals import REFUSALS, answer_json, install_refusals, refuse
from hardal_frames.sandbox.served import ServedRecording
from hardal_frames.sandbox.shapes import ActivityPage, SessionPage
from hardal_frames.sandbox.timeframe import custom_bounds, relative_bounds
from hardal_frames.schema import DEFAULT_TIMEZONE, known_zone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hardal_frames.sandbox.recording import Recording

__all__ = ["create_app"]

DESCRIPTION: Final = """\
The two endpoints of the Hardal API that tell about sessions, answered from a recording.

Send `Authorization: Bearer <API key>` with every request. Every error has the body
`{"error": {"code": 404, "message": "..."}}`. A parameter that is given twice is refused; one that
is not known is ignored.
"""

BEARER: Final = HTTPBearer(
    scheme_name="API key", auto_error=False, description="`Authorization: Bearer <API key>`"
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]


def create_app(
    recording: Recording,
    *,
    api_key: str,
    signal_id: str,
    requests_per_minute: int | None = None,
    max_limit: int = 1000,
    now: datetime | None = None,
) -> FastAPI:
    """Make the application that answers from a recording.

    Parameters
    ----------
    recording
        What to answer from.
    api_key
        The only key that is let in: printable ASCII without blanks.
    signal_id
        The only website that there is.
    requests_per_minute
        How many requests are answered in any 60 seconds; the others get 429. None is no limit.
    max_limit
        The largest `limit` that is honoured; a larger one is capped without an error.
    now
        The instant that `timeframe` counts back from; just after the recording if it is None.

    Returns
    -------
    FastAPI
        An ASGI application; `/openapi.json` documents it.

    Raises
    ------
    InvalidInput
        If an argument is not as described.

    Examples
    --------
    >>> from hardal_frames.sandbox import simulate
    >>> app = create_app(simulate(sessions=3), api_key="sandbox-key", signal_id="shop")
    >>> app.title
    'Hardal API sandbox'
    """
    _check_arguments(api_key, signal_id, requests_per_minute, max_limit, now)
    served = ServedRecording(recording)
    guard = _guard(api_key, requests_per_minute)
    app = FastAPI(
        title="Hardal API sandbox",
        version="1.0.0",
        description=DESCRIPTION,
        redirect_slashes=False,
        redoc_url=None,
    )
    install_refusals(app)
    app.include_router(
        _routes(served, signal_id, max_limit, now or served.just_after()),
        prefix="/api/websites/{signalId}",
        dependencies=[Depends(guard)],
        responses=REFUSALS,
        tags=["sessions"],
    )
    _complete_documentation(app, signal_id, next(iter(served.sessions), None))
    return app


def _check_arguments(
    api_key: object,
    signal_id: object,
    requests_per_minute: object,
    max_limit: object,
    now: object,
) -> None:
    if not (isinstance(api_key, str) and api_key.isascii() and api_key.isprintable()):
        raise InvalidInput("The API key must be printable ASCII, as a header cannot hold more.")
    if not api_key or " " in api_key:
        raise InvalidInput("The API key must not be empty or hold blanks; give it one word.")
    if not (isinstance(signal_id, str) and signal_id) or "/" in signal_id:
        raise InvalidInput(f"The signal is {signal_id!r}; a text without '/' is needed.")
    counts = {"requests_per_minute": requests_per_minute, "max_limit": max_limit}
    for name, value in counts.items():
        if name == "requests_per_minute" and value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InvalidInput(f"{name} is {value!r}; a whole number of at least 1 is needed.")
    if now is not None and (not isinstance(now, datetime) or now.tzinfo is None):
        raise InvalidInput(f"now is {now!r}; a datetime with a time zone is needed.")


def _guard(
    api_key: str, requests_per_minute: int | None
) -> Callable[[Request, Credentials], Awaitable[None]]:
    """Return what every request must pass: the key, the budget, no parameter twice."""
    expected = api_key.encode("ascii")
    budget = RequestBudget(requests_per_minute) if requests_per_minute else None

    async def guard(request: Request, credentials: Credentials) -> None:
        given = credentials.credentials.encode("utf-8") if credentials else b""
        if not secrets.compare_digest(given, expected):
            message = "Invalid API key" if credentials else "Missing API key"
            raise refuse(401, message, {"WWW-Authenticate": "Bearer"})
        wait = budget.spend() if budget else 0
        if wait:
            raise refuse(429, "Rate limit exceeded", {"Retry-After": str(wait)})
        names = [name for name, _ in request.query_params.multi_items()]
        for name in names:
            if names.count(name) > 1:
                raise refuse(422, f"query parameter {name!r:.60} is given more than once")

    return guard


def _routes(served: ServedRecording, own_signal: str, max_limit: int, now: datetime) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter(redirect_slashes=False)

    def require_signal(*signals: str | None) -> None:
        for signal in signals:
            if signal not in (None, own_signal):
                raise refuse(404, "Signal not found")

    @router.get(
        # A path, so that an encoded slash in the id of a session reaches it.
        "/sessions/{sessionId:path}/activity",  # noqa: FAST003  (it is the alias of session)
        operation_id="getSessionActivity",
        summary="The events of one session",
        response_model=ActivityPage,
        response_description="One page of events.",
    )
    async def activity(
        *,
        signal: ask.SignalId,
        session: ask.SessionId,
        target: ask.TargetSignalId = None,
        is_hybrid: ask.IsHybrid = False,  # noqa: ARG001  (part of the API)
        order_by: ask.EventOrder = "timestamp",
        order: ask.Order = "desc",
        timezone: ask.TimezoneName = DEFAULT_TIMEZONE,
        page: ask.PageNumber = 1,
        limit: ask.Limit = 50,
    ) -> Response:
        """Answer the events of one session, a page at a time."""
        require_signal(signal, target)
        events = served.sessions.get(session)
        if events is None:
            raise refuse(404, "Session not found")
        size = min(limit, max_limit)
        places = events.places(order_by, descending=order == "desc")
        shown = places[(page - 1) * size : page * size]
        return answer_json(
            {
                "events": events.written(shown, known_zone(timezone)),
                "totalCount": len(places),
                "page": page,
                "pageSize": size,
                "hasMore": page * size < len(places),
            }
        )

    @router.get(
        "/sessions",
        operation_id="listSessions",
        summary="The sessions of a website",
        response_model=SessionPage,
        response_description="Some of the sessions, the latest first.",
    )
    async def sessions(
        *,
        signal: ask.SignalId,
        limit: ask.SessionLimit = 1000,
        offset: ask.Offset = 0,
        timeframe: ask.Timeframe = "custom",
        start_date: ask.StartDate = None,
        end_date: ask.EndDate = None,
        target: ask.TargetSignalId = None,
        timezone: ask.TimezoneName = DEFAULT_TIMEZONE,
        is_hybrid: ask.IsHybrid = False,  # noqa: ARG001
    ) -> Response:
        """Answer the sessions that began in a time, the latest first."""
        require_signal(signal, target)
        zone = known_zone(timezone)
        if timeframe == "custom":
            places = served.between(*custom_bounds(start_date, end_date, zone))
        else:
            places = served.between(*relative_bounds(timeframe, now, zone))
        size = min(limit, max_limit)
        return answer_json(
            {
                "sessions": served.written(places[offset : offset + size], zone),
                "pagination": _pagination(len(places), size, offset),
            }
        )

    return router


def _pagination(total: int, limit: int, offset: int) -> dict[str, Any]:
    return {
        "total": total,
        "limit": limit,
        "offset": offset,
        "currentPage": offset // limit + 1,
        "totalPages": -(-total // limit),
        "hasMore": offset + limit < total,
    }


def _complete_documentation(app: FastAPI, signal_id: str, session: str | None) -> None:
    """Name a signal and a session that the server has, and drop the titles that FastAPI invents."""
    examples = {"signalId": signal_id, "targetSignalId": signal_id, "sessionId": session}
    for path in app.openapi()["paths"].values():
        for parameter in path["get"]["parameters"]:
            parameter["schema"].pop("title", None)
            example = examples.get(parameter["name"])
            if example is not None:
                parameter["example"] = example
