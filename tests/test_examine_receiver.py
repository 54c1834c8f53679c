"""The examiner of receivers: a right one passes, and each bad one fails what it should, and nothing else."""

import asyncio
import json
import re
import secrets
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from openapi.reader import load_contract
from sandbox.cli import main
from sandbox.commands.receiver_check.checks import CHECKS
from sandbox.commands.receiver_check.context import CheckContext, Timeouts, examples
from sandbox.commands.receiver_check.runner import FAILED, NOT_JUDGED, PASSED, SKIPPED, Verdict, examine
from sandbox.events.outbox import payload
from sandbox.state.clock import SystemClock
from tests.events.loopback_receiver import certificates
from tests.receivers.catalogue import (
    ACCEPTED,
    BAD,
    AcceptsAnything,
    FailsOnDuplicates,
    FailsOnUnknownTypes,
    NeverAnswers,
    ReadsOnce,
    RefusesEverything,
    Right,
)
from tests.receivers.server import Call, Receiver, receiving

SECRET = "whsec_C2FtcGxlU2VjcmV0Rm9yVGhlRG9jdW1lbnRz"
TIMEOUTS = Timeouts(pause=0.002)
KNOWN = examples(load_contract())
Command = Callable[..., tuple[int, str]]


def examined(receiver: Receiver, timeouts: Timeouts = TIMEOUTS, secret: str = SECRET) -> list[Verdict]:
    """All checks against a receiver that listens as long as they take."""

    async def play(url: str) -> list[Verdict]:
        async with httpx.AsyncClient(trust_env=False, timeout=None) as client:
            visit = partial(CheckContext, client, url, secret, KNOWN, SystemClock(), secrets.token_bytes, timeouts)
            return await examine(list(CHECKS.values()), visit, lambda done, altogether: None)

    with receiving(receiver) as there:
        return asyncio.run(play(there.url))


def names(verdicts: list[Verdict], result: str) -> set[str]:
    return {one.check.id for one in verdicts if one.result == result}


def test_a_receiver_written_with_the_library_passes_every_check() -> None:
    verdicts = examined(Right(SECRET))
    assert [(one.check.id, one.reason) for one in verdicts if one.result != PASSED] == []
    assert len(verdicts) == len(CHECKS) == 19


@pytest.mark.parametrize("bad", BAD, ids=lambda one: one.__name__)
def test_a_bad_receiver_fails_what_it_does_wrong_and_nothing_else(bad: type[Right]) -> None:
    timeouts = Timeouts(pause=0.1) if bad is ReadsOnce else TIMEOUTS
    verdicts = examined(bad(SECRET), timeouts)
    assert names(verdicts, FAILED) == bad.fails
    assert all(one.reason for one in verdicts if one.result == FAILED)


def test_the_bad_receivers_together_fail_every_check() -> None:
    assert set().union(*(one.fails for one in BAD)) == set(CHECKS) - {"in-time"}


def test_an_answer_that_comes_too_late_fails_that_check_alone() -> None:
    verdicts = examined(Right(SECRET), Timeouts(limit=0.0, pause=0.0))
    assert names(verdicts, FAILED) == {"in-time"}


def test_a_receiver_that_never_answers_is_not_waited_for_in_every_check() -> None:
    receiver = NeverAnswers(SECRET)
    try:
        verdicts = examined(receiver, Timeouts(answer=0.05))
    finally:
        receiver.let_go.set()
    assert [one.result for one in verdicts] == [FAILED] * 2 + [SKIPPED] * (len(CHECKS) - 2)
    assert verdicts[0].reason == "no answer within 0.05 s"
    assert {one.mend for one in verdicts[:2]} == {
        "Answer each request within 15 seconds: store the event, respond at once, and process it afterwards."
    }


def test_a_receiver_that_once_does_not_answer_is_told_what_that_check_says() -> None:
    class SilentOnDuplicates(FailsOnDuplicates):
        def handle(self, event: Any) -> int:
            if event["id"] in self.seen:
                raise ConnectionAbortedError  # which the server takes for a client that has gone
            return super().handle(event)

    verdicts = {one.check.id: one for one in examined(SilentOnDuplicates(SECRET))}
    assert names(list(verdicts.values()), FAILED) == {"duplicate"}
    assert verdicts["duplicate"].mend == CHECKS["duplicate"].mend


def test_a_certificate_that_nobody_vouches_for_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    with receiving(Right(SECRET), certificate=certificates() / "hooks.example.pem") as there:
        assert run(there.url, "--secret", SECRET, "--only", "right") == 2
        assert there.calls == []
    said = capsys.readouterr().err
    assert said.startswith(f"sandbox: The certificate at {there.url} is not trusted (certificate verify failed: ")
    assert said.endswith("); install a trusted one in the receiver, or use an http URL.\n")


def test_a_receiver_with_another_secret_refuses_what_is_right() -> None:
    verdicts = examined(Right("whsec_b3RoZXI="))
    right = next(one for one in verdicts if one.check.id == "right")
    assert right.reason == "rejected a correctly signed invoice.created: answered 400, must be 2xx"
    assert "same secret" in str(right.mend)


class Answers(Right):
    """The same to every event, whoever signed it."""

    def __init__(self, status: int) -> None:
        super().__init__(SECRET)
        self.status = status

    def answer(self, call: Call) -> int:
        return self.status


ONE_CAUSE = {
    "another secret": (Right("whsec_b3RoZXI="), "same secret"),
    "401 to everything": (Answers(401), "same secret"),
    "403 to everything": (Answers(403), "same secret"),
    "422 to everything": (Answers(422), "same secret"),
    "a path that is not there": (Answers(404), "Use the URL at which the receiver accepts events"),
    "a page that takes no POST": (Answers(405), "Use the URL at which the receiver accepts events"),
    "a redirect": (Answers(307), "redirects are not followed"),
    "a failure at each event": (Answers(500), "See the log of the receiver"),
    "a proxy without a receiver": (Answers(502), "See the log of the receiver"),
}


@pytest.mark.parametrize(("receiver", "advice"), ONE_CAUSE.values(), ids=ONE_CAUSE)
def test_one_cause_is_told_once_and_not_of_each_check(receiver: Receiver, advice: str) -> None:
    verdicts = examined(receiver)
    assert names(verdicts, FAILED) == {"right"}
    assert advice in str(verdicts[0].mend)
    assert {one.reason for one in verdicts if one.result == SKIPPED} == {NOT_JUDGED}
    assert names(verdicts, SKIPPED) >= ACCEPTED - {"right"}


def test_a_receiver_that_accepts_something_is_judged_by_every_check() -> None:
    class RefusesOneType(Right):
        def handle(self, event: Any) -> int:
            return 422 if event["type"] == "payment.received" else 200

    assert names(examined(RefusesOneType(SECRET)), FAILED) == {"right", "out-of-order"}


def test_the_sum_says_why_so_little_was_judged(command: Command) -> None:
    code, text = command(Answers(401))
    assert code == 1
    assert "1 of 19 checks failed, 8 skipped, since it accepts no event at all." in text
    assert text.count("must be 2xx") == 1


def test_what_is_sent_are_the_events_of_the_contract() -> None:
    assert set(KNOWN) == {"invoice.created", "payment.received"}
    assert KNOWN["invoice.created"]["invoice_number"] == "INV-2024-001"
    assert KNOWN["payment.received"]["type"] == "Income"


def test_the_large_body_is_one_that_the_contract_allows_and_256_kib_long() -> None:
    with receiving(Right(SECRET)) as there:
        assert run("--only", "large-body", "--secret", SECRET, there.url) == 0
        (call,) = there.calls
    assert len(call.body) == 256 * 1024
    invoice = json.loads(call.body)["data"]
    assert len(invoice["items"]) == 100
    assert max(len(one["description"]) for one in invoice["items"]) <= 10_000
    assert len(invoice["notes"]) <= 10_000


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["examine-receiver", *arguments])
    return ended.value.code if isinstance(ended.value.code, int) else 0


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs the command on a receiver: its exit code, and what it printed."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("SANDBOX_WEBHOOK_SECRET", SECRET)

    def examine_it(receiver: Receiver, *arguments: str) -> tuple[int, str]:
        with receiving(receiver) as there:
            code = run(there.url, *arguments)
        written = capsys.readouterr()
        assert written.err == ""
        assert SECRET not in written.out
        return code, written.out

    return examine_it


def test_the_table_has_a_row_for_each_check_and_80_columns(command: Command) -> None:
    code, text = command(Right(SECRET), *(part for name in ("right", "duplicate", "bad-signature", "get") for part in ("--only", name)))
    assert code == 0
    assert max(map(len, text.splitlines())) <= 80
    assert re.findall(r"(?m)^ok +([a-z-]+) ", text) == ["right", "duplicate", "bad-signature", "get"]
    assert text.endswith("\nAll 4 checks passed.\n")


def test_a_failure_says_what_was_wrong_and_how_to_mend_it(command: Command) -> None:
    code, text = command(AcceptsAnything(SECRET), "--only", "bad-signature", "--only", "right")
    assert code == 1
    assert max(map(len, text.splitlines())) <= 80
    assert "\nbad-signature: accepted a wrong signature: answered 200, must be 4xx.\n" in text
    assert "Use verify() of the library" in text
    assert text.endswith("\n1 of 2 checks failed.\n")


def test_what_a_receiver_said_with_its_refusal_is_shown(command: Command) -> None:
    _, text = command(FailsOnUnknownTypes(SECRET), "--only", "unknown-event")
    assert "\n  Response: answer 500\n" in text


def test_the_json_says_the_same(command: Command) -> None:
    code, text = command(FailsOnUnknownTypes(SECRET), "--format", "json", "--only", "right", "--only", "unknown-event")
    found = json.loads(text)
    assert (code, found["passed"], found["failed"], found["skipped"]) == (1, 1, 1, 0)
    right, unknown = found["checks"]
    assert (right["result"], right["statuses"], right["mend"], right["reason"]) == ("passed", [200, 200], None, None)
    assert unknown["reason"] == "rejected an event of a type that it does not know: answered 500, must be 2xx"
    assert unknown["answer"] == "answer 500"


def test_the_junit_report_has_a_case_for_each_check(command: Command) -> None:
    code, text = command(AcceptsAnything(SECRET), "--format", "junit", "--only", "right", "--only", "get")
    root = ElementTree.fromstring(text)
    assert code == 1
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    right, get = root.iter("testcase")
    assert (right.get("name"), list(right)) == ("right", [])
    failure = get.find("failure")
    assert failure is not None
    assert failure.get("message") == "accepted a GET as an event: answered 200, must be 4xx"
    assert "answer other methods with 405" in (failure.text or "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["http://127.0.0.1:1/hook", "--secret", SECRET], "No receiver answers at http://127.0.0.1:1/hook"),
        (["http://127.0.0.1:1/hook"], "Give the secret that the receiver verifies with: --secret whsec_…"),
        (["http://127.0.0.1:1/hook", "--secret", "abc"], "The secret must be whsec_ and base64"),
        (["ftp://127.0.0.1/hook", "--secret", SECRET], "'ftp://127.0.0.1/hook' is not a URL that can receive events"),
        (["http://127.0.0.1:1/", "--secret", SECRET, "--only", "duplikate"], "There is no check 'duplikate'; did you mean 'duplicate'?"),
    ],
)
def test_what_cannot_be_examined_is_one_sentence_and_exit_code_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SANDBOX_WEBHOOK_SECRET", raising=False)
    assert run(*arguments) == 2
    written = capsys.readouterr()
    assert (written.out, written.err.count("\n")) == ("", 1)
    assert written.err.startswith(f"sandbox: {sentence}")


def test_an_answer_that_would_command_the_terminal_is_only_shown(command: Command) -> None:
    class Rude(RefusesEverything):
        def text(self, status: int) -> bytes:
            return b"\x1b[2J\x07gone\n\n\nhere"

    _, text = command(Rude(SECRET), "--only", "right")
    assert "\x1b" not in text
    assert "gone here" in text


def test_each_check_begins_with_a_connection_of_its_own_and_asks_no_proxy(monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert command(Right(SECRET), "--only", "right")[0] == 0


def test_the_bytes_that_are_signed_are_those_of_a_delivery() -> None:
    event: dict[str, Any] = {"event_id": "evt_1_00", "type": "invoice.created", "created_at": "2024-01-15T10:00:00Z", "data": {"id": 1}}
    assert payload(event) == b'{"id":"evt_1_00","type":"invoice.created","created_at":"2024-01-15T10:00:00Z","data":{"id":1}}'
