"""HTTP: unsupported methods, HEAD, the precedence of errors, hosts, media types, and unexpected bodies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.lists import as_sent
from contract_tests.judging.probe import Probe
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Case, Needs, each_operation, observer, promise, reading
from contract_tests.judging.requests import NOBODY, STRANGER, no_op_call, path_values
from openapi.contract import Contract, Operation

_FAMILY = "http"
_DECISION = "status-codes"
_NOWHERE = "/contract-tests"
_OTHERS = ("PATCH", "PUT", "DELETE", "POST")
_LONG = "x" * 17_000


def own_status(probe: Probe, status: int) -> tuple[int, ...]:
    """A status of HTTP's own in our reading, else what stands for it."""
    return (status,) if probe.reading(_DECISION) == "http" else (400, 404)


def _lacking(methods: Mapping[str, Operation]) -> str | None:
    return next((method for method in _OTHERS if method not in methods), None)


def filled(path: str, id: int = NOBODY) -> str:
    """A template with that id in it."""
    return re.sub(r"\{[^{}]+\}", str(id), path)


@reading(_DECISION, family=_FAMILY)
def which_codes_are_spoken(probe: Probe) -> str:
    """A method that a path lacks is 405, and a body that is no JSON is 415, or both are 400 or 404, on every operation alike."""
    votes: list[Heard] = []

    def vote(exchange: Exchange, code: int, why: str) -> None:
        if probe.expect(exchange, code, 400, 404, why=why):
            votes.append(("http" if exchange.status == code else "400-404", exchange))

    for path, methods in probe.contract.paths.items():
        if method := _lacking(methods):
            vote(probe.send(method, filled(path)), 405, f"since there is no {method} of it")
    with_body = [one for one in probe.contract.operations.values() if one.body is not None]
    for operation in with_body if not probe.target.safe else ():
        exchange = probe.call(operation, headers=[("content-type", "text/plain")], **no_op_call(operation))
        vote(exchange, 415, "since the body says that it is text/plain")
    return overall_reading(probe, _DECISION, votes)


@observer("allow-is-complete", family=_FAMILY, inferred=_DECISION)
def a_405_names_every_method(probe: Probe, exchange: Exchange) -> None:
    """A 405 has an `Allow` that names every method of the path, HEAD included where GET is, and no other."""
    if exchange.status != 405:
        return
    methods = _methods_of(probe.contract, exchange.request.path)
    wanted = {*methods, *(["HEAD"] if "GET" in methods else [])}
    named = {one.strip() for one in (exchange.got.header("allow") or "").split(",")} - {""}
    complete = wanted <= named and named <= {*wanted, "OPTIONS"}
    probe.check(complete, exchange, f"Allow: {', '.join(sorted(wanted))}", f"Allow: {exchange.got.header('allow') or 'none'}")


def _methods_of(contract: Contract, path: str) -> set[str]:
    """The methods of the path, or of the template that it fills."""
    fixed = contract.paths.get(path)
    if fixed is not None:
        return set(fixed)
    parts = path.split("/")
    for template, methods in contract.paths.items():
        own = template.split("/")
        if len(own) == len(parts) and all(one == part or one.startswith("{") for one, part in zip(own, parts, strict=True)):
            return set(methods)
    return set()


@observer("no-body-where-none-may-be", family=_FAMILY, inferred=_DECISION)
def no_body_stands_where_none_may(probe: Probe, exchange: Exchange) -> None:
    """The answers 204 and 304, and every answer to a HEAD, have no body."""
    if exchange.request.method == "HEAD" or exchange.status in (204, 304):
        probe.check(not exchange.got.body, exchange, "no body", f"{len(exchange.got.body)} bytes")


@observer("every-request-is-answered", family=_FAMILY, documented="Response Codes")
def every_request_is_answered(probe: Probe, exchange: Exchange) -> None:
    """Every request gets a whole answer, in good time."""
    probe.check(exchange.answer is not None, exchange, "an answer", exchange.failure or "none")


def with_id(operation: Operation) -> bool:
    """Whether it is about one object."""
    return any(one.place == "path" and one.schema.get("type") == "integer" for one in operation.parameters)


def _reads(operation: Operation) -> bool:
    return operation.method == "GET"


@promise("head-is-get-without-body", family=_FAMILY, inferred=_DECISION, cases=each_operation(_reads), weight=4)
def head_answers_as_get(probe: Probe, operation: Operation) -> None:
    """HEAD is answered as GET is, with its status, content type and length, and without a body."""
    if probe.reading(_DECISION) != "http":
        raise Unable("HEAD is none of HTTP's codes in the reading that the target speaks")
    path = filled(operation.path)
    head = probe.send("HEAD", path, operation=operation)
    if not probe.expect(head, 404 if with_id(operation) else 200, why="as for a GET"):
        return
    probe.check(not head.got.body, head, "no body")
    length = head.got.header("content-length")
    probe.check(length != "0", head, "the length that the body of a GET has, or none", f"Content-Length: {length or 'none'}")
    if operation is next(one for one in probe.contract.operations.values() if _reads(one)):
        get = probe.send("GET", path, operation=operation)
        for name in ("content-length", "content-type", "etag", "cache-control"):
            value, wanted = head.got.header(name), get.got.header(name)
            alike = value == wanted or (name == "content-length" and value is None)
            probe.check(alike, head, f"{name}: {wanted}, as a GET is answered", f"{name}: {value or 'none'}", before=(get,))
        anonymous = probe.send("HEAD", path, key=None, operation=operation)
        if operation.secured and anonymous.status != 429:
            probe.expect(anonymous, 401, why="as for a GET without a key")


Ask = Callable[[Probe], Exchange]


def _two_faults(contract: Contract) -> Iterable[Case]:
    """Requests with two faults at once, and the status of the one that wins."""
    writes = [one for one in contract.operations.values() if one.body is not None]
    create = next((one for one in writes if not with_id(one)), None)
    change = next((one for one in writes if with_id(one)), None)
    text: dict[str, Any] = {"headers": [("content-type", "text/plain")]}
    if create is not None:
        lacking = _lacking(contract.paths[create.path]) or "PATCH"
        asked: tuple[tuple[str, int, Ask], ...] = (
            ("method and key", 405, lambda probe: probe.send(lacking, create.path, key=STRANGER)),
            ("key and body", 401, lambda probe: probe.call(create, key=STRANGER, json=[])),
            ("key and media type", 401, lambda probe: probe.call(create, key=None, json={}, **text)),
            ("media type and parameter", 415, lambda probe: probe.call(create, query={"contract_tests_parameter": 1}, json={}, **text)),
        )
        yield from (Case(name, create.id, (status, ask)) for name, status, ask in asked)
        for name, path in (("headers and key", create.path), ("headers and path", _NOWHERE)):
            yield Case(name, create.id, (431, partial(_with_long_headers, path=path)))
        for role in sorted({"staff", "read-only"} - create.roles):
            text_of_role: Ask = partial(_as_role, operation=create, role=role, json=[], **text)
            yield Case(f"role {role} and media type", create.id, (403, text_of_role))
            yield Case(f"role {role} and body", create.id, (403, partial(_as_role, operation=create, role=role)))
    if change is not None:
        yield Case("body and id", change.id, (400, lambda probe: probe.call(change, path=path_values(change), json=[])))


def _with_long_headers(probe: Probe, path: str) -> Exchange:
    return probe.send("POST", path, key=STRANGER, json=[], headers=[("x-contract-tests", _LONG)])


def _as_role(probe: Probe, operation: Operation, role: str, **more: Any) -> Exchange:
    probe.require_keys(role)
    return probe.call(operation, key=role, **more)


@promise("refusals-stand-in-order", family=_FAMILY, inferred=_DECISION, cases=_two_faults, needs=Needs(writes=True), weight=3)
def the_earlier_refusal_wins(probe: Probe, subject: tuple[int, Ask]) -> None:
    """Of two refusals the earlier wins: 431, then 404 of the path and 405, then 401, 403, 415, 400, and 404 of the object."""
    status, ask = subject
    if probe.reading(_DECISION) != "http":
        raise Unable("the order is of HTTP's own codes, which the target does not speak")
    exchange = ask(probe)
    if exchange.status == 429:
        raise Unable("the rate limit of this address is used up")
    probe.expect(exchange, status, why="since of two refusals the earlier wins")


@promise("long-headers-are-431", family=_FAMILY, inferred=_DECISION, weight=2)
def long_headers_are_refused(probe: Probe) -> None:
    """Headers of more than 16 KiB together are answered 431."""
    exchange = probe.send("GET", filled(min(probe.contract.paths)), headers=[("x-contract-tests", _LONG)])
    probe.expect(exchange, *own_status(probe, 431), why="since the headers have more than 16 KiB")


def _bad_hosts(contract: Contract) -> Iterable[Case]:
    """Requests with other `Host` headers than one that is well-formed."""
    asked: Mapping[str, dict[str, Any]] = {
        "no Host": {"without": ("host",)},
        "two Hosts": {"headers": [("host", "contract-tests.example"), ("host", "www.contract-tests.example")]},
        "one Host twice": {"headers": [("host", "contract-tests.example")] * 2},
        "a Host with a space": {"headers": [("host", "contract tests.example")]},
        "a Host with a path": {"headers": [("host", "contract-tests.example/api")]},
        "a Host with a word for a port": {"headers": [("host", "contract-tests.example:http")]},
    }
    return (Case(name, None, (name, more)) for name, more in asked.items())


@promise("bad-hosts-are-400", family=_FAMILY, inferred=_DECISION, cases=_bad_hosts, weight=2)
def a_request_names_one_host(probe: Probe, subject: tuple[str, dict[str, Any]]) -> None:
    """A request without a `Host`, with two, or with one that is malformed is answered 400."""
    name, more = subject
    readable = next((path for path, methods in probe.contract.paths.items() if "GET" in methods), _NOWHERE)
    probe.expect(probe.send("GET", filled(readable), **more), 400, why=f"for {name}")


def _one_of_each_method(contract: Contract) -> Iterable[Case]:
    """The first operation of each method that stores what it is sent."""
    found = {one.method: one for one in reversed(list(contract.operations.values())) if one.action in ("create", "replace")}
    return (Case(one.id, one.id, one) for one in found.values())


@promise(
    "bodies-are-json-unless-they-say-otherwise", family=_FAMILY, inferred=_DECISION, cases=_one_of_each_method, needs=Needs(writes=True), weight=3
)
def a_body_that_says_nothing_is_json(probe: Probe, operation: Operation) -> None:
    """A body without a `Content-Type` is taken as JSON, and what it says is stored."""
    made = probe.make(operation.resource) if with_id(operation) else None
    body = probe.body(operation.resource)
    exchange = probe.call(operation, path=path_values(operation, made.id) if made else {}, json=body, without=("content-type",))
    refused = (400,) if probe.reading(_DECISION) != "http" else ()
    if probe.expect(exchange, operation.success.status, *refused, why="since the body is JSON, which it need not say") and exchange.status < 400:
        stored = replace(made, document=exchange.got.data, sent=body) if made else probe.created(operation.resource, body, exchange)
        as_sent(probe, operation, stored)
