"""Operations that ask for no key: served in the default workspace and counted by address, unless a key is sent that may be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.settings import load_settings
from tests.asgi import ADMINISTRATOR, OTHER, READ_ONLY, Sandbox
from tests.engine.spec_edits import own_document
from tests.servers import running

NOBODY_SAYS, ONLY_LISTS = "nobody says", "only lists"
BEARER, QUERY = {"bearerAuth": []}, {"queryKey": []}
KEYLESS: list[Any] = [[], [{}], NOBODY_SAYS]
OPTIONAL: list[Any] = [[{}, BEARER], [BEARER, {}], [{}, QUERY, BEARER]]
CUSTOMER = {"account": "Jane Smith"}
Make = Callable[[Any], Sandbox]


def document(security: Any) -> dict[str, Any]:
    """The contract, in which every operation, or the whole of it, says this of keys."""
    edited = own_document()
    if security == NOBODY_SAYS:
        del edited["security"]
        return edited
    if security == ONLY_LISTS:
        edited["paths"]["/customers"]["get"]["security"] = []
        return edited
    for item in edited["paths"].values():
        for method in {"get", "post", "put", "delete"} & item.keys():
            item[method]["security"] = security
    return edited


@pytest.fixture(params=["fast", "stock"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    made: list[Sandbox] = []

    def of(security: Any, **settings: Any) -> Sandbox:
        (tmp_path / "spec.json").write_text(json.dumps(document(security)), encoding="utf-8")
        made.append(Sandbox(load_settings({"spec": tmp_path / "spec.json", "scenario": "empty", "stack": request.param, **settings})))
        return made[-1]

    yield of
    for one in made:
        one.close()


@pytest.mark.parametrize("security", KEYLESS + OPTIONAL, ids=str)
def test_everything_is_done_without_a_key_in_the_default_workspace(make: Make, security: Any) -> None:
    sandbox = make(security)
    assert sandbox.send("POST", "/customers", json=CUSTOMER).status == 201
    assert sandbox.send("GET", "/customers").data[0]["account"] == "Jane Smith"
    assert sandbox.send("GET", "/customers/1").status == 200
    assert sandbox.send("HEAD", "/customers/1").status == 200
    assert sandbox.send("PUT", "/customers/1", json={"account": "John Doe"}).data["account"] == "John Doe"
    assert sandbox.send("POST", "/batch/customers", json={"customers": [CUSTOMER, CUSTOMER]}).status == 201
    assert sandbox.send("GET", "/reports/financial").status == 200
    user = {"name": "A", "email": "a@example.com", "password": "12345678", "role": "staff"}
    assert sandbox.send("POST", "/users", json=user).status == 201
    assert sandbox.send("POST", "/customers", json={"account": ""}).status == 400
    assert sandbox.send("DELETE", "/customers/1").status == 200
    assert sandbox.send("GET", "/customers/1").status == 404
    assert sandbox.server.workspaces.get("default").image().tables["customers"].keys() == {2, 3}


@pytest.mark.parametrize("security", KEYLESS + OPTIONAL, ids=str)
def test_it_is_counted_by_address(make: Make, security: Any) -> None:
    sandbox = make(security, rate_limit="2/60")
    for left in ("1", "0"):
        reply = sandbox.send("GET", "/customers", address="192.0.2.7")
        assert (reply.status, reply.header("x-ratelimit-remaining")) == (200, left)
    assert sandbox.send("GET", "/customers", address="192.0.2.7").status == 429
    assert sandbox.send("GET", "/customers", address="192.0.2.8").status == 200


@pytest.mark.parametrize("security", OPTIONAL, ids=str)
def test_a_valid_key_that_may_be_sent_says_whose_workspace_and_window(make: Make, security: Any) -> None:
    sandbox = make(security)
    assert sandbox.send("POST", "/customers", json=CUSTOMER).status == 201
    mine = sandbox.send("GET", "/customers", key=ADMINISTRATOR)
    assert (len(mine.data), mine.header("x-ratelimit-remaining")) == (1, "999")
    assert sandbox.send("GET", "/customers", key=OTHER).data == []
    assert len(sandbox.send("GET", "/customers").data) == 1  # the page of another was kept meanwhile
    assert sandbox.send("POST", "/customers", json=CUSTOMER, key=OTHER).status == 201
    assert sandbox.send("GET", "/customers/1", key=OTHER).status == 200
    assert sandbox.send("POST", "/customers", json=CUSTOMER, key=READ_ONLY).status == 201  # as anybody may


@pytest.mark.parametrize("security", OPTIONAL, ids=str)
def test_a_key_that_is_none_is_401_before_anything_else(make: Make, security: Any) -> None:
    sandbox = make(security)
    for sent in ({"key": "sbx_nobody"}, {"headers": {"authorization": "Basic eDp5"}}, {"headers": {"authorization": ""}}):
        assert sandbox.send("GET", "/customers", **sent).status == 401
        assert sandbox.send("POST", "/customers", body=b"{", **sent).status == 401
    assert sandbox.send("POST", "/customers", json=CUSTOMER, key="sbx_nobody").status == 401
    assert sandbox.send("GET", "/customers").data == []
    if QUERY in security:
        assert sandbox.send("GET", "/customers?api_key=sbx_nobody").status == 401
        assert sandbox.send("GET", f"/customers?api_key={ADMINISTRATOR}").status == 200


@pytest.mark.parametrize("security", KEYLESS, ids=str)
def test_where_no_key_is_asked_for_one_that_is_none_is_not_looked_at(make: Make, security: Any) -> None:
    assert make(security).send("GET", "/customers", key="sbx_nobody").status == 200


def test_an_operation_that_asks_for_a_key_does_so_beside_one_that_does_not(make: Make) -> None:
    sandbox = make(ONLY_LISTS)
    assert sandbox.send("GET", "/customers").status == 200
    assert sandbox.send("POST", "/customers", json=CUSTOMER).status == 401
    assert sandbox.send("POST", "/customers", json=CUSTOMER, key=READ_ONLY).status == 403
    assert sandbox.send("POST", "/customers", json=CUSTOMER, key=ADMINISTRATOR).status == 201
    assert len(sandbox.send("GET", "/customers").data) == 1


def test_the_control_plane_asks_for_a_key_whatever_the_contract_says(make: Make) -> None:
    sandbox = make(NOBODY_SAYS)
    sandbox.base = "/_sandbox"
    assert sandbox.send("GET", "/clock").status == 401
    assert sandbox.send("GET", "/clock", key=ADMINISTRATOR).status == 200


def test_over_one_connection_answers_with_and_without_a_key_are_never_mixed(tmp_path: Path) -> None:
    """Requests that come alike again and again take the fast path, where they have a key."""
    (tmp_path / "spec.json").write_text(json.dumps(document([{}, BEARER])), encoding="utf-8")
    with running(tmp_path, "--spec", str(tmp_path / "spec.json"), "--scenario", "empty") as server:
        parts = urlsplit(server.api)
        line = HTTPConnection(str(parts.hostname), int(parts.port or 0), timeout=20)

        def ask(method: str, key: str | None, content: Any = None) -> tuple[int, Any, int]:
            headers = {"Content-Type": "application/json", **({} if key is None else {"Authorization": f"Bearer {key}"})}
            line.request(method, "/api/v2/customers", None if content is None else json.dumps(content), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read()), int(answer.headers["X-RateLimit-Remaining"])

        for turn in range(1, 5):
            assert ask("POST", None, CUSTOMER)[0] == 201
            assert ask("POST", OTHER, CUSTOMER)[0] == 201
            assert ask("POST", OTHER, CUSTOMER)[0] == 201
            status, body, left = ask("GET", None)
            assert (status, len(body["data"]), left) == (200, turn, 1000 - 3 * turn + 1)
            status, body, left = ask("GET", OTHER)
            assert (status, len(body["data"]), left) == (200, 2 * turn, 1000 - 3 * turn)
            assert ask("GET", "sbx_nobody")[0] == 401  # which counts for the address
        line.close()
