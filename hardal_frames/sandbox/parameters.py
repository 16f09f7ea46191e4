"""What the endpoints can be asked, each with its check and its description.

A query is text: `1.0`, ` 1` and `on` are refused, though pydantic would take them for 1 and true.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, TypeAlias

from fastapi import Path, Query
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from hardal_frames.errors import InvalidInput
from hardal_frames.sandbox.timeframe import parse_bound
from hardal_frames.schema import known_zone

__all__ = ["DATE_FORMAT", "ZONE_FORMAT", "EndDate", "EventOrder", "IsHybrid"]
__all__ += ["Limit", "Offset", "Order", "PageNumber", "SessionId", "SessionLimit", "SignalId"]
__all__ += ["StartDate", "TargetSignalId", "Timeframe", "TimezoneName"]

LARGEST: Final = 2**31 - 1
WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,18}")
ZONE_FORMAT: Final = "iana-time-zone"
DATE_FORMAT: Final = "iso-8601"


def _whole_number(value: Any) -> Any:  # noqa: ANN401  (pydantic hands over what came)
    if isinstance(value, str) and not WHOLE.fullmatch(value):
        raise ValueError("A whole number is needed")
    return value


def _true_or_false(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str) and value not in {"true", "false"}:
        raise ValueError("true or false is needed")
    return value


def _zone_name(value: str) -> str:
    known_zone(value)
    return value


def _bound(value: str | None) -> str | None:
    if value is not None:
        parse_bound(value)
    return value


def _named(value: str | None) -> str | None:
    if value == "":
        raise InvalidInput("A signal is needed")
    return value


_DATE_SCHEMA: Final = WithJsonSchema(
    {"type": "string", "format": DATE_FORMAT, "examples": ["2026-03-02", "2026-03-02T09:00:00Z"]}
)

SignalId: TypeAlias = Annotated[
    str, Path(alias="signalId", description="The signal of the website.", min_length=1)
]
SessionId: TypeAlias = Annotated[
    str,
    Path(
        alias="sessionId",
        description="The session, as the list of sessions names it; percent-encoded.",
        min_length=1,
    ),
]
TargetSignalId: TypeAlias = Annotated[
    str | None,
    AfterValidator(_named),
    WithJsonSchema({"type": "string", "minLength": 1}),
    Query(
        alias="targetSignalId",
        description="The signal whose analytics data is read; `signalId` if it is left out.",
    ),
]
IsHybrid: TypeAlias = Annotated[
    bool,
    Query(
        alias="isHybrid",
        description="Whether the signal is a hybrid or self-hosted one: `true` or `false`. "
        "The sandbox answers the same to both.",
    ),
    BeforeValidator(_true_or_false),
]
TimezoneName: TypeAlias = Annotated[
    str,
    AfterValidator(_zone_name),
    WithJsonSchema({"type": "string", "format": ZONE_FORMAT, "examples": ["UTC"]}),
    Query(
        description="IANA name of the zone in which timestamps are written, such as "
        "`Europe/Istanbul` or `UTC`.",
    ),
]
EventOrder: TypeAlias = Annotated[
    Literal["timestamp", "name", "type"],
    Query(
        alias="orderBy",
        description="What the events are ordered by. Equal ones keep the order of time, and at one "
        "instant the order in which they were recorded.",
    ),
]
Order: TypeAlias = Annotated[
    Literal["desc", "asc"],
    Query(description="Descending or ascending; each is the exact reverse of the other."),
]
PageNumber: TypeAlias = Annotated[
    int,
    Query(ge=1, le=LARGEST, description="Which page, from 1. A page after the last is empty."),
    BeforeValidator(_whole_number),
]
Limit: TypeAlias = Annotated[
    int,
    Query(
        ge=1,
        le=LARGEST,
        description="How many events a page holds. The server may cap it without an error; "
        "`pageSize` of the answer tells.",
    ),
    BeforeValidator(_whole_number),
]
SessionLimit: TypeAlias = Annotated[
    int,
    Query(
        ge=1,
        le=LARGEST,
        description="How many sessions to answer. The server may cap it without an error; "
        "`pagination.limit` of the answer tells.",
    ),
    BeforeValidator(_whole_number),
]
Offset: TypeAlias = Annotated[
    int,
    Query(ge=0, le=LARGEST, description="How many sessions to skip."),
    BeforeValidator(_whole_number),
]
Timeframe: TypeAlias = Annotated[
    Literal["today", "yesterday", "last7days", "last30days", "custom"],
    Query(
        description="When the sessions began: whole days of the asked zone, `last7days` and "
        "`last30days` with today as their last. With `custom`, `startDate` and `endDate` decide; "
        "without these every session is meant."
    ),
]
StartDate: TypeAlias = Annotated[
    str | None,
    AfterValidator(_bound),
    _DATE_SCHEMA,
    Query(
        alias="startDate",
        description="First instant of the `custom` timeframe: an ISO 8601 date, or date and time; "
        "without an offset it is in the asked zone. Write a plus sign as `%2B`.",
    ),
]
EndDate: TypeAlias = Annotated[
    str | None,
    AfterValidator(_bound),
    _DATE_SCHEMA,
    Query(
        alias="endDate",
        description="Last instant of the `custom` timeframe, included; a date means its whole day. "
        "An end before the start is no error: no session is between them.",
    ),
]
