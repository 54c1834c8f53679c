"""The limit: an ASGI application on uvicorn that does nothing but send what the sandbox answered to the same request.

What any server on uvicorn must spend (the socket, the parser, the event loop) is all that it spends, so a ratio to it says
what the sandbox adds.
"""

from __future__ import annotations

import argparse
import gc
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn

from benchmarks.client import client
from benchmarks.operations import OURS, Request

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Recording = dict[tuple[bytes, bytes, bytes], tuple[int, list[tuple[bytes, bytes]], bytes]]

# uvicorn writes the date by itself, here as there.
_NOT_RECORDED = frozenset({"date"})


def record(address: str, requests: Iterable[Request], file: Path) -> None:
    """Asks a sandbox each request, and writes its answers where the raw application can read them."""
    recording: Recording = {}
    with client(address, OURS) as asker:
        for request in requests:
            path, _, query = request.target.partition("?")
            key = (request.method.encode(), path.encode(), query.encode())
            if key not in recording:
                answer = asker.must_send(request)
                headers = [(name.lower(), value) for name, value in answer.headers if name.lower() not in _NOT_RECORDED]
                recording[key] = (answer.status, [(name.encode(), value.encode()) for name, value in headers], answer.body)
    # JSON knows no bytes; Latin-1 has a sign for each.
    lines = [
        [
            *(part.decode("latin-1") for part in key),
            status,
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
            body.decode("latin-1"),
        ]
        for key, (status, headers, body) in recording.items()
    ]
    file.write_text(json.dumps(lines), encoding="utf-8")


def read_recording(file: Path) -> Recording:
    """What `record` wrote."""
    return {
        (method.encode("latin-1"), path.encode("latin-1"), query.encode("latin-1")): (
            status,
            [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            body.encode("latin-1"),
        )
        for method, path, query, status, headers, body in json.loads(file.read_text(encoding="utf-8"))
    }


def application(recording: Recording) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The application that plays a recording; what was not recorded is a 404."""
    played = {
        key: (
            {"type": "http.response.start", "status": status, "headers": headers},
            {"type": "http.response.body", "body": body},
        )
        for key, (status, headers, body) in recording.items()
    }
    unknown: tuple[dict[str, Any], dict[str, Any]] = (
        {"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]},
        {"type": "http.response.body", "body": b""},
    )

    async def play(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            while (await receive()).get("more_body"):
                pass
        start, body = played.get((scope["method"].encode(), scope["raw_path"], scope["query_string"]), unknown)
        await send(start)
        await send(body)

    return play


def main() -> None:
    """Serves a recording; the settings of uvicorn are the sandbox's."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.raw", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--recording", type=Path, required=True)
    chosen = parser.parse_args()
    limit = application(read_recording(chosen.recording))
    gc.freeze()  # the recording is not part of what an answer costs, so the collector need not look at it
    uvicorn.run(
        limit,
        host="127.0.0.1",
        port=chosen.port,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
