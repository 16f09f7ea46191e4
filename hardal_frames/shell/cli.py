"""The command `hardal-frames`."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import hardal_frames
from hardal_frames.errors import HardalError, InvalidInput
from hardal_frames.shell.auditing import add_audit_command
from hardal_frames.shell.fetching import add_fetching_commands
from hardal_frames.shell.reporting import add_report_command
from hardal_frames.shell.simulating import add_simulate_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FAILED = 1
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments
        What stands after the command's name; those of the process by default.

    Returns
    -------
    int
        Exit status: 0, 1 for what was told to be wrong (2 where 1 are findings) and where the
        output is not read to its end, 130 for Ctrl-C.
    """
    given = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], bool | None] = given.command
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            is_good = command(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # Most often who reads has read enough, as `head` does. Python would write what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print("hardal-frames: stopped, for a pipe is read no more.", file=sys.stderr)
        return _FAILED
    except HardalError as error:
        print(f"hardal-frames: {_with_notes(str(error), error)}", file=sys.stderr)
        status: int = getattr(given, "error_status", _FAILED)
        return status
    except KeyboardInterrupt as error:
        print(f"hardal-frames: {_with_notes('stopped.', error)}", file=sys.stderr)
        return _INTERRUPTED
    return _FAILED if is_good is False else 0


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    print(f"hardal-frames: {message}", file=sys.stderr)


def _with_notes(told: str, error: BaseException) -> str:
    return " ".join([told, *getattr(error, "__notes__", ())])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hardal-frames",
        description="Sessions that Hardal recorded, as frames, numbers and charts.",
    )
    parser.add_argument("--version", action="version", version=hardal_frames.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo",
        help="simulate a shop, fetch its sessions over HTTP, and write charts and a report",
    )
    demo.add_argument(
        "--out", type=Path, default=Path("hardal-demo"), metavar="DIR", help="default: %(default)s"
    )
    demo.set_defaults(command=_demo)
    sandbox = commands.add_parser(
        "sandbox", help="serve Hardal's endpoints on this machine, without a key"
    )
    sandbox.add_argument(
        "--records",
        type=Path,
        metavar="FILE",
        help="recorded sessions (.jsonl.gz); simulated ones by default",
    )
    sandbox.add_argument(
        "--sessions",
        type=int,
        default=None,
        metavar="N",
        help="how many to simulate (default: 300); not together with --records",
    )
    sandbox.add_argument(
        "--seed", type=int, default=None, help="of the simulation (default: 1); not with --records"
    )
    sandbox.add_argument(
        "--port", type=int, default=8765, help="default: %(default)s; 0 takes a free one"
    )
    sandbox.add_argument(
        "--requests-per-minute",
        type=int,
        metavar="N",
        help="refuse more, as Hardal does at 100; no limit by default",
    )
    sandbox.set_defaults(command=_sandbox)
    add_fetching_commands(commands)
    add_audit_command(commands)
    add_report_command(commands)
    add_simulate_command(commands)
    return parser


def _demo(given: argparse.Namespace) -> None:
    from hardal_frames.shell.demo import run_demo  # noqa: PLC0415  (loads matplotlib)

    run_demo(given.out)


def _sandbox(given: argparse.Namespace) -> None:
    from hardal_frames.sandbox import Sandbox, read_recording, simulate  # noqa: PLC0415

    if given.records is not None and (given.sessions, given.seed) != (None, None):
        raise InvalidInput("--sessions and --seed are for simulated sessions, not for --records.")
    if given.records is not None:
        recording = read_recording(given.records)
    else:
        sessions = 300 if given.sessions is None else given.sessions
        recording = simulate(sessions, seed=1 if given.seed is None else given.seed)
    sandbox = Sandbox(recording, port=given.port, requests_per_minute=given.requests_per_minute)
    sandbox.start()
    word, quote = ("$env:", '"') if os.name == "nt" else ("export ", "")
    print(f"{len(recording.sessions):,} sessions at {sandbox.base_url}; Ctrl-C stops.")
    print("For your own program or notebook, in another terminal:")
    print(f"  {word}HARDAL_API_BASE_URL={quote}{sandbox.base_url}{quote}")
    print(f"  {word}HARDAL_API_KEY={quote}{sandbox.api_key}{quote}")
    print(f"  {word}HARDAL_SIGNAL_ID={quote}{sandbox.signal_id}{quote}")
    print("Its today is the last day on which it has events; 'yesterday' counts from there.")
    print(f"The endpoints' reference: {sandbox.base_url}/docs", flush=True)
    sandbox.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
