"""Properties that some events lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hardal_frames.tracking._checks._chance import nearly_all
from hardal_frames.tracking._checks.purchases import NEEDS, lacking
from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking._log import Integers, Log


def missing_property(log: Log) -> Iterator[Finding]:
    """Find events without a property that nearly all of their name have.

    Nearly all must be so many that it is no chance: of 20 events, one that lacks a property proves
    nothing; of 34 it does. What `incomplete_purchase` tells is not told again.
    """
    told = _told(log)
    for column in log.properties:
        has = log.filled(column)
        counts = np.bincount(log.name_codes[has], minlength=len(log.names))
        some = (counts < log.name_counts) & nearly_all(
            counts, log.name_counts, log.limits.nearly_all
        )
        prop = column.removeprefix("prop_")
        for code in np.flatnonzero(some):
            name = log.names[code]
            rows = log.named(name)
            rows = rows[~has[rows]]
            if name == log.limits.purchase and prop in told:
                rows = np.setdiff1d(rows, told[prop])
            share = counts[code] / log.name_counts[code]
            yield Finding(
                "medium",
                f"{prop} is in {_percent(share)} of the events {name!r} and missing in these. Look "
                "at which page or version sends them without it.",
                rows,
                of=int(log.name_counts[code]),
                name=name,
                property=prop,
            )


def _told(log: Log) -> dict[str, Integers]:
    """Purchases of which `incomplete_purchase` says that they lack a property, or one like it."""
    found: dict[str, Integers] = {}
    for need, rows in lacking(log).items():
        for prop in NEEDS[need].enough:
            found[prop] = np.union1d(found.get(prop, rows), rows)
    return found


def _percent(share: float) -> str:
    """Write a share so that all but one of many is not 100 %."""
    return f"{np.floor(share * 1000) / 10:g} %"
