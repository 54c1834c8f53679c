"""The benchmark of webhooks runs, its figures are figures, and its receivers do what they are named for."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from benchmarks.webhooks import Receiver
from tests.test_benchmarks import SHORT, figures_of


def test_a_short_bench_of_webhooks_measures_the_api_with_and_without_them(tmp_path: Path) -> None:
    # So short a measurement may miss the aim by chance.
    size = ("--rounds", "1", "--seconds", "0.5", "--queued", "60", "--webhooks", "3")
    told = figures_of("benchmarks.webhooks", tmp_path, *SHORT, *size, codes=(0, 1))
    (pair,) = told["pairs"]
    assert pair["among"]["requests"] > 0
    assert pair["without"]["failed"] == pair["among"]["failed"] == 0
    assert told["p99_ratio"]["median"] > 0


@pytest.mark.parametrize(("way", "said"), [("fails", b"HTTP/1.1 500"), ("answers", b"HTTP/1.1 200")])
def test_a_receiver_answers_in_its_way(way: str, said: bytes) -> None:
    with Receiver(way).open() as receiver, socket.create_connection(("127.0.0.1", receiver.port), timeout=10) as caller:
        caller.sendall(b"POST / HTTP/1.1\r\n\r\n")
        assert caller.recv(100).startswith(said)
        assert receiver.calls == 1


def test_a_receiver_that_hangs_takes_the_call_and_says_nothing() -> None:
    with Receiver("hangs").open() as receiver, socket.create_connection(("127.0.0.1", receiver.port), timeout=0.2) as caller:
        caller.sendall(b"POST / HTTP/1.1\r\n\r\n")
        with pytest.raises(TimeoutError):
            caller.recv(100)
        assert receiver.calls == 1
