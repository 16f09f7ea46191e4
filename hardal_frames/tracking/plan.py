"""`Plan`: which events there should be and what they should hold, as a file that people edit."""

from __future__ import annotations

import copy
import json
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.errors import InvalidInput, StoreError
from hardal_frames.tracking._plan_schema import checked_plan, types_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDTH: Final = 100


class Plan:
    """A tracking plan: a JSON Schema of ``{event name: properties}``.

    Each event name has a schema of its own under ``properties``. Checked are ``type``,
    ``required``, ``enum``, ``minimum``, ``maximum`` and ``additionalProperties``; ``title``,
    ``description``, ``examples`` and words that begin with ``x-`` are for people. Any validator of
    JSON Schema takes the file: ``{event["name"]: event["properties"]}`` is the document to check.
    The file is JSON, which readers of YAML take as it is.

    Parameters
    ----------
    document
        The schema as a dict, such as ``{"properties": {"search": {"required": ["search_term"],
        "properties": {"search_term": {"type": "string"}}}}}``.

    Raises
    ------
    InvalidInput
        If it says something that is wrong or that is not checked, and where.

    Examples
    --------
    >>> price = {"type": "number", "minimum": 0}
    >>> plan = Plan({"properties": {"view_item": {"properties": {"price": price}}}})
    >>> plan.events
    ('view_item',)
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = checked_plan(copy.deepcopy(document))

    def __repr__(self) -> str:
        properties = sum(len(each.get("properties", ())) for each in self._events.values())
        if not properties:
            none = "no properties, which are the columns that begin with prop_"
            return f"Plan({len(self.events)} events, {none})"
        return f"Plan({len(self.events)} events, {properties} properties)"

    def __str__(self) -> str:
        return _text(self._document)

    def __eq__(self, other: object) -> bool:
        # The text tells 1 from 1.0 and true, which Python holds to be equal.
        return str(self) == str(other) if isinstance(other, Plan) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as of other things that have no lasting value

    @property
    def _events(self) -> dict[str, Any]:
        events: dict[str, Any] = self._document["properties"]
        return events

    @property
    def events(self) -> tuple[str, ...]:
        """The planned event names, in alphabetical order.

        Examples
        --------
        >>> Plan({"properties": {"search": {}, "login": {}}}).events
        ('login', 'search')
        """
        return tuple(self._events)

    @property
    def document(self) -> dict[str, Any]:
        """A copy of the schema; changed, it makes another plan.

        Examples
        --------
        >>> draft = Plan({"properties": {"search": {}}}).document
        >>> draft["properties"]["search"]["required"] = ["search_term"]
        >>> Plan(draft).to_frame()["event"].tolist()
        ['search']
        """
        return copy.deepcopy(self._document)

    def write(self, path: str | PathLike[str]) -> None:
        """Write the plan to a JSON file; the same plan gives the same bytes.

        Parameters
        ----------
        path
            The file; its folder must exist. An older file is replaced.

        Raises
        ------
        StoreError
            If it cannot be written.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "plan.json")
        ...     Plan({"properties": {"search": {}}}).write(file)
        ...     read_plan(file).events
        ('search',)
        """
        try:
            Path(path).write_text(str(self), encoding="utf-8", newline="\n")
        except OSError as error:
            raise StoreError(
                f"Cannot write the plan to '{path}': {error.strerror or error}. Name a file in a "
                "folder that exists and can be written."
            ) from None

    def to_frame(self) -> pd.DataFrame:
        """List the planned properties.

        Returns
        -------
        DataFrame
            One row a property, and one an event that has none: event, property, type (strings),
            required (bool), count (Int64, of x-count), allowed (string: the listed values or the
            range).

        Examples
        --------
        >>> price = {"type": "number", "minimum": 0}
        >>> plan = Plan({"properties": {"view_item": {"properties": {"price": price}}}})
        >>> plan.to_frame()[["event", "property", "type", "required", "allowed"]]
               event property    type  required allowed
        0  view_item    price  number     False  from 0
        """
        rows = []
        for name, event in self._events.items():
            required = event.get("required", ())
            for key, each in event.get("properties", {}).items() or [(None, {})]:
                count = each.get("x-count") if key is not None else event.get("x-count")
                kind = " or ".join(types_of(each)) if key is not None else None
                rows.append((name, key, kind, key in required, count, _allowed(each)))
        columns = list(zip(*rows, strict=True)) or [()] * 6
        return pd.DataFrame(
            {
                "event": pd.array(columns[0], dtype=schema.TEXT),
                "property": pd.array(columns[1], dtype=schema.TEXT),
                "type": pd.array(columns[2], dtype=schema.TEXT),
                "required": np.array(columns[3], dtype=bool),
                "count": pd.array(columns[4], dtype="Int64"),
                "allowed": pd.array(columns[5], dtype=schema.TEXT),
            }
        )


def read_plan(path: str | PathLike[str]) -> Plan:
    """Read a tracking plan from a JSON file.

    Parameters
    ----------
    path
        The file, as `Plan.write` writes it and people change it.

    Returns
    -------
    Plan
        The plan; written again it gives the same file, in its one order.

    Raises
    ------
    InvalidInput
        If path names no file, there is no such file, it is not JSON, or it says something that is
        wrong or that is not checked; the line, or the place in the plan, is told.

    Examples
    --------
    >>> import tempfile
    >>> import hardal_frames as hf
    >>> plan = hf.plan_from(hf.sample_events())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     plan.write(f"{folder}/plan.json")
    ...     hf.read_plan(f"{folder}/plan.json") == plan
    True
    """
    given: object = path
    if not isinstance(given, str | PathLike):
        raise InvalidInput(
            f"path is {given!r:.60}; the name of the file is needed, such as 'plan.json'."
        )
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InvalidInput(f"No plan at '{path}': there is no such file.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise InvalidInput(f"Cannot read the plan '{path}': {reason}.") from None
    try:
        return Plan(json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant))
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"The plan '{path}' is not JSON: {error.msg} in line {error.lineno}, column "
            f"{error.colno}."
        ) from None
    except RecursionError:
        raise InvalidInput(f"The plan '{path}' is nested too deeply.") from None
    except InvalidInput as error:
        raise InvalidInput(f"The plan '{path}': {error}") from None


def as_plan(plan: Plan | str | PathLike[str]) -> Plan:
    """Give the plan, or read it from the file that is named.

    Raises
    ------
    InvalidInput
        If it is neither.
    """
    given: object = plan
    if isinstance(given, Plan):
        return given
    if isinstance(given, str | PathLike):
        return read_plan(given)
    raise InvalidInput(
        f"plan is a {type(plan).__name__}; a Plan or the name of its file is needed. "
        "plan_from(events) makes one."
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"{twice!r} stands twice in one object; only one of them would count.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is not JSON; leave it out.")


def _allowed(each: dict[str, Any]) -> str | None:
    if "enum" in each:
        return ", ".join(map(str, each["enum"]))
    low, high = each.get("minimum"), each.get("maximum")
    if low is None and high is None:
        return None
    return " ".join(
        [*([] if low is None else [f"from {low}"]), *([] if high is None else [f"to {high}"])]
    )


def _text(value: Any, indent: str = "", used: int = 0) -> str:  # noqa: ANN401  (any JSON)
    """Write JSON so that a property has one line where it fits: small to read, and to compare.

    Parameters
    ----------
    value
        What to write.
    indent
        What stands before it on its line.
    used
        How many more letters its key takes there.
    """
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    is_event = isinstance(value, dict) and "properties" in value
    fits = len(indent) + used + len(flat) < _WIDTH and not is_event
    if fits or not isinstance(value, dict | list) or not value:
        return flat
    deeper = indent + "  "
    if isinstance(value, list):
        parts = [_text(each, deeper) for each in value]
    else:
        parts = [
            f"{written}: {_text(each, deeper, len(written) + 2)}"
            for key, each in value.items()
            for written in [json.dumps(key, ensure_ascii=False)]
        ]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    inside = ",\n".join(deeper + part for part in parts)
    text = f"{opening}\n{inside}\n{indent}{closing}"
    return text if indent else text + "\n"
