"""A real server on a real socket, in a thread of the test's own process: its patience can be shortened, and its coverage seen."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from sandbox.edge.protocol import StrictProtocol


@contextmanager
def served(app: ASGIApp, protocol: type[StrictProtocol], rest: int) -> Iterator[str]:
    """The address of a server that keeps an idle connection for `rest` seconds."""
    with listening(app, http=protocol, ws="none", proxy_headers=False, access_log=False, log_level="error", timeout_keep_alive=rest) as address:
        yield address


@contextmanager
def listening(app: ASGIApp, **config: Any) -> Iterator[str]:
    """The address of a server of uvicorn's, which is configured so."""
    # Named as TCP, which is what asyncio looks for before it sends small answers without delay.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", **config))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
