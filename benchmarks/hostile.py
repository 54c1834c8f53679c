"""The worst that the holder of one key can ask of a server, act by act: a program of its own, which says when each began and ended."""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

API, CONTROL = "/api/v2", "/_sandbox"
_MANY_NAMES = 2_000_000
_MANY_BYTES = 30_000_000


class Asker:
    """One connection at a time, with the key."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key

    def ask(self, method: str, target: str, body: Any = None) -> bytes:
        """The body of the answer, whatever it is but a failure of the server's."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._key}", **({} if content is None else {"Content-Type": "application/json"})}
        try:
            connection.request(method, target, content, headers)
            answer = connection.getresponse()
            told = answer.read()
        except (BrokenPipeError, ConnectionResetError):  # it was refused while it was being sent
            return b""
        finally:
            connection.close()
        if answer.status >= 500:
            raise RuntimeError(f"{method} {target} gave {answer.status}")
        return told


def _names(many: int) -> bytes:
    return b",".join(b'"%x":1' % number for number in range(many))


def _file(collections: bytes, counters: bytes = b"{}") -> bytes:
    return b'{"format":"business-suite-snapshot","version":1,"collections":%b,"counters":%b}' % (collections, counters)


def _upload(asker: Asker, content: bytes) -> None:
    asker.ask("PUT", f"{CONTROL}/snapshots/hostile/file", content)


def _take_and_restore(asker: Asker) -> None:
    asker.ask("POST", f"{CONTROL}/snapshots", {"name": "mine"})
    asker.ask("POST", f"{API}/leads", {"first_name": "A", "last_name": "B", "email": "a@example.com"})
    asker.ask("POST", f"{CONTROL}/snapshots/mine/restore")


def _take_out_and_in(asker: Asker) -> None:
    asker.ask("PUT", f"{CONTROL}/snapshots/copy/file", asker.ask("GET", f"{CONTROL}/snapshots/mine/file"))


def _reset_and_undo(asker: Asker) -> None:
    asker.ask("POST", f"{CONTROL}/reset", {"scenario": "demo"})
    asker.ask("POST", f"{CONTROL}/reset/undo")


def _search(asker: Asker) -> None:
    for term in ("e", "%0A", "jane99", "n"):
        asker.ask("GET", f"{API}/customers?search={term}")


def _list_by_dates(asker: Asker) -> None:
    for day in range(1, 6):
        asker.ask("GET", f"{API}/transactions?date_from=2021-01-0{day}&date_to=2024-12-31")


ACTS: dict[str, Callable[[Asker], object]] = {
    "a workspace is opened": lambda asker: asker.ask("GET", f"{API}/customers?limit=1"),
    "a report over everything": lambda asker: asker.ask("GET", f"{API}/reports/financial"),
    "lists that are searched": _search,
    "lists by dates": _list_by_dates,
    "a page of large documents": lambda asker: asker.ask("GET", f"{API}/invoices?limit=100"),
    "the same on the control plane": lambda asker: asker.ask("GET", f"{CONTROL}/documents/invoices?limit=100"),
    "a body with names without end": lambda asker: asker.ask("POST", f"{API}/customers", b"{%b}" % _names(90_000)),
    "a body with numbers without end": lambda asker: asker.ask("POST", f"{API}/transactions", b'{"amount":[%b1]}' % (b"1.5," * 250_000)),
    "a body with objects without end": lambda asker: asker.ask("POST", f"{API}/invoices", b'{"items":[%b{}]}' % (b"{}," * 340_000)),
    "a snapshot is taken and restored": _take_and_restore,
    "a snapshot goes out and comes in": _take_out_and_in,
    "a reset, and its undo": _reset_and_undo,
    "a file with a document of names": lambda asker: _upload(asker, _file(b'{"customers":[{%b}]}' % _names(_MANY_NAMES))),
    "a file with collections without end": lambda asker: _upload(asker, _file(b"{%b}" % _names(_MANY_NAMES))),
    "a file with counters without end": lambda asker: _upload(asker, _file(b"{}", b"{%b}" % _names(_MANY_NAMES))),
    "a file with numbers without end": lambda asker: _upload(asker, _file(b'{"leads":[%b1]}' % (b"1," * 3_000_000))),
    "a file with one long text": lambda asker: _upload(asker, _file(b'{"leads":[{"email":"%b"}]}' % (b"x" * _MANY_BYTES))),
    "a file that nests without end": lambda asker: _upload(asker, _file(b'{"leads":[%b]}' % (b"[" * _MANY_BYTES))),
    "a snapshot is deleted": lambda asker: asker.ask("DELETE", f"{CONTROL}/snapshots/mine"),
}


def performed(port: int, key: str) -> Iterator[tuple[str, float, float]]:
    """Each act, and when it began and ended, by the clock that all processes of a machine share."""
    asker = Asker(port, key)
    for name, act in ACTS.items():
        begun = time.monotonic()
        act(asker)
        yield name, begun, time.monotonic()


def main() -> None:
    """Arguments: the port and the key. A line of JSON for each act."""
    for told in performed(int(sys.argv[1]), sys.argv[2]):
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
