"""The first look at a target: what is no such API is told in one sentence, and nothing is tested there."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from contract_tests.run.options import Options
from contract_tests.run.preflight import Unreachable
from contract_tests.run.session import less_a_tenth, open_session
from tests.ports import free_port
from tests.suite.faulty_servers import JSON, Talk, answer, says, serving
from tests.suite.in_process import BASE_URL, KEYS, InProcess, served

KEY = "key-of-an-administrator"
LIST = json.dumps({"success": True, "data": [], "meta": {"current_page": 1, "total_pages": 0, "total_records": 0}})
REFUSED = json.dumps({"success": False, "message": "Invalid API key or unauthorized access"})


def complaint(url: str, *, timeout: float = 5, **keys: str) -> str:
    """The sentence with which a run against this URL is refused."""
    options = Options(url, {"administrator": KEY, **keys}, control=False, timeout=timeout)
    with pytest.raises(Unreachable) as refusal:
        open_session(options)
    sentence = str(refusal.value)
    assert KEY not in sentence
    assert "\n" not in sentence
    return sentence


def complaint_about(talk: Talk, *, base: str = "/api/v2", timeout: float = 5, **keys: str) -> str:
    with serving(talk) as address:
        return complaint(address + base, timeout=timeout, **keys).replace(address, "http://server")


def test_a_port_at_which_nothing_listens() -> None:
    assert "connection was refused" in complaint(f"http://127.0.0.1:{free_port()}/api/v2")


def test_a_host_that_is_not_there() -> None:
    assert "there is no host no-such-host.invalid" in complaint("http://no-such-host.invalid/api/v2")


def test_tls_where_the_server_speaks_none() -> None:
    with serving(says("400 Bad Request")) as address:
        assert "TLS" in complaint(address.replace("http:", "https:") + "/api/v2")


def test_a_server_that_answers_html() -> None:
    said = complaint_about(says("200 OK", "<!doctype html><p>Welcome</p>", "text/html"))
    assert "answers 200 with text/html" in said
    assert "base URL" in said


def test_a_server_that_hangs() -> None:
    over = threading.Event()
    try:
        said = complaint_about(lambda connection, target: over.wait(20) and None, timeout=0.2)
    finally:
        over.set()
    assert "took the connection, but no whole answer came within 0.2 s" in said


def test_a_server_that_closes_connections() -> None:
    assert "closed the connection" in complaint_about(lambda connection, target: connection.shutdown(socket.SHUT_RDWR))


def test_a_wrong_key() -> None:
    said = complaint_about(says("401 Unauthorized", REFUSED))
    assert said == "the target refuses the key of --api-key (401: Invalid API key or unauthorized access)"


def test_a_wrong_key_of_another_role() -> None:
    def talk(connection: socket.socket, target: str) -> None:
        head = answer("200 OK", LIST) if asked.pop(0) else answer("401 Unauthorized", REFUSED)
        connection.sendall(head)

    asked = [True, *[False] * 20]
    assert "the key of --staff-key" in complaint_about(talk, staff="another-key")


def test_a_base_url_below_which_nothing_stands() -> None:
    assert "http://server/api/v2 does not seem to be the base URL" in complaint_about(says("404 Not Found", REFUSED))


@pytest.mark.parametrize(("media", "missing"), [(JSON, "404 Not Found"), ("text/html", "200 OK")])
def test_the_base_url_that_was_meant_is_proposed(media: str, missing: str) -> None:
    def talk(connection: socket.socket, target: str) -> None:
        there = target.startswith("/api/v2/")
        connection.sendall(answer("200 OK", LIST) if there else answer(missing, "{}" if media == JSON else "<p>Hello</p>", media))

    assert complaint_about(talk, base="").endswith("there is one at http://server/api/v2: try --url http://server/api/v2")


def test_a_redirect_is_not_followed() -> None:
    said = complaint_about(says("301 Moved Permanently", location="https://elsewhere.example/api/v2/customers"))
    assert "redirects to https://elsewhere.example/api/v2/customers" in said


def test_a_limit_that_is_used_up_already() -> None:
    assert "try again in 120 seconds" in complaint_about(says("429 Too Many Requests", REFUSED, retry_after="120"))


def test_one_broken_operation_is_no_reason_to_test_nothing() -> None:
    def talk(connection: socket.socket, target: str) -> None:
        broken = "/customers" in target
        connection.sendall(answer("404 Not Found", REFUSED) if broken else answer("200 OK", LIST))

    with serving(talk) as address:
        session = open_session(Options(f"{address}/api/v2", {"administrator": KEY}, control=False))
    assert {one.status for one in session.target.exchanges} == {404, 200}
    session.transport.close()


def test_a_key_without_rights_is_not_refused_but_reported() -> None:
    with serving(says("403 Forbidden", json.dumps({"success": False, "message": "no"}))) as address:
        options = Options(f"{address}/api/v2", {"administrator": KEY}, control=False, safe=True, only=("administrator-may",))
        session = open_session(options)
        outcomes = [session.check(one) for one in session.selected]
        session.close()
    assert [str(one.verdict) for one in outcomes] == ["broken"]


def test_without_the_control_plane_the_budget_is_what_the_limit_leaves_less_a_tenth() -> None:
    with served() as server:
        transport = InProcess(server.app)
        session = open_session(Options(BASE_URL, KEYS, control=False), transport=transport)
        ceiling = session.target.sent + (session.target.remaining() or 0)
        assert 1_000 <= ceiling <= 1_002
        assert (session.ceiling, session.target.budget) == (ceiling, less_a_tenth(ceiling))
        assert less_a_tenth(1_000) == 900
        session.transport.close()


def test_with_the_control_plane_the_limit_is_lifted_keys_are_made_and_all_is_restore() -> None:
    with served() as server:
        transport = InProcess(server.app)
        options = Options(BASE_URL, {"administrator": KEYS["administrator"]}, only=("paging-default",))
        session = open_session(options, transport=transport, control_transport=transport)
        control = session.runner.context.control
        assert control is not None
        assert session.target.limit_lifted
        assert session.target.budget is None
        assert session.target.has("staff")
        assert session.target.has("read-only")
        assert control.get("/rate-limit").data["default"] is False
        made = [one for one in control.get("/keys").data if one["label"] == "contract-tests"]
        assert len(made) == 2
        control.restore()
        assert control.get("/rate-limit").data["default"] is True
        assert not [one for one in control.get("/keys").data if one["label"] == "contract-tests" and not one.get("revoked_at")]
        session.transport.close()


def test_a_budget_holds_with_the_cleaning_up_included() -> None:
    with served() as server:
        transport = InProcess(server.app)
        session = open_session(Options(BASE_URL, KEYS, budget=200, control=False), transport=transport)
        for one in session.selected:
            session.check(one)
        session.close()
    assert 150 <= session.target.sent <= 200
    assert any("budget of 180 requests was spent" in (one.reason or "") for one in session.runner.outcomes.values())
    assert session.leftovers.deleted["customers"]


def test_a_safe_run_does_not_touch_the_control_plane() -> None:
    with served() as server:
        transport = InProcess(server.app)
        session = open_session(Options(BASE_URL, KEYS, safe=True), transport=transport, control_transport=transport)
        assert session.runner.context.control is None
        session.transport.close()


def test_a_target_that_falls_silent_is_not_asked_for_hours() -> None:
    def talk(connection: socket.socket, target: str) -> None:
        asked.append(target)
        if len(asked) < 6:
            connection.sendall(answer("200 OK", LIST))

    asked: list[str] = []
    with serving(talk) as address:
        session = open_session(Options(f"{address}/api/v2", {"administrator": KEY}, control=False, budget=400))
        for one in session.selected:
            session.check(one)
        session.close()
    assert session.transport.gone
    assert len(asked) <= 12
    assert any(one.reason == "the target does not answer any more" for one in session.runner.outcomes.values())
