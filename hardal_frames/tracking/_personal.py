"""What must not be shown because it may be about a person.

It errs on the side of hiding: a text that is hidden for nothing costs an example.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from pyarrow import compute

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    Mask = npt.NDArray[np.bool_]

HIDDEN: Final = "(hidden)"
"""What stands where a text is not shown."""

_WORDS: Final = frozenset({
    "address", "adres", "adsoyad", "birth", "birthdate", "birthday", "card", "cvv", "email",
    "eposta", "firstname", "fullname", "gsm", "hesap", "iban", "identity", "ip", "kimlik",
    "lastname", "lat", "latitude", "lng", "lon", "longitude", "mail", "mobile", "msisdn",
    "passport", "password", "phone", "secret", "soyad", "soyadi", "soyisim", "ssn", "surname",
    "tckn", "tel", "telefon", "telephone", "token", "username",
})  # fmt: skip
_PAIRS: Final = frozenset({
    ("e", "mail"), ("e", "posta"), ("first", "name"), ("full", "name"), ("last", "name"),
    ("user", "name"), ("customer", "name"), ("tc", "no"),
    ("kullanici", "adi"), ("musteri", "ad"), ("musteri", "adi"),
})  # fmt: skip
_SOMEONE: Final = frozenset({
    "account", "client", "contact", "customer", "device", "guest", "kullanici", "member", "musteri",
    "person", "session", "subscriber", "user", "uye", "visitor",
})  # fmt: skip
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_DOTLESS: Final = str.maketrans("ı", "i")
_DIGITS: Final = r"(?:[0-9][ .()/-]*){10,}"
_TEXT: Final = (
    r"\S(?:@|%40)\S+\.\S"  # an e-mail address
    rf"|(?:^|[^0-9A-Za-z-])[+(]*{_DIGITS}(?:$|[^0-9A-Za-z])"  # a phone, a card, an identity number
    # An IBAN: a country, check digits, a bank's letters or one, and digits.
    r"|(?:^|[^0-9A-Za-z])[A-Za-z]{2}[0-9]{2} ?"
    r"(?:[A-Za-z]{4} ?(?:[0-9] ?){10}|[A-Za-z]? ?(?:[0-9] ?){11})"
    r"|://[^?\s]*\?"  # the query of a url
)
LONGEST_NUMBER: Final = 10**9
"""From here on a number has ten digits, as phones, cards and identity numbers have."""


def is_named_personal(name: str) -> bool:
    """Tell whether a property is about a person by its name.

    Examples
    --------
    >>> [is_named_personal(name) for name in ("userEmail", "first_name", "KİMLİK", "form_name")]
    [True, True, True, False]
    """
    words = _words(name)
    return not _WORDS.isdisjoint(words) or not _PAIRS.isdisjoint(pairwise(words))


def is_named_of_someone(name: str) -> bool:
    """Tell whether a property names someone, be it by a number.

    Examples
    --------
    >>> [is_named_of_someone(name) for name in ("user_id", "müşteriNo", "product_id", "client")]
    [True, True, False, True]
    """
    return not _SOMEONE.isdisjoint(_words(name))


def _words(name: str) -> list[str]:
    """Words of a name, in small letters without marks; every i is one, however it is dotted."""
    apart = unicodedata.normalize("NFKD", name.translate(_DOTLESS))
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return [word.casefold() for word in _WORD.findall(plain)]


def looks_personal(texts: Iterable[str | None]) -> Mask:
    """Tell of each text whether it holds an e-mail address, a long number, IBAN or a url's query.

    Examples
    --------
    >>> looks_personal(["a@example.com", "+90 532 000 00 00", "SP-000004", "2026-03-02"]).tolist()
    [True, True, False, False]
    """
    column = pa.array(list(texts), type=pa.large_string())
    found = compute.match_substring_regex(column, _TEXT)
    mask: Mask = found.fill_null(False).to_numpy(zero_copy_only=False)  # noqa: FBT003  (Arrow's)
    return mask


def personal_among(texts: Iterable[str]) -> list[str]:
    """Choose the texts that look personal.

    Examples
    --------
    >>> personal_among(["click", "hello a@example.com"])
    ['hello a@example.com']
    """
    listed = list(texts)
    return [each for each, hide in zip(listed, looks_personal(listed), strict=True) if hide]


def without(secrets: Iterable[str], text: str) -> str:
    """Hide secrets in a text, also where they are written as Python writes them.

    Examples
    --------
    >>> without(["a@example.com"], "'a@example.com' was fired again.")
    "'(hidden)' was fired again."
    """
    # The longest first: one may be a part of another.
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(repr(secret), repr(HIDDEN)).replace(secret, HIDDEN)
    return text
