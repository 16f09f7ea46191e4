"""Campaigns that get lost on their way into the properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pandas as pd
import pyarrow as pa

from hardal_frames import schema
from hardal_frames.analysis._landing import UTM, hosts
from hardal_frames.tracking._distinct import Distinct
from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking._log import Integers, Log

RARE: Final = 0.05


def lost_campaign(log: Log) -> Iterator[Finding]:
    """Find events with utm in their url that their properties do not have, or otherwise.

    Page views carry a campaign; other events are looked at where no page view has one in its url.
    """
    if not log.has("url"):
        return
    urls = log.distinct("url")
    tagged = np.flatnonzero(urls.where(urls.find(r"[?&#;]utm_[a-z]+=")))
    views = tagged[log.is_pageview[tagged]]
    rows = views if len(views) else tagged
    codes, url_of = np.unique(urls.codes[rows], return_inverse=True)
    queries = [campaign_of(url) for url in urls.arrow.take(codes).to_pylist()]
    for key in UTM:
        in_url = np.array([query.get(key) for query in queries], dtype=object)[url_of.reshape(-1)]
        has_key = np.array([value is not None for value in in_url], dtype=bool)
        yield from _lost(log, key, rows[has_key], in_url[has_key])


def campaign_of(url: str) -> dict[str, str]:
    """Values of a url's utm parameters, in the query or in what a router keeps as one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return {}
    query = f"{parts.query}&{parts.fragment.rpartition('?')[2]}"
    found: dict[str, str] = {}
    for key, value in parse_qsl(query):
        if value.strip():
            found.setdefault(key, value.strip())
    return found


def _lost(log: Log, key: str, rows: Integers, in_url: Any) -> Iterator[Finding]:  # noqa: ANN401
    column = f"prop_{key}"
    lost = ~log.filled(column)[rows]
    said = np.full(len(rows), None, dtype=object)
    if not lost.all():
        values = log.distinct(column)
        said = np.array([text.strip() for text in values.texts] + [None], dtype=object)
        said = said[values.codes[rows]]
    another = ~lost & (said != in_url).astype(bool)
    for chosen, what in (
        (lost, "stands in the url and not in the properties; the campaign gets no credit"),
        (another, "is another in the url than in the properties; the wrong campaign gets credit"),
    ):
        for name, own in log.split_by_name(rows[chosen]):
            yield Finding(
                "medium",
                f"{key} of {name!r} {what}. Look whether the tag reads the url before a redirect, "
                "or the router, changes it.",
                own,
                of=len(rows),
                name=name,
                property=key,
            )


def changed_campaign(log: Log) -> Iterator[Finding]:
    """Find events whose utm_source is another than that of an event before them in the session."""
    if not log.has("prop_utm_source"):
        return
    rows = log.sequences.rows
    rows = rows[log.filled("prop_utm_source")[rows]]
    sources, walkers = log.distinct("prop_utm_source").codes[rows], log.walkers[rows]
    changed = (np.diff(sources) != 0) & (np.diff(walkers) == 0)
    for name, own in log.split_by_name(rows[1:][changed]):
        yield Finding(
            "low",
            f"utm_source changes at {name!r} within a session; first and last touch give the "
            "credit to different campaigns. Look for links inside the site that carry utm "
            "parameters, or sessions that should have ended.",
            own,
            of=len(rows),
            name=name,
            property="utm_source",
        )


def self_referral(log: Log) -> Iterator[Finding]:
    """Find sessions whose first event was referred by the site itself.

    A host with and without ``www.`` is the same; subdomains are others, unless `own_hosts` says so.
    """
    if not log.has("referrer"):
        return
    referrers = _hosts_of(log.distinct("referrer"))
    own = _own_hosts(log)
    is_own = np.array([host in own for host in referrers.texts], dtype=bool)
    firsts = log.sequences.rows[log.sequences.firsts]
    rows = firsts[referrers.where(is_own)[firsts]]
    yield Finding(
        "medium" if len(rows) > RARE * len(firsts) else "low",
        "A session begins with an event that the site itself referred; where it came from is lost. "
        "Look for sessions that end too early, pages without the tracker, or a payment page that "
        "sends visitors back.",
        rows,
        of=len(firsts),
        property="referrer",
    )


def _own_hosts(log: Log) -> set[str]:
    if log.limits.own_hosts is not None:
        return {host.removeprefix("www.") for host in log.limits.own_hosts}
    if not log.has("url"):
        return set()
    return set(_hosts_of(log.pages).texts) - {""}


def _hosts_of(addresses: Distinct) -> Distinct:
    """Hosts of addresses, without ``www.``; empty where there is none."""
    heads = addresses.rewritten((r"(?s)^([^/?#]*//[^/?#]*).*$", r"\1"))
    found = pd.Series(hosts(pd.array(heads.texts, dtype=schema.TEXT)), dtype=object).fillna("")
    hosts_of_heads = pa.array(found.str.removeprefix("www."), type=pa.large_string())
    return Distinct(heads.codes, hosts_of_heads)
