"""Errors, written the way the API writes them: `{"error": {"code": 404, "message": "..."}}`."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from hardal_frames.sandbox.records import to_json
from hardal_frames.sandbox.shapes import ErrorAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI

__all__ = ["REFUSALS", "answer_json", "install_refusals", "refuse"]

JSON: Final = "application/json"


def _refusal(description: str, code: int, message: str) -> dict[str, Any]:
    example = {"error": {"code": code, "message": message}}
    return {
        "description": description,
        "model": ErrorAnswer,
        "content": {JSON: {"example": example}},
    }


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    401: _refusal("The API key is missing or wrong.", 401, "Invalid API key")
    | {
        "headers": {
            "WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}},
        }
    },
    404: _refusal("There is no such signal or session.", 404, "Session not found"),
    405: _refusal("Only GET is allowed.", 405, "Method Not Allowed")
    | {"headers": {"Allow": {"description": "`GET`.", "schema": {"type": "string"}}}},
    422: _refusal(
        "A parameter is not what it must be.",
        422,
        "query parameter 'page' is '0': Input should be greater than or equal to 1",
    ),
    429: _refusal("The requests of this minute are used up.", 429, "Rate limit exceeded")
    | {
        "headers": {
            "Retry-After": {
                "description": "Whole seconds after which the next request will be answered.",
                "schema": {"type": "integer", "minimum": 1},
            },
        }
    },
}
"""The errors of an endpoint, for its documentation."""


def refuse(code: int, message: str, headers: Mapping[str, str] | None = None) -> HTTPException:
    """Return the exception that makes the server answer with an error.

    Parameters
    ----------
    code
        The HTTP status.
    message
        What went wrong.
    headers
        Headers that the status calls for.

    Returns
    -------
    HTTPException
        To be raised.

    Examples
    --------
    >>> refuse(404, "Session not found").status_code
    404
    """
    return HTTPException(code, message, dict(headers) if headers else None)


def answer_json(
    value: object, code: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a value as a JSON answer.

    Parameters
    ----------
    value
        What to answer.
    code
        The HTTP status.
    headers
        Further headers.

    Returns
    -------
    Response
        The answer.

    Examples
    --------
    >>> answer_json({"page": 1}).body
    b'{"page":1}'
    """
    return Response(to_json(value), code, dict(headers) if headers else None, JSON)


def install_refusals(app: FastAPI) -> None:
    """Make an application write every error the way the API does.

    Parameters
    ----------
    app
        The application.
    """
    app.add_exception_handler(HTTPException, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_bad_parameters)
    app.add_exception_handler(Exception, _answer_failure)


def _answer_error(code: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return answer_json({"error": {"code": code, "message": message}}, code, headers)


async def _answer_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for nothing else)
    return _answer_error(error.status_code, str(error.detail), error.headers)


async def _answer_bad_parameters(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    problems = [_problem(detail) for detail in error.errors()]
    return _answer_error(422, "; ".join(problems))


async def _answer_failure(_request: Request, _error: Exception) -> Response:
    return _answer_error(500, HTTPStatus.INTERNAL_SERVER_ERROR.phrase)


def _problem(detail: Mapping[str, Any]) -> str:
    where, *names = detail["loc"]
    reason = str(detail["msg"]).removeprefix("Value error, ")
    return f"{where} parameter {'.'.join(map(str, names))!r} is {detail['input']!r:.60}: {reason}"
