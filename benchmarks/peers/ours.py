"""hardal_frames, by its public functions alone.

The summary also holds what the others are not asked for: referrer host, all of the utm, bounce,
purchases and revenue. The funnel always has its times, intervals and percentiles.
"""

from __future__ import annotations

from _tasks import END, FLOW_STEPS, START, STEPS, TOP, WINDOW

import hardal_frames as hf


def prepare(frame):
    """Take the frame as it is."""
    return frame


QUERIES = {
    "transitions": lambda events: hf.transitions(events, times=False),
    "transition_times": hf.transitions,
    "funnel": lambda events: hf.funnel(events, list(STEPS), within=WINDOW),
    "funnel_times": lambda events: hf.funnel(events, list(STEPS), within=WINDOW),
    "flows": lambda events: hf.journey_flows(events, steps=FLOW_STEPS, top=TOP),
    "summary": hf.session_summary,
    "time_between": lambda events: hf.time_between(events, START, END),
}
