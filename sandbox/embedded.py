"""A whole sandbox inside this process, in a thread of its own: for tests in Python, with pytest or without.

What takes long to load is imported when a server starts, since a test suite loads this file whether it uses it or not.
"""

from __future__ import annotations

import gc
import socket
import threading
import warnings
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.embedded_workspace import BusinessSuite, Role, client_of
from sandbox.errors import StartError

if TYPE_CHECKING:
    import asyncio

    from sandbox.app import Server
    from sandbox.background import BackgroundTasks
    from sandbox.edge.server import Server as HttpServer

__all__ = ["BusinessSuite", "EmbeddedServer", "Role", "embedded_server"]

_Answer = TypeVar("_Answer")
_LOOPBACK = "127.0.0.1"
_RATE_LIMIT = (1_000_000, 3600)
"""No suite should meet the limit by chance; a test that wants to gives its workspace one of its own."""
_SECONDS_TO_START = 30
_SECONDS_TO_FINISH = 2


@dataclass(frozen=True)
class EmbeddedServer:
    """A running sandbox; `address` is without the base path of the API, such as `http://127.0.0.1:43210`."""

    address: str
    _server: Server = field(repr=False)
    _loop: asyncio.AbstractEventLoop = field(repr=False)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    @contextmanager
    def workspace(self, scenario: str = "demo", seed: int = 42) -> Iterator[BusinessSuite]:
        """A new workspace, filled, which is deleted when the block ends.

        Raises Invalid for a scenario or seed that cannot be, StartError where the scenario cannot be made.
        """
        from sandbox.control.application import PREFIX
        from sandbox.edge.gateway import open_workspace

        name = f"test-{next(self._numbers)}"
        self._perform("workspaces_create", name=name, scenario=scenario, seed=seed)
        try:
            # Opened now, so that the first request is as fast as any.
            self._on_the_loop(open_workspace(self._server.workspaces, name))
            key = self._perform("keys_create", workspace=name, label="Of the test", role="administrator")["key"]
            base_url, control_url = self.address + self._server.contract.base_path, self.address + PREFIX
            with client_of(base_url, key) as client, client_of(control_url, key) as control:
                yield BusinessSuite(base_url, control_url, key, client, control)
        finally:
            self._perform("workspaces_delete", name=name)

    def _perform(self, command: str, **arguments: Any) -> Any:
        return self._on_the_loop(self._server.admin_commands.perform(command, arguments))

    def _on_the_loop(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        import asyncio

        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


@contextmanager
def embedded_server() -> Iterator[EmbeddedServer]:
    """A server of its own on a free port of loopback, all in memory, until the block ends; it never resets anything by itself.

    Neither the environment nor a `sandbox.toml` changes it. Raises StartError where it cannot start.
    """
    with warnings.catch_warnings(), _no_collections():
        # What our libraries announce to us must not fail a suite that makes errors of warnings.
        warnings.simplefilter("ignore")
        server, http = _built()
    try:
        with _listening() as listener, _in_a_thread(http, server.background_tasks, listener) as loop:
            yield EmbeddedServer(f"http://{_LOOPBACK}:{listener.getsockname()[1]}", server, loop)
    finally:
        server.close()


@contextmanager
def _no_collections() -> Iterator[None]:
    """What is loaded stays, and to look for garbage in it again and again is a fifth of the start."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _built() -> tuple[Server, HttpServer]:
    from openapi.document import DocumentError
    from sandbox.app import build
    from sandbox.edge.fast_protocol import protocol_with
    from sandbox.edge.protocol import SECONDS_TO_REST
    from sandbox.edge.server import Config
    from sandbox.edge.server import Server as HttpServer
    from sandbox.settings import Settings

    # The workspaces that the public test keys open stay empty: each test has one of its own.
    settings = Settings(host=_LOOPBACK, port=0, scenario="empty", rate_limit=_RATE_LIMIT, reset_at=None, allow_local_webhooks=True)
    try:
        server = build(settings)
    except DocumentError as problem:
        raise StartError(str(problem)) from problem
    config = Config(
        server.app,
        http=protocol_with(server.app.gateway_to, server.app.traffic),
        ws="none",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,  # uvicorn's own would close the handlers of this process's logging, a file of pytest's among them
        log_level="error",
        timeout_keep_alive=SECONDS_TO_REST,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
    return server, HttpServer(config)


def _listening() -> socket.socket:
    try:
        return socket.create_server((_LOOPBACK, 0), backlog=2048)
    except OSError as error:
        raise StartError(f"No port of {_LOOPBACK} can be used: {error.strerror}") from error


@contextmanager
def _in_a_thread(http: HttpServer, background_tasks: BackgroundTasks, listener: socket.socket) -> Iterator[asyncio.AbstractEventLoop]:
    """Serves until the block ends, webhooks included, but without a schedule."""
    started: Future[asyncio.AbstractEventLoop] = Future()
    # A daemon, so that a process which ends in a hurry need not wait.
    thread = threading.Thread(target=_serve, args=(http, background_tasks, listener, started), name="business-suite-sandbox", daemon=True)
    thread.start()
    try:
        yield started.result(_SECONDS_TO_START)
    except TimeoutError:
        if started.done():
            raise  # the block's own
        raise StartError(f"The server was not ready within {_SECONDS_TO_START} seconds") from None
    finally:
        http.should_exit = True
        thread.join(_SECONDS_TO_FINISH + 1)


def _serve(http: HttpServer, background_tasks: BackgroundTasks, listener: socket.socket, started: Future[asyncio.AbstractEventLoop]) -> None:
    import asyncio

    async def tell_when_ready() -> None:
        while not http.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.001)
        started.set_result(asyncio.get_running_loop())

    async def serve() -> None:
        await background_tasks.start(schedule=False)
        telling = asyncio.create_task(tell_when_ready())
        try:
            await http.serve(sockets=[listener])
        except SystemExit as end:  # how uvicorn says that it cannot start
            raise StartError(f"The server ended while it started, with exit code {end.code}") from None
        finally:
            telling.cancel()
            await background_tasks.stop()

    try:
        with asyncio.Runner(loop_factory=http.config.get_loop_factory()) as runner:
            runner.run(serve())
    except Exception as problem:
        if started.done():
            raise
        started.set_exception(problem)
