"""Mutated requests in odd framing are answered the same however they are cut; and one that is not is found."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from sandbox.edge import protocol
from sandbox.edge.http_framing import Head, HeadReader
from tests.fuzzing.framing import cut, in_company, on_the_wire, run
from tests.fuzzing.mutations import fuzzed
from tests.hostile.concurrent_connections import Server

FEW, ENOUGH = 400, 4000


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    one = Server("fast", scenario="demo")
    yield one
    one.close()


def test_odd_framing_changes_no_answer_and_makes_no_5xx(server: Server) -> None:
    outcome = run(server, FEW, 1)
    assert outcome.found == []
    assert set(outcome.statuses) >= {200, 201, 400, 401, 404, 405, 431}


def test_a_seed_and_a_number_are_the_same_bytes_for_ever() -> None:
    def made(number: int) -> list[bytes]:
        dice = Random(f"1/{number}")
        return cut(dice, in_company(dice, on_the_wire(dice, fuzzed(dice))))

    once, again = ([made(number) for number in range(200)] for _ in range(2))
    assert once == again
    assert sum(len(parts) > 1 for parts in once) > 150


def test_a_head_that_is_read_in_parts_is_found(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hasty(HeadReader):
        """Hands on what came, and has the parser wait for the rest of it."""

        def take(self, data: bytes, at: int) -> Head | None:
            head = super().take(data, at)
            return head._replace(raw=head.raw.replace(b"sandbox", b"sand,box")) if head and at == 0 and data != head.raw else head

    monkeypatch.setattr(protocol, "HeadReader", Hasty)
    assert run(server, ENOUGH, 1).found
