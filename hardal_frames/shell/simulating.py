"""The command that writes made-up events to try things on: simulate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse


def add_simulate_command(commands: Any) -> None:  # noqa: ANN401  (argparse names no type for it)
    """Add the command to those of a parser."""
    simulate = commands.add_parser(
        "simulate", help="write a folder of a made-up shop's events, as many as wanted"
    )
    simulate.add_argument("folder", type=Path, metavar="FOLDER", help="where to")
    simulate.add_argument(
        "--events", type=int, default=10_000_000, metavar="N", help="default: %(default)s"
    )
    simulate.add_argument(
        "--seed",
        type=int,
        default=1,
        metavar="N",
        help="the same one gives the same events (default: %(default)s)",
    )
    simulate.add_argument(
        "--processes", type=int, metavar="N", help="how many simulate at once; one by default"
    )
    simulate.set_defaults(command=_simulate)


def _simulate(given: argparse.Namespace) -> None:
    from hardal_frames.engine.scan import scan_events  # noqa: PLC0415  (loads pyarrow)
    from hardal_frames.engine.simulation import simulate_events  # noqa: PLC0415  (same)

    simulate_events(
        given.folder,
        events=given.events,
        seed=given.seed,
        processes=given.processes,
        progress=True,
    )
    scan = scan_events(given.folder)
    parts = "1 part" if scan.parts == 1 else f"{scan.parts:,} parts"
    print(f"{scan.rows:,} events in {parts} are in {given.folder}.")
