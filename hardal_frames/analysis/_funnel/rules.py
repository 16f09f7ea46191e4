"""The rules of a funnel: its options, checked, and the presets that name some of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from hardal_frames import schema
from hardal_frames.analysis._steps import TIES, duration_in_microseconds, step_columns
from hardal_frames.errors import InvalidInput, told

if TYPE_CHECKING:
    from hardal_frames.analysis._funnel.places import Mask
    from hardal_frames.analysis._steps import Duration, Missing, Step, Ties

Order = Literal["ordered", "strict", "any"]
Entry = Literal["best", "first"]
Trend = Literal["day", "week"]
Preset = Literal["clickhouse", "posthog", "mixpanel", "ga4"]

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = {
    "clickhouse": {"ties": "either"},
    "posthog": {"ties": "either", "within": "14D"},
    "mixpanel": {"within": "30D"},
    "ga4": {},
}
MOST_STEPS_AMONG_TIES: Final = 10
MOST_STEPS: Final = 60


@dataclass(frozen=True, slots=True)
class OptionalStep:
    """A step that a session may leave out; made by `optional`."""

    step: Step


def optional(step: Step) -> OptionalStep:
    """Mark a step of a funnel as one that a session may leave out.

    Parameters
    ----------
    step
        An event name, a list of names, or a dict of column to value(s).

    Returns
    -------
    OptionalStep
        What `funnel` takes among its steps, anywhere but first.

    Raises
    ------
    InvalidInput
        If it is optional already.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> events = hf.sample_events()
    >>> steps = ["view_item", hf.optional("add_to_cart"), "purchase"]
    >>> hf.funnel(events, steps)[["name", "optional"]]
              name  optional
    0    view_item     False
    1  add_to_cart      True
    2     purchase     False
    """
    if isinstance(step, OptionalStep):
        raise InvalidInput(f"optional() was given {step!r:.100}, which is optional already.")
    return OptionalStep(step)


@dataclass(frozen=True, slots=True)
class Rules:
    """How steps make an attempt.

    Parameters
    ----------
    order, entry, ties
        As for `funnel`.
    within, step_within
        Longest times in microseconds; None if there are none.
    exclude
        Names that end an attempt.
    hold
        Columns whose value stays the same.
    """

    order: Order
    entry: Entry
    ties: Ties
    within: int | None
    step_within: int | None
    exclude: tuple[str, ...]
    hold: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Funnel:
    """A whole funnel as it was asked for.

    Parameters
    ----------
    steps
        The steps.
    is_optional
        Which of them are optional.
    rules
        How they make an attempt.
    by
        Column that tells attempts apart, or None.
    trend
        Period that tells attempts apart, or None.
    missing
        What becomes of steps that no event fills.
    key
        Column that names who walks.
    """

    steps: tuple[Step, ...]
    is_optional: tuple[bool, ...]
    rules: Rules
    by: str | None
    trend: Trend | None
    missing: Missing
    key: str

    @property
    def all_steps(self) -> list[Step]:
        """The steps, and what is excluded as one more."""
        return [*self.steps, *([self.rules.exclude] if self.rules.exclude else [])]

    def columns(self) -> list[str]:
        """Columns that are read beside those that order events."""
        own = [] if self.by is None else [self.by]
        return [*step_columns(self.steps), *self.rules.hold, *own]


def funnel_of(steps: object, options: Mapping[str, Any]) -> Funnel:
    """Check the steps and options of a funnel.

    Parameters
    ----------
    steps
        What the caller gave as steps.
    options
        The keyword arguments of `funnel`.

    Raises
    ------
    InvalidInput
        If one cannot be used, or two do not go together.
    """
    settled = _with_preset(options)
    given = _checked_steps(steps)
    is_optional = tuple(isinstance(step, OptionalStep) for step in given)
    rules = _rules(settled)
    plain = tuple(step.step if isinstance(step, OptionalStep) else step for step in given)
    _require_going_together(rules, plain, is_optional)
    by, trend = settled["by"], settled["trend"]
    if by is not None and not isinstance(by, str):
        raise InvalidInput(f"by is {told(by)}; the name of one column is needed.")
    if trend is not None:
        schema.require_one_of(trend, "trend", ("day", "week"))
    return Funnel(plain, is_optional, rules, by, trend, settled["missing"], settled["key"])


def _with_preset(options: Mapping[str, Any]) -> dict[str, Any]:
    preset = options["preset"]
    if preset is None:
        return dict(options)
    schema.require_one_of(preset, "preset", tuple(PRESETS))
    settled = dict(options)
    unset = {"ties": "feed", "within": None}
    for name, value in PRESETS[preset].items():
        if options[name] == unset[name]:
            settled[name] = value
        elif name != "within" and options[name] != value:
            raise InvalidInput(
                f"{name} is {options[name]!r}, but preset {preset!r} means {value!r}. "
                "Leave one out."
            )
    return settled


def _checked_steps(steps: object) -> list[Any]:
    if not isinstance(steps, Sequence) or isinstance(steps, str) or len(steps) == 0:
        raise InvalidInput(
            f"steps is {told(steps)}; a list of steps is needed, such as ['view_item', 'purchase']."
        )
    if len(steps) > MOST_STEPS:
        raise InvalidInput(f"There are {len(steps)} steps; a funnel has at most {MOST_STEPS}.")
    if isinstance(steps[0], OptionalStep):
        raise InvalidInput("The first step is optional; a funnel begins with a step that is not.")
    return list(steps)


def _rules(options: Mapping[str, Any]) -> Rules:
    schema.require_one_of(options["missing"], "missing", ("error", "zero"))
    schema.require_one_of(options["order"], "order", ("ordered", "strict", "any"))
    schema.require_one_of(options["entry"], "entry", ("best", "first"))
    schema.require_one_of(options["ties"], "ties", TIES)
    return Rules(
        options["order"],
        options["entry"],
        options["ties"],
        _duration(options["within"], "within"),
        _duration(options["step_within"], "step_within"),
        _names(options["exclude"], "exclude", "an event name or a list of names"),
        _names(options["hold"], "hold", "a column or a list of columns"),
    )


def _duration(given: Duration | None, name: str) -> int | None:
    return None if given is None else duration_in_microseconds(given, name)


def _names(given: object, name: str, needed: str) -> tuple[str, ...]:
    if given is None:
        return ()
    names = [given] if isinstance(given, str) else given
    if isinstance(names, Mapping) or not isinstance(names, Iterable):
        raise InvalidInput(f"{name} is {given!r:.100}; {needed} is needed.")
    found = tuple(names)
    if not all(isinstance(each, str) for each in found):
        raise InvalidInput(f"{name} is {given!r:.100}; {needed} is needed.")
    return tuple(sorted(set(found)))


def _require_going_together(
    rules: Rules, steps: Sequence[Step], is_optional: Sequence[bool]
) -> None:
    if rules.order == "any" and rules.step_within is not None:
        raise InvalidInput(
            "order is 'any' and step_within is given; steps in any order have no step before. "
            "Use within."
        )
    if rules.order != "ordered" and any(is_optional):
        raise InvalidInput(
            f"order is {rules.order!r} and a step is optional; optional steps need order='ordered'."
        )
    among_ties = rules.ties == "either" or rules.order == "any"
    if among_ties and len(steps) > MOST_STEPS_AMONG_TIES:
        raise InvalidInput(
            f"There are {len(steps)} steps; with ties='either' or order='any' a funnel has at most "
            f"{MOST_STEPS_AMONG_TIES}."
        )
    if rules.order == "any":
        _refuse_excluded_steps(rules, steps)


def _refuse_excluded_steps(rules: Rules, steps: Sequence[Step]) -> None:
    for step in steps:
        named = step.get("name", ()) if isinstance(step, Mapping) else step
        names = {named} if isinstance(named, str) else named
        if not isinstance(names, Collection):
            continue  # no step at all, as is said where steps are matched
        if both := sorted(set(rules.exclude).intersection(names)):
            raise InvalidInput(
                f"{both[0]!r} stands in exclude and is a step as well, and order is 'any'; then "
                "nothing tells whether it is a step or ends the attempt. Take it out of exclude."
            )


def refuse_excluded_events(rules: Rules, marks: Mask, barred: Mask) -> None:
    """Refuse the same of steps that are told by other columns than the name."""
    if (marks & barred).any():
        raise InvalidInput(
            f"An event that exclude={list(rules.exclude)!r:.100} names fills a step as well, and "
            "order is 'any'; then nothing tells whether it is a step or ends the attempt. Narrow "
            "the step, or take the name out of exclude."
        )
