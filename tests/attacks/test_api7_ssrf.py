"""API7:2023, server side request forgery.

Claimed: no webhook makes the server call what is not public, by whatever way its URL came in. `tests/events/test_ssrf_guard.py` and
`tests/events/test_hostile.py` prove it for hundreds of targets; here a few come in by each way, and a watched network shows what is dialled.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sandbox.events.call_turn import CallTurn
from sandbox.events.http_client import Outcome, Sender
from sandbox.events.ssrf_guard import SsrfGuard
from tests.control.deliveries import delivered
from tests.control.plane import FILE, Plane
from tests.events.deliveries import Receiver
from tests.events.network import watched_network

PUBLIC = "93.184.215.14"
INTERNAL = ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:8000/_sandbox/reset", "http://localhost/", "http://[::1]/", "http://0x7f.1/",
            "http://10.0.0.1/", "http://good:secret@127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL"]  # fmt: skip
EVENTS = ["invoice.created"]
MOMENTS = {"created_at": "2025-07-01T09:00:00Z", "updated_at": "2025-07-01T09:00:00Z"}


class Dialling(Receiver):
    """Calls as a server does, and keeps how that went."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: list[Outcome] = []

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, turn: CallTurn | None = None) -> Outcome:
        self.outcomes.append(await Sender(SsrfGuard()).post(url, headers, body))
        return self.outcomes[-1]


def dialled(plane: Plane, resolves_to: str | None = None) -> tuple[list[str], list[Outcome]]:
    """What is dialled for what is pending, where `hooks.example` resolves to this."""
    receiver = Dialling()
    with watched_network() as network:
        if resolves_to:
            network.answers["hooks.example"] = (resolves_to,)
        delivered(plane, receiver)
    return network.dialled, receiver.outcomes


@pytest.mark.parametrize("url", INTERNAL)
def test_it_is_not_registered(plane: Plane, url: str) -> None:
    with watched_network() as network:
        refused = plane.api("POST", "/webhooks", {"url": url, "events": EVENTS})
    assert (refused.status, list(refused.errors)) == (400, ["url"])
    assert (network.asked, network.dialled) == ([], [])
    assert plane.get("/webhooks").data == []


@pytest.mark.parametrize("url", INTERNAL)
def test_out_of_a_file_it_is_refused_or_not_called(plane: Plane, url: str) -> None:
    webhook = {"id": 1, "url": url, "events": EVENTS, **MOMENTS}
    uploaded = plane.put("/snapshots/theirs/file", {**FILE, "collections": {"webhooks": [webhook]}, "counters": {"id/webhooks": 1}})
    if uploaded.status == 400:
        assert list(uploaded.errors) == ["collections.webhooks.0.url"]
        return
    assert plane.post("/snapshots/theirs/restore").status == 200
    plane.happen()
    called, outcomes = dialled(plane)
    assert (called, len(outcomes)) == ([], 1)
    assert outcomes[0].status_code is None


@pytest.mark.parametrize("url", INTERNAL)
def test_stored_by_an_older_version_it_is_not_called(plane: Plane, url: str) -> None:
    plane.webhook()
    with plane.server.workspaces.get("default").transaction() as tx:
        tx.replace("webhooks", {**(tx.get("webhooks", 1) or {}), "url": url})
    plane.happen()
    called, outcomes = dialled(plane)
    assert (called, [one.status_code for one in outcomes]) == ([], [None])


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00:ec2::254"])
def test_a_name_that_leads_inside_is_not_called(plane: Plane, address: str) -> None:
    plane.webhook("https://hooks.example/hook")
    plane.happen()
    called, outcomes = dialled(plane, address)
    assert called == []
    assert [(one.status_code, one.body) for one in outcomes] == [(None, b"")]


def test_a_name_that_leads_outside_is(plane: Plane) -> None:
    """Else the tests above would prove nothing."""
    plane.webhook("https://hooks.example/hook")
    plane.happen()
    assert dialled(plane, PUBLIC)[0] == [PUBLIC]
