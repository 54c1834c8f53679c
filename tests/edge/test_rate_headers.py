"""The three rate headers stand on every answer of the API, whoever gives it."""

from collections.abc import Callable

import pytest

from sandbox.domain import ALL_RULES
from sandbox.domain.rules import Document, Rules, Transaction
from sandbox.edge.request_limits import BodyLimits
from tests.asgi import READ_ONLY, Reply, Sandbox

Ask = Callable[[Sandbox], Reply]


def tells_its_limit(reply: Reply, limit: int = 1000) -> bool:
    assert reply.header("x-ratelimit-limit") == str(limit)
    assert 0 <= int(reply.header("x-ratelimit-remaining") or "-1") < limit
    assert (reply.header("x-ratelimit-reset") or "").isdigit()
    return True


def not_modified(sandbox: Sandbox) -> Reply:
    tag = sandbox.get("/customers").header("etag")
    return sandbox.get("/customers", headers={"If-None-Match": str(tag)})


STATUSES: dict[str, tuple[int, Ask]] = {
    "200": (200, lambda sandbox: sandbox.get("/customers")),
    "200 to HEAD": (200, lambda sandbox: sandbox.send("HEAD", "/customers", key=READ_ONLY)),
    "201": (201, lambda sandbox: sandbox.post("/customers", {"account": "Jane Smith"})),
    "304": (304, not_modified),
    "400 of the form": (400, lambda sandbox: sandbox.post("/customers", {})),
    "400 of a rule": (400, lambda sandbox: sandbox.get("/reports/financial?month=1")),
    "401": (401, lambda sandbox: sandbox.get("/customers", None)),
    "403": (403, lambda sandbox: sandbox.get("/users", READ_ONLY)),
    "404 of an object": (404, lambda sandbox: sandbox.get("/customers/1")),
    "404 of a path": (404, lambda sandbox: sandbox.get("/nothing")),
    "404 without a key": (404, lambda sandbox: sandbox.get("/nothing", None)),
    "405": (405, lambda sandbox: sandbox.send("PATCH", "/customers", key=READ_ONLY)),
    "413": (413, lambda sandbox: sandbox.post("/customers", body=b" " * (BodyLimits().size + 1))),
    "415": (415, lambda sandbox: sandbox.post("/customers", body=b"a: b", headers={"Content-Type": "text/yaml"})),
    "431": (431, lambda sandbox: sandbox.get("/customers", headers={"X-Long": "x" * 20_000})),
}


@pytest.mark.parametrize(("status", "ask"), STATUSES.values(), ids=STATUSES)
def test_an_answer_carries_the_rate_headers(sandbox: Sandbox, status: int, ask: Ask) -> None:
    reply = ask(sandbox)
    assert reply.status == status
    assert tells_its_limit(reply)


@pytest.mark.parametrize("path", ["/", "/api", "/api/v2", "/api/v2/", "/api/v1/customers", "/favicon.ico", "/_sandboxed"])
def test_paths_outside_the_api_are_404_and_carry_them_too(sandbox: Sandbox, path: str) -> None:
    sandbox.base, base = "", sandbox.base
    reply = sandbox.get(path, None)
    sandbox.base = base
    assert reply.status == 404
    assert tells_its_limit(reply)


def test_an_answer_of_429_carries_them(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox(rate_limit=(1, 60))
    assert sandbox.get("/customers").status == 200
    reply = sandbox.get("/customers")
    assert reply.status == 429
    assert tells_its_limit(reply, limit=1)


def test_an_answer_of_408_carries_them(make_sandbox: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.app.BodyLimits", lambda: BodyLimits(seconds=0.01))
    reply = make_sandbox().post("/customers", body=[b"{"], stalls=True)
    assert reply.status == 408
    assert tells_its_limit(reply)


def test_an_answer_of_500_carries_them(make_sandbox: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Rules("customers")

    @broken.before_save()
    def fails(customer: Document, tx: Transaction) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("sandbox.app.ALL_RULES", (*ALL_RULES, broken))
    reply = make_sandbox().post("/customers", {"account": "Jane Smith"})
    assert reply.status == 500
    assert tells_its_limit(reply)
