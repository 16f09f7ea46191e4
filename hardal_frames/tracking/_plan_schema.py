"""What a tracking plan may say: the part of JSON Schema that is checked against events."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final, NoReturn

from hardal_frames.errors import InvalidInput, did_you_mean
from hardal_frames.tracking._kinds import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_ANNOTATIONS: Final = ("title", "description", "$comment", "deprecated", "default", "examples")
_EVENT: Final = ("type", "required", "additionalProperties", "properties")
_PROPERTY: Final = ("type", "enum", "minimum", "maximum")
_ORDER: Final = (
    "$schema", "$id", "title", "description", "$comment", "deprecated", "type", "x-count",
    "additionalProperties", "required", "enum", "minimum", "maximum", "default", "examples",
)  # fmt: skip
_NUMERIC: Final = {"integer", "number"}


def checked_plan(document: object) -> dict[str, Any]:
    """Check a plan and put it in its one order.

    Parameters
    ----------
    document
        What was read from a file, or made by hand.

    Returns
    -------
    dict
        A copy: event names, properties and lists in alphabetical order.

    Raises
    ------
    InvalidInput
        If it says something that is wrong, or that is not checked; where is told.
    """
    plan = _object(document, "")
    _known(plan, ("$schema", "$id", *_EVENT), "")
    if "json-schema.org" not in str(plan.get("$schema", DIALECT)):
        _refuse("/$schema", f"is {plan['$schema']!r:.80}; {DIALECT!r} is needed.")
    if "properties" not in plan:
        _refuse("", "has no 'properties'; a plan has there a schema for each event name.")
    checked = _schema_of_object(plan, "", _event)
    return {"$schema": plan.get("$schema", DIALECT), **checked}


def types_of(schema: dict[str, Any]) -> list[str]:
    """Types that the schema of a property allows; all if it names none."""
    types = schema.get("type", list(TYPES))
    return [types] if isinstance(types, str) else list(types)


def _event(value: object, where: str) -> dict[str, Any]:
    event = _object(value, where)
    _known(event, _EVENT, where)
    return _schema_of_object(event, where, _property)


def _schema_of_object(
    schema: dict[str, Any], where: str, inner: Callable[[object, str], dict[str, Any]]
) -> dict[str, Any]:
    """Check what the plan and each event have in common, and what is inside."""
    if schema.get("type", "object") != "object":
        _refuse(f"{where}/type", f"is {schema['type']!r:.60}; 'object' is needed.")
    if not isinstance(schema.get("additionalProperties", True), bool):
        _refuse(f"{where}/additionalProperties", "must be true or false.")
    place = f"{where}/properties"
    properties = {
        name: inner(each, f"{place}/{_pointer(name)}")
        for name, each in sorted(_object(schema.get("properties", {}), place).items())
    }
    found = {**schema, "type": "object", "properties": properties}
    if "required" in schema:
        found["required"] = sorted(_required(schema, properties, f"{where}/required"))
    return _in_order(found)


def _required(schema: dict[str, Any], known: Iterable[str], where: str) -> list[str]:
    names = _list(schema["required"], where)
    for name in names:
        if not isinstance(name, str):
            _refuse(where, f"has {name!r:.60}; names of properties are needed.")
        if name not in known and not schema.get("additionalProperties", True):
            meant = did_you_mean(name, known)
            _refuse(where, f"has {name!r}, which is not among the properties. {meant}".rstrip())
    return names


def _property(value: object, where: str) -> dict[str, Any]:
    schema = _object(value, where)
    _known(schema, _PROPERTY, where)
    if not isinstance(schema.get("type", ""), str | list):
        _refuse(f"{where}/type", f"is {_told(schema['type'])}; the name of a type is needed.")
    types = types_of(schema)
    if not types:
        _refuse(f"{where}/type", "is an empty list; name a type.")
    for each in types:
        if each not in (*TYPES, "null"):
            allowed = ", ".join(map(repr, (*TYPES, "null")))
            meant = did_you_mean(each, TYPES)
            _refuse(f"{where}/type", f"is {each!r:.60}; allowed are {allowed}. {meant}".rstrip())
    if isinstance(schema.get("type"), list):
        schema = {**schema, "type": sorted(_list(schema["type"], f"{where}/type"))}
    _check_range(schema, types, where)
    if "examples" in schema:
        _list(schema["examples"], f"{where}/examples", distinct=False)
    if "enum" in schema:
        schema = {**schema, "enum": _enumeration(schema["enum"], types, f"{where}/enum")}
    return _in_order(schema)


def _check_range(schema: dict[str, Any], types: list[str], where: str) -> None:
    bounds = [word for word in ("minimum", "maximum") if word in schema]
    for word in bounds:
        value = schema[word]
        if type(value) not in {int, float} or not math.isfinite(value):
            _refuse(f"{where}/{word}", f"is {value!r:.60}; a number is needed.")
        if _NUMERIC.isdisjoint(types):
            _refuse(f"{where}/{word}", f"is for numbers; the type is {' or '.join(types)}.")
    if len(bounds) > 1 and schema["minimum"] > schema["maximum"]:
        _refuse(f"{where}/minimum", "is above the maximum.")


def _enumeration(value: object, types: list[str], where: str) -> list[Any]:
    listed = _list(value, where)
    if not listed:
        _refuse(where, "is empty; no value would be allowed.")
    for each in listed:
        kinds = _kinds(each)
        if not kinds:
            _refuse(where, f"has {each!r:.60}; texts, numbers, true, false and null are compared.")
        if kinds.isdisjoint(types):
            _refuse(where, f"has {each!r:.60}, which is no {' or '.join(types)}.")
    return sorted(listed, key=lambda each: (type(each).__name__, each is not None and each))


def _kinds(value: object) -> set[str]:
    if value is None:
        return {"null", *TYPES}  # a frame cannot tell; it never matters
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return _NUMERIC
    if isinstance(value, float) and math.isfinite(value):
        return _NUMERIC if value.is_integer() else {"number"}
    return {"string"} if isinstance(value, str) else set()


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(where, f"is {_told(value)}; an object is needed.")
    for key in value:
        if not isinstance(key, str):
            _refuse(where, f"has the key {key!r:.60}; keys are texts.")
    return dict(value)


def _list(value: object, where: str, *, distinct: bool = True) -> list[Any]:
    if not isinstance(value, list):
        _refuse(where, f"is {_told(value)}; a list is needed.")
    written = [json.dumps(each, sort_keys=True, default=str) for each in value]
    if distinct and len(set(written)) < len(written):
        twice = next(each for each in written if written.count(each) > 1)
        _refuse(where, f"has {twice:.60} twice.")
    return list(value)


def _known(schema: dict[str, Any], words: tuple[str, ...], where: str) -> None:
    allowed = (*words, *_ANNOTATIONS)
    for word in schema:
        if word not in allowed and not word.startswith("x-"):
            known = ", ".join(allowed)
            meant = did_you_mean(word, allowed)
            _refuse(
                f"{where}/{_pointer(word)}",
                f"is a keyword that is not checked here; allowed are {known}, and any word that "
                f"begins with 'x-'. {meant}".rstrip(),
            )
    count = schema.get("x-count", 0)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        _refuse(f"{where}/x-count", f"is {_told(count)}; a whole number from 0 is needed.")


def _in_order(schema: dict[str, Any]) -> dict[str, Any]:
    def place(word: str) -> tuple[int, str]:
        if word == "properties":
            return len(_ORDER) + 1, word
        return (_ORDER.index(word) if word in _ORDER else len(_ORDER)), word

    return {word: schema[word] for word in sorted(schema, key=place)}


def _pointer(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _told(value: object) -> str:
    return "null" if value is None else f"{value!r:.60}"


def _refuse(where: str, why: str) -> NoReturn:
    raise InvalidInput(f"{where or 'The plan'} {why}")
