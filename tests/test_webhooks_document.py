"""The page on webhooks cannot lie: its receiver runs, its commands are typed, its tables held against the code."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from openapi.reader import load_contract
from sandbox.commands.receiver_check.checks import CHECKS
from sandbox.events.retry_schedule import RETRY_AFTER
from sandbox.events.signing import headers
from sandbox.quotas import LOCAL
from sandbox.state.clock import SystemClock, timestamp
from tests.asgi import ADMINISTRATOR
from tests.commands import ROOT, checkout_environment, environment, lines_until
from tests.ports import free_port, is_open
from tests.servers import Running, running
from tests.waiting import wait_until

PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of one language, in order."""
    return [text for name, text in re.findall(r"(?m)^```(\w*)\n((?:.*\n)*?)```$", PAGE) if name == language]


def block(language: str, mark: str) -> str:
    """The one block that has the mark."""
    (found,) = (one for one in blocks(language) if mark in one)
    return found


@dataclass
class Story:
    """A server as the page starts it, a webhook as it registers it, its receiver, and a shell for its commands."""

    server: Running
    receiver: "subprocess.Popen[str]"
    port: int
    secret: str
    room: Path

    def typed(self, script: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """What a person's shell does with it, but for this server and this receiver."""
        return shell(script, self.server.address, self.port, self.room, SANDBOX_WEBHOOK_SECRET=self.secret, SANDBOX_API_KEY=ADMINISTRATOR, **env)

    def asked(self, script: str) -> list[Any]:
        """The answers to the curl commands of a block, in order; each is a success."""
        setup = "".join(line + "\n" for line in block("sh", "API=").splitlines() if re.match(r"(KEY|API|BOX)=", line))
        commands = re.sub(r"(?m)^(curl .*?)( +#.*)?$", r"\1 -sS -w '\\n'", script)
        answers = [json.loads(line) for line in self.typed(setup + commands).stdout.splitlines()]
        assert len(answers) == len(re.findall("(?m)^curl ", script))
        assert all(answer["success"] for answer in answers), answers
        return [answer.get("data") for answer in answers]

    def next_line(self) -> str:
        """What the receiver prints next."""
        assert self.receiver.stdout is not None
        return self.receiver.stdout.readline().rstrip("\n")


def shell(script: str, address: str, port: int, room: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    here = script.replace("http://127.0.0.1:8000", address).replace("127.0.0.1:3000", f"127.0.0.1:{port}")
    commands = re.sub(r"(?m)^sandbox ", f"{shlex.quote(sys.executable)} -m sandbox ", here)
    surroundings = checkout_environment(**env)
    return subprocess.run(["bash", "-c", commands], cwd=room, env=surroundings, capture_output=True, text=True, timeout=60)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    _, _, *options = shlex.split(block("sh", "sandbox serve"))
    port = free_port()
    with running(tmp_path, *options, "--scenario", "demo") as server:
        registration = json.loads(shell(block("sh", "API=").replace("curl ", "curl -sS "), server.address, port, tmp_path).stdout)
        secret = registration["data"]["secret"]
        (tmp_path / "receiver.py").write_text(blocks("python")[0].replace('("127.0.0.1", 3000)', f'("127.0.0.1", {port})'), encoding="utf-8")
        assert "python receiver.py" in block("sh", "export SANDBOX_WEBHOOK_SECRET=")
        receiver = subprocess.Popen(
            [sys.executable, "receiver.py"], cwd=tmp_path, env=environment(SANDBOX_WEBHOOK_SECRET=secret),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            wait_until(lambda: is_open(port) or receiver.poll() is not None)
            assert receiver.poll() is None, "the receiver of the page ended"
            yield Story(server, receiver, port, secret, tmp_path)
        finally:
            receiver.kill()
            receiver.communicate()


def test_the_receiver_of_the_page_gets_what_is_caused_and_repeated(story: Story) -> None:
    event, events, deliveries, _, again, clock = story.asked(block("sh", "events/trigger"))
    assert story.next_line() == f"billed {event['data']['invoice_number']}"
    assert event["id"] in [one["id"] for one in events]
    assert [one["webhook_id"] for one in deliveries] == [1]
    assert (again["event_id"], again["status"], clock["offset"]) == (event["id"], "pending", "PT5M")


def test_a_rotation_is_met_by_a_receiver_that_knows_the_old_secret(story: Story) -> None:
    commands = block("sh", "rotate-secret").splitlines()
    _, rotated = story.asked("\n".join(commands[:2]))
    assert rotated["secret"] not in (None, story.secret)
    event = trigger(story, "payment.received")
    assert story.next_line() == f"received {event['data']['amount']}"
    disabled, enabled, _ = story.asked("\n".join(commands[2:]))
    assert disabled["disabled_at"] is not None
    assert enabled["disabled_at"] is None


def trigger(story: Story, type: str) -> Any:
    """The new event."""
    (event,) = story.asked(f"""curl -H "$KEY" "$BOX/events/trigger" --json '{{"type": "{type}"}}'\n""")
    return event


def test_a_laptop_gets_what_happens_and_what_happened(story: Story) -> None:
    with listening(story, block("sh", "export SANDBOX_API_KEY")) as listener:
        event = trigger(story, "invoice.created")
        assert event["id"] in lines_until("204", listener)[-1]
    with listening(story, block("sh", "--replay-since")) as listener:
        assert event["id"] in lines_until("204", listener)[-1]


@contextmanager
def listening(story: Story, commands: str) -> Iterator["subprocess.Popen[str]"]:
    """The command as the page has it, once it follows the log."""
    line = " ".join(one for one in commands.replace("\\\n", " ").splitlines() if one.startswith("sandbox "))
    arguments = shlex.split(line.replace("http://127.0.0.1:8000", story.server.address).replace("127.0.0.1:3000", f"127.0.0.1:{story.port}"))
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=checkout_environment(SANDBOX_API_KEY=ADMINISTRATOR, SANDBOX_WEBHOOK_SECRET=story.secret),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        lines_until("Ctrl+C ends it.", process)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_the_receiver_of_the_page_passes_every_check(story: Story) -> None:
    done = story.typed(block("sh", "examine-receiver http://127.0.0.1:3000/hook\n"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"All {len(CHECKS)} checks passed." in done.stdout


def test_the_examinations_for_continuous_integration_pass_too(story: Story) -> None:
    done = story.typed(block("sh", "--format junit"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["passed"] == 2
    assert (story.room / "receiver.xml").read_text(encoding="utf-8").count("<testcase ") == len(CHECKS)


@pytest.mark.parametrize(
    ("change", "said"), [({}, "right"), ({"SIGNATURE": "v1,bm90aGluZw=="}, "wrong"), ({"ID": "evt_2_0000000000000000"}, "wrong")]
)
def test_the_shell_knows_a_right_signature_from_a_wrong_one(tmp_path: Path, change: dict[str, str], said: str) -> None:
    secret, body = "whsec_C2FtcGxlU2VjcmV0Rm9yVGhlRG9jdW1lbnRz", '{"id":"evt_1_0000000000000000","data":{"notes":"Café"}}\n'.encode()
    (tmp_path / "body.json").write_bytes(body)
    sent = headers("evt_1_0000000000000000", SystemClock().now(), body, ("whsec_b3RoZXI=", secret))
    given = {"ID": sent["webhook-id"], "TIMESTAMP": sent["webhook-timestamp"], "SIGNATURE": sent["webhook-signature"], **change}
    done = shell(block("sh", "openssl"), "", 0, tmp_path, SANDBOX_WEBHOOK_SECRET=secret, **given)
    assert (done.stdout, done.stderr) == (f"{said}\n", "")


def test_the_request_that_the_page_shows_is_signed_with_the_secret_that_it_names() -> None:
    head, body = block("http", "webhook-id").rstrip("\n").split("\n\n")
    shown = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    (secret,) = re.findall(r"The secret is `(whsec_[^`]+)`", PAGE)
    moment = datetime.fromtimestamp(int(shown["webhook-timestamp"]), UTC)
    signed = headers(shown["webhook-id"], moment, body.encode(), (secret,))
    assert {name: value for name, value in shown.items() if name.startswith("webhook-")}.items() <= signed.items()
    assert (json.loads(body)["id"], json.loads(body)["created_at"]) == (shown["webhook-id"], timestamp(moment))


def test_every_block_of_commands_is_typed_by_a_test() -> None:
    delivered = (
        "sandbox serve",
        "API=",
        "python receiver.py",
        "openssl",
        "events/trigger",
        "rotate-secret",
        "export SANDBOX_API_KEY",
        "--replay-since",
    )
    marks = (*delivered, "examine-receiver http://127.0.0.1:3000/hook\n", "--format junit")
    assert [block("sh", mark) for mark in marks] == blocks("sh")
    assert len(blocks("python")) == 1


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    rows = re.findall(r"(?m)^\| `([a-z.-]+)` \| ([^|]+) \|", PAGE)
    events = {emission.event for operation in load_contract().operations.values() for emission in operation.emits}
    assert {name for name, _ in rows if "." in name} == events
    assert [row for row in rows if "." not in row[0]] == [(one.id, one.sentence) for one in CHECKS.values()]


def test_the_schedule_and_the_length_of_the_log_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    shown = re.search(r"tried again after (.*?) of the workspace's time", text)
    assert shown is not None
    seconds = {"s": 1, "min": 60, "h": 3600}
    pauses = [int(number) * seconds[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", shown[1])]
    assert pauses == [one.total_seconds() for one in RETRY_AFTER]
    assert f"the newest {LOCAL.max_events:,} events" in text


def test_what_is_shown_of_the_terminal_has_80_columns_at_most() -> None:
    assert max(len(line) for one in blocks("") for line in one.splitlines()) <= 80
