"""A client of a sandbox's event log, and the errors when it cannot be reached."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from sandbox.commands.connection_errors import in_brackets
from sandbox.errors import StartError

if TYPE_CHECKING:  # it takes a while to load
    import httpx

WAIT = 20
"""Seconds that the sandbox may hold an answer back until there is something."""
BEGINNING = "evt_0_0000000000000000"
"""What the first event of every log came after."""
_PAGE = 100
_HEARD = 10.0
Event = dict[str, Any]


class Lost(Exception):
    """The sandbox cannot be reached, or does not answer as one, at the moment; the message is a part of a sentence."""


class OtherLog(Exception):
    """The log knows nothing of the event that was seen last: it is another one, which began after it."""


class EventLogClient:
    """Asks for events, with a client whose base is the control plane."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def check(self, types: list[str]) -> None:
        """StartError where nobody answers, the key opens nothing, or one of the types is unknown there."""
        await self.newest()
        for type in types:
            status, answer = await self._ask("/events", {"limit": 1, "type": type})
            if status == 400:
                raise StartError(f"--only {type}: {_sentence(answer)}")

    async def newest(self) -> str:
        """The id of the last event; BEGINNING where the log is empty."""
        newest: list[Event] = self._data(*await self._ask("/events", {"limit": 1}))
        return str(newest[0]["id"]) if newest else BEGINNING

    async def one(self, event_id: str) -> Event | None:
        """The event, if the log has it."""
        from urllib.parse import quote

        status, answer = await self._ask(f"/events/{quote(event_id, safe='')}", {})
        if status == 404:
            return None
        event: Event = self._data(status, answer)
        return event

    async def after(self, event_id: str, wait: int = WAIT) -> list[Event]:
        """What came after it, oldest first; none after so many seconds in which nothing came. OtherLog where it is unknown."""
        status, answer = await self._ask("/events", {"after": event_id, "limit": _PAGE, "wait": wait}, wait)
        if status == 400 and event_id != BEGINNING and "after" in answer.get("errors", {}):
            raise OtherLog
        found: list[Event] = self._data(status, answer)
        return found

    async def _ask(self, path: str, params: dict[str, Any], wait: int = 0) -> tuple[int, Any]:
        """Status and envelope of an answer that a sandbox gives. StartError for one that will not change by asking again."""
        import httpx

        try:
            response = await self._client.get(path, params=params, timeout=httpx.Timeout(_HEARD, read=wait + _HEARD))
        except httpx.ConnectError as error:
            raise Lost(f"it cannot be reached{in_brackets(error)}") from None
        except httpx.TimeoutException:
            raise Lost("it did not answer in time") from None
        except httpx.HTTPError:
            raise Lost("the connection was cut") from None
        if response.is_redirect:
            raise Lost(f"it answers with a redirect to {response.headers.get('location', 'nowhere')}")
        try:
            answer = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict) or "success" not in answer:
            raise Lost(f"what answers there is no control plane: {response.status_code} for {response.url.path}")
        if response.status_code in (401, 403):
            raise StartError(f"The sandbox refuses the key: {_sentence(answer)}")
        return response.status_code, answer

    @staticmethod
    def _data(status: int, answer: Any) -> Any:
        if status != 200:
            raise Lost(f"it answers {status}: {_sentence(answer)}")
        return answer["data"]


def _sentence(answer: dict[str, Any]) -> str:
    faults = answer.get("errors") or {}
    return "; ".join(map(str, faults.values())) or str(answer.get("message"))


def happened_at(event: Event) -> datetime:
    """On the workspace's clock."""
    return datetime.fromisoformat(event["created_at"])
