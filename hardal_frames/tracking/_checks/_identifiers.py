"""Numbers and addresses that name a person, told by their pattern and check digits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, unquote_plus

EMAIL: Final = "e-mail address"
PHONE: Final = "phone number"
CARD: Final = "card number"
IDENTITY: Final = "Turkish identity number"

KINDS: Final = (EMAIL, PHONE, CARD, IDENTITY)

BY_CHANCE: Final = {PHONE: 0.01, CARD: 0.1, IDENTITY: 0.01}
"""Which share of numbers of that length, mere counters, say, would pass for one."""

MAY_HOLD: Final = r"@|%40|[0-9](?:[0-9 ().+\-]|%20|%2[89BbDd]){8,}[0-9]"
"""Texts without it hold nothing of this (RE2)."""

_EMAIL: Final = re.compile(
    r"(?<![\w.+%-])([\w.+%-]+)@(?:[\w-]+\.)+([^\W\d_]{2,24})(?![\w@-])",
)
_ENDINGS: Final = (
    "avif css gif htm html ico jpeg jpg js json map mp4 pdf php png svg ts webm webp woff"
)
_FILE_ENDINGS: Final = frozenset(_ENDINGS.split())
_NOBODY: Final = (
    "abuse admin bilgi contact destek hello help iletisim info kvkk mail marketing musteri "
    "no-reply noreply office privacy sales satis support webmaster"
)
_ROLES: Final = frozenset(_NOBODY.split())
_LOOSE: Final = r"[ ().-]{0,2}"
_PHONE: Final = re.compile(
    rf"(?<![\w.+-])(?:\+90|0090|90|0){_LOOSE}5\d\d{_LOOSE}\d{{3}}{_LOOSE}\d\d{_LOOSE}\d\d"
    r"(?![\w-]|\.\d)"
)
_ABROAD: Final = re.compile(rf"(?<![\w.+-])\+[1-9](?:{_LOOSE}\d){{9,13}}(?![\w-]|\.\d)")
_WITHOUT_ZERO: Final = re.compile(r"\s*5\d{2}[ .-]?\d{3}[ .-]?\d{2}[ .-]?\d{2}\s*")
_CARD: Final = re.compile(
    r"(?<![\w.+-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{5})"
    r"(?![\w-]|\.\d)"
)
_LINK: Final = re.compile(r"(?:mailto|tel):\S")
"""A link to write or call is that of the site, not of its visitor."""

_ELEVEN: Final = re.compile(r"(?<![\w.+-])[1-9]\d{10}(?![\w-]|\.\d)")
_PHONE_LONG: Final = re.compile(r"\d{11,13}")
_CARD_BEGINS: Final = re.compile(
    r"(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|6(?:011|5\d\d)\d{12}|9792\d{12})"
)
_MEANT: Final = {
    EMAIL: re.compile(r"e-?_?mail|e-?posta", re.IGNORECASE),
    PHONE: re.compile(r"phone|mobile|gsm|tel|cep", re.IGNORECASE),
    CARD: re.compile(r"card|kart|pan\b", re.IGNORECASE),
    IDENTITY: re.compile(r"identity|kimlik|tckn|tc_?no|national_?id", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Holding:
    """What a text holds of a person.

    Parameters
    ----------
    kinds
        Which of `KINDS`.
    bare
        Of these, those told by nothing but digits, which chance may do.
    shaped
        Kinds that the length of a bare number in it would allow.
    """

    kinds: frozenset[str]
    bare: frozenset[str]
    shaped: frozenset[str]


def is_meant_for(prop: str, kind: str) -> bool:
    """Whether a property is, by its name, there to hold such data.

    Examples
    --------
    >>> is_meant_for("user_email", EMAIL), is_meant_for("search_term", EMAIL)
    (True, False)
    """
    return _MEANT[kind].search(prop) is not None


def holding(text: str, *, is_query: bool = False, is_for_phones: bool = False) -> Holding:
    """Find what a text holds of a person.

    Parameters
    ----------
    text
        Any text; percent-encoding is undone.
    is_query
        Whether a plus stands for a space, as it does in the query of an address.
    is_for_phones
        Whether numbers without a leading zero are phone numbers.

    Examples
    --------
    >>> sorted(holding("https://shop.example/?mail=ayse%40posta.example").kinds)
    ['e-mail address']
    >>> sorted(holding("4111 1111 1111 1111").kinds), sorted(holding("4111111111111112").kinds)
    (['card number'], [])
    """
    text = unquote_plus(text) if is_query else unquote(text)
    if _LINK.match(text):
        return Holding(frozenset(), frozenset(), frozenset())
    kinds: set[str] = set()
    bare: set[str] = set()
    shaped: set[str] = set()
    if "@" in text and any(_is_personal(*match.groups()) for match in _EMAIL.finditer(text)):
        kinds.add(EMAIL)
    for match in [*_PHONE.finditer(text), *_ABROAD.finditer(text)]:
        (bare if match.group().isdigit() else kinds).add(PHONE)
    if is_for_phones and _WITHOUT_ZERO.fullmatch(text):
        kinds.add(PHONE)
    if _PHONE_LONG.search(text):
        shaped.add(PHONE)
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        shaped |= {CARD} if _CARD_BEGINS.fullmatch(digits) else set()
        if _CARD_BEGINS.fullmatch(digits) and passes_luhn(digits):
            (bare if match.group().isdigit() else kinds).add(CARD)
    numbers = _ELEVEN.findall(text)
    if numbers:
        shaped.add(IDENTITY)
        bare |= {IDENTITY} if any(map(is_identity_number, numbers)) else set()
    return Holding(frozenset(kinds | bare), frozenset(bare - kinds), frozenset(shaped))


def _is_personal(local: str, ending: str) -> bool:
    return ending.casefold() not in _FILE_ENDINGS and local.casefold() not in _ROLES


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others, as on cards.

    Examples
    --------
    >>> passes_luhn("79927398713"), passes_luhn("79927398710")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004
    return total % 10 == 0


def is_identity_number(digits: str) -> bool:
    """Whether eleven digits are a Turkish identity number, by their two check digits.

    Examples
    --------
    >>> is_identity_number("10000000146"), is_identity_number("10000000147")
    (True, False)
    """
    if not re.fullmatch(r"[1-9][0-9]{10}", digits):
        return False
    numbers = [int(digit) for digit in digits]
    tenth = (7 * sum(numbers[0:9:2]) - sum(numbers[1:8:2])) % 10
    return numbers[9] == tenth and numbers[10] == sum(numbers[:10]) % 10
