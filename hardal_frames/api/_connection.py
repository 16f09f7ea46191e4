"""From the arguments of a client to something that can be asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pandas as pd

from hardal_frames import schema
from hardal_frames.api import _arguments as arguments
from hardal_frames.api._endpoints import Endpoints
from hardal_frames.api._http import LOOPBACK, Transport, checked_base_url
from hardal_frames.api._limit import Budget, budget_file
from hardal_frames.api._report import PullPlan
from hardal_frames.api._retry import RetryPolicy
from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardal_frames.api._key import ApiKey

_SECONDS_OF_ANSWERS: Final = 1.0
_DEFAULT_BASE_URL: Final = "https://app.usehardal.com"


@dataclass(frozen=True, slots=True)
class Connection:
    """One signal at one address, and the budget of the key.

    Parameters
    ----------
    signal_id, base_url
        What is asked, and where.
    source
        Both in words, the same on every run: what a store remembers.
    requests_per_minute, page_size
        As the client was told.
    endpoints, transport, budget
        The parts.
    """

    signal_id: str
    base_url: str
    source: str
    requests_per_minute: int | None
    page_size: int
    endpoints: Endpoints
    transport: Transport
    budget: Budget

    def plan_of(self, requests: int) -> PullPlan:
        """How long so many requests take; NaT if nothing but the network limits them."""
        most = self.requests_per_minute
        if most is None:
            return PullPlan(requests, pd.Timedelta("NaT"))
        windows = max(0, requests - 1) // most
        seconds = windows * (self.budget.window + _SECONDS_OF_ANSWERS)
        return PullPlan(requests, pd.Timedelta(seconds=round(seconds)))


def connect(
    key: ApiKey,
    signal_id: object,
    *,
    base_url: object,
    target_signal_id: object,
    is_hybrid: object,
    requests_per_minute: object,
    page_size: object,
    timeout: object,
    ca_bundle: str | Path | None,
    clock: Callable[[], float],
) -> Connection:
    """Check the arguments of `Client` and put its parts together; nothing is sent."""
    signal = arguments.text(signal_id, "signal_id", os.environ.get("HARDAL_SIGNAL_ID", ""))
    if not signal:
        raise InvalidInput(
            "No signal: set the environment variable HARDAL_SIGNAL_ID, or give signal_id=..."
        )
    arguments.quoted(signal, "signal_id")
    default = os.environ.get("HARDAL_API_BASE_URL") or _DEFAULT_BASE_URL
    address = checked_base_url(arguments.text(base_url, "base_url", default))
    target = arguments.text(target_signal_id, "target_signal_id", "")
    if not isinstance(is_hybrid, bool):
        raise InvalidInput(f"is_hybrid is {is_hybrid!r}; True or False is needed.")
    most = None
    if requests_per_minute is not None:
        most = schema.require_whole(requests_per_minute, "requests_per_minute")
    if ca_bundle is not None and not Path(ca_bundle).is_file():
        raise InvalidInput(f"ca_bundle is {str(ca_bundle)!r}; there is no such file.")
    seconds = arguments.seconds(timeout, "timeout")
    page = schema.require_whole(page_size, "page_size")
    file = None if most is None else budget_file(key.digest(address))
    budget = Budget(most, clock=clock, file=file)
    transport = Transport(
        address,
        key,
        budget=budget,
        retry=RetryPolicy(),
        timeout=seconds,
        ca_bundle=None if ca_bundle is None else Path(ca_bundle),
    )
    endpoints = Endpoints(
        transport, signal, target_signal_id=target, is_hybrid=is_hybrid, page_size=page
    )
    return Connection(
        signal_id=signal,
        base_url=address,
        source=_source(address, signal, target),
        requests_per_minute=most,
        page_size=page,
        endpoints=endpoints,
        transport=transport,
        budget=budget,
    )


def _source(address: str, signal: str, target: str) -> str:
    host = urlsplit(address).hostname or ""
    # A sandbox has another port each time, and still the same sessions.
    where = "this machine" if host in LOOPBACK else host
    return f"signal {signal!r} at {where}" + (f", data of {target!r}" if target else "")
