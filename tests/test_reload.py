"""`sandbox serve --reload`, as a process: clients work while its contract is edited, and notice nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.asgi import ADMINISTRATOR
from tests.reloading.watching_server import TEXT, replaced, with_city_filter, without_leads
from tests.servers import Running, running

REQUESTS, RELOADS, CLIENTS = 1_000, 20, 4
LIMIT = 1_000_000


class Line:
    """One connection to the server, kept open."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._connection = HTTPConnection(str(parts.hostname), int(parts.port or 0), timeout=20)

    def ask(self, method: str, target: str, content: Any = None) -> tuple[int, Any, int]:
        """The status, the body, and how many requests are left to the key."""
        headers = {"Authorization": f"Bearer {ADMINISTRATOR}", "Content-Type": "application/json"}
        self._connection.request(method, f"/api/v2{target}", None if content is None else json.dumps(content), headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read()), int(answer.headers["X-RateLimit-Remaining"])

    def close(self) -> None:
        self._connection.close()


@dataclass
class Work:
    """What one client does, over and over, until it is told to stop: all of it is right by every edit."""

    address: str
    name: str
    stop: threading.Event
    asked: int = 0
    stored: dict[int, str] = field(default_factory=dict)
    failures: list[Any] = field(default_factory=list)

    def go(self) -> None:
        line = Line(self.address)
        try:
            for turn in count():
                if self.stop.is_set():
                    return
                account = f"{self.name} {turn}"
                id = self._expect(line, 201, "POST", "/customers", {"account": account, "city": "Rome"})["id"]
                self.stored[id] = account
                changed = self._expect(line, 200, "PUT", f"/customers/{id}", {"account": account, "city": "Oslo", "phone": str(turn)})
                read = self._expect(line, 200, "GET", f"/customers/{id}")
                if changed != read or read["account"] != account:
                    self.failures.append((changed, read))
                self._expect(line, 200, "GET", f"/customers?search={self.name}&limit=5")
        except Exception as problem:
            self.failures.append(problem)
        finally:
            line.close()

    def _expect(self, line: Line, status: int, method: str, target: str, content: Any = None) -> Any:
        self.asked += 1
        told, body, _ = line.ask(method, target, content)
        if told != status:
            self.failures.append((method, target, told, body))
        return body["data"]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "spec.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return file


@pytest.fixture
def server(tmp_path: Path, spec: Path) -> Iterator[Running]:
    options = ("--reload", "--spec", str(spec), "--data-dir", str(tmp_path / "data"), "--scenario", "empty", "--rate-limit", f"{LIMIT}/3600")
    with running(tmp_path, *options) as one:
        yield one


def test_of_a_thousand_requests_during_twenty_reloads_none_fails_and_nothing_is_lost(server: Running, spec: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    work = [Work(server.address, f"client{number}", stop) for number in range(CLIENTS)]
    threads = [threading.Thread(target=one.go) for one in work]
    for thread in threads:
        thread.start()
    author, asked = Line(server.address), 0
    try:
        for number in range(RELOADS):
            filtered = number % 2 == 0
            edited = with_city_filter(without_leads(TEXT)) if filtered else replaced(TEXT, "title: Business Suite API", f"title: Edit {number}")
            spec.write_text(edited, encoding="utf-8")
            wanted = (200, 404) if filtered else (400, 400)
            while (author.ask("GET", "/customers?city=Rome")[0], author.ask("POST", "/leads", {})[0]) != wanted:
                asked += 2
            asked += 2
        while sum(one.asked for one in work) < REQUESTS:
            stop.wait(0.02)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [failure for one in work for failure in one.failures] == []
    stored = {id: account for one in work for id, account in one.stored.items()}
    pages = -(-len(stored) // 100)
    kept = [one for page in range(1, pages + 1) for one in author.ask("GET", f"/customers?limit=100&page={page}")[1]["data"]]
    assert {one["id"]: one["account"] for one in kept} == stored
    assert [one["id"] for one in kept] == list(range(1, len(stored) + 1))
    remaining = author.ask("GET", "/customers")[2]
    assert LIMIT - remaining == sum(one.asked for one in work) + asked + pages + 1
    author.close()
    assert (tmp_path / "server.out").read_text(encoding="utf-8").count("  Reloaded  ") == RELOADS
    assert (tmp_path / "server.err").read_text(encoding="utf-8") == ""


def test_the_terminal_shows_what_an_edit_changes_and_where_one_is_unsound(server: Running, spec: Path, tmp_path: Path) -> None:
    shown = tmp_path / "server.out"

    def wait_for(part: str) -> str:
        tick = threading.Event()
        assert any(part in shown.read_text(encoding="utf-8") or tick.wait(0.02) for _ in range(1_000)), shown.read_text(encoding="utf-8")
        return shown.read_text(encoding="utf-8")

    assert f"  Contract  {spec}, reloaded on each valid edit" in wait_for("Stop it with")
    spec.write_text(without_leads(TEXT), encoding="utf-8")
    said = wait_for("    breaking  POST /leads: ")
    assert f"  Reloaded  {spec} in " in said
    assert "  Changes   1 breaking" in said
    spec.write_text("openapi: [", encoding="utf-8")
    assert "The previous version is still served." in wait_for(f"  Invalid   {spec}:")
    assert server.stop() == 0
