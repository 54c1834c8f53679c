"""Secrets: passwords are never returned, webhook secrets once, and API keys are in no response."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from contract_tests.http.exchange import Exchange
from contract_tests.judging.lists import creations, list_of, newest
from contract_tests.judging.probe import Probe
from contract_tests.judging.registry import Needs, observer, promise
from openapi.contract import Contract, Operation
from openapi.schemas import Schema
from openapi.wording import quoted

_WRITES = Needs(writes=True)
_FORM = re.compile(r"whsec_[A-Za-z0-9+/]{16,}={0,2}")
_DIGEST = re.compile(rb"\$(argon2(id?|d)|2[aby]|scrypt|pbkdf2[a-z0-9-]*)\$")


def _written(schema: Schema) -> list[str]:
    """The fields that are sent and never shown."""
    return [name for name, part in schema.get("properties", {}).items() if part.get("writeOnly")]


def _hides(operation: Operation) -> bool:
    return bool(_written(operation.body or {}))


def _shows_once(operation: Operation) -> bool:
    properties = (operation.success.schema or {}).get("properties", {}).get("data", {}).get("properties", {})
    return "secret" in properties


@promise("password-hidden", family="secrets", inferred="password", cases=creations(_hides), needs=_WRITES, weight=8)
def a_password_is_never_shown(probe: Probe, operation: Operation) -> None:
    """A password stands neither in the answer to its create nor in any list."""
    body = probe.body(operation.resource)
    created = probe.call(operation, json=body)
    probe.require(created.status == 201, created, "201, since the body is a good one")
    made = probe.created(operation.resource, body, created)
    shown = [created]
    if (listing := list_of(probe, operation.resource)) is not None:
        shown.append(newest(probe, listing)[1])
    for name in _written(operation.body or {}):
        for exchange in shown:
            probe.check(
                str(body[name]).encode() not in exchange.got.body,
                exchange,
                f"an answer without the {name}",
                quoted(body[name]),
                before=[created],
            )
            rows = exchange.got.rows or [exchange.got.data]
            named = any(isinstance(row, dict) and name in row for row in rows)
            probe.check(not named, exchange, f"objects without {name}", f"{name} on object {made.id} or another", before=[created])


@promise("password-in-errors", family="secrets", inferred="password", cases=creations(_hides), needs=_WRITES, weight=6)
def a_refusal_does_not_tell_the_password(probe: Probe, operation: Operation) -> None:
    """A refusal does not repeat the password that was sent, whether it is the password or something else that is wrong."""
    for name in _written(operation.body or {}):
        schema = (operation.body or {})["properties"][name]
        good = probe.body(operation.resource)
        short = "".join(probe.random.choices("bcdfghjkmnpqrstvwxyz", k=max(1, schema.get("minLength", 8) - 1)))
        long = f"{good[name]}{'q' * schema.get('maxLength', 128)}"
        other = next((one for one in good if one != name), name)
        for body in ({**good, name: short}, {**good, name: long}, {**good, other: {"none": True}}):
            refused = probe.call(operation, json=body)
            probe.expect(refused, 400, why="since the body is a bad one")
            secret = str(body[name])[:20]
            probe.check(secret.encode() not in refused.got.body, refused, f"a refusal without the {name}", f"{secret} in it")


@promise("webhook-secret", family="secrets", inferred="webhook-events", cases=creations(_shows_once), needs=_WRITES, weight=7)
def a_webhook_gets_its_secret_once(probe: Probe, operation: Operation) -> None:
    """The answer to a registration holds a secret of the form whsec_…, and each webhook has its own."""
    first, second = probe.shared(operation.resource), probe.make(operation.resource)
    for made in (first, second):
        secret = made.exchange.got.data.get("secret")
        good = isinstance(secret, str) and _FORM.fullmatch(secret) is not None
        probe.check(good, made.exchange, "a secret that begins with whsec_ and goes on in Base64", quoted(secret))
    differ = first.exchange.got.data.get("secret") != second.exchange.got.data.get("secret")
    probe.check(differ, second.exchange, "a secret of its own", "the secret of another webhook", before=(first.exchange,))


@observer("secrets-stay", family="secrets", inferred="password")
def no_answer_holds_a_secret(probe: Probe, exchange: Exchange) -> None:
    """No answer of the whole run holds a password, a digest of one, or a webhook's secret but the answer to its registration."""
    if exchange.answer is None:
        return
    whole = _all_of(exchange)
    found = next(
        ((secret, origin) for secret, origin in _secrets(probe) if secret.encode() in whole and not _came_with(secret, origin, exchange)), None
    )
    before = () if found is None or found[1] is exchange else (found[1],)
    seen = "" if found is None else f"the one of request {found[1].number}"
    probe.check(found is None, exchange, "an answer without any password or secret", seen, before=before)
    probe.check(_DIGEST.search(whole) is None, exchange, "an answer without the digest of a password", "one")


@observer("keys-stay", family="secrets", documented="Security: keep API keys secure")
def no_answer_holds_a_key(probe: Probe, exchange: Exchange) -> None:
    """No answer of the whole run holds an API key."""
    if exchange.answer is not None:
        whole = _all_of(exchange)
        held = [name for name, key in probe.target.keys.items() if len(key) > 7 and key.encode() in whole]
        probe.check(not held, exchange, "an answer without any API key", f"the {', '.join(held)} key")


def _all_of(exchange: Exchange) -> bytes:
    """Headers and body of an answer, as they are looked through."""
    return b"\n".join((*(value.encode("utf-8", "replace") for _, value in exchange.got.headers), exchange.got.body))


def _came_with(secret: str, origin: Exchange, exchange: Exchange) -> bool:
    """Whether this is the one answer that may hold it: a registration's own."""
    return origin is exchange and secret.encode() not in (exchange.request.body or b"")


def _secrets(probe: Probe) -> list[tuple[str, Exchange]]:
    """All that the probes of the run sent or received, looked for once. Generated passwords are left out: they may stand anywhere by chance."""
    known = probe.context.secrets
    if known is None:
        known = probe.context.secrets = []
        for exchange in probe.target.exchanges:
            if exchange.source == "probe" and exchange.operation is not None:
                known += [(secret, exchange) for secret in _told(probe.contract, exchange, exchange.operation) if _telling(secret)]
    return known


def _told(contract: Contract, exchange: Exchange, operation: Operation) -> Iterator[str]:
    names = _written(operation.body or {})
    if names and exchange.request.body:
        try:
            sent = json.loads(exchange.request.body)
        except (ValueError, RecursionError):
            sent = None
        if isinstance(sent, dict):
            yield from _texts(sent.get(name) for name in names)
    if _shows_once(operation) and exchange.status == 201 and isinstance(exchange.got.data, dict):
        yield from _texts([exchange.got.data.get("secret")])


def _texts(values: Iterable[Any]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))


def _telling(secret: str) -> bool:
    """Whether it would not stand anywhere by chance."""
    return len(secret) >= 6 and len(set(secret)) >= 5
