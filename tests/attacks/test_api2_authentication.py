"""API2:2023, broken authentication.

Claimed: only the whole, valid key opens anything; every other answer is the same 401; guesses are counted; a key that ended opens nothing.
`tests/edge/test_local_access.py` proves when a published test key counts, `tests/control/test_revoked_means_now.py` what a revoked one stops.
"""

from __future__ import annotations

import pytest

from tests.asgi import ADMINISTRATOR, REVOKED, Sandbox, sandbox_of
from tests.control.plane import Plane

GUESSES = {
    "empty": "", "cut short": ADMINISTRATOR[:-1], "its beginning": "sbx_", "longer": f"{ADMINISTRATOR}x", "in capitals": ADMINISTRATOR.upper(),
    "twice": f"{ADMINISTRATOR}{ADMINISTRATOR}", "two": f"{ADMINISTRATOR},{ADMINISTRATOR}", "quoted": f'"{ADMINISTRATOR}"', "a wildcard": "*",
    "a pattern": "sbx_test_%", "SQL": "' OR '1'='1", "JSON": '{"$ne": null}', "null": "null", "undefined": "undefined", "very long": "sbx_" * 2000,
    "revoked": REVOKED, "a JWT without a signature": "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW5pc3RyYXRvciJ9.",
}  # fmt: skip
SCHEMES = ("Basic c2J4X3Rlc3RfYWRtaW5pc3RyYXRvcjo=", f"Token {ADMINISTRATOR}", ADMINISTRATOR, "Bearer", f"Bearer: {ADMINISTRATOR}")
ELSEWHERE = ("Cookie", "X-API-Key", "Api-Key", "X-Authorization", "Proxy-Authorization", "X-User-Role")


@pytest.mark.parametrize("guess", GUESSES.values(), ids=GUESSES)
def test_a_guess_is_refused_and_not_told_how_near_it_is(plane: Plane, guess: str) -> None:
    replies = [plane.api("GET", "/customers", key=guess), plane.api("POST", "/customers", {"account": "Mine"}, guess)]
    assert {(one.status, one.header("www-authenticate"), one.json["message"]) for one in replies} == {
        (401, "Bearer", "Invalid API key or unauthorized access")
    }
    assert plane.get("/keys", key=guess).status == 401


@pytest.mark.parametrize("value", SCHEMES)
def test_another_scheme_opens_nothing(plane: Plane, value: str) -> None:
    assert plane.send("GET", "/keys", headers={"Authorization": value}).status == 401


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_key_or_role_that_stands_elsewhere_opens_nothing(plane: Plane, name: str) -> None:
    value = "administrator" if name == "X-User-Role" else f"api_key={ADMINISTRATOR}" if name == "Cookie" else ADMINISTRATOR
    assert plane.send("GET", "/keys", headers={name: value}).status == 401


def test_guesses_are_counted_for_their_address_and_end() -> None:
    sandbox: Sandbox = sandbox_of(rate_limit="5/3600")
    statuses = [sandbox.get("/customers", f"sbx_guess_{number}").status for number in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert sandbox.get("/customers").status == 200, "who has a key is not locked out by who guesses"
    sandbox.close()


def test_a_published_key_opens_nothing_on_a_server_that_others_reach(hosted: tuple[Plane, dict[str, str]]) -> None:
    plane, keys = hosted
    assert plane.api("GET", "/customers").status == 401
    assert plane.post("/keys", {"label": "For ever", "role": "administrator"}).status == 401
    assert plane.api("GET", "/customers", key=keys["administrator"]).status == 200


def test_a_revoked_key_and_one_of_a_deleted_workspace_open_nothing(plane: Plane) -> None:
    made = plane.post("/keys", {"label": "Gone", "role": "administrator"}).data
    assert plane.delete(f"/keys/{made['id']}").status == 200
    workspace = plane.post("/workspaces", {"scenario": "empty"}).data
    assert plane.delete(f"/workspaces/{workspace['name']}").status == 200
    for key in (made["key"], *workspace["keys"].values()):
        assert (plane.api("GET", "/customers", key=key).status, plane.get("/clock", key=key).status) == (401, 401)
