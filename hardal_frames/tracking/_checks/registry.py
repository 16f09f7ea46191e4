"""Every check by its name, in the order in which they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardal_frames.tracking._checks.amounts import bad_number
from hardal_frames.tracking._checks.campaigns import changed_campaign, lost_campaign, self_referral
from hardal_frames.tracking._checks.clocks import future_event, out_of_order, tied_events
from hardal_frames.tracking._checks.days import changed_fill, changed_volume
from hardal_frames.tracking._checks.duplicates import duplicate_event, repeated_transaction
from hardal_frames.tracking._checks.kinds import type_change
from hardal_frames.tracking._checks.listed import session_list
from hardal_frames.tracking._checks.machines import regular_session
from hardal_frames.tracking._checks.names import similar_names
from hardal_frames.tracking._checks.pages import contradicting_path, incomplete_pageview
from hardal_frames.tracking._checks.personal import personal_data
from hardal_frames.tracking._checks.presence import missing_property
from hardal_frames.tracking._checks.purchases import (
    incomplete_purchase,
    mixed_currencies,
    purchase_without_steps,
)
from hardal_frames.tracking._checks.unusable import unusable_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from hardal_frames.tracking._log import Log
    from hardal_frames.tracking.finding import Finding

OF_ALL_ROWS: Final[dict[str, Callable[[pd.DataFrame], Iterable[Finding]]]] = {
    "unusable_event": unusable_event
}
"""Checks of the whole frame; the others see the rows that have session, name and timestamp."""

CHECKS: Final[dict[str, Callable[[Log], Iterable[Finding]]]] = {
    check.__name__: check
    for check in (
        duplicate_event,
        repeated_transaction,
        incomplete_purchase,
        bad_number,
        mixed_currencies,
        purchase_without_steps,
        type_change,
        missing_property,
        similar_names,
        incomplete_pageview,
        contradicting_path,
        out_of_order,
        future_event,
        tied_events,
        lost_campaign,
        changed_campaign,
        self_referral,
        personal_data,
        regular_session,
        changed_volume,
        changed_fill,
        session_list,
    )
}
