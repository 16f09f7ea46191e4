"""What brought each session: a campaign, another site, or nothing that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._landing import UTM, campaigns, hosts, referred, utm
from hardal_frames.analysis._values import texts

if TYPE_CHECKING:
    from pandas.api.extensions import ExtensionArray

    from hardal_frames.analysis._sequences import Integers, Sequences

TOUCH: Final = ("kind", *UTM)
KINDS: Final = ("campaign", "referral", "direct")
CAMPAIGN, REFERRAL, DIRECT = range(3)


def touch_columns() -> list[str]:
    """Columns of events that tell a touch."""
    return ["id", "referrer", "url", *(f"{schema.PROPERTY_PREFIX}{name}" for name in UTM)]


def touches_of(
    sequences: Sequences, walkers: Integers
) -> tuple[Integers, Integers, dict[str, ExtensionArray]]:
    """Kind of touch of the given walkers, the event that tells, and the touch itself."""
    campaign = campaigns(sequences)[walkers]
    referrer = referred(sequences)[walkers]
    source = pd.Series(hosts(texts(sequences, "referrer", referrer)))
    own = pd.Series(hosts(texts(sequences, "url", referrer)))
    inside = source.str.removeprefix("www.").eq(own.str.removeprefix("www."))
    brought = source.notna().to_numpy() & ~inside.to_numpy(dtype=bool, na_value=False)
    kinds = np.where(campaign >= 0, CAMPAIGN, np.where(brought, REFERRAL, DIRECT))
    columns = {"kind": pd.array(KINDS, dtype=schema.TEXT).take(kinds), **utm(sequences, campaign)}
    known = pd.Series(columns["utm_source"])
    known = known.mask(kinds == REFERRAL, source).mask(kinds == DIRECT, "direct")
    media = pd.Series(columns["utm_medium"])
    media = media.mask(kinds == REFERRAL, "referral").mask(kinds == DIRECT, "none")
    columns |= {"utm_source": known.array, "utm_medium": media.array}
    told_by = np.where(kinds == CAMPAIGN, campaign, np.where(kinds == REFERRAL, referrer, -1))
    return kinds, told_by, columns
