"""What each role may do, as the contract says it (decision `roles`)."""

import pytest

from openapi.contract import Operation
from openapi.reader import load_contract
from tests.asgi import ADMINISTRATOR, READ_ONLY, STAFF, Sandbox

KEYS = {"administrator": ADMINISTRATOR, "staff": STAFF, "read-only": READ_ONLY}
OPERATIONS = load_contract().operations


def test_the_contract_gives_the_roles_what_they_were_promised() -> None:
    for operation in OPERATIONS.values():
        of_administrators = operation.resource in ("users", "reports")
        assert "administrator" in operation.roles
        assert ("staff" in operation.roles) is not of_administrators
        assert ("read-only" in operation.roles) is (operation.method == "GET" and not of_administrators)


@pytest.mark.parametrize("role", KEYS)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_key_is_refused_exactly_what_its_role_may_not_do(sandbox: Sandbox, operation: Operation, role: str) -> None:
    reply = sandbox.send(operation.method, operation.path.replace("{id}", "1"), key=KEYS[role])
    if role in operation.roles:
        assert reply.status in (200, 400, 404), reply.body
        return
    assert reply.status == 403
    assert reply.json == {"success": False, "message": reply.json["message"]}
    assert operation.id in reply.json["message"]
    assert role in reply.json["message"]


def test_a_forbidden_request_stores_nothing(sandbox: Sandbox) -> None:
    assert sandbox.post("/customers", {"account": "Jane Smith"}, key=READ_ONLY).status == 403
    assert sandbox.get("/customers").data == []


def test_head_asks_for_the_role_that_get_asks_for(sandbox: Sandbox) -> None:
    assert sandbox.send("HEAD", "/users", key=STAFF).status == 403
    assert sandbox.send("HEAD", "/customers", key=READ_ONLY).status == 200
