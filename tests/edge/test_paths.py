"""Which paths and methods there are, and what becomes of those that there are not."""

import pytest

from openapi.contract import Operation
from openapi.reader import load_contract
from tests.asgi import Sandbox

CONTRACT = load_contract()
PLAIN_PATHS = {path: sorted(methods) for path, methods in CONTRACT.paths.items()}


@pytest.mark.parametrize(
    "name",
    ["abc", "0", "-1", "00", "01", "1.0", "1e3", "+1", "%201", "1%20", "1%0A", "0x1", "1_000", "%D9%A1", "null", "9007199254740992", "9" * 5000,
     "1%00", "%FF", "1;x=1", "1,2", "*", "..", "%2E%2E"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_path_whose_id_is_no_id_names_nothing(sandbox: Sandbox, method: str, name: str) -> None:
    reply = sandbox.send(method, f"/customers/{name}", key="wrong")
    assert reply.status == 404, "before the key is looked at"
    assert reply.json == {"success": False, "message": reply.json["message"]}
    assert len(reply.body) < 1000


def test_the_largest_id_is_an_id_that_names_no_object(sandbox: Sandbox) -> None:
    assert sandbox.get("/customers/9007199254740991", key="wrong").status == 401
    assert sandbox.get("/customers/9007199254740991").status == 404


@pytest.mark.parametrize(
    "path", ["/customers/", "/customers/1/", "//customers", "/customers//1", "/Customers", "/customers/1/invoices", "/batch", "/reports"]
)
def test_a_path_beside_the_contract_is_404_and_redirects_nowhere(sandbox: Sandbox, path: str) -> None:
    sandbox.customer()
    reply = sandbox.get(path)
    assert reply.status == 404
    assert reply.header("location") is None


def test_an_encoded_path_is_the_path(sandbox: Sandbox) -> None:
    assert sandbox.get("/%63ustomers").status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "get"])
@pytest.mark.parametrize("path", PLAIN_PATHS)
def test_a_method_that_a_path_lacks_is_405_with_all_that_it_has(sandbox: Sandbox, path: str, method: str) -> None:
    there_are = {*PLAIN_PATHS[path], *(["HEAD"] if "GET" in PLAIN_PATHS[path] else [])}
    reply = sandbox.send(method, path.replace("{id}", "1"), key=None)
    if method in there_are:
        assert reply.status == 401
        return
    assert reply.status == 405
    assert (reply.header("allow") or "").split(", ") == sorted(there_are)
    if method != "HEAD":
        assert reply.json == {"success": False, "message": reply.json["message"]}


READING = [one for one in CONTRACT.operations.values() if one.method == "GET"]


@pytest.mark.parametrize("operation", READING, ids=[one.id for one in READING])
def test_head_answers_as_get_without_the_body(sandbox: Sandbox, operation: Operation) -> None:
    target = operation.path.replace("{id}", str(sandbox.customer()))
    get, head = sandbox.get(target), sandbox.send("HEAD", target, key="sbx_test_administrator")
    assert (get.status, head.status, head.body) == (200, 200, b"")
    moving = "x-ratelimit-remaining"
    assert [one for one in head.headers if one[0] != moving] == [one for one in get.headers if one[0] != moving]


@pytest.mark.parametrize(("target", "status"), [("/nothing", 404), ("/customers/1", 404), ("/customers?limit=0", 400)])
def test_a_refused_head_has_no_body_either(sandbox: Sandbox, target: str, status: int) -> None:
    reply = sandbox.send("HEAD", target, key="sbx_test_administrator")
    assert (reply.status, reply.body) == (status, b"")
    assert int(reply.header("content-length") or "0") > 0
