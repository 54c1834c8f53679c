"""The promises on deliveries are kept by who delivers as the contract says, found broken by who does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.http.transport import Transport
from contract_tests.http.webhook_receiver import Receiver
from contract_tests.judging.verdicts import Verdict
from contract_tests.promises import promises
from contract_tests.run.options import Options
from contract_tests.run.promise_runner import PromiseRunner
from contract_tests.run.session import open_session
from tests.saboteurs.by_hand.all import ALL_BY_HAND
from tests.saboteurs.sabotaged_server import Stage
from tests.saboteurs.saboteur import Saboteur
from tests.saboteurs.webhook_delivery import Attempt, Deliverer, asked_for, signed
from tests.suite.in_process import BASE_URL, KEYS, InProcess, broken, served, suite_run

OURS = [id for id, one in promises().items() if one.needs.receiver]
DELIVERERS = [one for one in ALL_BY_HAND.values() if one.deliverer is not None]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    one = Stage()
    yield one
    one.close()


@pytest.fixture
def receiver(stage: Stage) -> Iterator[Receiver]:
    with stage.receiver() as one:
        yield one


def run_with(stage: Stage, receiver: Receiver, deliverer: Deliverer, control: bool = True, seed: int = 1) -> PromiseRunner:
    with stage.delivering(deliverer) as transport:
        return suite_run(transport, only=[*OURS, "speaks-transaction-events"], receiver=receiver, control=control, seed=seed)


def verdicts(run: PromiseRunner) -> dict[str, Verdict]:
    return {id: run.outcomes[id].verdict for id in OURS}


def test_who_delivers_as_the_contract_says_keeps_them_with_few_requests(stage: Stage, receiver: Receiver) -> None:
    for seed in (1, 2):
        run = run_with(stage, receiver, Deliverer(), seed=seed)
        assert broken(run) == {}
        assert set(verdicts(run).values()) == {Verdict.KEPT}
        assert run.context.target.sent < 80


def test_what_comes_twice_under_one_id_breaks_nothing(stage: Stage, receiver: Receiver) -> None:
    assert broken(run_with(stage, receiver, Deliverer(times=2))) == {}


def test_without_a_control_plane_all_is_looked_at_but_what_only_it_can_do(stage: Stage, receiver: Receiver) -> None:
    run = run_with(stage, receiver, Deliverer(), control=False)
    assert broken(run) == {}
    assert [id for id, verdict in verdicts(run).items() if verdict is not Verdict.KEPT] == ["webhook-retried"]
    assert "there is no control plane to move the clock with" in str(run.outcomes["webhook-retried"].reason)
    assert run.outcomes["webhook-delivered"].unable == {"payment.received by a payment": "the target offers no control plane"}
    assert run.context.readings == {"transaction-events": "yes"}


def test_recorded_income_that_is_not_delivered_is_a_dialect_where_nothing_else_tells(stage: Stage, receiver: Receiver) -> None:
    silent = Deliverer(wanted=lambda hook, event: asked_for(hook, event) and event["type"] != "payment.received")
    run = run_with(stage, receiver, silent, control=False)
    assert run.context.readings == {"transaction-events": "no"}
    assert broken(run) == {}


@pytest.mark.parametrize("saboteur", DELIVERERS, ids=lambda one: one.id)
def test_a_wrong_delivery_is_found_and_is_no_fault_of_the_suite(stage: Stage, receiver: Receiver, saboteur: Saboteur) -> None:
    assert saboteur.deliverer is not None
    assert set(broken(run_with(stage, receiver, saboteur.deliverer()))) & set(OURS)


def test_where_nothing_is_delivered_only_the_promise_that_says_so_is_broken(stage: Stage, receiver: Receiver) -> None:
    run = run_with(stage, receiver, Deliverer(wanted=lambda hook, event: False))
    assert set(broken(run)) == {"webhook-delivered"}
    assert "nothing came to http://127.0.0.1:" in broken(run)["webhook-delivered"]
    assert run.outcomes["webhook-signed"].verdict is Verdict.NOT_CHECKED


class Logged:
    """A transport to a target whose log has these attempts of every delivery."""

    def __init__(self, behind: Transport, attempts: object) -> None:
        self.behind, self.attempts = behind, attempts

    def send(self, request: Request, key: str | None) -> Answer:
        if request.path == "/_sandbox/deliveries":
            return Answer(200, (), json.dumps({"success": True, "data": [{"attempts": self.attempts}]}).encode())
        return self.behind.send(request, key)

    def close(self) -> None:
        self.behind.close()


@pytest.mark.parametrize(
    ("attempts", "says"),
    [([{"error": None}, {"error": "The connection was refused"}], "; the target's log says: The connection was refused"), ([], ""), (3, "")],
)
def test_where_nothing_came_the_log_of_the_target_says_why(stage: Stage, receiver: Receiver, attempts: object, says: str) -> None:
    with stage.delivering(Deliverer(wanted=lambda hook, event: False)) as transport:
        run = suite_run(Logged(transport, attempts), only=["webhook-delivered"], receiver=receiver)
    assert re.search(rf"; saw nothing came to {receiver.url}/[0-9a-f]{{16}}{says}$", broken(run)["webhook-delivered"])


def test_a_signature_without_its_version_is_told_in_words(stage: Stage, receiver: Receiver) -> None:
    def unversioned(attempt: Attempt, body: bytes) -> dict[str, str]:
        head = signed(attempt, body)
        return {**head, "webhook-signature": head["webhook-signature"].removeprefix("v1,")}

    run = run_with(stage, receiver, Deliverer(head=unversioned))
    assert "saw the secret or a header has another form than Standard Webhooks gives it: POST /" in broken(run)["webhook-signed"]


def test_a_proof_names_the_delivery_and_the_registration(stage: Stage, receiver: Receiver) -> None:
    run = run_with(stage, receiver, Deliverer(method="PUT"))
    proof = run.outcomes["webhook-delivered"].evidence[0]
    assert proof.seen.startswith("PUT /")
    assert "webhook-signature: v1," in proof.seen
    assert [one.operation.id for one in proof.before if one.operation] == ["registerWebhook"]


def test_the_webhooks_of_a_run_are_deleted_where_the_control_plane_can(stage: Stage, receiver: Receiver) -> None:
    with stage.delivering(Deliverer()) as transport:
        suite_run(transport, only=OURS, receiver=receiver)
        listed = transport.send(Request("GET", "/_sandbox/webhooks"), KEYS["administrator"])
        assert listed.status == 200
        assert [one for one in listed.rows if "127.0.0.1" in one["url"]] == []


def test_a_target_that_does_not_take_the_address_is_not_checked_and_says_why(receiver: Receiver) -> None:
    with served() as server:
        transport = InProcess(server.app)
        run = suite_run(transport, only=OURS, receiver=receiver)
        transport.close()
    assert {outcome.verdict for outcome in run.outcomes.values()} == {Verdict.NOT_CHECKED}
    assert str(run.outcomes["webhook-retried"].reason).startswith(f"the target does not take the receiver's address {receiver.url}: ")


def test_without_a_receiver_they_are_not_checked_and_nothing_is_sent_for_them() -> None:
    with served() as server:
        run = suite_run(server.app, only=OURS)
    assert {outcome.verdict for outcome in run.outcomes.values()} == {Verdict.NOT_CHECKED}
    assert all("--receiver-url" in str(outcome.reason) for outcome in run.outcomes.values())
    assert run.context.target.sent == 0


def test_no_webhook_stays_behind_where_the_control_plane_can_delete_it(receiver: Receiver) -> None:
    options = Options(BASE_URL, KEYS, only=("webhook-registered", "webhook-delivered", "webhook-subscriptions"))
    with served(allow_local_webhooks=True) as server:
        transport = InProcess(server.app)
        session = open_session(options, transport=transport, control_transport=InProcess(server.app))
        session.runner.context.receiver = receiver
        for one in session.selected:
            session.check(one)
        session.close()
    assert "webhooks" not in session.leftovers.left
    assert len(session.leftovers.deleted["webhooks"]) > 4
