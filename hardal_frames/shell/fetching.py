"""The commands that talk to Hardal or to a store: check, pull, status, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardal_frames.errors import StoreError
from hardal_frames.schema import DEFAULT_TIMEZONE

if TYPE_CHECKING:
    import argparse

    from hardal_frames.api.client import Client

_KEY = "The key stands in the environment variable HARDAL_API_KEY, never on the command line."


def add_fetching_commands(commands: Any) -> None:  # noqa: ANN401  (argparse names no type for it)
    """Add the commands to those of a parser."""
    check = commands.add_parser(
        "check", help="ask the API a few questions: key, clocks, limits, formats", epilog=_KEY
    )
    _add_connection(check)
    check.set_defaults(command=_check)
    pull = commands.add_parser(
        "pull", help="fetch into a store what it does not have yet", epilog=_KEY
    )
    _add_connection(pull)
    _add_store(pull)
    pull.add_argument(
        "--timeframe",
        metavar="TIME",
        help="today, yesterday, last7days or last30days; all by default",
    )
    pull.add_argument("--start", metavar="MOMENT", help="such as 2026-03-01")
    pull.add_argument("--end", metavar="MOMENT", help="such as 2026-03-31, that day included")
    pull.add_argument(
        "--session", action="append", metavar="ID", help="only this session; may be given again"
    )
    for verb, what in (("drop", "never reaches the disk"), ("hash", "is kept as a keyed hash")):
        pull.add_argument(
            f"--{verb}-property",
            action="append",
            default=[],
            metavar="NAME",
            help=f"this property {what}; may be given again, when the store is made",
        )
    pull.set_defaults(command=_pull)
    status = commands.add_parser("status", help="tell what a store holds")
    _add_store(status)
    status.set_defaults(command=_status)
    export = commands.add_parser("export", help="write a store's sessions to parquet files")
    export.add_argument("folder", type=Path, metavar="FOLDER", help="where to")
    _add_store(export)
    export.set_defaults(command=_export)


def _add_connection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--signal-id", metavar="ID", help="default: HARDAL_SIGNAL_ID")
    parser.add_argument("--target-signal-id", metavar="ID", help="whose data is read, if another's")
    parser.add_argument(
        "--base-url", metavar="URL", help="default: HARDAL_API_BASE_URL, then Hardal"
    )
    parser.add_argument("--timezone", metavar="ZONE", default=DEFAULT_TIMEZONE)
    parser.add_argument(
        "--requests-per-minute", type=int, default=100, metavar="N", help="default: %(default)s"
    )
    parser.add_argument("--hybrid", action="store_true", help="the signal is hybrid or self-hosted")


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store",
        type=Path,
        default=Path("hardal-store"),
        metavar="DIR",
        help="default: %(default)s",
    )


def _client(given: argparse.Namespace) -> Client:
    from hardal_frames.api.client import Client  # noqa: PLC0415  (loads requests)

    return Client(
        signal_id=given.signal_id,
        target_signal_id=given.target_signal_id,
        base_url=given.base_url,
        is_hybrid=given.hybrid,
        timezone=given.timezone,
        requests_per_minute=given.requests_per_minute,
    )


def _check(given: argparse.Namespace) -> bool:
    with _client(given) as client:
        report = client.check()
    print(report)
    return report.is_good


def _pull(given: argparse.Namespace) -> bool:
    from hardal_frames.store.store import Store  # noqa: PLC0415  (loads pyarrow)

    with (
        _client(given) as client,
        Store(
            given.store,
            timezone=given.timezone,
            drop_properties=given.drop_property,
            hash_properties=given.hash_property,
        ) as store,
    ):
        report = client.pull(
            store,
            given.session,
            timeframe=given.timeframe,
            start=given.start,
            end=given.end,
            progress=True,
        )
    print(report)
    return report.is_complete


def _status(given: argparse.Namespace) -> None:
    from hardal_frames.store.store import Store  # noqa: PLC0415  (loads pyarrow)

    _require_store(given.store)
    with Store(given.store) as store:
        print(store.status())


def _export(given: argparse.Namespace) -> None:
    from hardal_frames.store.store import Store  # noqa: PLC0415  (loads pyarrow)

    _require_store(given.store)
    with Store(given.store) as store:
        folder = store.export(given.folder)
        status = store.status()
    print(f"{status.stored_sessions:,} sessions with {status.events:,} events are in {folder}.")


def _require_store(folder: Path) -> None:
    if not (folder / "sessions.sqlite").is_file():
        raise StoreError(
            f"There is no store {folder}. Name one with --store DIR, or make one with "
            "hardal-frames pull."
        )
