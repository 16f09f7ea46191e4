"""Faults of every kind at known places of a recording, to try `audit` on."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import TYPE_CHECKING, Any, Final

from hardal_frames.errors import InvalidInput, UnknownName, near_names
from hardal_frames.sandbox._faults import clocks, days, lists, orders, pages, properties
from hardal_frames.sandbox._faults.field import Field
from hardal_frames.sandbox.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FAULTS", "plant"]

FAULTS: Final[dict[str, tuple[Callable[[Field], None], ...]]] = {
    # Purchases are rare, and what changes all sessions is changed by nothing that follows it.
    "purchase_without_steps": (orders.skip_steps,),
    "changed_volume": (days.change_volumes,),
    "changed_fill": (days.change_fill,),
    "type_change": (days.change_kind_on_a_day, properties.change_kinds),
    "regular_session": (clocks.act_like_machines,),
    "incomplete_purchase": (orders.strip_purchases,),
    "repeated_transaction": (orders.repeat_transactions,),
    "mixed_currencies": (orders.mix_currencies,),
    "bad_number": (orders.spoil_numbers,),
    "missing_property": (properties.drop_properties,),
    "similar_names": (properties.vary_names,),
    "lost_campaign": (pages.lose_campaigns,),
    "changed_campaign": (pages.change_campaigns,),
    "tied_events": (clocks.come_together,),
    "personal_data": (properties.personal_words,),
    "out_of_order": (clocks.come_late,),
    "duplicate_event": (clocks.send_twice,),
    "unusable_event": (properties.forget_names,),
    "incomplete_pageview": (pages.hide_pages,),
    "contradicting_path": (pages.mislead_paths,),
    "future_event": (clocks.come_from_the_future,),
    "self_referral": (pages.refer_to_self,),
    "session_list": (lists.misreport_sessions,),
}
"""Check of `audit` to what puts in the faults that it finds, in the order in which it is done."""


def plant(
    recording: Recording,
    *,
    seed: int = 1,
    faults: Iterable[str] | None = None,
    share: float = 0.01,
) -> tuple[Recording, dict[str, frozenset[str]]]:
    """Put faults of every kind that `audit` finds at known places of a simulated recording.

    Parameters
    ----------
    recording
        What `simulate` made; it is not changed.
    seed
        The same seed gives the same faults on every machine.
    faults
        Which kinds, by the names of the checks that find them; all by default.
    share
        How many of the sessions that could have a fault get it; at least one does.

    Returns
    -------
    tuple
        The recording with faults, and for each kind the ids of the events that have one. Sessions
        in the list that have no event are named by their own id. A kind that cannot be told from
        chance in so few events has none.

    Raises
    ------
    UnknownName
        If there is no such kind, near names told.
    InvalidInput
        If the recording is none, share is no share, or faults is no list.

    Examples
    --------
    >>> from hardal_frames.sandbox import plant, simulate
    >>> recording, planted = plant(simulate(50), faults=["self_referral"])
    >>> planted
    {'self_referral': frozenset({'evt_...'})}
    """
    given: object = recording
    if not isinstance(given, Recording):
        raise InvalidInput(
            f"recording is a {type(given).__name__}; a Recording is needed. simulate(sessions) "
            "makes one."
        )
    number: Any = share
    if isinstance(number, bool) or not isinstance(number, Real) or not 0 < float(number) <= 1:
        raise InvalidInput(f"share is {share!r:.60}; a share above 0 and up to 1 is needed.")
    chosen = list(FAULTS) if faults is None else _several(faults)
    field = Field(recording, seed=seed, share=share)
    planted = {}
    for name in (each for each in FAULTS if each in chosen):
        field.ids = set()
        for put in FAULTS[name]:
            put(field)
        planted[name] = frozenset(field.ids)
    return field.recording(), planted


def _several(faults: object) -> list[str]:
    if isinstance(faults, str) or not isinstance(faults, Iterable):
        raise InvalidInput(
            f"faults is {faults!r:.60}; a list of names is needed, such as ['self_referral']."
        )
    chosen = list(faults)
    for name in chosen:
        if name not in list(FAULTS):
            raise UnknownName(f"There is no fault called {name!r}. {near_names(name, FAULTS)}")
    return chosen
