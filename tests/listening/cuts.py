"""`sandbox listen` between a real server and a real receiver, cut off again and again while events happen."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from tests.asgi import ADMINISTRATOR
from tests.commands import checkout_environment
from tests.listening.proxy import KINDS, CuttingProxy, cutting
from tests.receivers.catalogue import Right
from tests.receivers.server import Call, receiving
from tests.servers import Running, running
from tests.waiting import wait_until

SECRET = "whsec_C2FtcGxlU2VjcmV0Rm9yVGhlRG9jdW1lbnRz"
_AHEAD = 50
"""So many more invoices than deliveries there may be, so that each cut meets events on their way."""
_PATIENCE = 120
_KEY = {"Authorization": f"Bearer {ADMINISTRATOR}", "Content-Type": "application/json"}


class Counting(Right):
    """A right receiver that lets others wait for what it has."""

    def __init__(self) -> None:
        super().__init__(SECRET)
        self.came = threading.Condition()
        self.number = 0

    def handle(self, event: Any) -> int:
        with self.came:
            self.number += 1
            self.came.notify_all()
        return 200

    def wait_for(self, number: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: self.number >= number, _PATIENCE), f"{self.number} of {number} came"


@dataclass(frozen=True)
class Run:
    """What came of it: the log's events in order, what was delivered in order, the cuts, and the listener's own last word."""

    log: list[dict[str, Any]]
    delivered: list[tuple[str, bytes]]
    cuts: int
    last_word: dict[str, Any]
    exit_code: int
    seconds: float


def faults(run: Run) -> Iterator[str]:
    """A sentence for each way in which a receiver has not just what the log holds."""
    expected = [one["id"] for one in run.log]
    came = [id for id, _ in run.delivered]
    if missing := [id for id in expected if id not in set(came)]:
        yield f"{len(missing)} events were lost, the first of them {missing[0]}"
    if strange := set(came) - set(expected):
        yield f"{len(strange)} came that the log does not have, among them {min(strange)}"
    if len(set(came)) < len(came):
        yield f"{len(came) - len(set(came))} came twice"
    if list(dict.fromkeys(came)) != [id for id in expected if id in set(came)]:
        yield "they came in another order than that of the log"
    objects = [json.loads(body)["data"]["id"] for body in dict(run.delivered).values()]
    if len(set(objects)) < len(objects):
        yield "one invoice came under two ids"
    for id, body in run.delivered:
        if json.loads(body)["id"] != id:
            yield f"{id} came with the body of another"


def listen_through_cuts(events: int, cuts: int, seed: int, directory: Path) -> Run:
    """So many invoices are made over HTTP while the listener's connection is cut so many times."""
    receiver = Counting()
    options = ("--scenario", "empty", "--rate-limit", "1000000/3600")
    with running(directory, *options) as server, receiving(receiver) as there, cutting(urlsplit(server.address).port or 0) as proxy:
        with listener(f"http://127.0.0.1:{proxy.port}", there.url, directory) as process:
            began = time.monotonic()
            make_invoices(server, events, receiver, proxy, cuts, Random(seed))
            receiver.wait_for(events)
            seconds = time.monotonic() - began
            process.send_signal(signal.SIGINT)
            exit_code = process.wait(10)
        told = (directory / "listen.out").read_text(encoding="utf-8").splitlines()
        return Run(whole_log(server), [_delivered(one) for one in there.calls], proxy.cuts, json.loads(told[-1]), exit_code, seconds)


@contextmanager
def listener(url: str, target: str, directory: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`sandbox listen` in a process of its own, once it follows the log."""
    printed = directory / "listen.out"
    with printed.open("wb") as out, (directory / "listen.err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "listen", "--url", url, "--forward-to", target, "--format", "json", *options],
            env=checkout_environment(SANDBOX_API_KEY=ADMINISTRATOR, SANDBOX_WEBHOOK_SECRET=SECRET),
            stdout=out,
            stderr=err,
        )
    try:
        wait_until(lambda: printed.read_text(encoding="utf-8") or process.poll() is not None)
        assert printed.read_text(encoding="utf-8"), (directory / "listen.err").read_text(encoding="utf-8")
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def make_invoices(server: Running, events: int, receiver: Counting, proxy: CuttingProxy, cuts: int, dice: Random) -> None:
    """Never far ahead of the receiver; the cuts are spread over all of them."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=30)
    customer = _post(connection, "/api/v2/customers", {"account": "Jane Smith"})
    line = {"description": "Consulting", "amount": 15.00, "qty": 1}
    invoice = {"customer_id": customer["id"], "date": "2025-07-01", "due_date": "2025-07-31", "items": [line]}
    every = max(1, events // (cuts + 1))
    for number in range(events):
        receiver.wait_for(number - _AHEAD)
        if number and number % every == 0 and number // every <= cuts:
            proxy.wait_for(number // every - 1)
            proxy.cut(KINDS[number // every % len(KINDS)], dice.uniform(0, 0.3))
        _post(connection, "/api/v2/invoices", invoice)
    proxy.wait_for(cuts)
    connection.close()


def whole_log(server: Running) -> list[dict[str, Any]]:
    """The log as the control plane shows it, oldest first."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=30)
    log: list[dict[str, Any]] = []
    while True:
        after = log[-1]["id"] if log else "evt_0_0000000000000000"
        connection.request("GET", f"/_sandbox/events?after={after}&limit=100", headers=_KEY)
        found = json.loads(connection.getresponse().read())["data"]
        if not found:
            connection.close()
            return log
        log += found


def _delivered(call: Call) -> tuple[str, bytes]:
    return call.headers["webhook-id"], call.body


def _post(connection: http.client.HTTPConnection, path: str, body: Any) -> Any:
    connection.request("POST", path, json.dumps(body), _KEY)
    response = connection.getresponse()
    answer = json.loads(response.read())
    assert response.status == 201, answer
    return answer["data"]
