"""What a check uses: events of the contract, signed correctly or deliberately wrongly, and the receiver to send them to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from openapi.contract import Contract
from sandbox.commands.connection_errors import in_brackets, is_distrust
from sandbox.errors import StartError
from sandbox.events.outbox import payload
from sandbox.events.signing import headers
from sandbox.state.clock import Clock, timestamp

if TYPE_CHECKING:  # it takes a while to load
    import httpx

_SHOWN = 4096
_BE_QUICK = "Answer each request within 15 seconds: store the event, respond at once, and process it afterwards."
_SEE_ITS_LOG = "See the log of the receiver: it stopped before it answered, or a proxy in front of it could not reach it."
Event = dict[str, Any]


class Failed(Exception):
    """The receiver did what it must not; the message says what."""


class Refused(Failed):
    """It answered what it must accept otherwise than by 2xx."""


class Silent(Failed):
    """It did not answer at all; `mend` is what helps where it never did."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.mend = mend


@dataclass(frozen=True)
class Timeouts:
    """In seconds: when an answer is late, how long it is waited for, and how long a slow client pauses within its body."""

    limit: float = 15.0
    answer: float = 30.0
    pause: float = 0.5


@dataclass(frozen=True)
class Message:
    """One request to the receiver; `pieces` is in how many parts its body goes."""

    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"
    pieces: int = 1

    def with_headers(self, **changed: str | None) -> Message:
        """The same with other headers, `webhook_signature=…`; None leaves one out."""
        given = {name.replace("_", "-"): value for name, value in changed.items()}
        kept = {name: value for name, value in {**self.headers, **given}.items() if value is not None}
        return replace(self, headers=kept)


@dataclass(frozen=True)
class Answer:
    """What came back, after so many seconds."""

    status: int
    seconds: float
    body: bytes


def examples(contract: Contract) -> dict[str, Event]:
    """For each event that the contract knows, the object that it is about, as the contract's example has it."""
    found: dict[str, Event] = {}
    for operation in contract.operations.values():
        for emission in operation.emits:
            node = contract.document["paths"][operation.path][operation.method.lower()]
            answer = node["responses"][str(operation.success.status)]["content"]["application/json"]
            found[emission.event] = answer["example"]["data"]
    return found


@dataclass
class CheckContext:
    """One check's time with the receiver."""

    client: httpx.AsyncClient
    url: str
    secret: str
    examples: Mapping[str, Event]
    clock: Clock
    entropy: Callable[[int], bytes]
    timeouts: Timeouts = field(default_factory=Timeouts)
    answers: list[Answer] = field(default_factory=list)
    answered_before: bool = False

    def event(self, type: str = "invoice.created", ago: timedelta = timedelta(0), **changed: Any) -> Event:
        """An event that happened so long ago; `changed` are fields of its object that differ from the contract's example."""
        data = {**self.examples.get(type, {}), **changed}
        # In the form of the sandbox's own ids.
        return {"event_id": f"evt_1_{self.entropy(8).hex()}", "type": type, "created_at": timestamp(self.clock.now() - ago), "data": data}

    def signed(self, event: Event, *, body: bytes | None = None, secrets: Sequence[str] = (), ago: timedelta = timedelta(0)) -> Message:
        """As live: by the receiver's secret, now, unless said otherwise. `body` is signed in the place of the event's own bytes."""
        body = payload(event) if body is None else body
        return Message(headers(event["event_id"], self.clock.now() - ago, body, secrets or (self.secret,)), body)

    def other_secret(self) -> str:
        """One that the receiver does not know."""
        from base64 import b64encode

        return f"whsec_{b64encode(self.entropy(24)).decode()}"

    async def accepts(self, message: Message, what: str) -> Answer:
        """The message must be answered 2xx; `what` it is, as in "an event of a type that it does not know"."""
        answer = await self.send(message)
        if not 200 <= answer.status < 300:
            raise Refused(f"rejected {what}: answered {answer.status}, must be 2xx")
        return answer

    async def refuses(self, message: Message, what: str) -> None:
        """The message must be answered 4xx: neither accepted nor taken for a fault of the receiver's own."""
        answer = await self.send(message)
        if 200 <= answer.status < 300:
            raise Failed(f"accepted {what}: answered {answer.status}, must be 4xx")
        if not 400 <= answer.status < 500:
            raise Failed(f"did not reject {what} as a client error: answered {answer.status}, must be 4xx")

    async def send(self, message: Message) -> Answer:
        """The answer, after which the connection is closed. Silent where none comes; StartError where nobody listens at all."""
        import httpx

        begun = time.monotonic()
        try:
            async with asyncio.timeout(self.timeouts.answer):
                status, body = await self._exchange(message)
        except TimeoutError:
            raise Silent(f"no answer within {self.timeouts.answer:g} s", _BE_QUICK) from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if not self.answers and not self.answered_before:
                raise Unreachable(self.url, error) from None
            raise Silent("no connection can be made, though one could before", _SEE_ITS_LOG) from None
        except httpx.HTTPError:
            raise Silent("the connection ended without an answer", _SEE_ITS_LOG) from None
        answer = Answer(status, time.monotonic() - begun, body)
        self.answers.append(answer)
        return answer

    async def _exchange(self, message: Message) -> tuple[int, bytes]:
        content = self._in_pieces(message) if message.pieces > 1 else message.body
        length = {"content-length": str(len(message.body))} if message.pieces > 1 else {}
        async with self.client.stream(message.method, self.url, headers={**message.headers, **length}, content=content) as response:
            body = b""
            async for part in response.aiter_raw():
                body += part
                if len(body) >= _SHOWN:
                    break
            return response.status_code, body[:_SHOWN]

    async def _in_pieces(self, message: Message) -> AsyncIterator[bytes]:
        size = -(-len(message.body) // message.pieces)
        for start in range(0, len(message.body), size):
            if start:
                await asyncio.sleep(self.timeouts.pause)
            yield message.body[start : start + size]


class Unreachable(StartError):
    """Nobody answers at the address, so there is nothing to examine."""

    def __init__(self, url: str, error: Exception) -> None:
        if is_distrust(error):
            super().__init__(
                f"The certificate at {url} is not trusted{in_brackets(error)}; install a trusted one in the receiver, or use an http URL."
            )
        else:
            why = in_brackets(error) if str(error) else " (no connection in time)"
            super().__init__(f"No receiver answers at {url}{why}; start it, or use the URL at which it listens.")
