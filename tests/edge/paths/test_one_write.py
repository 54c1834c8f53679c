"""What several connections write in one turn of the loop is kept by one write, which no answer overtakes; where it fails, none of it was there."""

from __future__ import annotations

import pytest

from tests.edge.paths.server import CREATE, DELETE, FAILED, LIST, ORDINARY, READ, REPLACE, Room
from tests.hostile.case import get, post


def test_what_comes_in_one_turn_is_one_write_and_no_answer_overtakes_it(room: Room) -> None:
    async def test() -> None:
        made = await room.connections(6)
        before = [one.received for one in made]
        for one in made[:5]:
            one.send(CREATE)
        made[5].send(LIST)
        assert room.disk.writes == []
        assert [one.received for one in made] == before, "an answer left before the write"
        await room.paths.quiet()
        assert len(room.disk.writes) == 1
        answers = [answer for one in made for answer in one.answers()]
        assert [answer.status for answer in answers] == [201] * 5 + [200]
        assert [answer.json["data"]["id"] for answer in answers[:5]] == [2, 3, 4, 5, 6]
        assert answers[5].json["meta"]["total_records"] == 6

    room.run(test)


def test_where_the_write_fails_each_request_of_the_turn_is_refused_and_nothing_is_left(room: Room) -> None:
    async def test() -> None:
        made = await room.connections(8)
        pages = [answer.body for answer in await room.ask(LIST, READ)]
        tags = [answer.header("etag") for answer in await room.ask(LIST, READ)]
        state = room.state()
        room.disk.fails = True
        batch = post("/batch/customers", b'{"customers": [{"account": "One"}, {"account": "Two"}]}')
        for one, raw in zip(made, (CREATE, REPLACE, DELETE, CREATE, LIST, READ, batch, get("/customers/2")), strict=True):
            one.send(raw)
        await room.paths.quiet()
        for one in made:
            (answer,) = one.answers()
            assert (answer.status, answer.json) == (500, FAILED)
            assert answer.header("x-ratelimit-limit") == "1000000"
            assert not one.ended
        room.disk.fails = False
        assert room.state() == state
        assert room.told == []
        assert [answer.body for answer in await room.ask(LIST, READ)] == pages
        assert [answer.header("etag") for answer in await room.ask(LIST, READ)] == tags
        made[0].send(CREATE)
        await room.paths.quiet()
        (answer,) = made[0].answers()
        assert (answer.status, answer.json["data"]["id"]) == (201, 2)

    room.run(test)


@pytest.mark.parametrize("path", ["/customers/1", "/customers?limit=5", "/customers/2"])
def test_a_reader_on_the_ordinary_path_is_not_told_what_may_yet_be_taken_back_not_even_by_a_refusal(room: Room, path: str) -> None:
    async def test() -> None:
        writer, *_ = await room.connections(1)
        reader = room.paths.open()
        room.disk.fails = True
        reader.send(get(path, ORDINARY))
        writer.send(CREATE if path.endswith("2") else DELETE)
        await room.paths.quiet()
        answers = writer.answers() + reader.answers()
        assert [(answer.status, answer.json) for answer in answers] == [(500, FAILED)] * 2

    room.run(test)


def test_a_client_that_leaves_while_its_answer_is_held_breaks_nothing(room: Room) -> None:
    async def test() -> None:
        leaving, staying = await room.connections(2)
        before = leaving.received
        for one in (leaving, staying):
            one.send(CREATE)
        leaving.send(LIST)
        leaving.leave()
        await room.paths.quiet()
        assert leaving.received == before
        (answer,) = staying.answers()
        assert answer.json["data"]["id"] == 3
        assert len(room.disk.writes) == 1

    room.run(test)


@pytest.mark.parametrize("fails", [False, True])
def test_what_comes_while_an_answer_is_held_is_answered_behind_it(room: Room, fails: bool) -> None:
    async def test() -> None:
        (one,) = await room.connections(1)
        room.disk.fails = fails
        one.send(CREATE, LIST[:30], LIST[30:], READ + get("/customers/2"), get("/nothing"))
        room.disk.fails = fails
        await room.paths.quiet()
        statuses = [answer.status for answer in one.answers()]
        assert statuses == ([500, 200, 200, 404, 404] if fails else [201, 200, 200, 200, 404])

    room.run(test)


def test_more_than_is_held_is_not_read_until_the_answer_left(room: Room) -> None:
    async def test() -> None:
        (one,) = await room.connections(1)
        one.send(CREATE, *[LIST] * 1000)
        await room.paths.quiet()
        answers = one.answers()
        assert [answer.status for answer in answers] == [201] + [200] * 1000

    room.run(test)


def test_a_server_that_shuts_down_gives_the_answers_that_it_holds(room: Room) -> None:
    async def test() -> None:
        (one,) = await room.connections(1)
        one.send(CREATE)
        one.protocol.shutdown()
        await room.paths.quiet()
        (answer,) = one.answers()
        assert (answer.status, one.ended) == (201, True)

    room.run(test)
