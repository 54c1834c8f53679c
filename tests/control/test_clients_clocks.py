"""What a client acts on against its own clock is real time, wherever the workspace's clock stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from tests.asgi import ADMINISTRATOR, OTHER, STAFF, Reply
from tests.commands import environment
from tests.control.plane import Plane
from tests.servers import running

Move = Callable[[Plane], object]
HOUR, WINDOW = 3600, 60


@pytest.fixture(scope="module", params=["fast", "stock"])
def server_of_a_stack(request: pytest.FixtureRequest) -> Iterator[Plane]:
    plane = Plane(stack=request.param)
    yield plane
    plane.close()


@pytest.fixture
def plane(server_of_a_stack: Plane) -> Plane:
    """On both stacks, begun again."""
    server_of_a_stack.begin_again()
    return server_of_a_stack


def reset(reply: Reply) -> int:
    return int(reply.header("x-ratelimit-reset") or "-1")


def asked(plane: Plane, key: str = "sbx_test_administrator") -> Reply:
    return plane.api("GET", "/customers", key=key)


def now(plane: Plane) -> float:
    return plane.clock.now().timestamp()


def advance(by: str) -> Move:
    return lambda plane: plane.post("/clock/advance", {"by": by})


def back(plane: Plane) -> None:
    plane.post("/clock/reset")


def begin_again(plane: Plane) -> None:
    assert plane.post("/reset").status == 200


def put_back_by(seconds: float) -> Move:
    return lambda plane: plane.server.workspaces.get("default").clock.advance(timedelta(seconds=-seconds))


def wait(seconds: float) -> Move:
    return lambda plane: plane.clock.advance(timedelta(seconds=seconds))


MOVES: dict[str, tuple[list[Move], int, int]] = {
    "none": ([], HOUR, 998),
    "half an hour of waiting": ([wait(1800)], HOUR - 1800, 998),
    "half an hour ahead": ([advance("PT30M")], HOUR - 1800, 998),
    "a second ahead": ([advance("PT1S")], HOUR - 1, 998),
    "half a second ahead": ([advance("PT0.5S")], HOUR, 998),
    "one and a half seconds ahead": ([advance("PT1.5S")], HOUR - 1, 998),
    "ahead twice": ([advance("PT10M"), advance("PT10M")], HOUR - 1200, 998),
    "ahead, then waiting": ([advance("PT10M"), wait(60)], HOUR - 660, 998),
    "to a second before the end": ([advance("PT59M59S")], 1, 998),
    "an hour ahead": ([advance("PT1H")], HOUR, 999),
    "forty days ahead": ([advance("P40D")], HOUR, 999),
    "thousands of years ahead": ([advance("P2800000D")], HOUR, 999),
    "forty days ahead and back": ([advance("P40D"), back], HOUR, 999),
    "a minute ahead and back": ([advance("PT1M"), back], HOUR, 999),
    "back where it was never ahead": ([back], HOUR, 998),
    "ahead, back and ahead again": ([advance("PT1M"), back, advance("PT1M")], HOUR, 999),
    "behind": ([put_back_by(86_400)], HOUR, 999),
    "behind by a second": ([put_back_by(1)], HOUR, 999),
    "a reset of what was ahead": ([advance("P40D"), begin_again], HOUR, 999),
    "a reset of what was not": ([begin_again], HOUR, 998),
    "an hour of waiting": ([wait(HOUR)], HOUR, 999),
}
"""What happens between two requests, how far ahead of real time the window of the second one ends, and what is left of it."""


@pytest.mark.parametrize(("moves", "ahead", "left"), MOVES.values(), ids=MOVES)
def test_the_window_ends_in_real_time_wherever_the_workspaces_clock_is(plane: Plane, moves: list[Move], ahead: int, left: int) -> None:
    assert reset(asked(plane)) == now(plane) + HOUR
    for move in moves:
        move(plane)
    reply = asked(plane)
    assert reset(reply) == now(plane) + ahead
    assert reply.header("x-ratelimit-remaining") == str(left)


@pytest.mark.parametrize(("moves", "ahead", "left"), MOVES.values(), ids=MOVES)
def test_retry_after_and_reset_say_the_same_and_it_is_true(plane: Plane, moves: list[Move], ahead: int, left: int) -> None:
    plane.put("/rate-limit", {"limit": 1, "window": HOUR})
    asked(plane)
    for move in moves:
        move(plane)
    while (refused := asked(plane)).status != 429:
        pass
    pause = int(refused.header("retry-after") or "0")
    assert pause == reset(refused) - int(now(plane)) == ahead
    wait(pause - 1)(plane)
    assert asked(plane).status == 429
    wait(1)(plane)
    assert asked(plane).status == 200


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.999])
@pytest.mark.parametrize("by", ["PT0S", "PT7S", "PT12.3S", "P40DT0.75S"])
def test_the_window_does_not_move_while_nobody_moves_the_clock(plane: Plane, by: str, fraction: float) -> None:
    plane.put("/rate-limit", {"limit": 1000, "window": WINDOW})
    wait(fraction)(plane)
    asked(plane)
    plane.post("/clock/advance", {"by": by})
    seen = set()
    for _ in range(8):
        seen.add(reset(asked(plane)))
        wait(5.001)(plane)
    assert len(seen) == 1
    wait(20)(plane)
    assert reset(asked(plane)) == int(now(plane)) + WINDOW


def test_each_keys_window_goes_with_the_clock_of_its_own_workspace(plane: Plane) -> None:
    asked(plane)
    wait(10)(plane)
    for key in (STAFF, OTHER):
        asked(plane, key)
    advance("PT20M")(plane)
    assert reset(asked(plane)) == now(plane) + HOUR - 1210
    assert reset(asked(plane, STAFF)) == now(plane) + HOUR - 1200
    assert reset(asked(plane, OTHER)) == now(plane) + HOUR


def test_an_address_without_a_key_has_real_time(plane: Plane) -> None:
    advance("P40D")(plane)
    assert reset(plane.api("GET", "/customers", key=None)) == now(plane) + HOUR


SHOWN: dict[str, Callable[[Plane], str]] = {
    "next_reset": lambda plane: plane.get("/reset").data["next_reset"],
    "since": lambda plane: plane.get("/reset").data["since"],
    "Sandbox-Next-Reset": lambda plane: asked(plane).header("sandbox-next-reset") or "",
    "created_at of a key": lambda plane: plane.post("/keys", {"label": "x", "role": "staff"}).data["created_at"],
    "created_at of a snapshot": lambda plane: plane.post("/snapshots", {"name": "a"}).data["created_at"],
}
AHEAD = {
    "created_at of a customer": lambda plane: plane.api("GET", f"/customers/{plane.customer()}").data["created_at"],
    "now of the clock": lambda plane: plane.get("/clock").data["now"],
    "created_at of an event": lambda plane: plane.get(f"/events/{plane.happen()}").data["created_at"],
}


def _years_off(plane: Plane, text: str) -> float:
    return (datetime.fromisoformat(text) - plane.clock.now()) / timedelta(days=365)


@pytest.mark.parametrize("read", SHOWN.values(), ids=SHOWN)
def test_what_the_server_does_it_tells_in_real_time(plane: Plane, read: Callable[[Plane], str]) -> None:
    advance("P3650D")(plane)
    assert abs(_years_off(plane, read(plane))) < 0.1


@pytest.mark.parametrize("read", AHEAD.values(), ids=AHEAD)
def test_what_happens_in_the_workspace_it_tells_by_the_workspaces_clock(plane: Plane, read: Callable[[Plane], str]) -> None:
    advance("P3650D")(plane)
    assert 9.9 < _years_off(plane, read(plane)) < 10.1


@pytest.mark.parametrize("stack", ["fast", "stock"])
def test_on_the_wire_reset_is_ahead_of_date_by_retry_after_on_every_path(stack: str, tmp_path: Path) -> None:
    with running(tmp_path, "--stack", stack, "--scenario", "empty", env=environment(PYTHONPATH=str(Path(__file__).parents[2]))) as server:
        headers = {"Authorization": f"Bearer {ADMINISTRATOR}"}
        with httpx.Client(headers=headers, timeout=10, trust_env=False) as client:
            control = f"{server.address}/_sandbox"
            client.put(f"{control}/rate-limit", json={"limit": 1, "window": 1800}).raise_for_status()
            for by in (None, "P40D", "PT10M", "PT1S"):
                if by is not None:
                    client.post(f"{control}/clock/advance", json={"by": by}).raise_for_status()
                # A known path comes by the fast road, an unknown one by the ordinary one.
                for path in ("/customers", "/nowhere", "/customers"):
                    answer = client.get(f"{server.api}{path}")
                told = answer.headers
                date = parsedate_to_datetime(told["date"]).timestamp()
                assert answer.status_code == 429
                assert abs(int(told["x-ratelimit-reset"]) - date - int(told["retry-after"])) <= 1
                assert 0 < int(told["x-ratelimit-reset"]) - datetime.now(UTC).timestamp() <= 1801
