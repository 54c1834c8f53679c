"""A fault of ours is a logged 500 that tells nothing and leaves nothing; and no log line tells a secret."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from sandbox.domain import ALL_RULES
from sandbox.domain.rules import Document, Rules, Transaction
from tests.asgi import ADMINISTRATOR, Sandbox

FAILED = {"success": False, "message": "The server failed to answer this request; it left nothing behind"}
PASSWORD = "correct horse battery"
Broken = Callable[[Callable[[Document, Transaction], None], str], Sandbox]


@pytest.fixture
def broken(make_sandbox: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch) -> Broken:
    """A server one of whose rules is wrong."""

    def make(rule: Callable[[Document, Transaction], None], resource: str) -> Sandbox:
        rules = Rules(resource)
        rules.before_save()(rule)
        monkeypatch.setattr("sandbox.app.ALL_RULES", (*ALL_RULES, rules))
        return make_sandbox(log_requests=True)

    return make


def test_a_rule_that_fails_is_a_logged_500_and_nothing_was_stored(broken: Broken) -> None:
    def fails(customer: Document, tx: Transaction) -> None:
        tx.create("leads", {"first_name": "John", "last_name": "Smith", "email": "john@example.com"})
        if customer["account"] == "bad":
            raise ZeroDivisionError("what nobody should read")

    sandbox = broken(fails, "customers")
    with capture_logs() as lines:
        reply = sandbox.post("/customers", {"account": "bad"})
    assert (reply.status, reply.json) == (500, FAILED)
    errors = [line for line in lines if line["log_level"] == "error"]
    assert [type(line["exc_info"]) for line in errors] == [ZeroDivisionError]
    assert sandbox.get("/customers").data == []
    assert sandbox.customer() == 1, "no number was used up"


def test_an_answer_that_does_not_fit_the_contract_never_leaves(broken: Broken) -> None:
    def spoils(customer: Document, tx: Transaction) -> None:
        if customer["account"] == "bad":
            customer["city"] = 7

    sandbox = broken(spoils, "customers")
    with capture_logs() as lines:
        reply = sandbox.post("/customers", {"account": "bad"})
    assert (reply.status, reply.json) == (500, FAILED)
    errors = [line for line in lines if line["log_level"] == "error"]
    assert [(line["operation"], line["faults"]) for line in errors] == [("createCustomer", {"data.city": "City must be a text"})]
    assert sandbox.get("/customers").data == []


def test_a_batch_that_fails_half_way_leaves_nothing(broken: Broken) -> None:
    def fails(customer: Document, tx: Transaction) -> None:
        if customer["account"] == "bad":
            raise RuntimeError

    sandbox = broken(fails, "customers")
    assert sandbox.post("/batch/customers", {"customers": [{"account": "good"}, {"account": "bad"}]}).status == 500
    assert sandbox.get("/customers").data == []


def test_a_field_that_the_contract_does_not_name_is_not_shown(broken: Broken) -> None:
    def adds(customer: Document, tx: Transaction) -> None:
        customer["_secret"] = customer["extra"] = "hidden"

    sandbox = broken(adds, "customers")
    reply = sandbox.get(f"/customers/{sandbox.customer()}")
    assert reply.status == 200
    assert b"hidden" not in reply.body


def test_a_key_stands_in_no_line_of_the_log(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox(log_requests=True)
    with capture_logs() as lines:
        for target in ("/customers", "/nothing", "/customers/abc", "/users?page=0"):
            for key in (ADMINISTRATOR, "sbx_guessed"):
                sandbox.get(f"{target}{'&' if '?' in target else '?'}api_key={key}", None)
        sandbox.get("/customers")
    assert len(lines) == 9
    assert {line["status"] for line in lines} == {200, 400, 401, 404}
    assert "sbx_" not in repr(lines)


def test_a_password_stands_in_no_line_and_no_answer(broken: Broken) -> None:
    def fails(user: Document, tx: Transaction) -> None:
        if user["name"] == "bad":
            raise RuntimeError("a rule failed")

    sandbox = broken(fails, "users")
    user = {"name": "Admin User", "email": "admin@example.com", "password": PASSWORD, "role": "administrator"}
    with capture_logs() as lines:
        replies = [
            sandbox.post("/users", user),
            sandbox.post("/users", {**user, "name": "bad", "email": "bad@example.com"}),
            sandbox.post("/users", user),
            sandbox.post("/users", {**user, "role": PASSWORD, "password": [PASSWORD], PASSWORD + "!": 1} | {"email": PASSWORD}),
            sandbox.get("/users"),
        ]
    assert [one.status for one in replies] == [201, 500, 400, 400, 200]
    assert PASSWORD not in repr(lines)
    for one in (replies[0], replies[1], replies[2], replies[4]):
        assert b"horse" not in one.body
        assert b"password" not in one.body
        assert b"argon2" not in one.body


def test_a_user_is_stored_with_a_digest(sandbox: Sandbox) -> None:
    user = {"name": "Admin User", "email": "admin@example.com", "password": PASSWORD, "role": "administrator"}
    assert sandbox.post("/users", user).status == 201
    with sandbox.server.workspaces.get("default").transaction() as tx:
        stored = repr(tx.get("users", 1))
    assert "$argon2id$" in stored
    assert PASSWORD not in stored
