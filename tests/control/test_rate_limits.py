"""A workspace can have a rate limit of its own, so that a client's manners can be seen without a thousand requests."""

from typing import Any

import pytest

from tests.asgi import OTHER, STAFF
from tests.control.plane import Plane


def test_at_first_it_is_the_servers(plane: Plane) -> None:
    assert plane.get("/rate-limit").data == {"limit": 1000, "window": 3600, "default": True}


def test_a_limit_of_its_own_holds_for_all_keys_of_the_workspace_and_no_others(plane: Plane) -> None:
    reply = plane.put("/rate-limit", {"limit": 3, "window": 60}, STAFF)
    assert (reply.status, reply.data) == (200, {"limit": 3, "window": 60, "default": False})
    assert plane.get("/rate-limit").data == reply.data
    for key in ("sbx_test_administrator", STAFF):
        answers = [plane.api("GET", "/customers", key=key) for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert [answer.header("x-ratelimit-remaining") for answer in answers] == ["2", "1", "0", "0"]
        assert answers[3].header("retry-after") == "60"
    other = plane.api("GET", "/customers", key=OTHER)
    assert (other.status, other.header("x-ratelimit-limit")) == (200, "1000")


def test_changing_and_removing_it_opens_new_windows(plane: Plane) -> None:
    plane.put("/rate-limit", {"limit": 1, "window": 60})
    assert [plane.api("GET", "/customers").status for _ in range(2)] == [200, 429]
    plane.put("/rate-limit", {"limit": 2, "window": 60})
    assert [plane.api("GET", "/customers").status for _ in range(3)] == [200, 200, 429]
    gone = plane.delete("/rate-limit")
    assert (gone.status, "1000 requests in 3600 seconds" in gone.json["message"]) == (200, True)
    assert plane.api("GET", "/customers").header("x-ratelimit-remaining") == "999"
    assert plane.get("/rate-limit").data["default"] is True


@pytest.mark.parametrize("body", [{"limit": 1_000_000, "window": 2_678_400}, {"limit": 1, "window": 1}])
def test_the_ends_of_what_is_allowed_are_allowed(plane: Plane, body: dict[str, int]) -> None:
    assert plane.put("/rate-limit", body).status == 200
    assert plane.api("GET", "/customers").header("x-ratelimit-limit") == str(body["limit"])


@pytest.mark.parametrize("value", [0, -1, 1.5, "3", None, True, [], 10**15])
@pytest.mark.parametrize("field", ["limit", "window"])
def test_a_limit_that_is_none_is_named(plane: Plane, field: str, value: Any) -> None:
    reply = plane.put("/rate-limit", {"limit": 3, "window": 60, field: value})
    assert (reply.status, [*reply.errors]) == (400, [field])
    assert plane.get("/rate-limit").data["default"] is True


def test_both_parts_are_required(plane: Plane) -> None:
    assert [*plane.put("/rate-limit", {}).errors] == ["limit", "window"]
