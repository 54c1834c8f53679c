"""Runs a server on a socket, from the banner to the last answer."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
import uvicorn

import sandbox
from sandbox.app import Server, build
from sandbox.edge.protocol import PoliteProtocol
from sandbox.errors import StartError
from sandbox.settings import Settings

_SECONDS_TO_FINISH = 5


def serve_forever(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM, then finishes what is under way and closes the data.

    Raises StartError for an address that cannot be used; nothing has been touched then.
    """
    with _listening(settings) as listener:
        server = build(settings)
        gc.collect()
        gc.freeze()  # what is there now stays: no collection need look at it again
        address = f"http://{_printable(settings.host)}:{listener.getsockname()[1]}"
        try:
            _Uvicorn(server, settings, banner(server, settings, address)).run(sockets=[listener])
        finally:
            server.workspaces.close()


class _Uvicorn(uvicorn.Server):
    """uvicorn, which says when it is ready and takes a signal for what it is: the end, not a failure."""

    def __init__(self, server: Server, settings: Settings, banner: str) -> None:
        super().__init__(
            uvicorn.Config(
                server.app,
                http=PoliteProtocol,
                ws="none",
                proxy_headers=bool(settings.trusted_proxies),  # without them anybody could choose the address that is counted for him
                forwarded_allow_ips=list(settings.trusted_proxies),
                server_header=False,
                access_log=False,
                log_level="error",
                timeout_graceful_shutdown=_SECONDS_TO_FINISH,
            )
        )
        self._banner = banner

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        typer.echo(self._banner)
        sys.stdout.flush()

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
def _listening(settings: Settings) -> Iterator[socket.socket]:
    where = f"{settings.host}:{settings.port}"
    try:
        family, _, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise StartError(f"--host: {settings.host!r} is no address of this machine: {error.strerror}") from None
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(2048)
        except OSError as error:
            raise StartError(f"{where} cannot be used: {error.strerror}; choose another --port, or 0 for a free one") from None
        yield listener


def _printable(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def banner(server: Server, settings: Settings, address: str) -> str:
    """What a person wants to know when the server is ready: where it is, which keys open it, where to read on."""
    base = f"{address}{server.contract.base_path}"
    world = f"scenario {settings.scenario}, seed {settings.seed}"
    data = f"in memory, gone when the server stops; {world}"
    if settings.data_dir:
        data = f"{settings.data_dir}, " + ("as they were left" if server.begun_before else f"begun with {world}")
    limit = f"{settings.rate_limit[0]} requests in {settings.rate_limit[1]} seconds for each key"
    lines = [
        typer.style(f"Business Suite API v2 sandbox {sandbox.version()}", bold=True),
        "",
        f"  API       {base}",
        f"  Health    {address}/_sandbox/health",
        f"  Contract  {server.contract.file}",
        "  Read on   README.md, or `sandbox serve --help`",
        f"  Data      {data}",
        f"  Limit     {limit}",
        "",
        *_keys(server),
        *(f"  Warning   {warning}" for warning in server.warnings),
        *(_try_it(server.test_keys[0].key, base) if server.test_keys else ()),
        "  Stop it with Ctrl+C.",
    ]
    return "\n".join(lines)


def _keys(server: Server) -> Iterator[str]:
    if not server.test_keys:
        yield "  Keys      none: test keys work on loopback only"
        return
    for place, one in enumerate(server.test_keys):
        role = "revoked" if one.revoked else one.role
        yield f"  {'Keys' if place == 0 else '':<9} {one.key:<25} {role:<14} workspace {one.workspace}"
    yield ""


def _try_it(key: str, base: str) -> tuple[str, ...]:
    return (f"  Try       curl -H 'Authorization: Bearer {key}' \\", f"              {base}/customers", "")
