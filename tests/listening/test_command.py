"""What `sandbox listen` understands, and what it says."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from sandbox.cli import main
from sandbox.commands.connection_errors import in_brackets, is_distrust
from sandbox.commands.listen.control_url import control_url, is_on_this_machine
from sandbox.commands.listen.forwarder import Attempt
from sandbox.commands.listen.output import Json, Text
from sandbox.commands.listen.timer import RealTimer
from sandbox.commands.signing_secret import checked, derived
from sandbox.state.clock import ManualClock

SECRET = "whsec_C2FtcGxlU2VjcmV0Rm9yVGhlRG9jdW1lbnRz"
START = datetime(2025, 7, 1, 9, 0, tzinfo=UTC)


def attempt(**changed: Any) -> Attempt:
    facts = {
        "event_id": "evt_123456_9f86d081884c7d65",
        "type": "payment.received",
        "at": START,
        "number": 10,
        "status_code": 500,
        "duration": 14.999,
        "error": None,
        "delivered": False,
        "again_in": timedelta(minutes=5),
    }
    return Attempt(**{**facts, **changed})


def test_every_line_has_80_columns_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    text = Text(ManualClock(START))
    text.attempted(attempt())
    text.attempted(
        attempt(status_code=None, error="hooks.example resolves to 10.0.0.1, which is not an address that anybody could ever call from here")
    )
    text.attempted(attempt(status_code=200, delivered=True, again_in=None))
    text.attempted(attempt(status_code=410, again_in=None))
    text.attempted(attempt(again_in=None))
    text.notice("The sandbox is lost: what answers there is no control plane: 502 for /_sandbox/events. Trying again until it is back.")
    text.began("https://sandbox.your-domain.com/_sandbox", "http://localhost:3000/hook", ["invoice.created"], derived("sbx_key"))
    text.ended(12, 0, [])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.endswith("again in 5 min") for line in lines)
    assert any("try 10" in line for line in lines)
    assert lines[-1] == "Forwarded 12 events."


def test_what_a_sandbox_or_a_receiver_says_does_not_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    text = Text(ManualClock(START))
    text.attempted(attempt(event_id="evt_1_\x1b[2J", type="\x1b]0;x\x07", error="\x1b[31m"))
    text.notice("\x1b[2J")
    assert "\x1b" not in capsys.readouterr().out


def test_json_is_a_document_on_each_line(capsys: pytest.CaptureFixture[str]) -> None:
    told = Json()
    told.began("http://127.0.0.1:8000/_sandbox", "http://localhost:3000/hook", [], None)
    told.attempted(attempt())
    told.notice("The sandbox is back, after 1.0 s.")
    told.ended(1, 0, [])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["kind"] for one in lines] == ["began", "attempt", "notice", "ended"]
    assert (lines[1]["status_code"], lines[1]["again_in"], lines[1]["at"]) == (500, 300.0, "2025-07-01T09:00:00Z")
    assert lines[3]["message"] == "Forwarded 1 event."


def test_the_derived_secret_is_the_same_each_time_and_tells_nothing_of_the_key() -> None:
    first = derived("sbx_first")
    assert first == derived("sbx_first") == checked(first)
    assert first != derived("sbx_second")
    assert "sbx" not in first
    assert len(Webhook(first).sign("evt_1", START, "{}")) > 40


@pytest.mark.parametrize(
    "named",
    [
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8000/",
        "http://127.0.0.1:8000/api/v2",
        "http://127.0.0.1:8000/api/v2/",
        "http://127.0.0.1:8000/_sandbox",
        "http://127.0.0.1:8000/_sandbox/",
        "http://127.0.0.1:8000/_sandbox/events",
    ],
)
def test_any_address_of_the_sandbox_will_do(named: str) -> None:
    assert control_url(named) == "http://127.0.0.1:8000/_sandbox"


def test_a_sandbox_below_a_path_is_found_there() -> None:
    assert control_url("https://hosts.test/sandboxes/a/api/v2") == "https://hosts.test/sandboxes/a/_sandbox"


@pytest.mark.parametrize(
    ("url", "here"), [("http://localhost:1/", True), ("http://[::1]:1/", True), ("http://a.localhost/", True), ("https://a.test/", False)]
)
def test_no_proxy_is_asked_for_what_is_on_this_machine(url: str, here: bool) -> None:
    assert is_on_this_machine(url) is here


def test_real_time_passes_until_it_is_over_or_something_comes() -> None:
    async def story() -> None:
        pace, event = RealTimer(), asyncio.Event()
        before = pace.now()
        await pace.wait(0.001)
        assert pace.now() - before >= 900
        event.set()
        await pace.wait(None, event)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--url", "sandbox.test"], "--url must be the sandbox's address, such as"),
        (["--url", "http://host:port/"], "--url must be the sandbox's address, such as"),
        (["--url", "http://sbx_key@127.0.0.1:8000"], "--url must be the sandbox's address alone"),
        (["--url", "http://127.0.0.1:8000/?api_key=sbx_key"], "--url must be the sandbox's address alone"),
        (["--forward-to", "localhost:3000"], "--forward-to: Url must"),
        (["--replay-since", "yesterday"], "--replay-since 'yesterday' must be an event's id or a time such as"),
        (["--secret", "whsec_***"], "The secret must be whsec_ and base64"),
        (["--url", "http://127.0.0.1:1"], "There is no sandbox at http://127.0.0.1:1/_sandbox: it cannot be reached"),
        (["--api-key", "sbx_ключ"], "The key contains characters that no key has"),
    ],
)
def test_what_cannot_be_is_one_sentence_without_the_key(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_API_KEY", "sbx_key")
    defaults = {"--url": "http://127.0.0.1:1", "--forward-to": "http://127.0.0.1:1/hook", **dict(zip(arguments[::2], arguments[1::2], strict=True))}
    assert said(capsys, *(part for pair in defaults.items() for part in pair)).startswith(sentence)


def test_a_key_is_asked_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_API_KEY", raising=False)
    assert said(capsys, "--url", "http://127.0.0.1:1", "--forward-to", "http://127.0.0.1:1/").startswith("Give a key of the workspace")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a call that is refused says, in its one line."""
    with pytest.raises(SystemExit) as ended:
        main(["listen", *arguments])
    written = capsys.readouterr()
    assert (ended.value.code, written.out, written.err.count("\n")) == (2, "", 1)
    assert "sbx_key" not in written.err
    return written.err.removeprefix("sandbox: ")


@pytest.mark.parametrize(
    ("said", "shown", "distrust"),
    [
        ("All connection attempts failed", "", False),
        ("", "", False),
        ("[Errno -2] Name or service not known", " (Name or service not known)", False),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired (_ssl.c:1006)", " (certificate has expired)", True),
    ],
)
def test_why_no_connection_was_made_is_told_without_the_words_of_a_library(said: str, shown: str, distrust: bool) -> None:
    assert (in_brackets(OSError(said)), is_distrust(OSError(said))) == (shown, distrust)


@pytest.mark.parametrize("command", ["listen", "examine-receiver"])
def test_the_help_has_examples_in_lines_that_can_be_copied(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    _, _, examples = capsys.readouterr().out.partition("  Examples, with ")
    commands = [line for line in examples.replace("\\\n", "").splitlines() if line.startswith(f"    sandbox {command} ")]
    assert len(commands) == len(examples.replace("\\\n", "").splitlines()) - 1 > 1
    assert all("http://localhost:3000/hook" in one for one in commands)
    assert max(map(len, examples.splitlines())) <= 80
