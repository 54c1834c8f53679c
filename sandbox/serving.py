"""Runs a server on a socket, from the startup message to the last response."""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sandbox
from openapi.wording import quoted
from sandbox.app import Server, build
from sandbox.edge.fast_protocol import protocol_with
from sandbox.edge.protocol import SECONDS_TO_REST
from sandbox.edge.rate_limit import rate
from sandbox.edge.server import Config
from sandbox.edge.server import Server as HttpServer
from sandbox.errors import StartError
from sandbox.garbage_collection import keep_collections_short
from sandbox.progress import progress_bar
from sandbox.settings import Settings
from sandbox.shutdown_deadline import ShutdownDeadline
from sandbox.state.registry import DEFAULT

_SECONDS_TO_END = 4.5
"""From the signal to the end of the process; below the five seconds that are promised."""
_SECONDS_TO_FINISH = 2.5
"""For the answers that are under way."""
_SECONDS_TO_STOP_BESIDE = 1.0
README = Path(sandbox.__file__).parents[1] / "README.md"
"""Only a checkout has it."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def serve_forever(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM, then finishes what is under way and closes the data.

    Raises StartError for an address that cannot be used; nothing has been touched then.
    """
    with listening(settings) as listener:
        is_read_by_a_program = settings.format == "json"
        with progress_bar("Building the scenario") as progress:
            server = build(settings, progress=progress, notify=_remark if is_read_by_a_program else _tell)
        gc.freeze()  # what is there now stays: no collection need look at it again
        gc.enable()
        keep_collections_short()
        address = f"http://{_in_a_url(settings.host)}:{listener.getsockname()[1]}"

        def ready() -> None:
            if is_read_by_a_program:
                for warning in server.warnings:
                    _remark(warning)
                _tell(readiness(server, settings, address))
            else:
                _tell(banner(server, settings, address))

        with ShutdownDeadline(_SECONDS_TO_END) as deadline:
            try:
                UvicornServer(server, settings, ready, deadline).run(sockets=[listener])
            finally:
                server.close()


def _tell(text: str) -> None:
    seen = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    with suppress(BrokenPipeError):  # nobody reads it any more, which stops no server
        print(text if seen else _COLOUR.sub("", text), flush=True)


def _remark(text: str) -> None:
    print(_COLOUR.sub("", text), file=sys.stderr, flush=True)


class UvicornServer(HttpServer):
    """uvicorn, which says when it is ready, takes a signal for what it is (the end, not a failure), and runs what runs beside."""

    def __init__(self, server: Server, settings: Settings, ready: Callable[[], None], deadline: ShutdownDeadline | None = None) -> None:
        super().__init__(
            Config(
                server.app,
                http=protocol_with(server.app.gateway_to, server.app.traffic),
                ws="none",
                proxy_headers=bool(settings.trusted_proxies),  # without them anybody could choose the address that is counted for him
                forwarded_allow_ips=list(settings.trusted_proxies),
                server_header=False,
                access_log=False,
                log_level="error",
                timeout_keep_alive=SECONDS_TO_REST,
                timeout_graceful_shutdown=_SECONDS_TO_FINISH,  # type: ignore[arg-type]  # a float does as well
            )
        )
        self._ready, self._deadline = ready, deadline
        self._beside = server.background_tasks

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self._deadline is not None:
            self._deadline.attach()
        await super().startup(sockets)
        await self._beside.start()
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Nobody new comes in, what is half there is refused, and whoever reads too slowly is cut off in the end."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        asyncio.get_running_loop().call_later(_SECONDS_TO_FINISH, self._abort)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_TO_STOP_BESIDE):
                await self._beside.stop()
        await super().shutdown(sockets)
        if self._deadline is not None:
            self._deadline.detach()

    def _abort(self) -> None:
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {one: signal.signal(one, self.handle_exit) for one in signals}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    try:
        family, _, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
    except (OSError, ValueError):  # the latter for what can be no name
        raise _no_address(settings) from None
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(2048)
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise _no_address(settings) from None
            another = f"choose another {settings.written('port')}, or 0 for a free one"
            raise StartError(f"{settings.host}:{settings.port} cannot be used: {error.strerror}; {another}") from None
        yield listener


def _no_address(settings: Settings) -> StartError:
    return StartError(
        f"{settings.written('host')}: {quoted(settings.host)} is no address of this machine; 127.0.0.1 is one, and 0.0.0.0 stands for all"
    )


def _in_a_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def banner(server: Server, settings: Settings, address: str) -> str:
    """What a person wants to know when the server is ready: where it is, which keys open it, when data go, where to read on."""
    base = f"{address}{server.contract.base_path}"
    world = f"scenario {settings.scenario}, seed {settings.seed}"
    data = f"in memory, lost when the server stops; {world}"
    if settings.data_dir:
        data = f"{settings.data_dir}, " + (f"existing data; new workspaces: {world}" if server.had_data else f"new, with {world}")
    limit = f"{rate(settings.rate_limit)} for each key"
    lines = [
        f"\x1b[1mBusiness Suite API v2 sandbox {sandbox.version()}\x1b[0m",
        "",
        f"  API       {base}",
        f"  Control   {address}/_sandbox" if settings.control == "on" else "  Control   off",
        f"  Contract  {server.contract.file}" + (", reloaded on each valid edit" if settings.reload else ""),
        "  Read on   README.md, or `sandbox serve --help`" if README.exists() else "  Read on   `sandbox serve --help`",
        f"  Data      {data}",
        f"  Reset     {_next_reset(server, settings)}",
        f"  Limit     {limit}",
        "",
        *_keys(server, settings),
        *(f"  Warning   {warning}" for warning in server.warnings),
        *(_try_it(server.test_keys[0].key, base) if server.test_keys else ()),
        "  Stop it with Ctrl+C.",
    ]
    return "\n".join(lines)


def readiness(server: Server, settings: Settings, address: str) -> str:
    """What a program wants to know when the server is ready, on one line."""
    control_url = f"{address}/_sandbox" if settings.control == "on" else None
    metadata = {"base_url": f"{address}{server.contract.base_path}", "control_url": control_url, "pid": os.getpid(), "version": sandbox.version()}
    return json.dumps(metadata)


def _next_reset(server: Server, settings: Settings) -> str:
    workspace = server.workspaces.opened(DEFAULT)
    if settings.reset_at is None or workspace is None:
        return "only on demand"
    return f"daily at {settings.reset_at:%H:%M} {settings.reset_zone}, next at {workspace.next_reset_header.decode()}; it can be undone"


def _keys(server: Server, settings: Settings) -> Iterator[str]:
    if not server.test_keys:
        yield f"  Test keys off: {_why_off(settings)}; create keys of your own with `sandbox keys create`"
        return
    yield "  Test keys on, for programs and web pages on this machine only; behind a proxy, use --test-keys off"
    for place, one in enumerate(server.test_keys):
        role = "revoked" if one.revoked else one.role
        yield f"  {'Keys' if place == 0 else '':<9} {one.key:<25} {role:<14} workspace {one.workspace}"
    yield ""


def _why_off(settings: Settings) -> str:
    if settings.test_keys == "off":
        return f"{settings.written('test_keys')} is off"
    if not settings.on_loopback:
        return f"they are public, and {settings.host} is not a loopback address"
    return f"they are public, and {settings.written('trusted_proxies')} is set"


def _try_it(key: str, base: str) -> tuple[str, ...]:
    return (f"  Try       curl -H 'Authorization: Bearer {key}' \\", f"              {base}/customers", "")
