"""The command report: one page about the events of a store, files or a recording."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hardal_frames.errors import InvalidInput, StoreError
from hardal_frames.plot._shared.text import amount_text, one_line
from hardal_frames.schema import DEFAULT_TIMEZONE, require_whole

if TYPE_CHECKING:
    import argparse

_CANNOT_BE_READ = 2
_NOTES = (
    "Steps given follow PATH: hardal-frames report PATH --steps view_item purchase. Files of more "
    "than two million events, and folders of files, are counted part by part; of those, a sample "
    "is audited. Exit status: 0, or 2 if something cannot be read or used."
)


def add_report_command(commands: Any) -> None:  # noqa: ANN401  (argparse names no type for it)
    """Add the command to those of a parser."""
    parser = commands.add_parser(
        "report",
        help="write one page: volumes, journeys, a funnel, times, the audit",
        epilog=_NOTES,
    )
    parser.add_argument(
        "path",
        type=Path,
        metavar="PATH",
        help="events: a parquet file or a folder of them, the folder of an export or of a store, "
        "or a recording (*.jsonl.gz)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("report.html"),
        metavar="FILE",
        help="default: %(default)s; replaced if it is there",
    )
    parser.add_argument("--title", metavar="TEXT", help="default: Report on PATH's name")
    parser.add_argument(
        "--steps",
        nargs="+",
        default=[],
        metavar="NAME",
        help="steps of the funnel; by default those of view_item, add_to_cart, begin_checkout, "
        "purchase that occur",
    )
    parser.add_argument(
        "--step", action="append", default=[], metavar="NAME", help="one step; may be given again"
    )
    parser.add_argument(
        "--within", metavar="TIME", help="longest time from the first step to the last: 1h"
    )
    parser.add_argument(
        "--top",
        type=int,
        default=8,
        metavar="N",
        help="so many names a step, rows and paths are shown (default: %(default)s)",
    )
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="zone in which days begin and instants are shown; by default the one of the files, "
        f"and {DEFAULT_TIMEZONE} for a store or a recording. Timestamps without a zone are in it",
    )
    parser.add_argument(
        "--made",
        metavar="MOMENT",
        help="when the page says that it was made, so that it can be made again: 2026-03-01 12:00",
    )
    parser.set_defaults(command=_report, error_status=_CANNOT_BE_READ)


def _report(given: argparse.Namespace) -> None:
    require_whole(given.top, "--top")
    if given.steps and given.step:
        raise InvalidInput("--steps and --step are given; give all steps with one of them.")
    from hardal_frames.shell._report.numbers import Asked, numbers_of  # noqa: PLC0415  (slow)
    from hardal_frames.shell._report.sections import report_page  # noqa: PLC0415  (matplotlib)
    from hardal_frames.shell.event_input import open_input  # noqa: PLC0415  (loads pyarrow)

    made = _moment(given.made)
    asked = Asked(tuple(given.steps or given.step), given.within, given.top, given.timezone)
    opened = open_input(given.path, given.timezone)
    numbers = numbers_of(opened, asked, now=made)
    title = given.title or f"Report on {given.path.resolve().name}"
    page = report_page(numbers, opened, asked, title=title, made=made)
    _write(given.out, page)
    counted = numbers.volumes
    print(
        f"{amount_text(counted.events, 'event')} of {amount_text(counted.sessions, 'session')}: "
        f"{given.out} ({len(page.encode()) / 1000:,.0f} kB)."
    )


def _moment(text: str | None) -> pd.Timestamp:
    if text is None:
        return pd.Timestamp.now(tz="UTC").floor("s")
    try:
        made = pd.Timestamp(text)
    except ValueError:
        made = pd.NaT  # type: ignore[assignment]
    if pd.isna(made):
        raise InvalidInput(
            f"--made is {one_line(text)!r:.60}; a moment such as '2026-03-01 12:00' is needed."
        )
    return made.tz_localize("UTC") if made.tz is None else made.tz_convert("UTC")


def _write(out: Path, page: str) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StoreError(
            f"Cannot write {out}: {error.strerror or error}. Name another file with --out."
        ) from None
