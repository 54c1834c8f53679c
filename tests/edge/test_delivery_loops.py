"""A sandbox answers no sandbox: its calls are known by their User-Agent and by their hop header, and refused on both stacks and both paths."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sandbox.edge.exchange import Exchange
from sandbox.edge.fast_path import WholeRequest
from sandbox.edge.gateway import Gateway
from sandbox.edge.header_block import HeaderBlock
from sandbox.events.signing import headers
from tests.asgi import ADMINISTRATOR, READ_ONLY, Sandbox
from tests.edge.paths.connection import Connections
from tests.hostile.case import CUSTOMER, post

SECRET = "whsec_C2FtcGxlU2VjcmV0Rm9yVGhlVGVzdHM="
DELIVERY = {"content-type": "application/json", **headers("evt_1_0707070707070707", datetime.now(UTC), b"{}", [SECRET])}
RECOGNISED: dict[str, dict[str, str]] = {
    "a whole delivery": DELIVERY,
    "its User-Agent": {"user-agent": "Business-Suite-Sandbox"},
    "with a version": {"user-agent": "Business-Suite-Sandbox/1.2"},
    "in another case": {"user-agent": "business-suite-sandbox"},
    "amended by a proxy": {"user-agent": "Business-Suite-Sandbox via relay.example"},
    "behind a proxy's own": {"user-agent": "Relay/2.0 (Business-Suite-Sandbox)"},
    "its hop alone": {"sandbox-delivery-hop": "1"},
    "a later hop": {"sandbox-delivery-hop": "17", "user-agent": "Relay/2.0"},
    "a hop that is no number": {"sandbox-delivery-hop": ""},
}
OTHERS = ["Business-Suite-Sandbox-Client/1.0", "my-business-suite-sandbox", "Business-Suite", "python-httpx/0.28.1", ""]


@pytest.mark.parametrize("sent", RECOGNISED.values(), ids=RECOGNISED)
def test_a_call_of_a_sandbox_is_refused_and_changes_nothing(sandbox: Sandbox, sent: dict[str, str]) -> None:
    reply = sandbox.send("POST", "/customers", key=ADMINISTRATOR, headers=sent, body=b'{"account": "Jane Smith"}')
    assert (reply.status, [*reply.json]) == (403, ["success", "message"])
    assert "comes from a sandbox" in reply.json["message"]
    assert "receiver of your own" in reply.json["message"]
    assert reply.header("x-ratelimit-remaining") == "999"
    assert sandbox.get("/customers").data == []


@pytest.mark.parametrize("sent", RECOGNISED.values(), ids=RECOGNISED)
@pytest.mark.parametrize(
    ("method", "target"), [("POST", "/_sandbox/deliveries/1/redeliver"), ("POST", "/_sandbox/reset"), ("GET", "/_sandbox/health")]
)
def test_the_control_plane_refuses_it_too(sandbox: Sandbox, sent: dict[str, str], method: str, target: str) -> None:
    before, sandbox.base = sandbox.base, ""
    try:
        reply = sandbox.send(method, target, key=ADMINISTRATOR, headers=sent)
    finally:
        sandbox.base = before
    assert reply.status == 403
    assert "comes from a sandbox" in reply.json["message"]


@pytest.mark.parametrize("place", ["header", "query"])
def test_wherever_its_key_stands(sandbox: Sandbox, place: str) -> None:
    in_header = place == "header"
    reply = sandbox.send(
        "GET", "/customers" if in_header else f"/customers?api_key={ADMINISTRATOR}", key=ADMINISTRATOR if in_header else None, headers=DELIVERY
    )
    assert reply.status == 403


def test_the_order_of_refusals_stays(sandbox: Sandbox) -> None:
    assert sandbox.send("GET", "/nowhere", key=ADMINISTRATOR, headers=DELIVERY).status == 404
    assert sandbox.send("PATCH", "/customers", key=ADMINISTRATOR, headers=DELIVERY).status == 405
    assert sandbox.send("GET", "/customers", headers=DELIVERY).status == 401
    assert "comes from a sandbox" in sandbox.send("POST", "/customers", key=READ_ONLY, headers=DELIVERY, body=b"nonsense").json["message"]


@pytest.mark.parametrize("name", OTHERS)
def test_who_is_called_nearly_so_is_answered(sandbox: Sandbox, name: str) -> None:
    assert sandbox.get("/customers", headers={"user-agent": name}).status == 200


@pytest.mark.parametrize(
    "hides", [(b"User-Agent: Business-Suite-Sandbox",), (b"sandbox-delivery-hop: 1",), (b"User-Agent: Business-Suite-Sandbox", b"User-Agent: x")]
)
def test_a_connection_that_is_used_again_is_refused_each_time(
    make_sandbox: Callable[[], Sandbox], stack: str, hides: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes of a block of headers are known from the second request on, and the fast path answers those that are plain."""
    sandbox, quick, respond = make_sandbox(), list[bool](), Gateway.respond

    def counting(gateway: Gateway, request: WholeRequest, block: HeaderBlock) -> Exchange | None:
        exchange = respond(gateway, request, block)
        quick.append(exchange is not None)
        return exchange

    monkeypatch.setattr(Gateway, "respond", counting)

    async def work() -> list[int]:
        paths = Connections(sandbox.server.app, fast=True)
        connection = paths.open()
        for raw in (post("/customers", CUSTOMER, *hides), post("/customers", CUSTOMER, b"User-Agent: me")):
            for _ in range(3):
                connection.send(raw)
                await paths.quiet()
        statuses = [one.status for one in connection.answers()]
        await paths.close()
        return statuses

    assert sandbox._runner.run(work()) == [403] * 3 + [201] * 3
    assert quick == [stack == "fast"] * 2  # which those of a sandbox never reached
