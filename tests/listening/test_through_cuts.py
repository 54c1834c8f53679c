"""`sandbox listen` as a person types it: beside a real server, to a real receiver, through a line that is cut again and again."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from standardwebhooks import Webhook

from sandbox.commands.signing_secret import derived
from tests.asgi import ADMINISTRATOR
from tests.clients import ask
from tests.commands import SANDBOX, checkout_environment, lines_until
from tests.commands import run as run_command
from tests.listening.__main__ import main
from tests.listening.cuts import Counting, Run, faults, listen_through_cuts, listener, whole_log
from tests.receivers.server import receiving
from tests.servers import Running, running


def test_a_listener_that_is_cut_off_again_and_again_loses_no_event(tmp_path: Path, whole: bool) -> None:
    events, cuts = (1000, 20) if whole else (200, 9)
    run = listen_through_cuts(events, cuts, seed=1, directory=tmp_path)
    assert list(faults(run)) == []
    assert (len(run.log), len(run.delivered), run.cuts, run.exit_code) == (events, events, cuts, 0)
    assert run.last_word["message"] == f"Forwarded {events:,} events."
    assert (tmp_path / "listen.err").read_text(encoding="utf-8") == ""


def _sound() -> Run:
    log = [{"id": f"evt_{number}_0"} for number in (1, 2, 3)]
    delivered = [(one["id"], json.dumps({"id": one["id"], "data": {"id": number}}).encode()) for number, one in enumerate(log)]
    return Run(log, delivered, 0, {}, 0, 0.0)


def test_what_looks_for_losses_finds_them() -> None:
    sound = _sound()
    first, second, third = sound.delivered
    assert list(faults(sound)) == []
    assert "lost" in " ".join(faults(replace(sound, delivered=[first, third])))
    assert "twice" in " ".join(faults(replace(sound, delivered=[first, second, second, third])))
    assert "another order" in " ".join(faults(replace(sound, delivered=[second, first, third])))
    assert "does not have" in " ".join(faults(replace(sound, delivered=[first, second, third, ("evt_4_0", third[1])])))
    assert "the body of another" in " ".join(faults(replace(sound, delivered=[first, second, (third[0], second[1])])))


def test_the_make_target_says_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--events", "12", "--cuts", "2"]) == 0
    assert re.match(r"12 events, 2 cuts, 12 deliveries in [0-9.]+ s: as the log has them\.\n", capsys.readouterr().out)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("listen"), "--scenario", "demo") as started:
        yield started


def trigger(server: Running, type: str = "invoice.created") -> str:
    """The id of a new event."""
    event: str = ask(server.address + "/_sandbox/events/trigger", {"type": type}).data["id"]
    return event


def lines(directory: Path, kind: str) -> list[dict[str, Any]]:
    told = (directory / "listen.out").read_text(encoding="utf-8").splitlines()
    return [one for one in map(json.loads, told) if one["kind"] == kind]


def test_what_failed_is_named_at_the_end_and_brought_by_what_it_says(server: Running, tmp_path: Path) -> None:
    class FailsAtFirst(Counting):
        def handle(self, event: Any) -> int:
            super().handle(event)
            return 500 if self.number == 2 else 200

    receiver = FailsAtFirst()
    with receiving(receiver) as there, listener(server.api, there.url, tmp_path) as process:
        first, second, third = trigger(server), trigger(server, "payment.received"), trigger(server)
        receiver.wait_for(3)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    (end,) = lines(tmp_path, "ended")
    assert (end["delivered"], end["pending"]) == (2, [second])
    assert end["message"].endswith(f"1 event not delivered yet; this brings it: --replay-since {second}")
    again = Counting()
    with receiving(again) as there, listener(server.address, there.url, tmp_path, "--replay-since", second) as process:
        again.wait_for(2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert [one.headers["webhook-id"] for one in there.calls] == [second, third]
    assert first not in [one.headers["webhook-id"] for one in there.calls]


def test_only_the_types_that_are_wanted_are_forwarded(server: Running, tmp_path: Path) -> None:
    receiver = Counting()
    with receiving(receiver) as there, listener(server.address, there.url, tmp_path, "--only", "payment.received") as process:
        trigger(server)
        wanted = trigger(server, "payment.received")
        receiver.wait_for(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert [one["event_id"] for one in lines(tmp_path, "attempt")] == [wanted]


def test_a_restart_without_a_data_directory_is_told_and_followed(tmp_path: Path) -> None:
    receiver = Counting()
    with receiving(receiver) as there, running(tmp_path, "--scenario", "demo") as first:
        port = str(urlsplit(first.address).port)
        process_room = tmp_path / "listener"
        process_room.mkdir()
        with listener(first.address, there.url, process_room) as process:
            trigger(first)
            receiver.wait_for(1)
            first.stop()
            with running(tmp_path, "--scenario", "demo", "--port", port) as second:
                event = trigger(second)
                receiver.wait_for(2)
                assert [one["id"] for one in whole_log(second)] == [event]
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
    said = [one["message"] for one in lines(process_room, "notice")]
    assert said[0].startswith("The sandbox is lost: ")
    assert any(one.startswith("The sandbox has a new log") for one in said)
    assert [one.headers["webhook-id"] for one in there.calls][1] == event


def test_the_secret_that_is_made_of_the_key_is_shown_and_signs(server: Running, tmp_path: Path) -> None:
    secret = derived(ADMINISTRATOR)
    receiver = Counting()
    receiver.webhook = Webhook(secret)
    with receiving(receiver) as there, (tmp_path / "out").open("wb+") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "listen", "--url", server.address, "--forward-to", there.url],
            env=checkout_environment(SANDBOX_API_KEY=ADMINISTRATOR),
            stdout=subprocess.PIPE,
            stderr=out,
            text=True,
        )
        begun = lines_until("Ctrl+C", process)
        trigger(server)
        receiver.wait_for(1)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=10)
    text = "".join(begun) + rest
    assert f"signed with  {secret}\n" in text
    assert ADMINISTRATOR not in text
    assert re.search(r"(?m)^\d\d:\d\d:\d\d  invoice\.created +evt_\d+_[0-9a-f]{16} +200 +[0-9,]+ ms$", text)
    assert text.endswith("\nForwarded 1 event.\n")
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("key", "options", "sentence"),
    [
        ("sbx_no_such_key", [], "The sandbox refuses the key: Invalid API key or unauthorized access"),
        (ADMINISTRATOR, ["--only", "invoice.create"], "--only invoice.create: Type must be invoice.created or payment.received"),
        (ADMINISTRATOR, ["--replay-since", "evt_999999_0000000000000000"], "--replay-since evt_999999_0000000000000000: the log has no such event"),
    ],
)
def test_what_the_sandbox_does_not_know_is_one_sentence(server: Running, tmp_path: Path, key: str, options: list[str], sentence: str) -> None:
    assert refused(server.address, tmp_path, key, *options).startswith(f"sandbox: {sentence}")


def test_a_server_without_a_control_plane_is_told_so(tmp_path: Path) -> None:
    with running(tmp_path, "--control", "off", "--scenario", "empty") as server:
        said = refused(server.api, tmp_path, ADMINISTRATOR)
    assert said.startswith(f"sandbox: There is no sandbox at {server.address}/_sandbox: ")


def refused(url: str, directory: Path, key: str, *options: str) -> str:
    """What a listener says that does not begin."""
    words = ("listen", "--url", url, "--forward-to", "http://127.0.0.1:9/hook", *options)
    done = run_command(directory, *words, command=SANDBOX, SANDBOX_API_KEY=key)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert key not in done.stderr
    return done.stderr
