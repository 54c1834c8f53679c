"""Our middleware answers as Connexion's own does: the whole corpus, in its order, byte for byte."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openapi.reader import load_contract
from sandbox.edge.routing import Router
from sandbox.errors import MethodNotAllowed, Missing
from tests.asgi import Client, Reply
from tests.corpus.hostile import hostile
from tests.corpus.recorded import FILE, Recorded, decoded, encoded, read, write
from tests.corpus.replay import UNLIMITED, differences, server

CORPUS = read()
SHORT = CORPUS[:60]
Change = Callable[[Message], Message]


class Spoilt:
    """ASGI middleware that changes each message of the answers to one request."""

    def __init__(self, app: ASGIApp, number: int, change: Change) -> None:
        self._app, self._number, self._change = app, number, change
        self._seen = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._seen += 1
        hit = self._seen == self._number

        async def out(message: Message) -> None:
            await send(self._change(dict(message)) if hit else message)

        await self._app(scope, receive, out)


class Counting(Client):
    """Remembers the status of each answer."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.statuses: Counter[int] = Counter()

    def send(self, method: str, target: str, **more: Any) -> Reply:
        reply = super().send(method, target, **more)
        self.statuses[reply.status] += 1
        return reply


def another_status(message: Message) -> Message:
    return {**message, "status": 299} if "status" in message else message


def a_header_more(message: Message) -> Message:
    return {**message, "headers": [*message["headers"], (b"x-road", b"fast")]} if "headers" in message else message


def a_header_twice(message: Message) -> Message:
    return {**message, "headers": [*message["headers"], message["headers"][0]]} if "headers" in message else message


def another_byte(message: Message) -> Message:
    return {**message, "body": message["body"].replace(b"true", b"tru ")} if "body" in message else message


@pytest.fixture(scope="module")
def statuses() -> Counter[int]:
    """How often each status was answered, once no answer was seen to differ."""
    with (
        server("fast", scenario="demo", rate_limit=UNLIMITED) as fast,
        server("stock", scenario="demo", rate_limit=UNLIMITED) as stock,
        closing(Counting(fast.app)) as counting,
    ):
        found = [str(one) for one in differences(CORPUS, counting, stock)]
    assert not found, "\n".join([f"{len(found)} answers differ", *found[:5]])
    return counting.statuses


def test_both_roads_answer_the_corpus_alike(statuses: Counter[int]) -> None:
    assert statuses.total() == len(CORPUS)


def test_the_corpus_is_answered_in_every_way_that_a_request_can_be(statuses: Counter[int]) -> None:
    assert set(statuses) == {200, 201, 204, 304, 400, 401, 403, 404, 405, 413, 415, 431}
    assert statuses[200] + statuses[201] > 800
    assert statuses[400] > 1000


def test_the_roads_count_down_and_throttle_alike() -> None:
    limit = (9, 3600)
    with server("fast", rate_limit=limit) as fast, server("stock", rate_limit=limit) as stock, closing(Counting(fast.app)) as counting:
        assert list(differences(SHORT, counting, stock)) == []
    assert counting.statuses[429] > 0


@pytest.mark.parametrize("change", [another_status, a_header_more, a_header_twice, another_byte])
def test_one_answer_that_differs_is_found_and_shown(change: Change) -> None:
    place = next(place for place, one in enumerate(SHORT, 1) if one.method == "POST")
    with server("fast") as fast, server("stock") as stock, closing(Client(Spoilt(fast.app, place, change))) as spoilt:
        found = list(differences(SHORT, spoilt, stock))
    assert [one.number for one in found] == [place]
    assert SHORT[place - 1].target in str(found[0])


def test_a_write_that_one_road_loses_is_found_in_the_reads_that_follow() -> None:
    create = Recorded("POST", "/api/v2/leads?api_key=sbx_test_administrator", (), b'{"first_name": "A", "last_name": "B", "email": "a@example.com"}')
    with server("fast") as fast, server("stock") as stock:
        create.send(fast)
        assert [one.number for one in differences([create], fast, stock)] == [1]


def test_the_corpus_is_large_and_its_file_is_not() -> None:
    assert len(CORPUS) >= 600
    assert FILE.stat().st_size < 1_000_000


def test_the_corpus_asks_every_operation_in_every_way() -> None:
    contract = load_contract()
    router = Router(contract)
    asked: Counter[str] = Counter()
    parameters: set[tuple[str, str]] = set()
    for one in CORPUS:
        path, _, query = one.target.partition("?")
        try:
            operation = router.match(one.method, path)[0]
        except (Missing, MethodNotAllowed):
            continue
        asked[operation.id] += 1
        parameters |= {(operation.id, pair.partition("=")[0]) for pair in query.split("&")}
    assert {name for name, count in asked.items() if count >= 20} == set(contract.operations)
    offered = {(one.id, parameter.name) for one in contract.operations.values() for parameter in one.parameters if parameter.place == "query"}
    assert offered <= parameters


def test_the_corpus_ends_with_the_hostile_requests_as_they_are_written() -> None:
    last = hostile()
    assert len(last) > 500
    assert CORPUS[-len(last) :] == last


@pytest.mark.parametrize(
    "request_",
    [
        Recorded("GET", "/"),
        Recorded("BREW", "/%FF\u6771?" + "x" * 5000, (("a", "\xff" * 70), ("a", "")), b"\x00" * 64),
        Recorded("POST", "/a", (), b"\xff\x00", 3),
        Recorded("POST", "/a", (), "[\u2028\r\n\U0001f600]".encode() + b"[" * 100_000 + b"1" + b"]" * 100_000),
    ],
)
def test_a_request_is_written_down_without_loss_on_one_short_line(request_: Recorded, tmp_path: Path) -> None:
    assert decoded(encoded(request_)) == request_
    assert len(encoded(request_)) < 500
    write([request_, request_], tmp_path / "requests.jsonl")
    assert read(tmp_path / "requests.jsonl") == (request_, request_)


@pytest.mark.parametrize(("body", "pieces"), [(b"", 2), (b"1", 3), (b"12345", 2), (b"123456", 5)])
def test_a_body_in_pieces_is_the_same_body(body: bytes, pieces: int) -> None:
    chunks = Recorded("POST", "/", (), body, pieces).chunks()
    assert len(chunks) == pieces
    assert b"".join(chunks) == body
