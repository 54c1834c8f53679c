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
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sandbox.errors import Invalid, Missing, Refusal, StartError

if TYPE_CHECKING:
    import asyncio

    import httpx

    from sandbox.app import Server
    from sandbox.background import BackgroundTasks
    from sandbox.edge.server import Server as HttpServer

Role = Literal["administrator", "staff", "read-only"]
_Answer = TypeVar("_Answer")
_LOOPBACK = "127.0.0.1"
_RATE_LIMIT = (1_000_000, 3600)
"""No suite should meet the limit by chance; a test that wants to gives its workspace one of its own."""
_SECONDS_TO_START = 30
_SECONDS_TO_FINISH = 2
_SECONDS_TO_ANSWER = 60
"""A reset to a large scenario makes it first."""


@dataclass(frozen=True)
class BusinessSuite:
    """A workspace of its own on a running sandbox, and ways into it.

    `client` speaks to the API and `control` to the control plane, both with `key`, an administrator's, and neither raises
    anything for a refusal. The methods do: Invalid for a 400, Missing for a 404, another Refusal for the rest.
    """

    base_url: str
    """Of the API, such as `http://127.0.0.1:43210/api/v2`; without a slash at the end."""
    control_url: str
    """Of the control plane, such as `http://127.0.0.1:43210/_sandbox`."""
    key: str
    client: httpx.Client
    control: httpx.Client

    def new_key(self, role: Role = "staff") -> str:
        """Another key to the same workspace."""
        made: str = self._command("/keys", {"label": "Made by a test", "role": role})["key"]
        return made

    def advance(self, by: timedelta) -> datetime:
        """Moves the workspace's clock forward, never back: the time that it is then."""
        import msgspec

        return datetime.fromisoformat(self._command("/clock/advance", {"by": msgspec.to_builtins(by)})["now"])

    def reset(self, scenario: str | None = None, seed: int | None = None) -> None:
        """Begins anew; what is None stays as it was at the last beginning. The keys stay, and the clock is at real time again."""
        wanted = {"scenario": scenario, "seed": seed}
        self._command("/reset", {name: value for name, value in wanted.items() if value is not None})

    def pay(self, invoice_id: int, amount: Decimal | float) -> dict[str, Any]:
        """Pays part or all of what is open of an invoice: the invoice as it is then."""
        invoice: dict[str, Any] = self._command(f"/invoices/{invoice_id}/payments", {"amount": float(amount)})
        return invoice

    def _command(self, path: str, body: dict[str, Any]) -> Any:
        response = self.control.post(path, json=body)
        answer = response.json()
        if response.is_success:
            return answer["data"]
        told, faults = answer["message"], answer.get("errors", {})
        message = f"POST {response.url.path}: {response.status_code}: {'; '.join([told, *faults.values()])}"
        if response.status_code == 400:
            raise Invalid(faults, message)
        raise (Missing if response.status_code == 404 else Refusal)(message)


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
            with _client(base_url, key) as client, _client(control_url, key) as control:
                yield BusinessSuite(base_url, control_url, key, client, control)
        finally:
            self._perform("workspaces_delete", name=name)

    def _perform(self, command: str, **arguments: Any) -> Any:
        return self._on_the_loop(self._server.administration.perform(command, arguments))

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
        with _listening() as listener, _in_a_thread(http, server.beside, listener) as loop:
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
def _in_a_thread(http: HttpServer, beside: BackgroundTasks, listener: socket.socket) -> Iterator[asyncio.AbstractEventLoop]:
    """Serves until the block ends, webhooks included, but without a schedule."""
    started: Future[asyncio.AbstractEventLoop] = Future()
    # A daemon, so that a process which ends in a hurry need not wait.
    thread = threading.Thread(target=_serve, args=(http, beside, listener, started), name="business-suite-sandbox", daemon=True)
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


def _serve(http: HttpServer, beside: BackgroundTasks, listener: socket.socket, started: Future[asyncio.AbstractEventLoop]) -> None:
    import asyncio

    async def tell_when_ready() -> None:
        while not http.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.001)
        started.set_result(asyncio.get_running_loop())

    async def serve() -> None:
        await beside.start(schedule=False)
        telling = asyncio.create_task(tell_when_ready())
        try:
            await http.serve(sockets=[listener])
        except SystemExit as end:  # how uvicorn says that it cannot start
            raise StartError(f"The server ended while it started, with exit code {end.code}") from None
        finally:
            telling.cancel()
            await beside.stop()

    try:
        with asyncio.Runner(loop_factory=http.config.get_loop_factory()) as runner:
            runner.run(serve())
    except Exception as problem:
        if started.done():
            raise
        started.set_exception(problem)


def _client(base_url: str, key: str) -> httpx.Client:
    import ssl

    import httpx

    # No TLS is spoken here, and to load certificates would take each test as long as 20 requests; so this trusts none.
    trust_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    headers = {"Authorization": f"Bearer {key}"}
    # Nor is the environment asked: a proxy that it names would not find this machine's loopback.
    return httpx.Client(base_url=base_url, headers=headers, timeout=_SECONDS_TO_ANSWER, verify=trust_nobody, trust_env=False)
