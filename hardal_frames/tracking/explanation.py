"""`Explanation`: one session, told in order."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hardal_frames.plot._shared.text import amount_text, duration_text, one_line
from hardal_frames.tracking._changes import short
from hardal_frames.tracking._story import folded_text, story_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WIDTH: Final = 100
_CLOCK: Final = 12
_GAP: Final = 8
_INDENT: Final = " " * (_CLOCK + _GAP + 4)
_LONGEST_NAME: Final = 30
_LONGEST_TYPE: Final = 12
_PART: Final = _WIDTH - _CLOCK - _GAP - 6


@dataclass(frozen=True, eq=False)
class Explanation:
    """One session, told in order: as a frame, as text (``print``), as HTML in a notebook.

    What looks like personal data is hidden, and so are queries of urls; the events have it.
    Runs of events in which nothing changes are folded into one line of the text and the HTML, and
    long sessions are folded further; the frame has every event.

    Parameters
    ----------
    session_id
        Which session.
    frame
        One row an event: timestamp (the frame's zone), gap (Timedelta since the event before,
        missing at the first), name, type, page (strings), page_changed (bool), changes (string:
        what the properties hold that the event before of that name did not, all of them at the
        first; missing if nothing), origin (string: host of the referrer and utm of the url, at the
        first event and where they come from outside again), step (Int64: the step of the funnel
        that it filled, from 1), findings (tuple of checks that concern it), id (string).
    findings
        The findings that concern the session, as `audit` gives them.
    steps
        The steps of the funnel in words; none if no funnel was asked for.
    notes
        What the findings do not tell, each in a sentence.
    page_count
        How many pages were seen; those that are hidden count too.

    Examples
    --------
    >>> import hardal_frames as hf
    >>> told = hf.explain(hf.sample_events(), "ses_000005", funnel=["view_item", "add_to_cart"])
    >>> print(told)
    Session ses_000005
    3 events in 2m 29s from 2026-03-02 12:03:42.716, Europe/Istanbul; 2 pages seen.
    Funnel: 1 of 2 steps reached; not add_to_cart.
    No findings in this session by itself.
    <BLANKLINE>
    2026-03-02
    12:03:42.716            page_view  pageview  on /kampanya/bahar-indirimi
    12:06:11.990   +2m 29s  page_view  pageview  on /p/1070
    12:06:11.990       +0s  view_item  custom
                            category Kadın Elbise; currency TRY; price 2649.9; product_id 1070
                            > step 1 of 2: view_item
    """

    session_id: str
    frame: pd.DataFrame
    findings: pd.DataFrame
    steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    page_count: int = 0

    def __repr__(self) -> str:
        return f"Explanation({self.session_id!r}, {amount_text(len(self.frame), 'event')})"

    def __str__(self) -> str:
        return "\n".join([*self._head(), "", *self._lines()])

    def html(self, *, level: int = 3) -> str:
        """Write the explanation as HTML: a part of a page, without scripts.

        Parameters
        ----------
        level
            Of its heading, 1 to 5.

        Returns
        -------
        str
            A section with a style of its own, for light and dark.

        Examples
        --------
        >>> import hardal_frames as hf
        >>> hf.explain(hf.sample_events(), "ses_000005").html().count("<tr")
        4
        """
        from hardal_frames.tracking._explanation_html import STYLE, section  # noqa: PLC0415

        return f"<style>{STYLE}</style>\n{section(self, level=level)}"

    def _repr_html_(self) -> str:
        return self.html()

    @property
    def summary(self) -> str:
        """How much happened, when and where, in one sentence.

        Examples
        --------
        >>> import hardal_frames as hf
        >>> hf.explain(hf.sample_events(), "ses_000005").summary
        '3 events in 2m 29s from 2026-03-02 12:03:42.716, Europe/Istanbul; 2 pages seen.'
        """
        times = self.frame["timestamp"]
        elapsed = duration_text((times.iloc[-1] - times.iloc[0]).total_seconds())
        pages = self.page_count
        told = (
            f"{amount_text(len(self.frame), 'event')} in {elapsed} from "
            f"{day(times.iloc[0])} {clock(times.iloc[0])}, {times.dt.tz}"
        )
        seen = f"; {amount_text(pages, 'page')} seen" if pages else ""
        return f"{told}{seen}."

    @property
    def reached(self) -> str:
        """How far the session came in the funnel, in one sentence; empty without a funnel.

        Examples
        --------
        >>> import hardal_frames as hf
        >>> steps = ["view_item", "add_to_cart"]
        >>> hf.explain(hf.sample_events(), "ses_000005", funnel=steps).reached
        'Funnel: 1 of 2 steps reached; not add_to_cart.'
        """
        if not self.steps:
            return ""
        done = set(self.frame["step"].dropna().tolist())
        missed = [label for place, label in enumerate(self.steps, start=1) if place not in done]
        told = f"Funnel: {len(done)} of {len(self.steps)} steps reached"
        return f"{told}; not {', '.join(missed)}." if missed else f"{told}."

    def _head(self) -> Iterator[str]:
        yield f"Session {one_line(self.session_id)}"
        for sentence in filter(None, [self.summary, self.reached]):
            yield from textwrap.wrap(sentence, _WIDTH)
        for each in self.findings.to_dict("records"):
            yield from textwrap.wrap(finding_text(each), _WIDTH, subsequent_indent="    ")
        for note in self.notes:
            yield from textwrap.wrap(note, _WIDTH)

    def _lines(self) -> Iterator[str]:
        frame = self.frame
        names = min(_LONGEST_NAME, int(frame["name"].str.len().max()))
        types = min(_LONGEST_TYPE, int(frame["type"].str.len().fillna(0).max()))
        days = frame["timestamp"].dt.date
        day_before = None
        for stretch in story_of(frame):
            event = frame.iloc[stretch.first]
            if days.iloc[stretch.first] != day_before:
                yield day(event["timestamp"])
                day_before = days.iloc[stretch.first]
            start = f"{clock(event['timestamp']):{_CLOCK}}  {gap(event['gap']):>{_GAP}}  "
            if stretch.is_folded:
                last = frame["timestamp"].iloc[stretch.end - 1]
                took = duration_text((last - event["timestamp"]).total_seconds())
                told = f"{start}… {folded_text(frame, stretch)}; in {took}"
                yield from textwrap.wrap(told, _WIDTH, subsequent_indent=_INDENT + "  ")
                day_before = days.iloc[stretch.end - 1]
                continue
            name, kind = short(one_line(event["name"]), names), short(type_text(event), types)
            page = f"on {event['page']}" if event["page_changed"] else ""
            told = f"{start}{name:{names}}  {kind:{types}}  {page}".rstrip()
            yield short(told, _WIDTH)
            for detail in self.details(event):
                yield from _wrapped(detail)

    def details(self, event: Any) -> Iterator[str]:  # noqa: ANN401  (a row)
        """Tell what else there is to say of an event: origin, properties, step, findings.

        Examples
        --------
        >>> import hardal_frames as hf
        >>> told = hf.explain(hf.sample_events(), "ses_000005", funnel=["view_item"])
        >>> list(told.details(told.frame.iloc[-1]))[-1]
        '> step 1 of 1: view_item'
        """
        if not pd.isna(event["origin"]):
            yield event["origin"]
        if not pd.isna(event["changes"]):
            yield event["changes"]
        if not pd.isna(event["step"]):
            yield f"> step {event['step']} of {len(self.steps)}: {self.steps[event['step'] - 1]}"
        if event["findings"]:
            yield f"! {', '.join(event['findings'])}"


def _wrapped(detail: str) -> list[str]:
    """Break a text between its parts rather than inside of them."""
    blank = "\N{NO-BREAK SPACE}"
    parts = detail.replace(" → ", f"{blank}→ ").split("; ")
    held = "; ".join(part.replace(" ", blank) if len(part) <= _PART else part for part in parts)
    lines = textwrap.wrap(held, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT + "  ")
    return [line.replace(blank, " ") for line in lines]


def finding_text(finding: Mapping[Any, Any]) -> str:
    """Tell a finding in one line."""
    about = [finding[part] for part in ("name", "property") if not pd.isna(finding[part])]
    where = f" of {', '.join(about)}" if about else ""
    return f"! {finding['check']} ({finding['severity']}){where}: {finding['message']}"


def clock(instant: pd.Timestamp) -> str:
    """Write the clock of an instant, to the millisecond."""
    return f"{instant:%H:%M:%S}.{instant.microsecond // 1000:03}"


def day(instant: pd.Timestamp) -> str:
    """Write the day of an instant."""
    return f"{instant:%Y-%m-%d}"


def gap(elapsed: Any) -> str:  # noqa: ANN401  (a Timedelta or NaT)
    """Write the time since the event before; nothing at the first."""
    return "" if pd.isna(elapsed) else f"+{duration_text(elapsed.total_seconds())}"


def type_text(event: Any) -> str:  # noqa: ANN401  (a row)
    """Write the type of an event; nothing where it has none."""
    return "" if pd.isna(event["type"]) else one_line(event["type"])
