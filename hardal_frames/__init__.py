"""Hardal's recorded sessions as pandas frames: journeys, funnels, times, and their charts."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from hardal_frames import errors

if TYPE_CHECKING:
    from hardal_frames import plot as plot
    from hardal_frames.analysis._counting import EventScan as EventScan
    from hardal_frames.analysis._funnel.rules import optional as optional
    from hardal_frames.analysis.activity import activity_by_hour as activity_by_hour
    from hardal_frames.analysis.comparison import compare_transitions as compare_transitions
    from hardal_frames.analysis.conversion import conversion_time as conversion_time
    from hardal_frames.analysis.flows import journey_flows as journey_flows
    from hardal_frames.analysis.funnels import funnel as funnel
    from hardal_frames.analysis.funnels import funnel_sessions as funnel_sessions
    from hardal_frames.analysis.journeys import transitions as transitions
    from hardal_frames.analysis.marketing import attribution as attribution
    from hardal_frames.analysis.marketing import touches as touches
    from hardal_frames.analysis.paths import paths as paths
    from hardal_frames.analysis.purchases import purchases as purchases
    from hardal_frames.analysis.purchases import revenue as revenue
    from hardal_frames.analysis.sessions import session_summary as session_summary
    from hardal_frames.analysis.timing import time_between as time_between
    from hardal_frames.analysis.timing import transition_times as transition_times
    from hardal_frames.analysis.visitors import retention as retention
    from hardal_frames.analysis.visitors import split_sessions as split_sessions
    from hardal_frames.api._check import CheckReport as CheckReport
    from hardal_frames.api._report import PullReport as PullReport
    from hardal_frames.api._wire import ActivityPage as ActivityPage
    from hardal_frames.api.client import Client as Client
    from hardal_frames.engine.partition import partition_events as partition_events
    from hardal_frames.engine.scan import scan_events as scan_events
    from hardal_frames.engine.simulation import simulate_events as simulate_events
    from hardal_frames.errors import AuthenticationError as AuthenticationError
    from hardal_frames.errors import BadResponse as BadResponse
    from hardal_frames.errors import ConnectionFailed as ConnectionFailed
    from hardal_frames.errors import DataWarning as DataWarning
    from hardal_frames.errors import HardalError as HardalError
    from hardal_frames.errors import IncompleteSession as IncompleteSession
    from hardal_frames.errors import IncompleteSessionList as IncompleteSessionList
    from hardal_frames.errors import InvalidInput as InvalidInput
    from hardal_frames.errors import NotFound as NotFound
    from hardal_frames.errors import PaginationStalled as PaginationStalled
    from hardal_frames.errors import RateLimited as RateLimited
    from hardal_frames.errors import RequestRefused as RequestRefused
    from hardal_frames.errors import StoreError as StoreError
    from hardal_frames.errors import UnknownName as UnknownName
    from hardal_frames.frames.build import events_from_records as events_from_records
    from hardal_frames.frames.expand import expand as expand
    from hardal_frames.frames.join import with_sessions as with_sessions
    from hardal_frames.sandbox.sample import sample_events as sample_events
    from hardal_frames.store._status import StoreStatus as StoreStatus
    from hardal_frames.store.parquet import read_events as read_events
    from hardal_frames.store.parquet import write_events as write_events
    from hardal_frames.store.store import Store as Store
    from hardal_frames.tracking.audit import audit as audit
    from hardal_frames.tracking.explain import explain as explain
    from hardal_frames.tracking.explanation import Explanation as Explanation
    from hardal_frames.tracking.finding import Finding as Finding
    from hardal_frames.tracking.plan import Plan as Plan
    from hardal_frames.tracking.plan import read_plan as read_plan
    from hardal_frames.tracking.plan_from import plan_from as plan_from

__version__ = "0.1.0"

# Every public name and its home, loaded on first use: `import hardal_frames` stays as quick as
# pandas, and what needs no network or chart never loads requests or matplotlib.
_HOMES = {
    "ActivityPage": "api._wire",
    "CheckReport": "api._check",
    "Client": "api.client",
    "EventScan": "analysis._counting",
    "Explanation": "tracking.explanation",
    "Finding": "tracking.finding",
    "Plan": "tracking.plan",
    "PullReport": "api._report",
    "Store": "store.store",
    "StoreStatus": "store._status",
    "activity_by_hour": "analysis.activity",
    "attribution": "analysis.marketing",
    "audit": "tracking.audit",
    "compare_transitions": "analysis.comparison",
    "conversion_time": "analysis.conversion",
    "events_from_records": "frames.build",
    "expand": "frames.expand",
    "explain": "tracking.explain",
    "funnel": "analysis.funnels",
    "funnel_sessions": "analysis.funnels",
    "journey_flows": "analysis.flows",
    "optional": "analysis._funnel.rules",
    "partition_events": "engine.partition",
    "paths": "analysis.paths",
    "plan_from": "tracking.plan_from",
    "purchases": "analysis.purchases",
    "read_events": "store.parquet",
    "read_plan": "tracking.plan",
    "retention": "analysis.visitors",
    "revenue": "analysis.purchases",
    "sample_events": "sandbox.sample",
    "scan_events": "engine.scan",
    "session_summary": "analysis.sessions",
    "simulate_events": "engine.simulation",
    "split_sessions": "analysis.visitors",
    "time_between": "analysis.timing",
    "touches": "analysis.marketing",
    "transition_times": "analysis.timing",
    "transitions": "analysis.journeys",
    "with_sessions": "frames.join",
    "write_events": "store.parquet",
    **dict.fromkeys(errors.__all__, "errors"),
}

__all__ = ["__version__", "plot", *_HOMES]  # noqa: PLE0604


if not TYPE_CHECKING:  # else a misspelt name would be right in the eyes of a type checker

    def __getattr__(name: str) -> object:
        if name == "plot":
            return importlib.import_module("hardal_frames.plot")
        if name not in _HOMES:
            raise AttributeError(f"module 'hardal_frames' has no attribute {name!r}")
        value = getattr(importlib.import_module(f"hardal_frames.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
