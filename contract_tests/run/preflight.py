"""Checks a target before a run: whether there is an API behind the URL, and whether it accepts the keys."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from contract_tests.http.exchange import Answer, Request
from contract_tests.http.target import Target
from contract_tests.http.transport import HttpTransport, NoAnswer
from openapi.contract import Operation
from openapi.wording import counted

_LOOKS = 3
"""So many operations are asked before all of the target is judged: one of them may just be the broken one."""


class Unreachable(Exception):
    """There is nothing to test; the message is one sentence. Exit code 2."""


def look(target: Target, timeout: float) -> None:
    """Asks the target a few harmless questions with each of its keys. Raises Unreachable."""
    operations = [one for one in target.contract.operations.values() if one.method == "GET" and "{" not in one.path]
    if not operations:
        raise Unreachable("the contract has no operation that could be asked without knowing an id")
    target.housekeeping = True
    try:
        _base(target, operations[:_LOOKS], timeout)
        for role in target.keys:
            _key(target, role, [one for one in operations if role in one.roles][:_LOOKS])
    finally:
        target.housekeeping = False


def _base(target: Target, operations: list[Operation], timeout: float) -> None:
    """Whether one of the operations answers as an API does; else what is wrong with the first."""
    complaint = None
    for operation in operations:
        wrong = _wrong(target.base_url, operation.path, _ask(target, operation, "administrator"))
        if wrong is None:
            return
        complaint = complaint or wrong
    elsewhere = _elsewhere(target, operations[0], timeout)
    raise Unreachable(f"{complaint}{f'; there is one at {elsewhere}: try --url {elsewhere}' if elsewhere else ''}")


def _wrong(base_url: str, path: str, answer: Answer) -> str | None:
    """Why an answer is none of such an API; None where it may be."""
    address = f"{base_url}{path}"
    if 300 <= answer.status < 400 and answer.header("location"):
        return f"{address} redirects to {answer.header('location')}; the suite follows no redirect, so name the final address with --url"
    if answer.status == 429:
        again = answer.header("retry-after")
        return f"the rate limit of the key is used up already; {_later(again)}"
    if answer.status == 404:
        return f"{address} is not there (404): {base_url} does not seem to be the base URL of the API"
    if not answer.envelope and answer.status not in (204, 304):
        form = answer.header("content-type") or "nothing that says what it is"
        return f"{address} answers {answer.status} with {form}, no JSON object: {base_url} does not seem to be the base URL of the API"
    return None


def _later(seconds: str | None) -> str:
    return f"try again in {counted(int(seconds), 'second')}" if seconds and seconds.isascii() and seconds.isdigit() else "try again later"


def _elsewhere(target: Target, operation: Operation, timeout: float) -> str | None:
    """The base URL that seems to have been meant, where one of the usual ones answers like the API."""
    parts = urlsplit(target.base_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    for base in dict.fromkeys((f"{target.base_url}{target.contract.base_path}", f"{origin}{target.contract.base_path}")):
        if base == target.base_url:
            continue
        transport = HttpTransport(base, timeout)
        try:
            answer = transport.send(Request("GET", operation.path), target.keys["administrator"])
        except NoAnswer:
            continue
        finally:
            transport.close()
        if _wrong(base, operation.path, answer) is None:
            return base
    return None


def _key(target: Target, role: str, operations: list[Operation]) -> None:
    """Whether a key opens anything. One that is known but may do nothing is left to the promises about roles."""
    statuses = []
    for operation in operations:
        answer = _ask(target, operation, role)
        if answer.status != 401:
            return
        statuses.append(answer)
    if statuses:
        message = statuses[0].envelope.get("message")
        said = f": {message}" if isinstance(message, str) else ""
        option = "--api-key" if role == "administrator" else f"--{role}-key"
        raise Unreachable(f"the target refuses the key of {option} (401{said})")


def _ask(target: Target, operation: Operation, role: str) -> Answer:
    known = next((one for one in target.exchanges if one.operation is operation and one.request.key == role and one.answer), None)
    if known is not None:
        return known.got
    exchange = target.call(operation, key=role)
    if exchange.answer is None:
        raise Unreachable(_silence(target.base_url, target.problem or NoAnswer(exchange.failure)))
    return exchange.answer


def _silence(base_url: str, problem: NoAnswer) -> str:
    """Why no answer came, as far as the chain of causes tells it."""
    host = urlsplit(base_url).netloc
    for cause in _causes(problem):
        if isinstance(cause, ConnectionRefusedError):
            return f"nothing listens at {host}: the connection was refused; is the server running, and the port right?"
        if isinstance(cause, socket.gaierror):
            return f"there is no host {urlsplit(base_url).hostname}: its name cannot be resolved"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the TLS certificate of {host} cannot be trusted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"no TLS connection to {host} comes about ({cause.reason or cause}); does the server speak https there?"
    if "no whole answer" in str(problem):
        return f"{host} took the connection, but {problem}; --timeout gives it longer"
    return f"{host} gave no answer: {_plain(problem)}"


def _plain(problem: NoAnswer) -> str:
    text = str(problem)
    return "it closed the connection without one" if "disconnected" in text.lower() or "reset by peer" in text.lower() else text


def _causes(problem: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = problem
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
