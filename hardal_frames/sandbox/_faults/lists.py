"""Faults of the session list."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardal_frames.sandbox._faults.field import Field


def misreport_sessions(field: Field) -> None:
    """Let rows of the session list say what the events do not, or stand there without events."""
    for key in ("events", "pageViews"):
        for place in field.take(lambda place: place.position == 0):
            field.row_changes[place.session] = {key: lambda count: count + 3}
            field.mark(*place.feed)
    for place in field.take(lambda place: place.position == 0):
        field.row_changes[place.session] = {
            "duration": lambda text: f"{int(text.removesuffix('s')) + 90}s"
        }
        field.mark(*place.feed)
    for place in field.take(lambda place: place.is_last and place.position == 0):
        field.row_changes[place.session] = {"events": lambda _: 1}
        field.events[place.session] = []
        field.ids.add(place.session)
