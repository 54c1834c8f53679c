"""Which refusal wins where a request has two faults (decision `status-codes`).

431, 413 by length → 429 → 404 of the path, 405 → 401 → 403 → 415 → 408, 413 while reading → 400 → 404 of the object.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations

import pytest

from sandbox.edge.request_limits import BodyLimits
from tests.asgi import ADMINISTRATOR, READ_ONLY, Reply, Sandbox, sandbox_of

MOST = 1000


@dataclass(frozen=True)
class Request:
    """A request without a fault but that it names no object; each fault below changes one thing of it."""

    method: str = "PUT"
    target: str = "/customers/999"
    key: str | None = ADMINISTRATOR
    body: bytes | tuple[bytes, ...] = b'{"account": "Jane Smith"}'
    stalls: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    used_up: bool = False

    def sent_to(self, sandbox: Sandbox) -> Reply:
        if self.used_up:
            sandbox.get("/customers", None)
            sandbox.get("/customers", self.key)
        return sandbox.send(self.method, self.target, key=self.key, body=self.body, headers=self.headers, stalls=self.stalls)


Fault = Callable[[Request], Request]


def with_header(request: Request, name: str, value: str) -> Request:
    return replace(request, headers={**request.headers, name: value})


FAULTS: dict[str, tuple[int, Fault]] = {
    "long headers": (431, lambda request: with_header(request, "X-Long", "x" * 20_000)),
    "long by its length": (413, lambda request: with_header(replace(request, body=(b"{}",)), "Content-Length", str(MOST + 1))),
    "limit used up": (429, lambda request: replace(request, used_up=True)),
    "unknown path": (404, lambda request: replace(request, target="/nothing")),
    "unknown method": (405, lambda request: replace(request, method="PATCH")),
    "no key": (401, lambda request: replace(request, key=None)),
    "a role too low": (403, lambda request: replace(request, key=READ_ONLY)),
    "another media type": (415, lambda request: with_header(request, "Content-Type", "text/plain")),
    "slow body": (408, lambda request: replace(request, body=(b"{",), stalls=True)),
    "long while read": (413, lambda request: replace(request, body=(b" " * MOST, b" "))),
    "no account": (400, lambda request: replace(request, body=b"{}")),
    "unknown parameter": (400, lambda request: replace(request, target=request.target + "?colour=red")),
}
# Two faults that are of one rank, or that one request cannot have.
APART = (
    {"unknown path", "unknown method"},
    {"no key", "a role too low"},
    {"slow body", "long while read"},
    {"slow body", "no account"},
    {"long while read", "no account"},
    {"long by its length", "slow body"},
    {"long by its length", "long while read"},
    {"long by its length", "no account"},
    {"no account", "unknown parameter"},
)


PAIRS = [pair for pair in combinations(FAULTS, 2) if set(pair) not in APART]


@pytest.fixture
def strict(make_sandbox: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Sandbox]:
    monkeypatch.setattr("sandbox.app.BodyLimits", lambda: BodyLimits(size=MOST, seconds=0.01))
    return make_sandbox


@pytest.fixture(scope="module")
def plenty() -> Iterator[Sandbox]:
    """One server for the requests that do not ask for a limit that is used up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sandbox.app.BodyLimits", lambda: BodyLimits(size=MOST, seconds=0.01))
        sandbox = sandbox_of()
    yield sandbox
    sandbox.close()


def test_a_request_without_a_fault_is_told_that_its_object_is_missing(plenty: Sandbox) -> None:
    assert Request().sent_to(plenty).status == 404


@pytest.mark.parametrize(("earlier", "later"), PAIRS)
def test_the_earlier_of_two_refusals_wins(plenty: Sandbox, strict: Callable[..., Sandbox], earlier: str, later: str) -> None:
    status, first = FAULTS[earlier]
    request = FAULTS[later][1](first(Request()))
    sandbox = strict(rate_limit=(1, 60)) if request.used_up else plenty
    reply = request.sent_to(sandbox)
    assert reply.status == status, reply.body
    assert reply.json["success"] is False


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone_has_its_status_and_comes_before_the_missing_object(strict: Callable[..., Sandbox], fault: str) -> None:
    status, change = FAULTS[fault]
    assert change(Request()).sent_to(strict(rate_limit=(1, 60))).status == status
