"""JSON values and what becomes of each: text, a number, or nothing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from hardal_frames.errors import InvalidInput

INT64_LOWEST: Final = -(2**63)
INT64_HIGHEST: Final = 2**63 - 1

_JSON_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LOOSE_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")

# Made once: json.dumps would make an encoder for every value.
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

SCALARS: Final = frozenset({bool, int, float, str, type(None)})


def plain(value: object) -> Any:  # noqa: ANN401  (any JSON value)
    """Reduce what a hand-made record may hold to one of JSON's own types.

    Floats that are no number (NaN, Infinity) become None; integers beyond 64 bits become text.

    Examples
    --------
    >>> plain(float("nan")), plain(2**70), plain((1, 2))
    (None, '1180591620717411303424', [1, 2])
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value) if INT64_LOWEST <= value <= INT64_HIGHEST else str(value)
    if isinstance(value, str):
        return str(value)
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | dict | list):
        return value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return list(value)
    return str(value)


def is_number_like(text: str) -> bool:
    """Tell whether JSON itself would read this text as a finite number.

    Leading zeros are not JSON: ``"007"`` stays what it is, an identifier.

    Examples
    --------
    >>> [is_number_like(text) for text in ["12.50", "-3", "007", "1,5", "1e999", ""]]
    [True, True, False, False, False, False]
    """
    return bool(_JSON_NUMBER.fullmatch(text)) and math.isfinite(float(text))


def is_integer_literal(text: str) -> bool:
    """Tell whether the text is written as an integer.

    Examples
    --------
    >>> is_integer_literal("12"), is_integer_literal("12.0")
    (True, False)
    """
    return bool(_INTEGER.fullmatch(text))


def to_text(value: object) -> str | None:
    """Write a plain value as text: strings as they are, everything else as JSON.

    Examples
    --------
    >>> to_text("007"), to_text(True), to_text(5.0), to_text({"a": [1]})
    ('007', 'true', '5.0', '{"a":[1]}')
    """
    if value is None:
        return None
    return clean_text(value) if isinstance(value, str) else json_text(value)


def json_text(value: object) -> str:
    """Write a value as compact JSON; what JSON cannot hold becomes null or text.

    Raises
    ------
    InvalidInput
        If objects stand inside one another too deeply to be read.
    """
    try:
        try:
            text = _ENCODE(value)
        except (ValueError, TypeError):
            text = _ENCODE(_cleaned(value))
    except RecursionError:
        raise InvalidInput(
            "A property holds objects nested too deeply to be read; no event needs that. "
            "Take the property out of the record."
        ) from None
    return clean_text(text)


def _cleaned(value: object) -> object:
    value = plain(value)
    if isinstance(value, dict):
        return {str(key): _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    return value


def clean_text(text: str) -> str:
    r"""Replace lone surrogates, which no encoding can write, by U+FFFD.

    Examples
    --------
    >>> clean_text("a\ud800b")
    'a�b'
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def to_float(value: object) -> float | None:
    """Read a value as a finite float, or None where it is no number.

    Examples
    --------
    >>> to_float("007"), to_float(" 12.50 "), to_float("12,50"), to_float(True)
    (7.0, 12.5, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not _LOOSE_NUMBER.fullmatch(text):
            return None
        value = float(text)
    if isinstance(value, int | float):
        number = float(value)
        return number if math.isfinite(number) else None
    return None


def to_integer(value: object) -> int | None:
    """Read a value as a 64-bit integer, or None where it is none.

    Examples
    --------
    >>> to_integer("007"), to_integer(3.0), to_integer(3.5), to_integer("3.5")
    (7, 3, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        number = int(value) if value.is_integer() else None
    elif isinstance(value, int):
        number = value
    elif isinstance(value, str) and is_integer_literal(value.strip()):
        digits_of_int64 = 20
        text = value.strip()
        number = int(text) if len(text.lstrip("+-0")) <= digits_of_int64 else None
    else:
        number = None
    return number if number is not None and INT64_LOWEST <= number <= INT64_HIGHEST else None


def to_boolean(value: object) -> bool | None:
    """Read a value as true or false, or None where it is neither.

    Examples
    --------
    >>> to_boolean("True"), to_boolean(0), to_boolean("yes")
    (True, False, None)
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    return None
