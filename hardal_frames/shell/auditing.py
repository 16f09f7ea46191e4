"""The command audit: findings told, written, and an exit status for a pipeline."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hardal_frames.errors import StoreError
from hardal_frames.plot._shared.text import amount_text, count_text, percent_text
from hardal_frames.schema import DEFAULT_TIMEZONE
from hardal_frames.tracking.finding import SEVERITIES

if TYPE_CHECKING:
    import argparse

CANNOT_BE_READ: Final = 2

_EXAMPLES: Final = 5
_EXAMPLES_TO_MARK: Final = 100
_MOST_TOLD: Final = 40
_EXIT: Final = (
    "Exit status: 0 without a finding of that severity or a higher one, 1 with one, 2 if something "
    "cannot be read or used."
)


def add_audit_command(commands: Any) -> None:  # noqa: ANN401  (argparse names no type for it)
    """Add the command to those of a parser."""
    parser = commands.add_parser(
        "audit", help="find what is wrong with the tracking, for a pipeline", epilog=_EXIT
    )
    parser.add_argument(
        "path",
        type=Path,
        metavar="PATH",
        help="events: a parquet file, the folder of an export or of a store, or a recording "
        "(*.jsonl.gz)",
    )
    parser.add_argument(
        "--plan", type=Path, metavar="FILE", help="a tracking plan to compare with (JSON)"
    )
    parser.add_argument(
        "--sessions",
        type=Path,
        metavar="FILE",
        help="the session list to compare with (parquet); a store and a recording have theirs",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write findings.parquet, findings.csv and audit.html there",
    )
    parser.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        default="high",
        help="the least severity that makes the exit status 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="zone in which days begin and instants are shown, such as Europe/Istanbul; by default "
        f"the one of a parquet file or an export, and {DEFAULT_TIMEZONE} for a store or a "
        "recording. Timestamps of a parquet file that have no zone are taken to be in it",
    )
    parser.set_defaults(command=_audit, error_status=CANNOT_BE_READ)


def _audit(given: argparse.Namespace) -> bool:
    from hardal_frames.shell.event_input import read_input  # noqa: PLC0415  (loads pyarrow)
    from hardal_frames.tracking.audit import audit  # noqa: PLC0415  (loads all that analyses need)

    events, sessions = read_input(given.path, given.sessions, given.timezone)
    examples = _EXAMPLES if given.out is None else _EXAMPLES_TO_MARK
    findings = audit(events, sessions, plan=given.plan, examples=examples)
    _tell(events, findings)
    if given.out is not None:
        _write(given, events, findings)
    graver = SEVERITIES[: SEVERITIES.index(given.fail_on) + 1]
    return not findings["severity"].isin(graver).any()


def _tell(events: pd.DataFrame, findings: pd.DataFrame) -> None:
    sessions = events["session_id"].nunique()
    counts = findings["severity"].value_counts()
    told = ", ".join(f"{counts.get(severity, 0)} {severity}" for severity in SEVERITIES)
    print(
        f"{amount_text(len(events), 'event')} of {amount_text(sessions, 'session')} "
        f"audited: {told}."
    )
    for each in findings.head(_MOST_TOLD).to_dict("records"):
        print(f"\n{each['severity']:<6}  {headline(each)}")
        print(textwrap.fill(each["message"], 96, initial_indent="  ", subsequent_indent="  "))
    if len(findings) > _MOST_TOLD:
        print(f"\nand {len(findings) - _MOST_TOLD} more; --out DIR writes all.")


def headline(finding: Any) -> str:  # noqa: ANN401  (a row)
    """Tell a finding in one line: what, of what, how often, since when."""
    about = " · ".join(
        str(finding[part]) for part in ("name", "property") if not pd.isna(finding[part])
    )
    times = f"{count_text(finding['count'])} ({percent_text(finding['share'], fine=True)})"
    since = "never seen"
    if not pd.isna(finding["first_seen"]):
        since = f"{finding['first_seen']:%Y-%m-%d %H:%M} to {finding['last_seen']:%Y-%m-%d %H:%M}"
    return "  ".join(filter(None, [finding["check"], about, times, since]))


def _write(given: argparse.Namespace, events: pd.DataFrame, findings: pd.DataFrame) -> None:
    from hardal_frames.shell.audit_page import audit_page  # noqa: PLC0415  (loads matplotlib)

    page = audit_page(events, findings, title=f"Tracking audit of {given.path.name}")
    kept = findings.copy()
    for column in ("example_ids", "example_sessions"):
        kept[column] = [list(each[:_EXAMPLES]) for each in kept[column]]
    told = kept.assign(
        **{name: kept[name].map(" ".join) for name in ("example_ids", "example_sessions")}
    )
    out: Path = given.out
    try:
        out.mkdir(parents=True, exist_ok=True)
        kept.to_parquet(out / "findings.parquet", index=False)
        told.to_csv(out / "findings.csv", index=False)
        (out / "audit.html").write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StoreError(
            f"Cannot write into {out}: {error.strerror or error}. Name another folder with --out."
        ) from None
    print(f"\nWritten: {out / 'audit.html'}, findings.csv and findings.parquet beside it.")
