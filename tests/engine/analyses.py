"""Every analysis with some options, by name, as functions of events."""

from __future__ import annotations

import hardal_frames as hf

ANY = {"missing": "zero"}
STEPS = ["A", "B", "purchase"]


def _funnels():
    options = {
        "": {},
        " within": {"within": "30s"},
        " step_within": {"step_within": "20s", "entry": "first"},
        " strict": {"order": "strict"},
        " any": {"order": "any"},
        " either": {"ties": "either", "exclude": "C"},
        " hold": {"hold": "prop_utm_source", "ties": "strict"},
        " by": {"by": "prop_utm_source"},
        " by trend": {"by": "prop_quantity", "trend": "day"},
        " week": {"trend": "week"},
    }
    for name, given in options.items():
        yield f"funnel{name}", lambda events, o=given: hf.funnel(events, STEPS, **o, **ANY)
        yield (
            f"funnel_sessions{name}",
            lambda events, o=given: hf.funnel_sessions(events, STEPS, **o, **ANY),
        )


BY_SESSION = {
    **dict(_funnels()),
    "funnel optional": lambda events: hf.funnel(events, ["A", hf.optional("B"), "C"], **ANY),
    "funnel columns": lambda events: hf.funnel(
        events, [{"name": ["A", "B"], "prop_currency": "TRY"}, "C"], **ANY
    ),
    "transitions": hf.transitions,
    "transitions counts": lambda events: hf.transitions(events, times=False),
    "transitions pages": lambda events: hf.transitions(
        events, state="url", patterns={"shop": "*shop*"}, collapse=True
    ),
    "compare_transitions": lambda events: hf.compare_transitions(events, events, collapse=True),
    "journey_flows": hf.journey_flows,
    "journey_flows top": lambda events: hf.journey_flows(events, steps=3, top=1, collapse=True),
    "journey_flows both": lambda events: hf.journey_flows(
        events, anchor="B", direction="both", occurrence="last", **ANY
    ),
    "journey_flows column": lambda events: hf.journey_flows(
        events, anchor={"prop_currency": "EUR"}, state="url", **ANY
    ),
    "paths": hf.paths,
    "paths all": lambda events: hf.paths(events, top=None, collapse=True),
    "paths few": lambda events: hf.paths(events, top=2),
    "time_between": lambda events: hf.time_between(events, "A", "B", unmatched=True, **ANY),
    "time_between any": lambda events: hf.time_between(
        events, ["A", "B"], ["B", "C"], pair="any-any", ties="either", **ANY
    ),
    "time_between column": lambda events: hf.time_between(
        events, {"prop_currency": ["TRY", "EUR"]}, "C", pair="last-last", **ANY
    ),
    "conversion_time": lambda events: hf.conversion_time(events, "A", "B", **ANY),
    "conversion_time by": lambda events: hf.conversion_time(
        events, "A", "C", by="prop_utm_source", at=["5s", "1min"], within="1h", **ANY
    ),
    "transition_times": hf.transition_times,
    "transition_times many": lambda events: hf.transition_times(
        events, quantiles=[0, 0.001, 0.25, 0.5, 1]
    ),
    "activity_by_hour": hf.activity_by_hour,
    "session_summary": hf.session_summary,
    "touches": hf.touches,
    "purchases": lambda events: hf.purchases(events, **ANY),
    "purchases walker": lambda events: hf.purchases(events, once_per="walker", **ANY),
    "revenue": lambda events: hf.revenue(events, **ANY),
    "revenue by": lambda events: hf.revenue(
        events, by=["prop_utm_source", "name"], purchase=["purchase", "A"], **ANY
    ),
}

BY_VISITOR = {
    "retention": lambda events: hf.retention(events, period="day"),
    "retention event": lambda events: hf.retention(events, event="B", periods=2, **ANY),
    "split_sessions": lambda events: hf.split_sessions(events, key="visitor_id", timeout="20s"),
    "visitor funnel": lambda events: hf.funnel(events, STEPS, key="visitor_id", **ANY),
    "visitor times": lambda events: hf.time_between(events, "A", "B", key="visitor_id", **ANY),
    "visitor transitions": lambda events: hf.transitions(events, key="visitor_id"),
}


def _attributions():
    for model in ("last", "first", "linear", "position"):
        yield (
            f"attribution {model}",
            lambda events, m=model: hf.attribution(
                events,
                "purchase",
                model=m,
                by=["kind", "utm_source"],
                revenue=m != "last",
                lookback="40s" if m == "linear" else None,
                **ANY,
            ),
        )


ATTRIBUTIONS = dict(_attributions())
