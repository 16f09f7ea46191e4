"""What texts look like, as regular expressions of RE2."""

from __future__ import annotations

from typing import Final

IS_NUMBER: Final = r"^\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"
"""A number as programs write it."""

LIKE_NUMBER: Final = (
    r"(?i)^\s*(?:[a-z]{2,3}|[₺$€£])?\s*[+-]?[0-9][0-9.,'\s\x{a0}]*\s*(?:tl|[a-z]{3}|[₺$€£])?\s*$"
)
"""A number as people write it: with a decimal comma, groups of thousands, a currency."""

IS_BOOLEAN: Final = r"(?i)^\s*(?:true|false)\s*$"

IS_JSON: Final = r"^\s*(?s:\{.*\}|\[[^a-zA-Z].*\]|\[\]|\[(?:true|false|null)\b.*\])\s*$"
"""An object or a list; '[object Object]' is neither."""

IS_NOTHING: Final = r"(?i)^\s*(?:undefined|null|none|nan|\[object \w+\]|\(not set\))\s*$"
"""What programs write in the place of a value that they do not have."""
