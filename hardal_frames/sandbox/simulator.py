"""A made-up fortnight of a Turkish online shop, the same for everyone who gives the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from hardal_frames.errors import InvalidInput
from hardal_frames.sandbox.dice import Dice
from hardal_frames.sandbox.journey import Journey
from hardal_frames.sandbox.recording import record_sessions
from hardal_frames.sandbox.records import parse_instant
from hardal_frames.sandbox.visitors import draw_start, draw_visit_count, draw_visitor

if TYPE_CHECKING:
    from hardal_frames.sandbox.recording import Recording
    from hardal_frames.sandbox.records import Record
    from hardal_frames.sandbox.visitors import Visitor

__all__ = ["simulate"]

LONGEST_SESSION: Final = 1_200
BOUNCE: Final = "bounce"
ENDLESS: Final = "endless"
PLANS: Final = {BOUNCE: 20, "look": 54, "cart": 13, "checkout": 9, "purchase": 4}
"""How far a session goes, in percent."""

LEAST_REST: Final = 35 * 60_000
"""Milliseconds between two sessions of a visitor; a tracker would join nearer ones."""

EVERY_KIND_FROM: Final = 300
"""From this many sessions on, a recording has a session of each length."""


@dataclass(frozen=True, slots=True)
class _Visit:
    begin: int
    journey: Journey


class _Shop:
    """The draws of one recording, and what must be unique in it."""

    def __init__(self, sessions: int, seed: int, days: int, first_hour: int) -> None:
        self._sessions = sessions
        self._days = days
        self._first_hour = first_hour
        self._dice = Dice(seed)
        self._orders = 0
        self._visits: list[_Visit] = []

    def visits(self) -> list[_Visit]:
        """Make all sessions up, in the order in which they begin."""
        visitors = 0
        while len(self._visits) < self._sessions:
            visitors += 1
            self._visit_often(draw_visitor(visitors, self._dice))
        return sorted(self._visits, key=lambda visit: visit.begin)

    def _visit_often(self, visitor: Visitor) -> None:
        count = min(draw_visit_count(self._dice), self._sessions - len(self._visits))
        starts = sorted(draw_start(self._dice, self._days, self._first_hour) for _ in range(count))
        free = 0
        for start in starts:
            begin = max(start, free)
            journey = Journey(visitor, begin, self._dice)
            self._follow(self._plan(len(self._visits)), journey)
            self._visits.append(_Visit(begin, journey))
            free = journey.clock + LEAST_REST

    def _plan(self, number: int) -> str:
        """Draw how far a session goes; some numbers are fixed, so that each kind is there."""
        if self._sessions >= EVERY_KIND_FROM:
            if number % 5_000 == 150:  # noqa: PLR2004
                return ENDLESS
            if number % 60 == 7:  # noqa: PLR2004
                return BOUNCE
        return self._dice.weighted(PLANS)

    def _follow(self, plan: str, journey: Journey) -> None:
        journey.land()
        if plan == BOUNCE:
            return
        if plan == ENDLESS:
            _never_stop(journey, self._dice)
            return
        _look_around(journey, self._dice)
        if plan != "look":
            _fill_cart(journey, self._dice)
        if plan in ("checkout", "purchase"):
            self._pay(journey, buys=plan == "purchase")

    def _pay(self, journey: Journey, *, buys: bool) -> None:
        if journey.user_id is None and self._dice.chance(0.4):
            journey.log_in()
        journey.check_out(3 if buys else self._dice.whole(1, 3))
        if buys:
            self._orders += 1
            journey.purchase(f"SP-{self._orders:06d}")


def simulate(
    sessions: int = 300, *, seed: int = 1, start: str = "2026-03-02T00:00:00+03:00", days: int = 14
) -> Recording:
    """Make the sessions of an online shop up.

    Pages and titles are Turkish, event names those that trackers use (`page_view`, `view_item`,
    `add_to_cart`, `purchase` ...). The data is clean: what a page fires comes after its view, an
    order is what is in the cart, ids are unique. From 300 sessions on there is one of exactly
    1,200 events.

    Parameters
    ----------
    sessions
        How many sessions.
    seed
        The same seed gives the same recording on every machine.
    start
        ISO 8601 timestamp with offset, before which no session begins. Session rows are written
        with its offset.
    days
        Within how many days sessions begin.

    Returns
    -------
    Recording
        Sessions in the order in which they begin.

    Raises
    ------
    InvalidInput
        If a number is not a whole one or out of range, or `start` is not a timestamp with offset.

    Examples
    --------
    >>> recording = simulate(sessions=20, seed=7)
    >>> len(recording.sessions)
    20
    >>> recording == simulate(sessions=20, seed=7)
    True
    """
    _require_whole("sessions", sessions, 1, 10_000_000)
    _require_whole("days", days, 1, 3_660)
    _require_whole("seed", seed, 0, 2**63 - 1)
    begin = parse_instant(start)
    local = datetime.fromisoformat(start)
    visits = _Shop(sessions, seed, days, local.hour).visits()
    events: dict[str, list[Record]] = {}
    rows: list[Record] = []
    number = 0
    for place, visit in enumerate(visits, start=1):
        session = f"ses_{place:06d}"
        for event, instant in zip(visit.journey.events, visit.journey.instants, strict=True):
            number += 1
            event["id"] = f"evt_{number:07d}"
            event["timestamp"] = _utc_text(begin, instant)
        events[session] = visit.journey.events
        started = (begin + timedelta(milliseconds=visit.begin)).astimezone(local.tzinfo)
        rows.append(_row(session, started, visit.journey))
    return record_sessions(events, rows)


def _require_whole(name: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidInput(
            f"{name} is {value!r:.60}; a whole number from {least} to {most} is needed."
        )


def _look_around(journey: Journey, dice: Dice) -> None:
    """Do what most visits consist of; mostly a few actions, now and then very many."""
    actions = dice.whole(15, 50) if dice.chance(0.03) else dice.whole(1, 5)
    for _ in range(actions):
        action = dice.weighted({"list": 34, "product": 44, "information": 8, "click": 14})
        if action == "list":
            journey.browse()
        elif action == "product":
            journey.view_product()
        elif action == "information":
            journey.view_information()
        else:
            journey.click()
    if dice.chance(0.06):
        journey.log_in()
    if dice.chance(0.04):
        journey.sign_up()


def _fill_cart(journey: Journey, dice: Dice) -> None:
    """Put one or more products into the cart, and leave at least one there."""
    journey.view_product()
    journey.add_to_cart()
    while dice.chance(0.35):
        journey.view_product()
        journey.add_to_cart()
    journey.view_cart()
    if dice.chance(0.15):
        journey.remove_from_cart()
        if journey.cart_is_empty:
            journey.view_product()
            journey.add_to_cart()
        journey.view_cart()


def _never_stop(journey: Journey, dice: Dice) -> None:
    """Compare prices until there are exactly as many events as a session can have."""
    while len(journey.events) < LONGEST_SESSION - 1:
        if dice.chance(0.3):
            journey.browse()
        else:
            journey.view_product()
    if len(journey.events) < LONGEST_SESSION:
        journey.view_information()


def _utc_text(begin: datetime, milliseconds: int) -> str:
    instant = (begin + timedelta(milliseconds=milliseconds)).astimezone(UTC)
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _row(session: str, started: datetime, journey: Journey) -> Record:
    visitor = journey.visitor
    landing = journey.events[0]["properties"]
    user = {"user_id": journey.user_id} if journey.user_id else {}
    return {
        "id": session,
        "visitorId": visitor.id,
        "startedAt": started.isoformat(timespec="milliseconds"),
        "browser": visitor.browser,
        "os": visitor.os,
        "device": visitor.device,
        "country": visitor.country,
        "fields": {**landing, **user},
    }
