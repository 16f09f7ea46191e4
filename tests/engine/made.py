"""Made-up events to count in parts, and what an analysis says of them."""

from __future__ import annotations

import random
import warnings

import numpy as np
import pandas as pd

import hardal_frames as hf
from tests.analysis.people import CAMPAIGN, MONEY, NOTHING, SECOND, SHOP, people_frame
from tests.strategies import MARCH, numbered

NAMES = ("A", "A", "B", "B", "C", "Çay", "purchase")
NOT_A_TIME = np.iinfo(np.int64).min


def made_frame(rows=700, *, seed=1, lacking=True, whole_visits=False):
    """Events of sixty sessions in random order, with ties that only ids decide.

    Parameters
    ----------
    rows
        How many.
    seed
        Seed of chance.
    lacking
        Whether some events have no session, name or timestamp.
    whole_visits
        Whether all events of a session have one visitor, or none; else sessions have several.
    """
    chance = random.Random(seed)
    words = {
        "value": [None, None, 0.1, 0.2, 19.99, 1234567.89],
        "price": [None, 0.1, 19.99, 1.1],
        "quantity": [None, 1, 3],
        "currency": [None, "", "TRY", "EUR"],
        "transaction_id": [None, "", *(f"t{number}" for number in range(20))],
        "utm_source": [None, None, None, "google", "newsletter"],
        "utm_medium": [None, None, None, "email"],
        "utm_campaign": [None, None, None, "spring"],
        "url": [None, SHOP, "https://shop.example"],
        "referrer": [None, None, "", "/cart", "https://bank.example:8443/3d?s"],
    }
    assert set(words) <= {*MONEY, *CAMPAIGN}
    events = []
    for _ in range(rows):
        session = chance.randrange(60)
        visitor = session * 7 % 23 if whole_visits else chance.randrange(23)
        day = session % 9 * 86400 * SECOND
        event = {
            **NOTHING,
            **{name: chance.choice(values) for name, values in words.items()},
            "session_id": f"oturum {session}",
            "visitor_id": None if visitor % 11 == 0 else f"v{visitor}",
            "name": chance.choice(NAMES),
            "timestamp": MARCH + day + chance.randrange(9) * 10 * SECOND,
            "type": "custom",
            "path": None,
        }
        if lacking and chance.random() < 0.06:
            lost = chance.choice(["session_id", "name", "timestamp"])
            event[lost] = NOT_A_TIME if lost == "timestamp" else None
        events.append(event)
    return people_frame(numbered(events))


def told(analysis, events):
    """Table of an analysis, and all that it warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", hf.DataWarning)
        table = analysis(events)
    assert all(issubclass(each.category, hf.DataWarning) for each in caught)
    return table, [str(each.message) for each in caught]


def require_equal(analysis, scan, frame):
    """Check that a scan gives the table of the frame to the last bit, with the same warnings."""
    expected, said = told(analysis, frame)
    found, said_too = told(analysis, scan)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert said_too == said
    return expected
