"""A request of which something may have to be waited for leaves the fast path only where it has to, and the answer is the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.edge import dispatch
from sandbox.edge.gateway import Gateway
from sandbox.edge.request_limits import LARGE_BODY
from tests.edge.paths.connection import said
from tests.edge.paths.server import Room
from tests.hostile.case import get, post

REPORT, SEARCH, DATES, LIST = "/reports/financial", "/customers?search=o", "/transactions?date_from=2024-01-01", "/customers?limit=5"
SPELLED = "/customers?%73earch=o"
WAIT = (REPORT, SEARCH, SPELLED)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each request that the gateway saw first on the fast path: whether it was answered there."""
    seen: list[bool] = []
    before: Callable[..., object] = Gateway.respond

    def respond(*arguments: object) -> object:
        exchange = before(*arguments)
        seen.append(exchange is not None)
        return exchange

    monkeypatch.setattr(Gateway, "respond", respond)
    return seen


@pytest.mark.parametrize("target", [*WAIT, DATES, LIST])
@pytest.mark.parametrize("many", [False, True])
def test_it_is_answered_at_once_among_few_and_beside_the_loop_among_many(
    room: Room, answered: list[bool], monkeypatch: pytest.MonkeyPatch, target: str, many: bool
) -> None:
    async def test() -> None:
        (one,) = await room.connections(1)
        for number in range(3):
            one.send(post("/customers", b'{"account": "Zoe %d"}' % number))
            one.send(post("/transactions", b'{"type":"Income","account_id":1,"amount":2.5,"date":"2024-01-0%d"}' % (number + 1)))
            await room.paths.quiet()
        assert {answer.status for answer in one.answers()} == {201}
        one.send(get(target))
        await room.paths.quiet()
        (expected,) = one.answers()
        if many:
            monkeypatch.setattr(dispatch, "_MANY", 2)
            one.send(post("/customers", b'{"account": "Nobody"}'))  # so that no page is kept
            one.send(post("/transactions", b'{"type":"Expense","account_id":1,"amount":1,"date":"2019-01-01"}'))
            await room.paths.quiet()
            one.answers()
        answered.clear()
        one.send(get(target))
        await room.paths.quiet()
        (answer,) = one.answers()
        assert answer.status == expected.status == 200
        assert answered == [not many or target not in WAIT]
        if not many:
            remaining = "x-ratelimit-remaining"
            unlike = [(a, b) for a, b in zip(said(answer)[1], said(expected)[1], strict=True) if a != b]
            assert {a[0] for a, _ in unlike} <= {remaining}
            assert answer.body == expected.body

    room.run(test)


@pytest.mark.parametrize("size", [LARGE_BODY, LARGE_BODY + 1])
def test_a_large_body_is_decoded_beside_the_loop(room: Room, answered: list[bool], size: int) -> None:
    async def test() -> None:
        (one,) = await room.connections(1)
        body = b'{"account": "Zoe"}'.ljust(size)
        answered.clear()
        one.send(post("/customers", body))
        await room.paths.quiet()
        (answer,) = one.answers()
        assert answer.status == 201
        assert answered == ([True] if size == LARGE_BODY else [])

    room.run(test)
