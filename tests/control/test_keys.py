"""Administrators make, list and revoke the keys of their workspace; a key itself is shown once."""

from typing import Any

import pytest
from msgspec import structs

from openapi.document import read_document
from sandbox.control.application import FILE
from sandbox.quotas import LOCAL
from sandbox.state.api_keys import digest_of
from tests.asgi import ADMINISTRATOR, OTHER
from tests.control.plane import Plane


def new_key(plane: Plane, role: str = "staff", key: str = ADMINISTRATOR) -> dict[str, Any]:
    """What the creation answered."""
    reply = plane.post("/keys", {"label": "Our build server", "role": role}, key)
    assert reply.status == 201, reply.body
    made: dict[str, Any] = reply.data
    return made


@pytest.mark.parametrize(("role", "may_write", "may_see_users"), [("administrator", 201, 200), ("staff", 201, 403), ("read-only", 403, 403)])
def test_a_new_key_opens_its_workspace_in_its_role(plane: Plane, role: str, may_write: int, may_see_users: int) -> None:
    made = new_key(plane, role)
    assert {**made, "id": 0, "key": "", "created_at": ""} == {
        "id": 0, "key": "", "created_at": "", "label": "Our build server", "role": role, "workspace": "default", "revoked_at": None,
    }  # fmt: skip
    assert plane.api("POST", "/customers", {"account": "Jane Smith"}, made["key"]).status == may_write
    assert plane.api("GET", "/users", key=made["key"]).status == may_see_users
    assert plane.get("/clock", made["key"]).status == 200


def test_the_key_is_shown_once_and_its_digest_never(plane: Plane) -> None:
    made = new_key(plane)
    listed = plane.get("/keys?limit=100")
    assert made["key"] not in listed.body.decode()
    assert digest_of(made["key"]) not in listed.body.decode()
    assert listed.data[-1] == {name: value for name, value in made.items() if name != "key"}


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(plane: Plane) -> None:
    made = new_key(plane)
    gone = plane.delete(f"/keys/{made['id']}")
    assert (gone.status, gone.json) == (200, {"success": True, "message": f"Key {made['id']} was revoked"})
    assert plane.api("GET", "/customers", key=made["key"]).status == 401
    assert plane.get("/clock", made["key"]).status == 401
    assert plane.get("/keys?limit=100").data[-1]["revoked_at"] is not None
    assert plane.delete(f"/keys/{made['id']}").status == 200


def test_keys_are_those_of_the_own_workspace_alone(plane: Plane) -> None:
    theirs = new_key(plane, key=OTHER)
    assert theirs["workspace"] == "other"
    assert all(one["workspace"] == "default" for one in plane.get("/keys?limit=100").data)
    ours = [new_key(plane)["id"] for _ in range(3)][-1]
    assert plane.delete(f"/keys/{ours}", OTHER).status == 404
    assert plane.api("GET", "/customers", key=theirs["key"]).data == []


@pytest.mark.parametrize("id", ["99999", "0", "abc", "-1"])
def test_a_key_that_is_not_there_is_a_404(plane: Plane, id: str) -> None:
    assert plane.delete(f"/keys/{id}").status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "staff"}, "label"),
        ({"label": "", "role": "staff"}, "label"),
        ({"label": "x" * 256, "role": "staff"}, "label"),
        ({"label": "a\x00", "role": "staff"}, "label"),
        ({"label": 1, "role": "staff"}, "label"),
        ({"label": "x"}, "role"),
        ({"label": "x", "role": "root"}, "role"),
        ({"label": "x", "role": "staff", "workspace": "other"}, "workspace"),
        ({"label": "x", "role": "staff", "key": "mine"}, "key"),
    ],
)
def test_a_key_that_cannot_be_made_is_refused_by_field(plane: Plane, body: dict[str, Any], field: str) -> None:
    before = plane.get("/keys?limit=100").body
    reply = plane.post("/keys", body)
    assert (reply.status, [*reply.errors]) == (400, [field])
    assert plane.get("/keys?limit=100").body == before


def test_there_is_an_end_to_the_valid_keys_of_a_workspace(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    valid = sum(one["revoked_at"] is None for one in plane.server.admin_commands.keys_list("default"))
    monkeypatch.setattr(plane.server.admin_commands._registry, "_quotas", structs.replace(LOCAL, max_keys=valid + 2))
    made = [new_key(plane) for _ in range(2)]
    reply = plane.post("/keys", {"label": "One more", "role": "staff"})
    assert (reply.status, len(reply.errors)) == (400, 1)
    plane.delete(f"/keys/{made[0]['id']}")
    assert plane.post("/keys", {"label": "One more", "role": "staff"}).status == 201


def test_the_contract_says_how_many_keys_a_workspace_may_have() -> None:
    description = read_document(FILE)["paths"]["/keys"]["post"]["description"]
    assert "The quota `max_keys` limits how many keys may be valid" in description
