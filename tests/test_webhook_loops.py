"""Real servers whose webhooks call sandboxes, themselves too, and many webhooks that call one receiver."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.asgi import ADMINISTRATOR
from tests.clients import ask
from tests.servers import Running, running
from tests.waiting import wait_until

EVENT = "invoice.created"


class Sandboxed:
    """One server, as its administrator."""

    def __init__(self, server: Running) -> None:
        self.address = server.address

    def send(self, path: str, body: Any = None) -> Any:
        return ask(self.address + path, body).data

    def webhook(self, url: str) -> None:
        self.send("/api/v2/webhooks", {"url": url, "events": [EVENT]})

    def invoice(self) -> None:
        items = [{"description": "Web Development", "amount": 10, "qty": 1}]
        customer = self.send("/api/v2/customers", {"account": "Jane Smith"})["id"]
        self.send("/api/v2/invoices", {"customer_id": customer, "date": "2025-01-15", "due_date": "2025-02-15", "items": items})

    def attempts(self) -> list[Any]:
        return [attempt for one in self.send("/_sandbox/deliveries") for attempt in one["attempts"]]

    def redelivering(self, delivery: int = 1) -> str:
        """The URL that redelivers, with a key that may."""
        return f"{self.address}/_sandbox/deliveries/{delivery}/redeliver?api_key={ADMINISTRATOR}"


@contextmanager
def sandbox(directory: Path, *options: str) -> Iterator[Sandboxed]:
    directory.mkdir()
    with running(directory, "--scenario", "empty", "--allow-local-webhooks", *options) as server:
        yield Sandboxed(server)


def refused(one: Sandboxed) -> list[Any]:
    """The attempts, of which there is at least one; each was refused as a sandbox's."""
    wait_until(one.attempts, "nobody was called")
    attempts: list[Any] = one.attempts()
    assert [(attempt["status_code"], "comes from a sandbox" in attempt["body"]) for attempt in attempts] == [(403, True)] * len(attempts)
    return attempts


@pytest.mark.parametrize("stack", ["fast", "stock"])
def test_a_webhook_on_the_sandboxs_own_operations_is_refused_and_calls_nobody_again(tmp_path: Path, stack: str) -> None:
    with sandbox(tmp_path / "one", "--stack", stack) as one:
        one.webhook(one.redelivering())
        one.webhook(f"{one.address}/api/v2/customers?api_key={ADMINISTRATOR}")
        one.webhook(f"{one.address}/_sandbox/events/trigger?api_key={ADMINISTRATOR}")
        one.invoice()
        wait_until(lambda: len(one.attempts()) >= 3, "nobody was called")
        assert len(refused(one)) == 3
        assert len(one.send("/_sandbox/events")) == 1


def test_a_chain_over_two_sandboxes_ends_at_the_second(tmp_path: Path) -> None:
    with sandbox(tmp_path / "one") as one, sandbox(tmp_path / "two") as two:
        one.webhook(two.redelivering())
        two.webhook(one.redelivering())
        one.invoice()
        assert len(refused(one)) == 1
        two.invoice()
        assert len(refused(two)) == 1
        assert len(one.attempts()) == 1


class Receiver:
    """Remembers when it was called, and by which path."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.calls: list[tuple[float, str]] = []

    def most_in_a_second(self) -> int:
        moments = [moment for moment, _ in self.calls]
        return max(sum(1 for other in moments if one <= other < one + 1) for one in moments)


@contextmanager
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            one.calls.append((time.monotonic(), self.path))
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        one = Receiver(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield one
        finally:
            server.shutdown()
            thread.join()


def test_one_event_for_many_webhooks_under_many_names_calls_a_receiver_ten_times_a_second(tmp_path: Path) -> None:
    names = ("127.0.0.1", "localhost", "a.localhost", "localhost.")
    with sandbox(tmp_path / "one", "--rate-limit", "100000/60") as one, receiver() as target:
        for number in range(40):
            one.webhook(f"http://{names[number % 4]}:{target.port}/{number}")
        one.invoice()
        wait_until(lambda: len(target.calls) >= 22, "the rest never came")
        moments = sorted(moment for moment, _ in target.calls)
        assert moments[21] - moments[0] >= 1.5  # the machine may be busy, but not as fast as without the limit
        assert all(not attempt["error"] and attempt["status_code"] == 204 for attempt in one.attempts())
        wait_until(lambda: len(target.calls) == 40, "the rest never came")


def test_a_developers_own_receiver_gets_all_of_his_events_at_once(tmp_path: Path) -> None:
    with sandbox(tmp_path / "one", "--rate-limit", "100000/60") as one, receiver() as target:
        one.webhook(f"http://localhost:{target.port}/hook")
        for _ in range(60):
            one.invoice()
        wait_until(lambda: len(target.calls) == 60)
        assert target.most_in_a_second() > 12


def test_a_rate_that_is_set_holds_for_a_developers_own_receiver_too(tmp_path: Path) -> None:
    with sandbox(tmp_path / "one", "--webhook-rate", "5") as one, receiver() as target:
        one.webhook(f"http://localhost:{target.port}/hook")
        for _ in range(12):
            one.invoice()
        wait_until(lambda: len(target.calls) == 12)
        assert target.calls[11][0] - target.calls[0][0] >= 1.5
