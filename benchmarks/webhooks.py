"""`make bench-webhooks`: what the API's clients notice of thousands of deliveries to a receiver that does not do its part."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from statistics import median
from threading import Thread

from benchmarks.benchmarked_servers import sandbox
from benchmarks.client import Client, client
from benchmarks.command import how, options, progress, run
from benchmarks.load import Generator, Load, warm
from benchmarks.operations import OURS, Request, World, encoded, world
from benchmarks.processes import BenchmarkError, Cores, Server, cores
from benchmarks.report import Report, Sheet, show
from benchmarks.rounds import Progress
from benchmarks.summary_statistics import spread_of

RECEIVERS = ("hangs", "fails", "answers")
_MOST = 1.2
_EVENT = "invoice.created"
_STILL_QUEUED = 0.9  # of the deliveries, after a measurement with a receiver that hangs
_ANSWERS = {"fails": b"HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n", "answers": b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"}
_REQUEST = 1 << 16


@dataclass(frozen=True)
class Pair:
    """One round: the same load on a server that nobody waits to hear from, and on one with the queue; and the calls begun meanwhile."""

    without: Load
    among: Load
    calls: int


class Receiver:
    """Accepts every call, reads it, and answers in its way; one that hangs never does. It lives until the block ends."""

    def __init__(self, way: str) -> None:
        self.calls = 0
        self._answer = _ANSWERS.get(way)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._kept: list[socket.socket] = []

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    @contextmanager
    def open(self) -> Iterator[Receiver]:
        thread = Thread(target=self._accept, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            thread.join()
            for one in self._kept:
                one.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.calls += 1
            if self._answer is None:
                self._kept.append(connection)
                continue
            with closing(connection), suppress(OSError):
                connection.recv(_REQUEST)
                connection.sendall(self._answer)


def main(arguments: list[str] | None = None) -> int:
    """Gives 1 when the p99 with the queue is more than 1.2 of what it is without, as the median of the pairs, and the receiver hangs."""
    parser = options("benchmarks.webhooks", __doc__, rounds=5, seconds=20, connections=1)
    parser.add_argument("--queued", type=int, default=5000, help="how many deliveries wait (default 5000)")
    parser.add_argument("--webhooks", type=int, default=8, help="for how many webhooks (default 8, so many as are called at a time)")
    parser.add_argument("--receiver", choices=RECEIVERS, default="hangs", help="what the receiver does with a call (default: hangs)")
    chosen = parser.parse_args(arguments)
    pins = cores()
    generator = Generator(chosen.generator, pins.load, chosen.connections)
    asked, queue = world(chosen.customers), Queue(chosen.queued, chosen.webhooks, chosen.receiver)
    pairs = _measured(asked, queue, chosen.rounds, chosen.seconds, pins, generator, progress())
    ratio = spread_of(one.among.p99_ms / one.without.p99_ms for one in pairs)
    assert ratio is not None
    holds = ratio.median < _MOST or queue.receiver != "hangs"
    verdict = f"; {'under' if holds else 'NOT under'} {_MOST:g}" if queue.receiver == "hangs" else ""
    report = Report(
        title=f"The API with {chosen.queued:,} deliveries queued for {chosen.webhooks} webhooks whose receiver {queue.receiver}",
        how=how(chosen, pins, generator),
        sheets=(_sheet(pairs),),
        remarks=(
            f"p99 with the queue, of what it is without: {ratio}{verdict}.",
            f"Calls that the receiver got while it was measured: {sum(one.calls for one in pairs):,}.",
        ),
        data={"p99_ratio": asdict(ratio), "pairs": [asdict(one) for one in pairs]},
    )
    show(report, chosen.markdown, chosen.json)
    return 0 if holds else 1


def _sheet(pairs: Sequence[Pair]) -> Sheet:
    def row(name: str, loads: list[Load]) -> tuple[str, ...]:
        middles = (median(one.p50_ms for one in loads), median(one.p99_ms for one in loads))
        spent = median(one.cpu_us for one in loads)
        return (name, f"{median(one.per_second for one in loads):,.0f}", *(f"{one:.2f}" for one in middles), f"{spent:,.0f}")

    rows = (row("without", [one.without for one in pairs]), row("with the queue", [one.among for one in pairs]))
    return Sheet("GET one, list 20, POST create in turn", ("deliveries", "requests/s", "p50 ms", "p99 ms", "CPU µs"), rows)


@dataclass(frozen=True)
class Queue:
    """What is to wait for delivery, and for whom."""

    deliveries: int
    webhooks: int
    receiver: str

    def make(self, server: Server, urls: Sequence[str]) -> None:
        """As many invoices as it takes; without `urls` the same ones, of which nobody is told."""
        with client(server.address, OURS) as sender:
            for url in urls:
                sender.must_send(Request("POST", "/api/v2/webhooks", encoded({"url": url, "events": [_EVENT]})))
            items = [{"description": "Web Development", "amount": 1500, "qty": 1}]
            invoice = encoded({"customer_id": 1, "date": "2024-01-15", "due_date": "2024-02-15", "items": items})
            for _ in range(-(-self.deliveries // self.webhooks)):
                sender.must_send(Request("POST", "/api/v2/invoices", invoice))

    def look(self, server: Server) -> None:
        """Raises BenchmarkError where the deliveries do not wait, though the receiver hangs."""
        with client(server.address, OURS) as sender:
            waiting = _pending(sender)
        if self.receiver == "hangs" and waiting < _STILL_QUEUED * self.deliveries:
            raise BenchmarkError(f"only {waiting} deliveries are queued, not {self.deliveries}")


def _pending(sender: Client) -> int:
    told = json.loads(sender.must_send(Request("GET", "/_sandbox/deliveries?status=pending&limit=1")).body)
    return int(told["meta"]["total_records"])


def _measured(asked: World, queue: Queue, rounds: int, seconds: float, pins: Cores, generator: Generator, tell: Progress) -> list[Pair]:
    """The receiver runs in this process, on the core of the load."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {pins.load})
    try:
        pairs: list[Pair] = []
        for number in range(1, rounds + 1):
            tell(f"pair {number} of {rounds}")
            pairs.append(_pair(asked, queue, seconds, pins, generator, queue_first=number % 2 == 0))
        return pairs
    finally:
        os.sched_setaffinity(0, before)


def _pair(asked: World, queue: Queue, seconds: float, pins: Cores, generator: Generator, *, queue_first: bool) -> Pair:
    """A server without the queue and one with it, each begun anew, which hold the same customers and invoices."""
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver(queue.receiver).open())
        benchmarked = sandbox(asked, "--allow-local-webhooks")

        def load(urls: Sequence[str]) -> Load:
            with tempfile.TemporaryDirectory(prefix="benchmark-") as place, benchmarked.running(Path(place), pins.server) as server:
                headers, mixed = OURS.head(server.address), _mixed(asked)
                warm(server, mixed, headers, generator.connections, seconds / 4)
                queue.make(server, urls)
                if queue.receiver == "hangs" or not urls:
                    server.settle()
                before = receiver.calls
                load = generator.play(server, mixed, headers, seconds)
                if urls:
                    calls.append(receiver.calls - before)
                    queue.look(server)
                return load

        urls = [f"http://127.0.0.1:{receiver.port}/{number}" for number in range(queue.webhooks)]
        calls: list[int] = []
        if queue_first:
            among, without = load(urls), load(())
        else:
            without, among = load(()), load(urls)
        return Pair(without, among, calls[0])


def _mixed(asked: World) -> list[Request]:
    """Each in its turn."""
    made = asked.requests(OURS)
    return list(chain.from_iterable(zip(made["GET one"], made["list 20"], made["POST create"], strict=False)))


if __name__ == "__main__":
    run(main)
