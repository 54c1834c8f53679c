"""A spec author's desk: a server in process that watches a copy of the contract, and everything that its terminal would show."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from openapi.contract import FILE
from sandbox.app import build
from sandbox.settings import load_settings
from sandbox.state.clock import ManualClock
from sandbox.state.image import Image
from tests.asgi import ADMINISTRATOR, BASE, START, Client, Reply
from tests.waiting import wait_until

TEXT = FILE.read_text(encoding="utf-8")
CITY_FILTER = """        - name: city
          in: query
          description: Only customers of this city.
          x-filter: {field: city, comparison: eq}
          schema:
            type: string
            maxLength: 255
"""
LEADS = TEXT[TEXT.index("  /leads:\n") : TEXT.index("  /users:\n")]
"""All that the document says of the leads' path."""


def replaced(text: str, before: str, after: str) -> str:
    """The text with its first such part replaced, which must be there."""
    assert before in text, before
    return text.replace(before, after, 1)


def with_city_filter(text: str) -> str:
    """Customers can be asked for by their city, which so needs an index."""
    return replaced(text, "        - name: search\n", f"{CITY_FILTER}        - name: search\n")


def without_leads(text: str) -> str:
    return replaced(text, LEADS, "")


def with_short_cities(text: str) -> str:
    """A city may have at most four letters."""
    at = text.index("        city:\n          type: string\n")
    return text[:at] + replaced(text[at:], "maxLength: 255", "maxLength: 4")


class Desk(Client):
    """Spoken to below the base path, as the administrator; `told` is what the terminal shows, bit by bit."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.file = folder / "spec.yaml"
        if not self.file.is_symlink():
            self.file.write_text(TEXT, encoding="utf-8")
        self.told: list[str] = []
        self.clock = ManualClock(START)
        chosen = load_settings({"scenario": "empty", "spec": self.file, "reload": True, **settings})
        self.server = build(chosen, clock=self.clock, notify=self.told.append)
        super().__init__(self.server.app, BASE)
        self._runner.run(self.server.background_tasks.start(schedule=False))

    @property
    def shown(self) -> str:
        return "\n".join(self.told)

    def write(self, text: str) -> None:
        """As an editor does that writes over the file."""
        self.file.write_text(text, encoding="utf-8")

    def put_in_place(self, text: str) -> None:
        """As an editor does that writes beside the file and moves it there."""
        beside = self.file.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, self.file)

    def edit(self, text: str) -> None:
        """Write, and wait until the edit is in force and told."""
        before = len(self.told)
        self.write(text)
        self.until(lambda: any("  Changes   " in one for one in self.told[before:]))

    def until(self, condition: Callable[[], bool]) -> None:
        """Lets the server run until the condition holds, which may ask it something."""

        def holds() -> bool:
            self._runner.run(asyncio.sleep(0.005))
            return condition()

        if not condition():
            wait_until(holds, lambda: f"waited in vain; the terminal showed:\n{self.shown}", poll=0)

    def run(self, work: Any) -> Any:
        return self._runner.run(work)

    def ask(self, method: str, target: str, json: Any = None) -> Reply:
        return self.send(method, target, json=json, key=ADMINISTRATOR)

    def customer(self, **fields: Any) -> int:
        reply = self.ask("POST", "/customers", {"account": "Jane Smith", **fields})
        assert reply.status == 201, reply.body
        id: int = reply.data["id"]
        return id

    def control(self, method: str, target: str, json: Any = None) -> Reply:
        """Asks the control plane."""
        client = Client(self.server.app, "/_sandbox")
        client._runner.close()
        client._runner = self._runner
        return client.send(method, target, json=json, key=ADMINISTRATOR)

    def begin_again(self) -> None:
        """As it was at first, a day later: no document, no window, nothing on the terminal."""
        if self.server.background_tasks._runtime.loaded.spec.content != TEXT.encode():
            self.edit(TEXT)
        else:
            self.write(TEXT)
        for workspace in self.server.workspaces.all_opened():
            workspace.restore(Image())
        self.clock.advance(timedelta(days=1))
        self.told.clear()

    def later(self, by: timedelta) -> None:
        self.clock.advance(by)

    def close(self) -> None:
        self._runner.run(self.server.background_tasks.stop())
        super().close()
        self.server.close()
