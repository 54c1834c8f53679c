"""Makes the corpus anew: `python -m tests.corpus.record`, or `make corpus`. One seed gives one corpus.

Schemathesis talks to a server of this checkout, whose application is listened to; the hostile requests follow.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract_tests.schemathesis_run.process import run_schemathesis
from tests.asgi import ADMINISTRATOR, BASE, sandbox_of
from tests.commands import ROOT
from tests.corpus.hostile import hostile
from tests.corpus.recorded import FILE, Recorded, encoded, write
from tests.servers import SPEC
from tests.threaded_server import listening

_CONFIG = ROOT / "schemathesis.toml"
_UNLIMITED = (1_000_000, 3600)
_LONGEST_LINE = 6000
"""Of what is generated, a request that is longer shows nothing that a shorter one does not."""
_OF_THE_CONNECTION = frozenset(
    ["host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "transfer-encoding", "x-schemathesis-testcaseid"]
)


class Listener:
    """ASGI middleware that writes down the requests as the application gets them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.heard: list[Recorded] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.heard.append(_recorded(scope, bytes(body)))
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def again() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, again, send)


def _recorded(scope: Scope, body: bytes) -> Recorded:
    query = scope["query_string"].decode("latin-1")
    target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return Recorded(scope["method"], target, tuple(one for one in headers if one[0] not in _OF_THE_CONNECTION), body)


def generated(seed: int, examples: int) -> tuple[Recorded, ...]:
    """What Schemathesis asks in all its phases; `examples` bounds the cases of an operation in those that have no end."""
    sandbox = sandbox_of(scenario="demo", rate_limit=_UNLIMITED)
    listener = Listener(sandbox.server.app)
    with tempfile.TemporaryDirectory() as report, listening(listener, log_level="critical") as address:
        outcome = run_schemathesis(f"{address}{BASE}", SPEC, _CONFIG, Path(report), key=ADMINISTRATOR, seed=seed, max_examples=examples)
    sandbox.close()
    if outcome.exit_code != 0:
        raise SystemExit(outcome.output)
    return tuple(one for one in listener.heard if len(encoded(one)) <= _LONGEST_LINE)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.record", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=3)
    parser.add_argument("--into", type=Path, default=FILE)
    asked = parser.parse_args()
    first, then = generated(asked.seed, asked.examples), hostile()
    write((*first, *then), asked.into)
    sys.stdout.write(f"{len(first)} generated and {len(then)} hostile requests, {asked.into.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
