"""The API key, which nothing shows."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, NoReturn

from requests.auth import AuthBase

if TYPE_CHECKING:
    from requests import PreparedRequest


class ApiKey(AuthBase):
    """An API key that puts itself into the request and nowhere else.

    A text that cannot be a key is kept as well, with its fault: whoever raises an error of it then
    has no local variable that shows it.

    Parameters
    ----------
    key
        The key, printable ASCII.
    """

    __slots__ = ("_key", "fault")

    def __init__(self, key: object) -> None:
        self._key = key.strip() if isinstance(key, str) else ""
        self.fault: str | None = None
        if not isinstance(key, str):
            self.fault = f"api_key is a {type(key).__name__}; text is needed."
        elif not self._key:
            self.fault = (
                "No API key: set the environment variable HARDAL_API_KEY, or give api_key=..."
            )
        elif not (self._key.isascii() and self._key.isprintable()) or " " in self._key:
            self.fault = (
                "The API key holds characters that no key has (a space, a line break or "
                "something outside ASCII). Copy it again from Hardal's settings."
            )

    @classmethod
    def given(cls, key: object) -> ApiKey:
        """Key of the argument, or of the environment where it is unset."""
        return cls(os.environ.get("HARDAL_API_KEY", "") if key is None else key)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def digest(self, base_url: str) -> str:
        """Name of the key at an address that does not tell the key."""
        return hashlib.blake2b(f"{base_url} {self._key}".encode(), digest_size=16).hexdigest()

    def hidden(self, text: str) -> str:
        """Take the key out of a text that comes from outside."""
        return text.replace(self._key, "(key)")

    def __repr__(self) -> str:
        return "ApiKey(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("An API key is not pickled: make the Client anew where it is needed.")
