"""The sandbox as a running server on this machine."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Final, Self, TypedDict

from hardal_frames.errors import HardalError, InvalidInput
from hardal_frames.sandbox.simulator import simulate

if TYPE_CHECKING:
    from types import TracebackType

    import uvicorn

    from hardal_frames.sandbox.recording import Recording

__all__ = ["Sandbox"]

HOST: Final = "127.0.0.1"
PATIENCE: Final = 10.0
"""Seconds within which a server must have started or ended."""

LARGEST_PORT: Final = 65_535


class Access(TypedDict):
    """What a client needs to reach a sandbox."""

    api_key: str
    signal_id: str
    base_url: str
    requests_per_minute: None


class Sandbox:
    """A server on this machine that answers like the Hardal API.

    Parameters
    ----------
    recording
        What to answer from; made up with `simulate` if it is None.
    port
        Port to listen on; 0 takes a free one.
    api_key
        The only key that is let in.
    signal_id
        The only website that there is.
    requests_per_minute
        How many requests are answered in any 60 seconds; None is no limit.
    max_limit
        The largest `limit` that is honoured.

    Raises
    ------
    InvalidInput
        On `start`, if the port is taken, an argument cannot be used or FastAPI is not installed.

    Examples
    --------
    >>> with Sandbox() as sandbox:
    ...     sandbox.base_url.startswith("http://127.0.0.1:"), sandbox.api_key, sandbox.signal_id
    (True, 'sandbox-key', 'sandbox-signal')

    Without ``with``, as in a notebook:

    >>> sandbox = Sandbox().start()
    >>> len(sandbox.recording.sessions)
    300
    >>> sandbox.stop()
    """

    def __init__(
        self,
        recording: Recording | None = None,
        *,
        port: int = 0,
        api_key: str = "sandbox-key",
        signal_id: str = "sandbox-signal",
        requests_per_minute: int | None = None,
        max_limit: int = 1000,
    ) -> None:
        self._recording = simulate() if recording is None else recording
        self._port = port
        self._api_key = api_key
        self._signal_id = signal_id
        self._requests_per_minute = requests_per_minute
        self._max_limit = max_limit
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._base_url: str | None = None
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = self._base_url or "not started"
        return f"Sandbox({len(self._recording.sessions)} sessions, {state})"

    @property
    def recording(self) -> Recording:
        """What the server answers from."""
        return self._recording

    @property
    def api_key(self) -> str:
        """The key that is let in."""
        return self._api_key

    @property
    def signal_id(self) -> str:
        """The website that there is."""
        return self._signal_id

    @property
    def base_url(self) -> str:
        """Where the server listens, such as ``"http://127.0.0.1:8000"``; it must be running."""
        if self._base_url is None:
            raise InvalidInput(
                "The sandbox is not running, so it has no address; call start() or use `with`."
            )
        return self._base_url

    @property
    def access(self) -> Access:
        """What a client needs to reach it, with no budget: ``hf.Client(**sandbox.access)``.

        Examples
        --------
        >>> import hardal_frames as hf
        >>> with Sandbox() as sandbox, hf.Client(**sandbox.access) as client:
        ...     len(client.sessions())
        300
        """
        return Access(
            api_key=self.api_key,
            signal_id=self.signal_id,
            base_url=self.base_url,
            requests_per_minute=None,
        )

    def start(self) -> Self:
        """Start the server in a thread of its own; it answers when this returns.

        Returns
        -------
        Sandbox
            Itself. A running one is left as it is.

        Raises
        ------
        InvalidInput
            If the port is taken, an argument cannot be used or FastAPI is not installed.
        """
        if self._thread is not None:
            return self
        server = self._build()
        listener = _listen(self._port)
        thread = threading.Thread(
            target=_serve, args=(server, listener), name="hardal-sandbox", daemon=True
        )
        self._server, self._thread = server, thread
        self._ended.clear()
        address = f"http://{HOST}:{listener.getsockname()[1]}"
        try:
            thread.start()
            self._await_start(server, thread)
        except BaseException:  # Ctrl-C as well: no server outlives a start that failed
            self.stop()
            raise
        self._base_url = address
        return self

    def stop(self) -> None:
        """End the server and wait for it; one that is not running is left as it is."""
        server, thread = self._server, self._thread
        self._server = self._thread = self._base_url = None
        if server is not None and thread is not None:
            server.should_exit = True
            if thread.is_alive():
                thread.join(PATIENCE)
        self._ended.set()

    def serve_forever(self) -> None:
        """Serve until Ctrl-C, or until another thread calls `stop`.

        The server is started if it is not running, and has ended when this returns.

        Raises
        ------
        InvalidInput
            As `start`.
        """
        try:
            self.start()
            # Waiting in steps: on Windows Ctrl-C does not interrupt a wait without end.
            while not self._ended.wait(0.25):
                pass
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    def _build(self) -> uvicorn.Server:
        try:
            import uvicorn  # noqa: PLC0415  (an optional dependency)

            from hardal_frames.sandbox.app import create_app  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise InvalidInput(
                f"The sandbox needs {error.name}, which is not installed: "
                'pip install "hardal-frames[sandbox]"'
            ) from None
        app = create_app(
            self._recording,
            api_key=self._api_key,
            signal_id=self._signal_id,
            requests_per_minute=self._requests_per_minute,
            max_limit=self._max_limit,
        )
        # The same parts everywhere, whatever else is installed; and nobody's logging is changed.
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        return uvicorn.Server(config)

    def _await_start(self, server: uvicorn.Server, thread: threading.Thread) -> None:
        deadline = time.monotonic() + PATIENCE
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise HardalError(f"The sandbox did not start within {PATIENCE:.0f} s.")
            time.sleep(0.002)


def _listen(port: object) -> socket.socket:
    """Bind and listen at once, so that the port is ours before anyone is told of it."""
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= LARGEST_PORT:
        raise InvalidInput(f"The port is {port!r}; a whole number up to {LARGEST_PORT} is needed.")
    # With the protocol named, asyncio sets TCP_NODELAY; without it every answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            # On Windows the same option would let two servers share a port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise InvalidInput(
            f"Cannot listen on port {port}: {error.strerror or error}. "
            "Name another one, or 0 for any free port."
        ) from None
    return listener


def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    with listener:
        asyncio.run(server.serve(sockets=[listener]))
