"""What a browser's page of another origin may do: call the API with its key, and nothing on the control plane."""

from collections.abc import Callable, Iterator

import pytest

from openapi.reader import load_contract
from sandbox.edge.protocol import StrictProtocol
from tests.asgi import ADMINISTRATOR, Client, Reply, Sandbox
from tests.hostile.case import head
from tests.hostile.raw_connection import Answer, Wire
from tests.threaded_server import served

PAGE = {"Origin": "https://shop.example"}
PREFLIGHT = {**PAGE, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,content-type"}
PATHS = [*(path.replace("{id}", "1") for path in load_contract().paths), "/nothing", "/customers/", "/customers/abc", ""]
EXPOSED = {
    "Allow",
    "ETag",
    "Location",
    "Retry-After",
    "Sandbox-Next-Reset",
    "WWW-Authenticate",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
}


@pytest.fixture(scope="module")
def browser(shared_sandbox: Sandbox) -> Iterator[Wire]:
    """A connection to the same server as the tests': an answer without a length is one only where HTTP says so."""
    with served(shared_sandbox.app, StrictProtocol, 5) as address, Wire(address) as wire:
        yield wire


def _preflight(browser: Wire, path: str = "/customers", key: str | None = None, **more: str) -> Answer:
    headers = [f"{name}: {value}" for name, value in {**PREFLIGHT, **more}.items()]
    browser.send(head("OPTIONS", path, *headers, key=None if key is None else f"Authorization: Bearer {key}"))
    return browser.answer()


def _words(reply: Reply | Answer, name: str) -> set[str]:
    return set((reply.header(name) or "").split(", "))


def _may_be_read(reply: Reply) -> bool:
    """By a page of any origin, together with all headers that say something."""
    return reply.header("access-control-allow-origin") == "*" and _words(reply, "access-control-expose-headers") == EXPOSED


@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_is_answered_for_every_path_without_a_key(browser: Wire, path: str) -> None:
    reply = _preflight(browser, path)
    assert (reply.status, reply.header("content-length")) == (204, None)
    assert reply.header("access-control-allow-origin") == "*"
    assert _words(reply, "access-control-allow-methods") >= {"GET", "HEAD", "POST", "PUT", "DELETE"}
    assert {name.lower() for name in _words(reply, "access-control-allow-headers")} >= {"authorization", "content-type", "if-none-match"}
    assert "x-request-id" in _words(_preflight(browser, path, **{"Access-Control-Request-Headers": "x-request-id"}), "access-control-allow-headers")
    assert int(reply.header("access-control-max-age") or 0) > 0
    assert reply.header("access-control-allow-credentials") is None
    assert reply.header("x-ratelimit-limit") is None
    assert reply.header("sandbox-next-reset")
    assert browser.is_usable()


@pytest.mark.parametrize("key", [None, ADMINISTRATOR])
def test_a_preflight_is_not_counted(sandbox: Sandbox, browser: Wire, key: str | None) -> None:
    before = sandbox.get("/customers", key).header("x-ratelimit-remaining")
    for _ in range(3):
        assert _preflight(browser, key=key).status == 204
    after = sandbox.get("/customers", key).header("x-ratelimit-remaining")
    assert int(after or 0) == int(before or 0) - 1


def test_a_preflight_is_answered_when_the_limit_is_used_up(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox(rate_limit=(1, 60))
    assert [sandbox.get("/customers").status for _ in range(2)] == [200, 429]
    with served(sandbox.app, StrictProtocol, 5) as address, Wire(address) as browser:
        assert _preflight(browser).status == 204
        assert _preflight(browser, key=ADMINISTRATOR).status == 204


@pytest.mark.parametrize(("fault", "status"), [({"Content-Length": "five"}, 400), ({"X-One": "x" * 20_000}, 431)])
def test_a_preflight_that_is_no_http_is_refused_like_everything_else(shared_sandbox: Sandbox, fault: dict[str, str], status: int) -> None:
    with served(shared_sandbox.app, StrictProtocol, 5) as address, Wire(address) as browser:
        answer = _preflight(browser, **fault)
        assert (answer.status, answer.json["success"], answer.header("access-control-allow-origin")) == (status, False, "*")


@pytest.mark.parametrize("headers", [{}, PAGE, {"Access-Control-Request-Method": "PUT"}], ids=["plain", "no method", "no origin"])
def test_options_that_are_no_preflight_are_a_method_like_others(sandbox: Sandbox, headers: dict[str, str]) -> None:
    reply = sandbox.send("OPTIONS", "/customers", headers=headers)
    assert (reply.status, reply.header("allow")) == (405, "GET, HEAD, POST")
    assert reply.header("x-ratelimit-limit") is not None
    assert sandbox.send("OPTIONS", "/nothing", headers=headers).status == 404


def test_a_request_that_is_no_question_is_no_preflight_whatever_its_headers(sandbox: Sandbox) -> None:
    assert sandbox.get("/customers", headers=PREFLIGHT).status == 200
    assert sandbox.get("/customers", None, headers=PREFLIGHT).status == 401


def test_a_page_of_another_origin_may_read_every_answer(sandbox: Sandbox) -> None:
    created = sandbox.post("/customers", {"account": "Jane Smith"}, headers=PAGE)
    assert created.status == 201
    assert created.header("location") is not None
    read = sandbox.get("/customers/1", headers=PAGE)
    unchanged = sandbox.get("/customers/1", headers={**PAGE, "If-None-Match": read.header("etag") or ""})
    assert (read.status, unchanged.status) == (200, 304)
    answers = [
        created,
        read,
        unchanged,
        sandbox.send("HEAD", "/customers", key=ADMINISTRATOR, headers=PAGE),
        sandbox.post("/customers", {}, headers=PAGE),
        sandbox.get("/customers", None, headers=PAGE),
        sandbox.get("/users", "sbx_test_staff", headers=PAGE),
        sandbox.get("/nothing", headers=PAGE),
        sandbox.send("PATCH", "/customers", headers=PAGE),
        sandbox.post("/customers", body=[b""], headers={**PAGE, "Content-Length": "9999999"}),
        sandbox.post("/customers", body=b"x", headers={**PAGE, "Content-Type": "text/plain"}),
        sandbox.get("/customers", headers={**PAGE, "X-One": "x" * 20_000}),
    ]
    assert [reply.status for reply in answers] == [201, 200, 304, 200, 400, 401, 403, 404, 405, 413, 415, 431]
    assert all(_may_be_read(reply) for reply in answers)


def test_a_page_may_read_that_its_limit_is_used_up(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox(rate_limit=(1, 60))
    sandbox.get("/customers")
    reply = sandbox.get("/customers", headers=PAGE)
    assert (reply.status, reply.header("retry-after")) == (429, "60")
    assert _may_be_read(reply)


def test_a_page_may_read_that_the_server_failed(make_sandbox: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = make_sandbox()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("sandbox.engine.Engine.perform", fail)
    reply = sandbox.get("/customers", headers=PAGE)
    assert reply.status == 500
    assert _may_be_read(reply)


@pytest.mark.parametrize("origin", ["https://shop.example", "null", "file://", "", "nonsense \xff"])
def test_no_origin_is_treated_better_than_another(sandbox: Sandbox, origin: str) -> None:
    reply = sandbox.get("/customers", headers={"Origin": origin})
    assert reply.status == 200
    assert _may_be_read(reply)


@pytest.mark.parametrize(("target", "key"), [("/customers", ADMINISTRATOR), ("/customers", None), ("/nothing", ADMINISTRATOR)])
def test_a_client_that_is_no_page_hears_nothing_of_origins(sandbox: Sandbox, target: str, key: str | None) -> None:
    reply = sandbox.get(target, key)
    assert not [name for name, _ in reply.headers if name.startswith("access-control-")]


@pytest.fixture
def plane(sandbox: Sandbox) -> Iterator[Client]:
    client = Client(sandbox.app, "/_sandbox")
    yield client
    client.close()


@pytest.mark.parametrize(
    "origin", ["https://shop.example", "http://sandbox:8001", "http://sandbox.example:8000", "null", "", "sandbox:8000", "http://["]
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/health"), ("HEAD", "/health"), ("POST", "/health"), ("GET", "/nothing"), ("OPTIONS", "/health")]
)
def test_the_control_plane_answers_no_page_of_another_origin(plane: Client, method: str, path: str, origin: str) -> None:
    headers = {"Host": "sandbox:8000", "Origin": origin, "Access-Control-Request-Method": "GET"}
    reply = plane.send(method, path, headers=headers)
    assert reply.status == 403
    assert not [name for name, _ in reply.headers if name.startswith("access-control-")]
    assert method == "HEAD" or reply.json == {"success": False, "message": reply.json["message"]}


@pytest.mark.parametrize(
    "headers", [{"Host": "localhost:8000", "Origin": "http://localhost:8000"}, {"Host": "localhost:8000"}], ids=["its own", "none"]
)
def test_the_control_plane_answers_its_own_pages(plane: Client, headers: dict[str, str]) -> None:
    assert plane.send("GET", "/health", headers=headers).status == 200
