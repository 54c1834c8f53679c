"""One recorded request, and the file that holds them: a line of JSON each, in which long runs of a character are counted.

A target, a header's value or a body is a text, or a list of texts and of pairs `[character, times]`. A body that is no
UTF-8 stands in base64 under `base64`; one that comes in several messages, without a length, says in how many.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.asgi import Client, Reply

FILE = Path(__file__).with_name("requests.jsonl")
_RUN = re.compile(r"((.)\2{63,})", re.DOTALL)
_NEITHER = re.compile(r"[^\n -~]")
_LONGEST_LINE = 500
Packed = str | list[str | list[Any]]


@dataclass(frozen=True)
class Recorded:
    """A request as a server gets it: the whole target, the headers in their order, the body in `pieces` messages (0: whole)."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    pieces: int = 0

    def send(self, client: Client) -> Reply:
        """The answer of an application that is spoken to below its root."""
        return client.send(self.method, self.target, headers=self.headers, body=self.chunks() if self.pieces else self.body)

    def chunks(self) -> list[bytes]:
        """The body in as many messages as are asked for, the last of which may be short or empty."""
        size = -(-len(self.body) // max(1, self.pieces)) or 1
        return [self.body[place * size : (place + 1) * size] for place in range(max(1, self.pieces))]

    def __str__(self) -> str:
        line = encoded(self)
        return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}… ({len(self.body)} bytes of body)"


def read(file: Path = FILE) -> tuple[Recorded, ...]:
    """The corpus, in the order in which it is to be sent."""
    return tuple(decoded(line) for line in file.read_text(encoding="utf-8").splitlines())


def write(requests: Iterable[Recorded], file: Path = FILE) -> None:
    file.write_text("".join(f"{encoded(one)}\n" for one in requests), encoding="utf-8", newline="\n")


def encoded(request: Recorded) -> str:
    """The request's line."""
    line: dict[str, Any] = {"method": request.method, "target": packed(request.target)}
    if request.headers:
        line["headers"] = [[name, packed(value)] for name, value in request.headers]
    if request.body:
        try:
            line["body"] = packed(request.body.decode())
        except UnicodeDecodeError:
            line["base64"] = base64.b64encode(request.body).decode()
    if request.pieces:
        line["pieces"] = request.pieces
    # What an editor might take for the end of a line, or cannot show, is escaped.
    return _NEITHER.sub(_escaped, json.dumps(line, ensure_ascii=False, separators=(",", ":")))


def decoded(line: str) -> Recorded:
    """The request of a line."""
    told = json.loads(line)
    body = base64.b64decode(told["base64"]) if "base64" in told else unpacked(told.get("body", "")).encode()
    headers = tuple((name, unpacked(value)) for name, value in told.get("headers", ()))
    return Recorded(told["method"], unpacked(told["target"]), headers, body, told.get("pieces", 0))


def packed(text: str) -> Packed:
    """The text, its long runs counted."""
    parts = list(_parts(text))
    return text if len(parts) < 2 and not (parts and isinstance(parts[0], list)) else parts


def unpacked(text: Packed) -> str:
    return text if isinstance(text, str) else "".join(part if isinstance(part, str) else part[0] * part[1] for part in text)


def _parts(text: str) -> Iterator[str | list[Any]]:
    end = 0
    for run in _RUN.finditer(text):
        if run.start() > end:
            yield text[end : run.start()]
        yield [run[2], len(run[1])]
        end = run.end()
    if text[end:]:
        yield text[end:]


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]
