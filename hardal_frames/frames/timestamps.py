"""One parser for every way in which a timestamp or a duration may be written."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

NOT_A_TIME: Final = int(np.iinfo(np.int64).min)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# What nanoseconds can hold: beyond it pandas fails in one version or another, and no event is
# there, only a "never" such as 9999-12-31.
_HIGHEST: Final = (datetime(2262, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LOWEST: Final = (datetime(1678, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND

# What most feeds consist of, and what Arrow reads as Python does; a day that no month has, it
# refuses. Below this many values, reading one by one is quicker.
_COMMON: Final = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]"
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
)
_OFFSET: Final = r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
_MANY: Final = 200

# Eight digits are a date (20240115); epoch seconds of any recorded event have nine or more.
_EPOCH_TEXT: Final = re.compile(r"[0-9]{9,25}(?:\.[0-9]+)?")
_DURATION_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d)")
# Of ISO 8601 durations those of days and less; P3M is months, whose length nobody knows.
_ISO_MARKS: Final = re.compile(r"^p(?:([0-9.]+d)?t|(?=[0-9.]+d$))")
_UNITS: Final = {"ms": 1_000, "s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6}


@dataclass(frozen=True, slots=True)
class ParsedTimestamps:
    """Instants in the order of the values they were read from.

    Parameters
    ----------
    microseconds
        Microseconds since 1970 UTC; `NOT_A_TIME` where nothing could be read.
    naive
        How many had no offset, and so were taken to be in the zone asked for.
    """

    microseconds: npt.NDArray[np.int64]
    naive: int


def parse_timestamps(values: Sequence[object], *, naive_zone: tzinfo = UTC) -> ParsedTimestamps:
    """Read timestamps: ISO text with offset, Z or neither, or epoch in s, ms, us or ns.

    Parameters
    ----------
    values
        One timestamp each, of any mixture of kinds.
    naive_zone
        Zone of text without an offset: the one that the answer was asked for in.

    Returns
    -------
    ParsedTimestamps
        The instants.

    Examples
    --------
    >>> parsed = parse_timestamps(["1970-01-01T03:00:01+03:00", "1970-01-01T00:00:01", 1, "?"])
    >>> parsed.microseconds[:3].tolist(), bool(parsed.microseconds[3] == NOT_A_TIME), parsed.naive
    ([1000000, 1000000, 1000000], True, 1)
    """
    microseconds, naive = _read_at_once(values, naive_zone)
    for position in np.flatnonzero(microseconds == NOT_A_TIME).tolist():
        value = values[position]
        if isinstance(value, str):
            instant, without_offset = _from_text(value, naive_zone)
            naive += without_offset
        elif isinstance(value, datetime):
            instant, without_offset = _from_datetime(value, naive_zone)
            naive += without_offset
        else:
            instant = _from_epoch(value)
        if instant is not None:
            microseconds[position] = instant
    return ParsedTimestamps(microseconds, naive)


def _read_at_once(
    values: Sequence[object], naive_zone: tzinfo
) -> tuple[npt.NDArray[np.int64], int]:
    """Instants of those texts that have a common shape, and how many of them had no offset."""
    nothing = np.full(len(values), NOT_A_TIME, dtype=np.int64)
    if len(values) < _MANY:
        return nothing, 0
    compute = pyarrow.compute
    try:
        texts = pa.array(values, type=pa.string())
        common = compute.match_substring_regex(texts, _COMMON + _OFFSET)
        naive = compute.invert(common)
        if compute.any(naive).as_py():
            naive = compute.match_substring_regex(texts, _COMMON + "$")
            if naive_zone is UTC:
                marks = compute.if_else(naive, "Z", "")
                texts = compute.binary_join_element_wise(texts, marks, "")
                common = compute.or_(common, naive)
        texts = compute.if_else(common, texts, None)
        instants = texts.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return nothing, 0
    read = instants.fill_null(NOT_A_TIME).to_numpy(zero_copy_only=False)
    kept = (read >= _LOWEST) & (read <= _HIGHEST)
    without_offset = naive.fill_null(False).to_numpy(zero_copy_only=False)  # noqa: FBT003
    return np.where(kept, read, NOT_A_TIME), int((without_offset & kept).sum())


def _from_text(text: str, naive_zone: tzinfo) -> tuple[int | None, bool]:
    # First, for fromisoformat would read thirteen digits as a date, a separator and a time.
    if text[:1].isdigit() and _EPOCH_TEXT.fullmatch(text):
        return _from_epoch(float(text) if "." in text else int(text)), False
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        stripped = text.strip()
        return (None, False) if stripped == text else _from_text(stripped, naive_zone)
    return _from_datetime(moment, naive_zone)


def _from_datetime(moment: datetime, naive_zone: tzinfo) -> tuple[int | None, bool]:
    if moment != moment:  # noqa: PLR0124  (pandas' NaT is a datetime that is not itself)
        return None, False
    is_naive = moment.tzinfo is None
    try:
        zoned = moment.replace(tzinfo=naive_zone) if is_naive else moment
        instant = (zoned - _EPOCH) // _MICROSECOND
    except OverflowError:
        return None, False
    return (instant, is_naive) if _LOWEST <= instant <= _HIGHEST else (None, False)


def _from_epoch(value: object) -> int | None:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    size = abs(value)
    if size < 10**11:
        instant = round(value * 10**6)
    elif size < 10**14:
        instant = round(value * 10**3)
    elif size < 10**17:
        instant = round(value)
    else:
        instant = round(value / 1000) if isinstance(value, float) else value // 1000
    return instant if _LOWEST <= instant <= _HIGHEST else None


def parse_duration(value: object) -> int | None:
    """Read a duration in microseconds: ``"180s"``, ``"1h 2m"``, ``"PT3M"`` or a number of seconds.

    Examples
    --------
    >>> parse_duration("180s"), parse_duration("PT3M"), parse_duration(2.5), parse_duration("soon")
    (180000000, 180000000, 2500000, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        whole = math.isfinite(value) and 0 <= value < _HIGHEST / 10**6
        return round(value * 10**6) if whole else None
    if not isinstance(value, str):
        return None
    text = _ISO_MARKS.sub(r"\1", value.strip().lower())
    parts = _DURATION_PART.findall(text)
    if not parts or _DURATION_PART.sub("", text).strip():
        try:
            return parse_duration(float(text))
        except ValueError:
            return None
    total = sum(float(amount) * _UNITS[unit] for amount, unit in parts)
    return round(total) if total < _HIGHEST else None
