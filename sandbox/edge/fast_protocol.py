"""The protocol that takes the fast path: a request that came whole and needs no wait is answered where it is read.

It costs no task, no future and no message of ASGI. Everything else goes to the parser, and from there the ordinary path.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.edge.exchange import Exchange
from sandbox.edge.fast_path import KnownBlocks, WholeRequest, whole_request
from sandbox.edge.gateway import Gateway
from sandbox.edge.protocol import StrictProtocol
from sandbox.edge.traffic import Traffic

_MOST_BEHIND = 64 * 1024

GatewayFor = Callable[[str], Gateway | None]
"""The gateway to a path by the contract in force; None where another application answers there."""


class FastProtocol(StrictProtocol):
    """One connection."""

    def __init__(self, *args: Any, gateway: GatewayFor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gateway = gateway
        self._blocks = KnownBlocks()
        self._answered_at = 0.0
        self._sending: Exchange | None = None
        self._behind: bytes | None = None
        """What came while an answer waits for its commit to be written; None while none does."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Who is at the other end is known from now on."""
        super().connection_made(transport)
        self._blocks = KnownBlocks(self.client[0] if self.client else None)

    def data_received(self, data: bytes) -> None:
        if self._behind is not None:
            self._wait(data)
            return
        request = whole_request(data) if self._may_answer() else None
        if request is None:
            super().data_received(data)
            return
        block = self._blocks.get(request.block)
        if block is None or not self._answer(request, block):
            self._parse_and_learn(request, data)

    def shutdown(self) -> None:
        """An answer that waits still leaves."""
        if self._behind is None:
            super().shutdown()
        else:
            self.loop.call_soon(self.shutdown)

    def timeout_keep_alive_handler(self) -> None:
        """What was answered on the fast path has not wound up the clock anew."""
        rest = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if self._behind is not None:
            rest = self.timeout_keep_alive  # an answer is about to leave
        if rest > 0:
            self.timeout_keep_alive_task = self.loop.call_later(rest, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    @property
    def _at_a_boundary(self) -> bool:
        """Whether what came are whole requests only, and nothing of the next one."""
        return self._body is None and not self._heads.is_amidst and not self._waiting

    def _may_answer(self) -> bool:
        """Whether the next byte begins a request, and an answer to it could leave now."""
        idle = self.cycle is None or self.cycle.response_complete
        if self._traffic.unsent.used and self._traffic.unsent.fault(self._client, None, 1) is not None:
            return False  # the ordinary path says why
        return self._at_a_boundary and idle and not (self._leaving or self._deaf or self.flow.write_paused or self.transport.is_closing())

    def _answer(self, request: WholeRequest, block: Any) -> bool:
        """Whether it did."""
        gateway = self._gateway(request.path)
        exchange = None if gateway is None else gateway.respond(request, block)
        if exchange is None:
            return False
        exchange.client = self.client
        assert gateway is not None
        assert exchange.workspace is not None
        group = exchange.workspace.commits.group
        if group is None:
            self._send(gateway, exchange, None)
        else:
            self._behind = b""
            gateway.durability.when_written(exchange.workspace, group, partial(self._release, gateway, exchange))
        return True

    def _send(self, gateway: Gateway, exchange: Exchange, failure: OSError | None) -> None:
        self._sending = exchange
        self.transport.write(gateway.response(exchange, self.server_state.default_headers, failure))
        self.server_state.total_requests += 1
        self._answered_at = self.loop.time()
        self._sending = None

    def _counted_for(self) -> tuple[str | None, str | None]:
        return super()._counted_for() if self._sending is None else (self._client, self._sending.counted_for[1])

    def _wait(self, data: bytes) -> None:
        assert self._behind is not None
        self._behind += data
        if len(self._behind) > _MOST_BEHIND:
            self.flow.pause_reading()

    def _release(self, gateway: Gateway, exchange: Exchange, failure: OSError | None) -> None:
        """The commit was written, or could not be."""
        behind, self._behind = self._behind, None
        if not self.transport.is_closing():
            self._send(gateway, exchange, failure)
            self.flow.resume_reading()
            if behind:
                self.data_received(behind)

    def _parse_and_learn(self, request: WholeRequest, data: bytes) -> None:
        """The block is known from now on, where the parser takes exactly this request."""
        before = self._messages
        super().data_received(data)
        one_whole = self._at_a_boundary and self._messages == before + 1
        if one_whole and self.scope["http_version"] == "1.1" and self.cycle.keep_alive:
            self._blocks.learn(request.block, self.headers)


def protocol_with(gateway: GatewayFor, traffic: Traffic | None = None) -> Any:
    """What uvicorn makes connections with, which share what is counted of their traffic."""
    return partial(FastProtocol, gateway=gateway, traffic=traffic or Traffic())
