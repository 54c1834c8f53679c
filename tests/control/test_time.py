"""The workspace's clock goes forward on command, back by a reset alone, and nobody else's goes with it."""

from datetime import timedelta

import pytest

from sandbox.control.clock import iso8601
from tests.asgi import OTHER, STAFF
from tests.control.plane import Plane


def test_the_clock_is_real_time_at_first(plane: Plane) -> None:
    assert plane.get("/clock").data == {"now": f"{plane.clock.now():%Y-%m-%dT%H:%M:%SZ}", "offset": "PT0S"}


def test_advancing_moves_the_clock_by_exactly_that_and_it_runs_on(plane: Plane) -> None:
    began = plane.clock.now()
    assert plane.post("/clock/advance", {"by": "PT1H"}, STAFF).data["offset"] == "PT1H"
    moved = plane.post("/clock/advance", {"by": "P1DT2H30M0.5S"}).data
    assert moved == plane.get("/clock").data
    assert moved == {"now": f"{began + timedelta(days=1, hours=3, minutes=30):%Y-%m-%dT%H:%M:%SZ}", "offset": "P1DT3H30M0.5S"}
    plane.clock.advance(timedelta(minutes=1))
    assert plane.get("/clock").data["now"] == f"{began + timedelta(days=1, hours=3, minutes=31):%Y-%m-%dT%H:%M:%SZ}"


def test_documents_and_numbers_read_the_moved_clock(plane: Plane) -> None:
    plane.post("/clock/advance", {"by": "P365D"})
    customer = plane.customer()
    assert plane.api("GET", f"/customers/{customer}").data["created_at"] == plane.get("/clock").data["now"]


def test_no_other_workspace_moves_with_it(plane: Plane) -> None:
    before = plane.get("/clock", OTHER).data
    plane.post("/clock/advance", {"by": "P30D"})
    assert plane.get("/clock", OTHER).data == before


def test_a_reset_puts_the_clock_back_to_real_time(plane: Plane) -> None:
    before = plane.get("/clock").data
    plane.post("/clock/advance", {"by": "P30D"})
    assert plane.post("/clock/reset").data == before
    assert plane.post("/clock/reset").data == before


def test_advancing_past_the_rate_window_opens_a_new_one(plane: Plane) -> None:
    plane.put("/rate-limit", {"limit": 1, "window": 60})
    assert [plane.api("GET", "/customers").status for _ in range(2)] == [200, 429]
    plane.post("/clock/advance", {"by": "PT59S"})
    assert plane.api("GET", "/customers").status == 429
    plane.post("/clock/advance", {"by": "PT1S"})
    assert plane.api("GET", "/customers").status == 200


def test_putting_the_clock_back_opens_windows_anew_and_leaving_it_does_not(plane: Plane) -> None:
    plane.put("/rate-limit", {"limit": 1, "window": 60})
    assert [plane.api("GET", "/customers").status for _ in range(2)] == [200, 429]
    plane.post("/clock/reset")
    assert plane.api("GET", "/customers").status == 429
    plane.post("/clock/advance", {"by": "PT1S"})
    plane.post("/clock/reset")
    assert plane.api("GET", "/customers").status == 200


def test_however_often_the_clock_is_put_back_the_workspace_goes_on(plane: Plane) -> None:
    advances = [plane.post("/clock/advance", {"by": "P2800000D"}) for _ in range(100) if plane.post("/clock/reset").status == 200]
    assert {one.status for one in advances} == {200, 400}
    assert "a reset of the workspace begins anew" in advances[-1].errors["by"]
    assert plane.post("/clock/reset").status == 200
    plane.webhook()
    assert plane.invoice() == 1
    assert plane.get("/deliveries").data[0]["next_attempt_at"] == plane.get("/clock").data["now"]
    assert plane.post("/reset").status == 200
    assert plane.post("/clock/advance", {"by": "P2800000D"}).status == 200


def test_no_advance_brings_the_daily_reset_nearer(plane: Plane) -> None:
    before = plane.get("/reset").data
    plane.post("/clock/advance", {"by": "P30D"})
    assert plane.get("/reset").data == before


@pytest.mark.parametrize(
    "by",
    ["", "1h", "P", "PT", "-", "P1Y", "P1M", "P1W", "PT1H ", "PT1X", "P-1D", "P9999999999D", "PT1H1H", "1:00:00", "3600", "PT\u0661H", "PT1H" * 99],
)
def test_what_is_no_duration_is_a_400_that_shows_a_right_one(plane: Plane, by: str) -> None:
    reply = plane.post("/clock/advance", {"by": by})
    assert (reply.status, [*reply.errors]) == (400, ["by"])
    assert by in ("", "PT1H" * 99) or "such as PT1H" in reply.errors["by"]
    assert plane.get("/clock").data["offset"] == "PT0S"


@pytest.mark.parametrize("by", ["-PT1H", "-P1D", "-PT0.000001S"])
def test_the_clock_goes_back_by_no_negative_duration(plane: Plane, by: str) -> None:
    reply = plane.post("/clock/advance", {"by": by})
    assert (reply.status, "negative" in reply.errors["by"]) == (400, True)


@pytest.mark.parametrize("by", ["P999999999D", "P3650000D", "PT87600000H"])
def test_the_clock_never_comes_near_the_end_of_the_calendar(plane: Plane, by: str) -> None:
    reply = plane.post("/clock/advance", {"by": by})
    assert (reply.status, "9999" in reply.errors["by"]) == (400, True)


def test_at_its_latest_the_clock_still_runs_and_dates_can_be_counted(plane: Plane) -> None:
    left = (plane.server.workspaces.get("default").clock.now().replace(year=9998, month=12, day=31) - plane.clock.now()).days
    assert plane.post("/clock/advance", {"by": f"P{left}D"}).status == 200
    plane.clock.advance(timedelta(days=300))
    assert plane.get("/clock").data["now"].startswith("9999-")
    assert plane.api("GET", f"/customers/{plane.customer()}").status == 200


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "PT0S"),
        (timedelta(seconds=59), "PT59S"),
        (timedelta(microseconds=1500), "PT0.0015S"),
        (timedelta(hours=25), "P1DT1H"),
        (timedelta(days=400), "P400D"),
        (timedelta(days=1, hours=2, minutes=3, seconds=4), "P1DT2H3M4S"),
    ],
)
def test_a_duration_is_written_as_it_is_read(duration: timedelta, text: str) -> None:
    assert iso8601(duration) == text
