"""What departs from a tracking plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hardal_frames import schema
from hardal_frames.analysis._encoding import factorized
from hardal_frames.errors import did_you_mean
from hardal_frames.tracking._kinds import bits_of, values_of, written
from hardal_frames.tracking._plan_schema import types_of
from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking._kinds import Values
    from hardal_frames.tracking._log import Integers, Log, Mask
    from hardal_frames.tracking.finding import Severity
    from hardal_frames.tracking.plan import Plan

PLAN_CHECKS: Final = (
    "unplanned_event",
    "missing_event",
    "missing_required",
    "wrong_type",
    "unknown_property",
    "unlisted_value",
    "out_of_range",
)


@dataclass(frozen=True, eq=False)
class _Planned:
    """The events, by their names, and what is planned of these."""

    log: Log
    names: Integers
    labels: list[str]
    counts: list[int]
    document: dict[str, Any]

    def schema_of(self, code: int) -> dict[str, Any] | None:
        """Plan of an event by the code of its name; None if it is not planned."""
        found: dict[str, Any] | None = self.document["properties"].get(self.labels[code])
        return found

    def finding(self, code: int, severity: Any, message: str, rows: Any, **more: Any) -> Finding:  # noqa: ANN401
        """Make a finding about events of one name."""
        return Finding(
            severity, message, rows, of=self.counts[code], name=self.labels[code], **more
        )


def plan_findings(log: Log, plan: Plan) -> Iterator[tuple[str, Finding]]:
    """Compare events with a plan.

    Parameters
    ----------
    log
        The events.
    plan
        What they should be.

    Returns
    -------
    iterator of tuples
        Name of the check, and what it found. An event that is planned and never came is found with
        no rows.
    """
    codes, labels = factorized(log.frame["name"].astype(schema.TEXT))
    names = [str(label) for label in labels]
    counts = np.bincount(codes, minlength=len(names)).tolist()
    planned = _Planned(log, codes, names, counts, plan.document)
    yield from _events(planned)
    # The law of JSON Schema: what is required is required even where no property is described.
    required = {
        name
        for event in planned.document["properties"].values()
        for name in event.get("required", ())
    }
    held = {column.removeprefix(schema.PROPERTY_PREFIX): column for column in log.properties}
    for name in sorted({*held, *required}):
        yield from _property(planned, name, held.get(name))


def _events(planned: _Planned) -> Iterator[tuple[str, Finding]]:
    known = planned.document["properties"]
    for code, name in enumerate(planned.labels):
        if name not in known and not planned.document.get("additionalProperties", True):
            meant = did_you_mean(name, known)
            rows = np.flatnonzero(planned.names == code)
            yield (
                "unplanned_event",
                planned.finding(
                    code,
                    "medium",
                    f"{name!r} is not in the plan. {meant or 'Add it there, or stop sending it.'}",
                    rows,
                ),
            )
    for name in sorted(set(known) - set(planned.labels)):
        yield (
            "missing_event",
            Finding(
                "low",
                f"{name!r} is in the plan and never came. Look whether its tag still fires, or "
                "whether these events are only a part.",
                np.empty(0, dtype=np.int64),
                name=name,
            ),
        )


def _property(planned: _Planned, name: str, column: str | None) -> Iterator[tuple[str, Finding]]:
    """Compare one property of all events."""
    here = np.zeros(len(planned.log), dtype=bool)
    values = None
    if column is not None:
        values = values_of(planned.log.frame[column])
        here[values.rows] = True
    found = np.bincount(planned.names[here], minlength=len(planned.labels))
    own = planned.names[values.rows] if values is not None else planned.names[:0]
    places = np.split(np.argsort(own, kind="stable"), np.cumsum(found)[:-1])
    for code in range(len(planned.labels)):
        event = planned.schema_of(code)
        if event is None:
            continue
        if name in event.get("required", ()) and found[code] < planned.counts[code]:
            yield (
                "missing_required",
                planned.finding(
                    code,
                    "high",
                    f"{planned.labels[code]!r} must have {name!r} and lacks it here. Look "
                    "where in the site this event is sent without it.",
                    np.flatnonzero(~here & (planned.names == code)),
                    property=name,
                ),
            )
        if values is not None and found[code]:
            yield from _values(planned, code, name, values.part(places[code]))


def _values(
    planned: _Planned, code: int, name: str, values: Values
) -> Iterator[tuple[str, Finding]]:
    """Compare the values that events of one name have in one property."""
    event = planned.schema_of(code) or {}
    label = planned.labels[code]
    each = event.get("properties", {}).get(name)
    rows, codes = values.rows, values.codes
    if each is None:
        if not event.get("additionalProperties", True):
            meant = did_you_mean(name, event.get("properties", ()))
            yield (
                "unknown_property",
                planned.finding(
                    code,
                    "low",
                    f"{label!r} has a property {name!r} that is not in the plan. "
                    f"{meant or 'Add it there, or stop sending it.'}",
                    rows,
                    property=name,
                ),
            )
        return
    types = types_of(each)
    wrong = (values.fits & bits_of(types)) == 0
    departures: list[tuple[str, Severity, Mask, str]] = [
        (
            "wrong_type",
            "high",
            wrong,
            (
                f"should be {' or '.join(types)} and is not. Look what fills it: sums and "
                "comparisons of it are wrong or leave it out."
            ),
        ),
        (
            "unlisted_value",
            "medium",
            _is_unlisted(values, each) & ~wrong,
            (
                "has a value that the plan does not list. Look for another way of writing a listed "
                "one, or add it to enum."
            ),
        ),
        (
            "out_of_range",
            "medium",
            _is_outside(values, each, types) & ~wrong,
            f"is {_range_text(each)}. Look at its unit and at how it is worked out.",
        ),
    ]
    for check, severity, departs, message in departures:
        concerned = rows[departs[codes]]
        if len(concerned):
            told = f"{name!r} of {label!r} {message}"
            yield check, planned.finding(code, severity, told, concerned, property=name)


def _is_unlisted(values: Values, each: dict[str, Any]) -> Mask:
    """Which of the distinct values are not among those that the plan lists, if it lists any."""
    if "enum" not in each:
        return np.zeros(len(values.distinct), dtype=bool)
    listed = each["enum"]
    numbers = [value for value in listed if type(value) in {int, float}]
    # In a text column true is "true"; a number column has no texts to be confused with.
    texts = {written(value) for value in listed if isinstance(value, str | bool)}
    is_text = [isinstance(value, str | bool) for value in values.distinct]
    among = np.array([written(value) in texts for value in values.distinct], dtype=bool)
    among &= np.array(is_text, dtype=bool)
    return ~(among | np.isin(values.numbers, np.array(numbers, dtype=np.float64)))


def _is_outside(values: Values, each: dict[str, Any], types: list[str]) -> Mask:
    """Which of the distinct values are numbers outside the range of the plan."""
    outside = np.zeros(len(values.distinct), dtype=bool)
    if "string" in types and values.is_text:
        # A text that looks like a number is a text, and a range is for numbers.
        return outside
    if "minimum" in each:
        outside |= values.numbers < each["minimum"]
    if "maximum" in each:
        outside |= values.numbers > each["maximum"]
    return outside


def _range_text(each: dict[str, Any]) -> str:
    if "maximum" not in each:
        return f"below {each.get('minimum')}"
    if "minimum" not in each:
        return f"above {each['maximum']}"
    return f"outside {each['minimum']} to {each['maximum']}"
