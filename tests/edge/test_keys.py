"""Where a key may stand, which keys open the API, and what they open (decision `auth-place`)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from openapi.contract import FILE
from openapi.document import read_document
from tests.asgi import ADMINISTRATOR, OTHER, READ_ONLY, REVOKED, STAFF, Reply, Sandbox

MESSAGE = "Invalid API key or unauthorized access"


def is_refused(reply: Reply) -> bool:
    """As the reference writes it, to the letter."""
    assert reply.status == 401
    assert reply.json == {"success": False, "message": MESSAGE}
    assert reply.header("www-authenticate") == "Bearer"
    assert reply.header("content-type") == "application/json"
    return True


def test_a_key_stands_where_the_contract_says(tmp_path: Path, make_sandbox: Callable[..., Sandbox]) -> None:
    document = read_document(FILE)
    document["components"]["securitySchemes"]["queryKey"]["name"] = "token"
    document["security"] = [{"queryKey": []}]
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(document), encoding="utf-8")
    sandbox = make_sandbox(spec=spec)
    assert sandbox.get(f"/customers?token={ADMINISTRATOR}", None).status == 200
    assert sandbox.get(f"/customers?api_key={ADMINISTRATOR}", None).status == 401
    assert sandbox.get("/customers", ADMINISTRATOR).status == 401


@pytest.mark.parametrize("key", [ADMINISTRATOR, STAFF, READ_ONLY, OTHER])
def test_a_key_opens_the_api_from_the_header_and_from_the_query(sandbox: Sandbox, key: str) -> None:
    assert sandbox.get("/customers", key).status == 200
    assert sandbox.get(f"/customers?api_key={key}", None).status == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_without_case_and_with_any_room_after_it(sandbox: Sandbox, scheme: str) -> None:
    assert sandbox.get("/customers", None, headers={"Authorization": f"{scheme} {STAFF}"}).status == 200


def test_a_key_in_the_query_may_be_percent_encoded(sandbox: Sandbox) -> None:
    assert sandbox.get("/customers?api%5Fkey=sbx%5Ftest%5Fstaff", None).status == 200


def test_no_key_is_refused_as_the_reference_says(sandbox: Sandbox) -> None:
    assert is_refused(sandbox.get("/customers", None))


@pytest.mark.parametrize("key", ["wrong", REVOKED, ADMINISTRATOR.upper(), f"{ADMINISTRATOR} {STAFF}", f"{ADMINISTRATOR},", "ä", "x" * 5000])
def test_a_key_that_is_not_in_force_is_refused_in_both_places(sandbox: Sandbox, key: str) -> None:
    assert is_refused(sandbox.get("/customers", key))
    assert is_refused(sandbox.get(f"/customers?api_key={key.replace(' ', '%20')}", None))


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", ADMINISTRATOR, f"Basic {ADMINISTRATOR}", f"Token {ADMINISTRATOR}", f"Bearer{ADMINISTRATOR}"],
)
def test_another_scheme_and_an_empty_one_are_refused(sandbox: Sandbox, authorization: str) -> None:
    assert is_refused(sandbox.get("/customers", None, headers={"Authorization": authorization}))


@pytest.mark.parametrize("query", ["api_key=", "api_key", "api_key=%FF", "API_KEY=" + ADMINISTRATOR, "key=" + ADMINISTRATOR])
def test_a_query_that_names_no_key_is_refused(sandbox: Sandbox, query: str) -> None:
    assert is_refused(sandbox.get(f"/customers?{query}", None))


def test_the_same_key_in_both_places_is_one_key(sandbox: Sandbox) -> None:
    assert sandbox.get(f"/customers?api_key={STAFF}", STAFF).status == 200


@pytest.mark.parametrize("query", [f"api_key={STAFF}", "api_key=wrong", "api_key=", f"api_key={ADMINISTRATOR}&api_key={STAFF}"])
def test_two_different_keys_are_refused_even_where_one_is_good(sandbox: Sandbox, query: str) -> None:
    assert is_refused(sandbox.get(f"/customers?{query}", ADMINISTRATOR))


def test_a_good_key_in_the_query_does_not_heal_another_scheme(sandbox: Sandbox) -> None:
    assert is_refused(sandbox.get(f"/customers?api_key={STAFF}", None, headers={"Authorization": "Basic YTpi"}))


def test_two_keys_in_one_header_are_refused(sandbox: Sandbox) -> None:
    twice = [("Authorization", f"Bearer {ADMINISTRATOR}"), ("Authorization", f"Bearer {STAFF}")]
    assert is_refused(sandbox.get("/customers", None, headers=twice))


def test_a_refused_request_stores_nothing(sandbox: Sandbox) -> None:
    assert is_refused(sandbox.post("/customers", {"account": "Jane Smith"}, key="wrong"))
    assert sandbox.get("/customers").json["meta"]["total_records"] == 0


def test_workspaces_know_nothing_of_each_other(sandbox: Sandbox) -> None:
    ours = sandbox.customer(account="Ours")
    assert sandbox.get(f"/customers/{ours}", OTHER).status == 404
    assert sandbox.get("/customers", OTHER).data == []
    theirs = sandbox.post("/customers", {"account": "Theirs"}, key=OTHER).data
    assert theirs["id"] == ours, "each workspace counts for itself"
    assert [one["account"] for one in sandbox.get("/customers", STAFF).data] == ["Ours"]
    assert sandbox.delete(f"/customers/{ours}", OTHER).status == 200
    assert sandbox.get(f"/customers/{ours}").status == 200
