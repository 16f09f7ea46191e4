"""Journey flows: what sessions do step by step, from their start, their end, or an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from hardal_frames import schema
from hardal_frames.analysis._counting import Counting, computed
from hardal_frames.analysis._flow_counts import ENDS, count_flows
from hardal_frames.analysis._ordering import sequences_of
from hardal_frames.analysis._parts import begins_of, numbered
from hardal_frames.analysis._states import States, new_states
from hardal_frames.analysis._statistics import group_integers, shares
from hardal_frames.analysis._steps import Seen, asked_step, match_step, seen, step_columns
from hardal_frames.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    from hardal_frames.analysis._counting import Events
    from hardal_frames.analysis._sequences import Integers, Sequences
    from hardal_frames.analysis._states import Patterns
    from hardal_frames.analysis._steps import MatchedStep, Missing, Step
    from hardal_frames.analysis._tally import Tally

Direction = Literal["after", "before", "both"]
Occurrence = Literal["first", "last"]

OTHER: Final = "other"

_BEYOND, _ENDS, _FLOW = _KINDS = 0, 1, 2


def journey_flows(
    events: Events,
    *,
    steps: int = 5,
    top: int = 8,
    anchor: Step | None = None,
    direction: Direction = "after",
    occurrence: Occurrence = "first",
    min_sessions: int = 1,
    state: str = "name",
    patterns: Patterns | None = None,
    collapse: bool = False,
    missing: Missing = "error",
    key: str = "session_id",
) -> pd.DataFrame:
    """Count how sessions flow from event to event, from their start, their end, or an event.

    Parameters
    ----------
    events
        Any frame with session_id, timestamp and name, or what `scan_events` returns.
    steps
        How many events of each session to follow, the first included.
    top
        How many names to keep at each step; the rest is "other".
    anchor
        The event at step 1: a name (of a state, where state or patterns are given), a list of
        names of which any counts, or a dict of column to value(s), such as
        ``{"name": "purchase"}``. Only sessions that have it are counted. None for a session's own
        first event, or, with ``direction="before"``, its last; so an event may be called anything.
    direction
        ``"after"`` follows what came next, ``"before"`` what came before, ever further back;
        ``"both"`` gives the rows of either, with a column direction.
    occurrence
        Which event of the anchor, if a session has several: the ``"first"`` or the ``"last"``.
    min_sessions
        Names that fewer sessions have at a step belong to its "other" too.
    state
        The text column that journeys go over, such as ``"path"`` for pages; an event without a
        value in it takes part in nothing.
    patterns
        Patterns such as ``"/p/*"``, or a dict of labels and their pattern(s): a value goes by the
        label of the first that matches (``*`` any text, ``?`` one letter), or by itself.
    collapse
        Whether consecutive events in one state count as one, which is the anchor if any of them
        is.
    missing
        ``"error"`` or ``"zero"`` for an anchor that no event of the frame fills.
    key
        Column that names whose journey it is.

    Returns
    -------
    DataFrame
        One row a flow: step (int64: the source's, from 1), source, target (strings), kind
        (``"flow"``, to the target at the next step; ``"exit"``: the session ends here, target
        null; ``"entry"`` instead, where journeys are read backwards: it began here; ``"beyond"``:
        it goes on past the last step, target null), sessions (int64), source_is_other,
        target_is_other (bool: the name stands for the rest, and is no event called "other"),
        coverage (float64: share of the sessions at the step whose event is kept, not other; the
        same in all rows of a step). With ``direction="both"``, direction (string) before them.

    Raises
    ------
    UnknownName
        If no event fills the anchor, near names told, unless ``missing="zero"``.
    InvalidInput
        If the frame cannot be analysed, or an option cannot be used.

    Notes
    -----
    At every step, the sessions that are there and those that ended before make all that are
    counted. Read backwards, the source is the later event and the target the one before it. The
    flow A → B at step 1, anchored at A, counts the sessions of the funnel A > B whose order is
    strict and whose entry is first.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> seen = {"s1": ["/", "/p/1", "/cart", "/paid"], "s2": ["/", "/p/2", "/help", "/p/2"]}
    >>> events = hf.events_from_records(
    ...     [{"name": "page_view", "path": path, "timestamp": f"2026-03-02T10:0{minute}:00Z",
    ...       "sessionId": session}
    ...      for session, paths in seen.items() for minute, path in enumerate(paths)],
    ... )
    >>> pages = {"state": "path", "patterns": {"product": "/p/*"}}
    >>> shown = ["step", "source", "target", "kind", "sessions"]
    >>> hf.journey_flows(events, steps=2, **pages)[shown]
       step   source   target    kind  sessions
    0     1        /  product    flow         2
    1     2  product     <NA>  beyond         2

    Which pages come right before a purchase, and not before an exit without one:

    >>> before = hf.journey_flows(events, anchor="/paid", direction="before", **pages)
    >>> before[shown]
       step   source   target   kind  sessions
    0     1    /paid    /cart   flow         1
    1     2    /cart  product   flow         1
    2     3  product        /   flow         1
    3     4        /     <NA>  entry         1
    >>> left = hf.journey_flows(events, direction="before", steps=1, **pages)
    >>> right_before = before.loc[before["step"] == 1, "target"].dropna()
    >>> sorted(set(right_before) - set(left["source"]))
    ['/cart']
    """
    schema.require_whole(steps, "steps")
    schema.require_whole(top, "top")
    schema.require_whole(min_sessions, "min_sessions")
    schema.require_one_of(direction, "direction", ("after", "before", "both"))
    schema.require_one_of(occurrence, "occurrence", ("first", "last"))
    schema.require_one_of(missing, "missing", ("error", "zero"))
    if anchor is None and occurrence != "first":
        raise InvalidInput(
            f"occurrence is {occurrence!r}, and there is no anchor of which it could be. A "
            "session's last event is where direction='before' begins."
        )
    states = States(state, patterns, collapse)
    rows = _Rows(steps, top, min_sessions)
    return computed(events, _Flows(rows, anchor, direction, occurrence, states, missing, key))


class _Rows(NamedTuple):
    steps: int
    top: int
    min_sessions: int


class _Anchored(NamedTuple):
    """Flows in each direction, what is seen of the anchor, and whether one has a state."""

    flows: tuple[Tally, ...]
    anchor: Seen
    has_state: Seen


@dataclass(frozen=True)
class _Flows(Counting[_Anchored, pd.DataFrame]):
    rows: _Rows
    anchor: Step | None
    direction: Direction
    occurrence: Occurrence
    states: States
    missing: Missing
    key: str

    def columns(self) -> list[str]:
        steps = [] if self.anchor is None else [self.anchor]
        return [*self.states.columns(), *step_columns(steps)]

    def count(self, events: pd.DataFrame) -> _Anchored:
        sequences = sequences_of(events, key=self.key)
        states = self.states.of_each(sequences)
        anchors, anchor, has_state = None, Seen(events=False, names=frozenset(), filled=()), True
        if self.anchor is not None:
            matched = match_step(sequences if self._by_columns else states, self.anchor)
            anchor = seen(events, matched.sequences, [matched])
            anchors = _first_or_last(
                states, _among_states(matched, states), occurrence=self.occurrence
            )
            has_state = len(anchors) > 0
        if self.states.collapse:
            begins = new_states(states)
            anchors = None if anchors is None else np.cumsum(begins)[anchors] - 1
            states = states.selected(begins)
        flows = tuple(
            count_flows(states, anchors, backwards=each == "before", steps=self.rows.steps)
            for each in self._directions
        )
        return _Anchored(flows, anchor, Seen(events=True, names=frozenset(), filled=(has_state,)))

    def finish(self, whole: _Anchored) -> pd.DataFrame:
        if self.anchor is not None:
            self._require_anchor(whole, self.anchor)
        tables = {}
        for each, flows in zip(self._directions, whole.flows, strict=True):
            named = flows.alphabetical()
            rows = _flows(named, top=self.rows.top, least=self.rows.min_sessions)
            labels = list(named.labels[0])
            tables[each] = _table(labels, rows, end="entry" if each == "before" else "exit")
        if self.direction != "both":
            return tables[self.direction]
        for name, table in tables.items():
            names = pd.Series([name] * len(table), dtype=schema.TEXT)
            table.insert(0, "direction", names)
        return pd.concat(tables.values(), ignore_index=True)

    @property
    def _by_columns(self) -> bool:
        # Columns are those of the events; their own names count, not those of their states.
        return isinstance(self.anchor, Mapping)

    @property
    def _directions(self) -> tuple[str, ...]:
        return ("after", "before") if self.direction == "both" else (self.direction,)

    def _require_anchor(self, whole: _Anchored, anchor: Step) -> None:
        try:
            whole.anchor.require([anchor], self.missing)
        except UnknownName as error:
            if anchor not in ("start", "end"):
                raise
            raise UnknownName(
                f"{error} Without an anchor, journeys begin at the session's start, and with "
                "direction='before' at its end."
            ) from None
        if self.missing == "error" and whole.anchor.events and not whole.has_state.filled[0]:
            raise UnknownName(
                f"No event with {asked_step(anchor).label} has a state, so no journey leads "
                "to it. missing='zero' counts such an anchor as zero."
            )


def _among_states(matched: MatchedStep, states: Sequences) -> Integers:
    """Positions among the states of the events that fill a step."""
    if states is matched.sequences:
        return matched.positions
    marked = np.zeros(len(states.frame), dtype=bool)
    marked[matched.sequences.rows[matched.positions]] = True
    return np.flatnonzero(states.of_rows(marked))


def _first_or_last(states: Sequences, positions: Integers, *, occurrence: Occurrence) -> Integers:
    """Of ascending positions, the one of each walker that has any."""
    walkers = states.walkers_at(positions)
    edge = np.ones(len(positions), dtype=bool)
    changes = walkers[1:] != walkers[:-1]
    if occurrence == "first":
        edge[1:] = changes
    else:
        edge[:-1] = changes
    return positions[edge]


def _flows(flows: Tally, *, top: int, least: int) -> Integers:
    """Rows of source, target, kind, sessions, step, sessions at the step, those at a kept name.

    Parameters
    ----------
    flows
        Flows between all names, as `count_flows` gives them. In the result the rest has a code
        more than there are names, and what leads nowhere the next.
    top, least
        How many names are kept at a step, and of how many sessions.
    """
    labels, codes = len(flows.labels[0]), len(flows.labels[0]) + 2
    source, target, step = flows.keys.T
    sessions = flows.counts[:, 0]
    places, which = np.unique(step * codes + source, return_inverse=True)
    which = which.reshape(-1)
    shown = _shown(places, group_integers(sessions, which, len(places)), codes, top, least)
    goes = target >= 0
    there = np.full(len(flows.keys), labels + 1)
    # Whoever goes to a name is counted at the next step, too, as one who comes from it.
    there[goes] = shown[np.searchsorted(places, (step[goes] + 1) * codes + target[goes])]
    kind = np.select([goes, target == ENDS], [_FLOW, _ENDS], _BEYOND)
    keys = ((step * codes + shown[which]) * codes + there) * len(_KINDS) + kind
    found, which = np.unique(keys, return_inverse=True)
    added = group_integers(sessions, which.reshape(-1), len(found))
    rest, kind = np.divmod(found, len(_KINDS))
    rest, target = np.divmod(rest, codes)
    step, source = np.divmod(rest, codes)
    size = int(step.max(initial=0)) + 1
    at_step = group_integers(added, step, size)[step]
    kept = group_integers(np.where(source < labels, added, 0), step, size)[step]
    table = np.column_stack([source, target, kind, added, step, at_step, kept])
    return table[np.lexsort((kind, target, source, -added, step))]


def _shown(places: Integers, counts: Integers, codes: int, top: int, least: int) -> Integers:
    """For the name at each step, its own code if it is kept there, or that of the rest.

    Parameters
    ----------
    places
        Step and name in one number, ascending.
    counts
        Sessions of each.
    codes
        Two more than there are names, by which the step is multiplied.
    top, least
        How many names are kept at a step, and of how many sessions.
    """
    steps, names = np.divmod(places, codes)
    ranked = np.lexsort((names, -counts, steps))
    begins = begins_of(steps)
    ranks = np.arange(len(places)) - begins[numbered(begins, len(places))]
    is_kept = np.empty(len(places), dtype=bool)
    is_kept[ranked] = ranks < top
    is_kept &= counts >= least
    return np.where(is_kept, names, codes - 2)


def _table(labels: list[str], rows: Integers, end: Literal["entry", "exit"]) -> pd.DataFrame:
    source, target, kind, sessions, step, there, kept = rows.T.copy()
    kinds = pd.array(["beyond", end, "flow"], dtype=schema.TEXT)
    names = pd.array([*labels, OTHER, None], dtype=schema.TEXT)
    return pd.DataFrame(
        {
            "step": step,
            "source": names.take(source),
            "target": names.take(target),
            "kind": kinds.take(kind),
            "sessions": sessions,
            "source_is_other": source == len(labels),
            "target_is_other": target == len(labels),
            "coverage": shares(kept, there),
        }
    )
