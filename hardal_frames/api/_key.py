"""The API key, which nothing shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from requests.auth import AuthBase

from hardal_frames.errors import AuthenticationError

if TYPE_CHECKING:
    from requests import PreparedRequest


class ApiKey(AuthBase):
    """An API key that puts itself into the request and nowhere else.

    Parameters
    ----------
    key
        The key, printable ASCII.

    Raises
    ------
    AuthenticationError
        If it cannot be a key.
    """

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        if not key.strip():
            raise AuthenticationError(
                "No API key: set the environment variable HARDAL_API_KEY, or give api_key=..."
            )
        key = key.strip()
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise AuthenticationError(
                "The API key holds characters that no key has (a space, a line break or "
                "something outside ASCII). Copy it again from Hardal's settings."
            )
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def __repr__(self) -> str:
        return "ApiKey(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("An API key is not pickled: make the Client anew where it is needed.")
