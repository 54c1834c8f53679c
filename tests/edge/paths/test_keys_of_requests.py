"""No request is answered for the key of another one; and whoever looks for that sees the faults that would do it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from sandbox.edge import fast_protocol
from sandbox.edge.fast_path import KnownBlocks, WholeRequest, whole_request
from sandbox.edge.fast_protocol import FastProtocol
from sandbox.edge.gateway import Gateway
from sandbox.edge.header_block import HeaderBlock
from tests.edge.paths.__main__ import report
from tests.edge.paths.check import Check, Outcome, counting_quick_ones

FEW = 4_000
ENOUGH = 20_000


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Iterator[Check]:
    with closing(Check()) as one:
        monkeypatch.setattr(Gateway, "respond", counting_quick_ones(one.outcome))
        yield one


def test_each_answer_belongs_to_the_key_in_its_request(check: Check) -> None:
    outcome = check.run(FEW, 1)
    assert outcome.found == [], report(outcome)
    assert outcome.quick > FEW / 5
    assert set(outcome.statuses) == {200, 201, 400, 401, 403}


def test_a_block_that_is_learned_in_the_midst_of_a_head_is_found(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FastProtocol, "_at_a_boundary", property(lambda self: True, lambda self, whether: None), raising=False)
    assert check.run(ENOUGH, 1).found


def test_a_block_that_is_learned_with_the_headers_of_the_request_before_is_found(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def learn(self: KnownBlocks, block: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        before.append(headers)
        really(self, block, before[-2] if len(before) > 1 else headers)

    really, before = KnownBlocks.learn, []  # type: ignore[var-annotated]
    monkeypatch.setattr(KnownBlocks, "learn", learn)
    assert check.run(ENOUGH, 1).found


def test_a_body_whose_length_nobody_looks_at_is_found(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(data: bytes) -> WholeRequest | None:
        head, end, body = data.partition(b"\r\n\r\n")
        at = head.find(b"Content-Length: ") + 16
        if at < 16 or not end:
            return whole_request(data)
        length = head[at:].partition(b"\r\n")[0]
        return whole_request(head[:at] + b"%d" % len(body) + head[at + len(length) :] + end + body)

    monkeypatch.setattr(fast_protocol, "whole_request", careless)
    assert check.run(ENOUGH, 1).found


def test_a_look_up_that_passes_over_the_key_is_found(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(self: KnownBlocks, block: bytes, default: Any = None) -> HeaderBlock | None:
        return next((known for other, known in self.items() if _keyless(other) == _keyless(block)), default)

    monkeypatch.setattr(KnownBlocks, "get", get)
    assert check.run(ENOUGH, 1).found


def test_a_report_is_one_line_where_nothing_was_found() -> None:
    outcome = Outcome(quick=1, seconds=2.0)
    outcome.statuses.update([200, 401])
    assert report(outcome) == "2 answers (1 of 200, 1 of 401) in 2.0 s, 1 of them fast: each belonged to the key in its request."
    outcome.found.append("something")
    assert report(outcome).splitlines()[1:] == ["something"]


def _keyless(block: bytes) -> list[bytes]:
    return [line for line in block.split(b"\r\n") if not line.lower().startswith(b"authorization")]
