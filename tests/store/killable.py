"""A pull in a process of its own, which dies, finds no room, or is interrupted where it is told."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sqlite3
import sys

import hardal_frames as hf
from hardal_frames.api import client as _loaded  # noqa: F401  (a forked child needs no time for it)
from hardal_frames.store import store as _too  # noqa: F401
from tests.api.faulty import KEY, SIGNAL

NO_ROOM = 3
INTERRUPTED = 4


def context():
    """How processes are made: quickly where the system can, and never by a fork with threads."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["tests.store.killable"])
    return made


def die():
    """End as if the power had gone: no cleaning up."""
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(9)


def pull(folder, base_url, options):
    """Pull; the options say what goes wrong.

    Parameters
    ----------
    folder, base_url
        The store and the server.
    options
        at_statement: die before that statement of the store's connection. most_pages: let the
        store's file grow to so many pages. most_bytes: let no file grow beyond. workers.
    """
    os.environ["HARDAL_FRAMES_CACHE_DIR"] = os.path.join(folder, "..", "cache")  # noqa: PTH118
    connect = sqlite3.connect
    left = options.get("at_statement")

    def watched(_statement):
        nonlocal left
        left -= 1
        if left == 0:
            die()

    def connect_watched(database, *given, **named):
        connection = connect(database, *given, **named)
        if str(database).endswith("sessions.sqlite"):
            if left is not None:
                connection.set_trace_callback(watched)
            if "most_pages" in options:
                connection.execute(f"PRAGMA max_page_count = {options['most_pages']}")
        return connection

    sqlite3.connect = connect_watched
    if "most_bytes" in options:
        import resource  # noqa: PLC0415  (not on Windows)

        resource.setrlimit(resource.RLIMIT_FSIZE, (options["most_bytes"],) * 2)
    try:
        with (
            contextlib.redirect_stderr(sys.stdout),
            hf.Store(folder) as store,
            hf.Client(
                KEY,
                SIGNAL,
                base_url=base_url,
                requests_per_minute=None,
                workers=options.get("workers", 4),
            ) as client,
        ):
            client.pull(store, progress=False)
    except hf.StoreError:
        sys.exit(NO_ROOM)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
