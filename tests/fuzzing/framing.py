"""`python -m tests.fuzzing.framing --requests 20000 --seed 1`: mutated requests in odd framing, through the server's protocol.

Each goes twice over a connection of its own, in one write and cut, among others or alone: it must be answered the same, and never by a 5xx.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.asgi import ADMINISTRATOR
from tests.fuzzing.mutations import fuzzed
from tests.fuzzing.requests import Request, valid
from tests.hostile.case import chunked, get
from tests.hostile.concurrent_connections import Heard, Server

GOOD = get("/customers/1")
_KEY = f"Authorization: Bearer {ADMINISTRATOR}"
HOSTS = ("sandbox", "127.0.0.1:8000", "[::1]", "", "a b", "a,b", "u@h", "h:x", "h:65536", "[::1", "::1", "h/", "\xe4", "h:", "%2F", "%zz")
TRAILERS = (_KEY, "Authorization: Bearer wrong", "Content-Length: 5", "Transfer-Encoding: chunked", "Host: x", "Content-Type: a/b", "X: 1",
            "Connection: close", "Upgrade: h2c", "Expect: 100-continue", "nonsense", " folded", "X : 1", "X: \0", ": x",
            "X: " + "x" * 17_000)  # fmt: skip
LINES = (
    "Expect: 100-continue", "Expect: x", "Upgrade: h2c", "Upgrade: websocket", "Connection: upgrade", "Connection: close",
    "Connection: keep-alive", "Connection: te, close", "Content-Length: 0", "Content-Length: 3", "Content-Length: 3, 3",
    "Content-Length: +3", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked", "Transfer-Encoding: identity",
    "Transfer-Encoding: gzip, chunked", " folded: 1", "Nonsense", "X : 1", ": 1", "X: a\0b", "X: a\rb", "X: a\nb",
    "Upgrade : h2c", "TE: trailers", "Trailer: X", "Host: sandbox", _KEY,
)  # fmt: skip
VERSIONS = ("HTTP/1.1",) * 12 + ("HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "http/1.1", "")
PREFIXES = (b"",) * 12 + (b"\r\n", b"\r\n\r\n", b"\n", b" ", b"\0", b"\x16\x03\x01")
SEPARATORS = ("%2F", "%2f", "%5C", "%00", "%", "%zz", "%ff", "%2e", "%2e%2e", ".", "..", "//", ";a=b", "%3B", "%3F", "%25", "%252F", "%E6%9D%B1", "#")
_ESCAPED = 0.3


@dataclass
class Outcome:
    """How often each status was answered, in how many seconds; and what was wrong."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    found: list[str] = field(default_factory=list)


def encoded_path(dice: Random, target: str) -> str:
    """The target with letters of its path encoded, and now and then what parts nothing, or names nothing, in it."""
    path, mark, query = target.partition("?")
    letters = [f"%{ord(letter):02{dice.choice('xX')}}" if letter.isalnum() and dice.random() < _ESCAPED else letter for letter in path]
    if dice.random() < 0.5:
        letters.insert(dice.randint(0, len(letters)), dice.choice(SEPARATORS))
    slashes = [place for place, letter in enumerate(letters) if letter == "/"]
    if slashes and dice.random() < 0.2:
        letters[dice.choice(slashes)] = "%2F"
    return "".join(letters) + mark + query


def on_the_wire(dice: Random, request: Request) -> bytes:
    """The request in HTTP/1.1, or nearly."""
    target = encoded_path(dice, request.target) if dice.random() < 0.4 else request.target
    if dice.random() < 0.05:
        target = dice.choice(("http://sandbox", "HTTP://u@h", "http://", "ftp://h", "sandbox:80")) + target
    lines = [f"Host: {dice.choice(HOSTS) if dice.random() < 0.2 else 'sandbox'}"] if dice.random() < 0.95 else []
    lines += [f"{name}: {value}" for name, value in request.headers]
    body = request.body
    if body and dice.random() < 0.3:
        lines.append("Transfer-Encoding: chunked")
        places = sorted({dice.randrange(1, len(body)) for _ in range(dice.randint(0, 3)) if len(body) > 1})
        pieces = [body[begin:end] for begin, end in zip([0, *places], [*places, len(body)], strict=True)]
        body = chunked(*pieces, trailers=dice.choices(TRAILERS, k=dice.choice((0, 0, 1, 1, 2))))
        if dice.random() < 0.2:
            place = dice.randrange(len(body))
            body = body[:place] + dice.choice((b"", b"x", b"\n", b"\r\n", b";a=b", b"0")) + body[place + 1 :]
    elif body or dice.random() < 0.1:
        lines.append(f"Content-Length: {len(body)}")
    for _ in range(dice.choices((0, 1, 2), (5, 4, 1))[0]):
        lines.insert(dice.randint(0, len(lines)), dice.choice(LINES))
    end = "\n" if dice.random() < 0.02 else "\r\n"
    first = f"{request.method} {target} {dice.choice(VERSIONS)}"
    return dice.choice(PREFIXES) + end.join([first, *lines, "", ""]).encode("utf-8", "replace") + body


def cut(dice: Random, raw: bytes) -> list[bytes]:
    """In parts, most often within the head."""
    end = max(2, min(len(raw), raw.find(b"\r\n\r\n") + 5 if dice.random() < 0.8 else len(raw)))
    places = sorted({dice.randrange(1, end) for _ in range(dice.choice((1, 1, 1, 2, 5)))} & set(range(1, len(raw))))
    return [raw[begin:after] for begin, after in zip([0, *places], [*places, len(raw)], strict=True)]


def in_company(dice: Random, raw: bytes) -> bytes:
    return dice.choice((raw, raw, raw + GOOD, GOOD + raw, GOOD + raw + GOOD, raw + raw))


def faults(whole: Heard, parts: Heard) -> list[str]:
    """What is wrong with the answers to the same bytes, in one write and cut."""
    found = [f"a {answer[0]}" for answer in (*whole.answers, *parts.answers) if answer[0] >= 500]
    found += ["a refusal without its envelope" for status, _, body in whole.answers if status >= 400 and body and b'"success":false' not in body]
    return found + ([] if _told(whole) == _told(parts) else [f"in one write {whole}, in parts {parts}"])


def _told(heard: Heard) -> tuple[list[object], bool]:
    """What must be the same; a webhook that was made has a secret that is random."""
    return [answer[0] if answer[0] == 201 else answer for answer in heard.answers], heard.ended


def run(server: Server, requests: int, seed: int, most: int = 1, made: Callable[[Random], Request] = fuzzed) -> Outcome:
    """So many requests; ends early once `most` findings were made."""
    outcome, began = Outcome(), time.perf_counter()
    for number in range(1, requests + 1):
        dice = Random(f"{seed}/{number}")
        raw = in_company(dice, on_the_wire(dice, made(dice) if dice.random() < 0.7 else valid(dice)))
        outcome.found += _tried(server, raw, cut(dice, raw), outcome.statuses, f"request {number} of seed {seed}")
        if len(outcome.found) >= most:
            break
    outcome.seconds = time.perf_counter() - began
    return outcome


def _tried(server: Server, raw: bytes, parts: Sequence[bytes], statuses: Counter[int], which: str) -> list[str]:
    try:
        whole, in_parts = server.hear([(raw,), parts], alone=True)
    except (AssertionError, KeyError, ValueError, TimeoutError) as problem:
        return [f"{which}: no answers that can be read: {problem!r}: {raw[:500]!r}"]
    statuses.update(answer[0] for answer in whole.answers)
    return [f"{which}: {what[:2000]}\n  {[part[:500] for part in parts]}" for what in faults(whole, in_parts)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing.framing", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=1, help="stop after so many findings")
    parser.add_argument("--stack", choices=("fast", "stock"), default="fast")
    asked = parser.parse_args()
    server = Server(asked.stack, scenario="demo")
    outcome = run(server, asked.requests, asked.seed, asked.most)
    server.close()
    said = ", ".join(f"{count} of {status}" for status, count in sorted(outcome.statuses.items()))
    verdict = [*outcome.found] or ["Each was answered the same in one write and in parts, none by a 5xx."]
    sys.stdout.write("\n".join([f"{asked.requests} requests in {outcome.seconds:.1f} s: {said}", *verdict, ""]))
    return 1 if outcome.found else 0


if __name__ == "__main__":
    sys.exit(main())
