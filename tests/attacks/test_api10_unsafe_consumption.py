"""API10:2023, unsafe consumption of APIs.

Claimed: what others answer or hand in is data: it is not followed, obeyed, believed or run, and is shown as text. What is consumed are the
answers of receivers (`tests/events/test_answers.py` proves how little of them is read), snapshot files (`tests/control/test_snapshot_scanner.py`)
and documents given with `--spec` (`tests/test_wrong_documents.py`, `tests/test_document_bombs.py`).
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from sandbox.events.http_client import Outcome
from tests.control.deliveries import delivered
from tests.control.plane import FILE, Plane
from tests.events.deliveries import Receiver, answer
from tests.events.http_calls import outcome_of
from tests.events.loopback_receiver import sends

SCRIPT = b'<script>alert("x")</script>\x00\x1b[31m\xff\xfe'
REDIRECTS = [301, 302, 303, 307, 308]


def receiver(outcome: Outcome) -> Receiver:
    made = Receiver()
    made.answers = lambda posted: outcome
    return made


def told(plane: Plane, outcome: Outcome) -> tuple[dict[str, Any], int]:
    """How one delivery is shown after a receiver answered so, and how often it was called."""
    plane.webhook()
    plane.happen()
    calls = delivered(plane, receiver(outcome))
    reply = plane.get("/deliveries")
    assert (reply.status, reply.header("content-type"), reply.header("x-content-type-options")) == (200, "application/json", "nosniff")
    [shown] = reply.data
    return shown, len(calls)


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_receiver_sends_the_server_nowhere_else(status: int) -> None:
    """Over a socket: a second connection would be seen in the outcome."""
    told_where = b'Location: http://127.0.0.1:1/\r\nRefresh: 0; url=http://127.0.0.1:1/\r\nAlt-Svc: h2=":1"\r\nContent-Length: 5\r\n\r\nmoved'
    outcome = outcome_of(sends(b"HTTP/1.1 %d Moved\r\n" % status + told_where))
    assert (outcome.status_code, outcome.body, outcome.error) == (status, b"moved", None)


def test_what_a_receiver_answers_is_shown_as_text(plane: Plane) -> None:
    shown, _ = told(plane, answer(500, SCRIPT))
    [attempt] = shown["attempts"]
    assert attempt["status_code"] == 500
    assert "<script>" in attempt["body"], "as a value of JSON"
    assert "\x1b" not in plane.get("/deliveries").body.decode()


@pytest.mark.parametrize("pause", [timedelta(days=36_500), timedelta(seconds=-5), timedelta(0)])
def test_a_receiver_puts_its_next_call_neither_off_for_ever_nor_at_once(plane: Plane, pause: timedelta) -> None:
    shown, calls = told(plane, answer(503, b"", pause))
    assert calls == 1
    now, due = plane.get("/clock").data["now"], shown["next_attempt_at"]
    assert now <= due < "2026"


@pytest.mark.parametrize("text", [
    b"", b"null", b"[]", b"{", b'{"format": "business-suite-snapshot"}', b'{"__class__": "os.system"}', b"!!python/object/apply:os.system [id]",
    b"\x80\x04cposix\nsystem\n.", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"[" * 200_000, json.dumps({**FILE, "version": 99}).encode(),
    json.dumps({**FILE, "counters": {"customers": -1}}).encode(), json.dumps({**FILE, "collections": {"../keys": []}}).encode(),
    json.dumps({**FILE, "collections": {"_events": [{"id": 1}]}}).encode(),
])  # fmt: skip
def test_a_file_of_somebody_elses_is_read_and_never_run(plane: Plane, text: bytes) -> None:
    before = plane.server.workspaces.get("default").image().world()
    refused = plane.upload("theirs", text)
    assert refused.status == 400, refused.body
    assert plane.server.workspaces.get("default").image().world() == before
    assert plane.get("/snapshots/theirs").status == 404


@pytest.mark.parametrize(
    "account", ["=cmd|' /C calc'!A0", "{{7*7}}", "${jndi:ldap://127.0.0.1/a}", "'; DROP TABLE customers; --", "<img src=x onerror=1>"]
)
def test_a_text_is_a_text(plane: Plane, account: str) -> None:
    customer = plane.customer(account=account)
    assert plane.api("GET", f"/customers/{customer}").data["account"] == account
