"""Random visits with purchases and campaigns, and the frames that hold them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from hardal_frames import schema
from tests.strategies import MARCH, numbered

SECOND = 1_000_000
HOUR = 3600 * SECOND

SHOP = "https://www.shop.example/cart?x=1"
PROPERTIES = {
    "value": "Float64",
    "price": "Float64",
    "quantity": "Int64",
    "currency": schema.TEXT,
    "transaction_id": schema.TEXT,
    "utm_source": schema.TEXT,
    "utm_medium": schema.TEXT,
    "utm_campaign": schema.TEXT,
    "utm_content": schema.TEXT,
    "utm_term": schema.TEXT,
}
TEXTS = ("session_id", "visitor_id", "id", "name", "type", "path", "url", "referrer")

MONEY = {
    "value": st.sampled_from([None, None, 0.1, 0.2, 0.7, 1234567.89, -5.5]),
    "price": st.sampled_from([None, 0.1, 19.99, 1.1]),
    "quantity": st.sampled_from([None, 1, 3]),
    "currency": st.sampled_from([None, "", "TRY", "EUR"]),
    "transaction_id": st.sampled_from([None, "", "t1", "t2"]),
}
CAMPAIGN = {
    "utm_source": st.sampled_from([None, None, None, "google", "newsletter"]),
    "utm_medium": st.sampled_from([None, None, None, "email"]),
    "utm_campaign": st.sampled_from([None, None, None, "spring"]),
    "utm_content": st.none(),
    "utm_term": st.none(),
    "url": st.sampled_from([None, SHOP, "https://shop.example"]),
    "referrer": st.sampled_from(
        [None, None, "", "/cart", SHOP, "https://shop.example/a", "https://bank.example:8443/3d?s"]
    ),
}
NOTHING = dict.fromkeys([*PROPERTIES, "url", "referrer"])


def visits(*, names=("A", "purchase"), steps=12, step=10 * SECOND, start=MARCH, **more):
    """Lists of events of a few visitors, whose sessions may overlap."""
    event = st.fixed_dictionaries(
        {
            "session_id": st.sampled_from(["s1", "s2", "s3", "s10"]),
            "visitor_id": st.sampled_from(["v1", "v1-1"]),
            "name": st.sampled_from(names),
            "timestamp": st.integers(0, steps).map(lambda place: start + place * step),
            "type": st.just("custom"),
            "path": st.none(),
            **more,
        }
    )
    return st.lists(event.map(lambda each: {**NOTHING, **each}), max_size=12).map(numbered)


def people_frame(events, zone="Europe/Istanbul"):
    """Make the frame of some events, with our types."""
    times = np.array([event["timestamp"] for event in events], dtype=np.int64)
    instants = pd.Series(times.view("datetime64[us]")).dt.tz_localize("UTC")
    return pd.DataFrame(
        {
            **{
                name: pd.array([event[name] for event in events], dtype=schema.TEXT)
                for name in TEXTS
            },
            "sequence": np.array([event["sequence"] for event in events], dtype=np.int64),
            "timestamp": instants.astype(schema.zoned(zone)),
            **{
                f"prop_{name}": pd.array([event[name] for event in events], dtype=dtype)
                for name, dtype in PROPERTIES.items()
            },
        }
    )
