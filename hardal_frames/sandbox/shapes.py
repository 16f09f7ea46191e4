"""The answers of the API, as its documentation describes them.

Answers are written as JSON directly; these models are what `/openapi.json` says about them.
"""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, BaseModel, Field

__all__ = ["ActivityPage", "ErrorAnswer", "ErrorDetail", "Event", "Pagination", "Session"]
__all__ += ["SessionPage"]


class Event(BaseModel):
    """Something that happened in a session."""

    id: str = Field(description="Identifies the event.", examples=["evt_0000001"])
    type: str = Field(
        description="Kind of event: `pageview`, `custom`, `click`, `form` or another.",
        examples=["pageview"],
    )
    name: str = Field(
        description="What happened, such as `page_view`, `add_to_cart`, `purchase`.",
        examples=["page_view"],
    )
    timestamp: AwareDatetime = Field(
        description="When, in milliseconds, written in the zone that `timezone` asked for.",
        examples=["2026-03-02T12:00:00.000+03:00"],
    )
    url: str | None = Field(
        description="Whole address of the page.", examples=["https://www.ornekmagaza.example/sepet"]
    )
    path: str | None = Field(
        description="Path of the page, without the query.", examples=["/sepet"]
    )
    title: str | None = Field(description="Title of the page.", examples=["Sepetim"])
    referrer: str | None = Field(
        description="Address of the page that led to this one.", examples=[None]
    )
    properties: dict[str, Any] = Field(
        description="Whatever the tracker sent with it: any JSON object.",
        examples=[{"product_id": "1042", "price": 1299.9, "currency": "TRY", "quantity": 1}],
    )


class ActivityPage(BaseModel):
    """One page of the events of a session."""

    events: list[Event] = Field(description="The events of this page.")
    totalCount: int = Field(  # noqa: N815
        ge=0, description="How many events the session has, on all pages.", examples=[12]
    )
    page: int = Field(ge=1, description="Which page this is.", examples=[1])
    pageSize: int = Field(  # noqa: N815
        ge=1,
        description="How many events a page holds: `limit`, or less where the server caps it.",
        examples=[50],
    )
    hasMore: bool = Field(  # noqa: N815
        description="Whether a later page holds more events.", examples=[False]
    )


class Session(BaseModel):
    """One visit of one visitor."""

    id: str = Field(description="Identifies the session.", examples=["ses_000001"])
    visitorId: str | None = Field(  # noqa: N815
        description="Identifies the visitor across sessions; null if unknown.",
        examples=["vis_00001"],
    )
    startedAt: AwareDatetime = Field(  # noqa: N815
        description="When the session began, written in the zone that `timezone` asked for.",
        examples=["2026-03-02T12:00:00.000+03:00"],
    )
    duration: str | None = Field(
        description="Whole seconds from the first event to the last.", examples=["180s"]
    )
    pageViews: int | None = Field(  # noqa: N815
        description="How many of the events are page views.", examples=[5]
    )
    events: int | None = Field(
        description="How many events there are, page views among them.", examples=[12]
    )
    pages: list[str] | None = Field(
        description="Paths that were viewed, each once, in the order of the first view.",
        examples=[["/", "/sepet"]],
    )
    browser: str | None = Field(description="Browser.", examples=["Chrome"])
    os: str | None = Field(description="Operating system.", examples=["Android"])
    device: str | None = Field(description="Kind of device.", examples=["mobile"])
    country: str | None = Field(description="Country, as an ISO 3166 code.", examples=["TR"])
    fields: dict[str, Any] | None = Field(
        description="What else is known: `utm_*` of the landing, `user_id` after a login.",
        examples=[{"utm_source": "google"}],
    )


class Pagination(BaseModel):
    """Where in the list a page of sessions stands."""

    total: int = Field(ge=0, description="How many sessions match.", examples=[300])
    limit: int = Field(
        ge=1,
        description="How many sessions an answer holds: `limit`, or less where the server caps it.",
        examples=[1000],
    )
    offset: int = Field(ge=0, description="How many were skipped.", examples=[0])
    currentPage: int = Field(  # noqa: N815
        ge=1, description="`offset / limit`, rounded down, plus one.", examples=[1]
    )
    totalPages: int = Field(  # noqa: N815
        ge=0, description="`total / limit`, rounded up.", examples=[1]
    )
    hasMore: bool = Field(  # noqa: N815
        description="Whether there are sessions after these.", examples=[False]
    )


class SessionPage(BaseModel):
    """Some of the sessions that match, the latest first."""

    sessions: list[Session] = Field(description="The sessions, the latest first.")
    pagination: Pagination = Field(description="Where in the list they stand.")


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: int = Field(description="The HTTP status.", examples=[401])
    message: str = Field(description="What went wrong.", examples=["Invalid API key"])


class ErrorAnswer(BaseModel):
    """Every error has this body."""

    error: ErrorDetail = Field(description="What went wrong.")
