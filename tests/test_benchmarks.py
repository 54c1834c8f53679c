"""The benchmarks run, and their figures are figures: each command in a very short form, and the parts that it is made of."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import cpu, memory, peers
from benchmarks.benchmarked_servers import ON_DISK, RAW, SANDBOX, BenchmarkedServer
from benchmarks.load import Generator, Load
from benchmarks.load_generator import complete, percentile, play
from benchmarks.npm import Node
from benchmarks.operations import OPERATIONS, OURS, world
from benchmarks.processes import BenchmarkError, Cores, Server, cores, free_port, started
from benchmarks.report import Report, Sheet, as_markdown, bars
from benchmarks.rounds import Sample, measure
from benchmarks.scaling import STORES
from benchmarks.soak import Sample as MemorySample
from benchmarks.soak import growth
from benchmarks.starts import Start, timed
from benchmarks.summary_statistics import Figure, Spread, figures, spread_of
from benchmarks.thresholds import LEAST_OF_RAW, MOST_CPU_SECONDS, thresholds
from tests.commands import ROOT

SHORT = ("--customers", "50", "--generator", "python")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def figures_of(module: str, directory: Path, *options: str, codes: tuple[int, ...] = (0,)) -> Any:
    """What a command of the benchmarks wrote with --json."""
    file = directory / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", module, *options, "--markdown", "--json", str(file)],
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode in codes, done.stdout + done.stderr
    assert done.stdout.startswith("## ")
    return json.loads(file.read_text(encoding="utf-8"))


def test_a_short_bench_measures_every_operation_beside_the_limit(tmp_path: Path) -> None:
    told = figures_of("benchmarks", tmp_path, *SHORT, "--rounds", "1", "--seconds", "0.3", "--connections", "4", "--starts", "0")
    measured = {(one["server"], one["operation"]): one for one in told["figures"]}
    assert set(measured) == {(server, operation) for server in (RAW, SANDBOX, ON_DISK) for operation in OPERATIONS}
    assert told["absent"] == {}
    for operation in OPERATIONS:
        ours = measured[SANDBOX, operation]
        assert ours["per_second"] > 0
        assert 0 < ours["p50_ms"] <= ours["p99_ms"]
        assert 0 < ours["cpu_us"]["least"] <= ours["cpu_us"]["median"] <= ours["cpu_us"]["greatest"]
        assert 0 < ours["ratio"]["least"] <= ours["ratio"]["median"] <= ours["ratio"]["greatest"]
        assert 0 < ours["cpu_ratio"]["least"] <= ours["cpu_ratio"]["median"] <= ours["cpu_ratio"]["greatest"]
        assert measured[RAW, operation]["ratio"]["median"] == measured[RAW, operation]["cpu_ratio"]["median"] == 1
    assert told["resident_mb"][SANDBOX] > told["resident_mb"][RAW] > 0


def test_a_start_is_timed_to_its_first_answer(tmp_path: Path) -> None:
    start = timed("in memory", tmp_path, 1, cores(), "empty", None, print)
    assert 0.05 < start.seconds.median < 30
    assert 0.05 < start.cpu.median < start.seconds.median * 1.5
    assert 20 < start.resident_mb < 500


# Spends 0.1 s in a thread that ends, 0.2 s in a child that ends, 0.1 s in a child that lives on; says what it spent itself.
SPENDER = """
import os, sys, threading, time

def spend(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass

def fork(seconds, then):
    child = os.fork()
    if not child:
        spend(seconds)
        then()
        os._exit(0)
    return child

thread = threading.Thread(target=spend, args=(0.1,))
thread.start()
thread.join()
os.waitpid(fork(0.2, lambda: None), 0)
ready, done = os.pipe()
fork(0.1, lambda: (os.write(done, b"."), sys.stdin.read()))
os.read(ready, 1)
print(time.process_time(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def spender() -> Iterator[tuple[int, float]]:
    """A process that has spent all that it will, and the seconds that it spent itself."""
    with subprocess.Popen([sys.executable, "-c", SPENDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.pid, float(process.stdout.readline())


def test_cpu_time_counts_threads_that_ended_and_children_dead_or_alive(spender: tuple[int, float]) -> None:
    pid, own = spender
    assert own >= 0.1
    assert own + 0.27 <= cpu.cpu_seconds(pid) < own + 0.6, "the child that ended is counted in steps of 10 ms"


def test_cpu_time_is_counted_in_steps_where_no_clock_is_shown(spender: tuple[int, float], monkeypatch: pytest.MonkeyPatch) -> None:
    pid, _ = spender
    exact = cpu.cpu_seconds(pid)
    monkeypatch.setattr(cpu, "_clock", lambda _: None)
    assert cpu.cpu_seconds(pid) == pytest.approx(exact, abs=0.05)
    assert cpu.accuracy().startswith("in steps of 10 ms, since")


def figure(server: str, operation: str, cpu_ratio: float) -> Figure:
    return Figure(server, operation, 1, 100.0, 1.0, 1.0, Spread(50, 49, 51), None, Spread(cpu_ratio, cpu_ratio, cpu_ratio))


def started_for(cpu_seconds: float) -> list[Start]:
    return [Start(way, Spread(cpu_seconds, cpu_seconds, cpu_seconds), Spread(1, 1, 1), 70.0) for way in MOST_CPU_SECONDS]


def test_thresholds_hold_where_every_figure_is_on_its_side() -> None:
    held = thresholds([figure(server, operation, least) for (server, operation), least in LEAST_OF_RAW.items()], started_for(0.5))
    assert len(held) == len(LEAST_OF_RAW) + len(MOST_CPU_SECONDS)
    assert all(one.holds for one in held)


def test_a_floor_that_is_missed_or_was_not_measured_does_not_hold() -> None:
    short = [figure(server, operation, least - 0.01) for (server, operation), least in LEAST_OF_RAW.items()]
    assert not any(one.holds for one in thresholds(short, started_for(0.61)))
    assert {one.measured for one in thresholds([], [])} == {"not measured"}


def test_a_short_check_says_of_each_floor_whether_it_holds(tmp_path: Path) -> None:
    short = (*SHORT, "--rounds", "1", "--seconds", "0.2", "--connections", "4", "--starts", "0")
    told = figures_of("benchmarks.check", tmp_path, *short, codes=(1,))  # the starts were not measured, and so are missed
    assert {one["what"] for one in told["floors"] if one["measured"] == "not measured"} == set(MOST_CPU_SECONDS)


def test_a_short_look_at_memory_compares_two_checkouts(tmp_path: Path) -> None:
    told = figures_of("benchmarks.memory", tmp_path, "--customers", "50", "--rounds", "1", "--against", str(ROOT))
    assert len(told["memory"]) == 4
    assert all(20 < one["idle_mb"] <= 1.1 * one["filled_mb"] for one in told["memory"])
    assert len(told["remarks"]) == 2


def test_memory_is_compared_with_a_checkout_only(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="is no checkout of the sandbox"):
        memory.main(["--against", str(tmp_path)])


def test_a_short_soak_is_answered_as_expected_and_leaves_no_file_open(tmp_path: Path) -> None:
    # So short a run says nothing about growth, so that alone may fail it.
    short = ("--minutes", "0.04", "--every", "0.5", "--customers", "50", "--slow", "1", "--clients", "3")
    told = figures_of("benchmarks.soak", tmp_path, *short, codes=(0, 1))
    assert told["tally"]["surprises"] == []
    assert {"200", "201", "400", "401", "404", "405"} <= set(told["tally"]["statuses"])
    assert told["files_after"] <= told["files_before"] < max(one["open_files"] for one in told["samples"])


def test_a_good_client_is_served_among_slow_ones(tmp_path: Path) -> None:
    # How much slower it gets in so short a time is chance, so that alone may fail it.
    told = figures_of("benchmarks.slow_clients", tmp_path, *SHORT, "--rounds", "1", "--seconds", "0.3", "--each", "4", codes=(0, 1))
    (pair,) = told["pairs"]
    assert pair["among"]["requests"] > 0
    assert pair["alone"]["failed"] == pair["among"]["failed"] == 0
    assert told["p99_ratio"]["median"] > 0


def test_a_short_bench_of_the_state_measures_every_act_on_every_store(tmp_path: Path) -> None:
    # So small a state, measured so seldom, may miss an aim by chance.
    size = ("--few", "50", "--many", "100", "--documents", "50", "--scenario", "demo", "--workspaces", "22", "--starts", "1")
    told = figures_of("benchmarks.state", tmp_path, *size, "--rounds", "1", codes=(0, 1))
    assert {(one["store"], one["operation"]) for one in told["growth"]} == {(store, act) for store in STORES for act in ("create", "get by id")}
    for one in told["growth"]:
        assert 0 < one["ratio"]["least"] <= one["ratio"]["median"] <= one["ratio"]["greatest"]
    assert {one["store"] for one in told["moments"]} == {"memory", "disk"}
    assert all(0 < one["least_ms"] <= one["median_ms"] <= one["greatest_ms"] for one in told["moments"])
    crowd = told["population"]
    assert 20 < crowd["idle_mb"] <= crowd["created_mb"] * 1.1
    assert crowd["in_use_mb"] <= crowd["touched_mb"] * 1.1
    assert [one["documents"] for one in told["starts"]] == [50, 100]


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that gives this answer to whatever comes, on the port that is handed out."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):  # the client may hang up at any time
                while connection.recv(65536):
                    connection.sendall(answer)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(timeout=5)


def test_the_python_generator_counts_and_times_what_was_answered() -> None:
    with answering(OK) as port:
        seen = play("127.0.0.1", port, [b"GET / HTTP/1.1\r\n\r\n"], connections=3, seconds=0.2)
    assert seen["requests"] > 10
    assert seen["failed"] == 0
    assert 0 < seen["p50_ms"] <= seen["p99_ms"] < 200
    assert 0.2 <= seen["seconds"] < 2


def test_an_answer_that_is_no_success_is_counted_as_failed() -> None:
    with answering(OK.replace(b"200 OK", b"302 Found")) as port:
        seen = play("127.0.0.1", port, [b"GET / HTTP/1.1\r\n\r\n"], connections=1, seconds=0.1)
    assert seen["failed"] == seen["requests"] > 0


def test_a_refused_request_fails_the_measurement() -> None:
    with answering(OK.replace(b"200 OK", b"400 Bad Request")) as port:
        server = Server(f"http://127.0.0.1:{port}", os.getpid(), 0.1)
        with pytest.raises(BenchmarkError, match="such as GET /api/v2/customers/1 failed"):
            Generator("python", cores().load, 1).play(server, world(1).requests(OURS)["GET one"], OURS.head(server.address), 0.2)


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX: y\r\n\r\n{}", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
    ],
)
def test_an_answer_is_whole_when_its_length_or_its_last_chunk_says_so(received: bytes, whole: bool) -> None:
    assert complete(received) is whole


def test_percentiles_are_read_off_the_ordered_values() -> None:
    values = [float(one) for one in range(1, 101)]
    assert (percentile(values, 50), percentile(values, 99), percentile([], 99)) == (51, 100, 0)


def test_the_same_world_comes_twice_and_its_terms_match_few_customers() -> None:
    first = world(500)
    assert first == world(500)
    texts = [f"{one['account']} {one['email']}".lower() for one in first.customers]
    assert all(1 <= sum(term in text for text in texts) <= 20 for term in first.terms)
    assert {min(first.ids), max(first.ids), min(first.pages), max(first.pages)} == {1, 500, 25}


def load(requests: int, p50_ms: float = 1.0) -> Load:
    return Load(requests, seconds=2.0, p50_ms=p50_ms, p99_ms=2.0, failed=0, cpu_seconds=1.0)


def test_ratios_are_taken_within_a_round_and_then_their_median() -> None:
    samples = [
        *(Sample(number, RAW, "GET one", load(requests)) for number, requests in enumerate((1000, 100, 10), 1)),
        *(Sample(number, SANDBOX, "GET one", load(requests)) for number, requests in enumerate((500, 20, 9), 1)),
    ]
    raw, ours = figures(samples, RAW)
    assert (raw.server, ours.server) == (RAW, SANDBOX)
    assert ours.ratio == spread_of((0.5, 0.2, 0.9))
    assert ours.cpu_ratio == spread_of((0.5, 0.2, 0.9)), "of the same CPU time, half the requests"
    assert str(ours.ratio) == "0.50 (0.20–0.90)"
    assert ours.per_second == 10
    assert str(ours.cpu_us) == "50,000 (2,000–111,111)"


def test_a_server_that_ends_before_it_answers_is_said_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such option')"]
    with (
        pytest.raises(BenchmarkError, match="ended with 1 before it answered: no such option"),
        started(command, tmp_path, free_port(), cores().server, "/", {}),
    ):
        pass


def test_nothing_is_measured_when_one_of_ours_does_not_start() -> None:
    broken = BenchmarkedServer("broken", lambda directory, port: [sys.executable, "-c", "raise SystemExit(3)"], "/", required=True)
    here = cores()
    with pytest.raises(BenchmarkError, match="broken: it ended with 3"):
        measure([broken], world(1), 1, 0.1, here, Generator("python", here.load, 1), print)


def test_without_npm_every_peer_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "find_node", lambda: None)
    absent: dict[str, str] = {}
    assert peers.installed(["Prism", "Mockoon"], world(1), absent, print) == []
    assert list(absent) == ["Prism", "Mockoon"]
    assert "no npm" in absent["Prism"]


def test_a_peer_that_cannot_be_installed_is_named_with_what_npm_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.npm.PLACE", tmp_path)
    npm = (sys.executable, "-c", "import sys; sys.exit('no such version')")
    monkeypatch.setattr(peers, "find_node", lambda: Node(Path(sys.executable), npm))
    absent: dict[str, str] = {}
    assert peers.installed(["Prism"], world(1), absent, print) == []
    assert absent["Prism"].endswith("no such version")


def beside(cpu_ratio: float, ratio: float) -> peers.Beside:
    """The sandbox on one operation, with ratios to a peer that spends so many times as much, and is so many times as slow."""
    ours = replace(figure(SANDBOX, "GET one", cpu_ratio), ratio=Spread(ratio, ratio, ratio))
    return peers.Beside("Prism", ours)


def test_it_is_said_on_which_operation_a_peer_is_ahead_and_by_what() -> None:
    assert peers.ahead([beside(0.8, 2)]) == ("Prism is ahead of sandbox on GET one by CPU: it spends 0.80 (0.80–0.80) of what the sandbox spends.",)
    (speed,) = peers.ahead([beside(1.2, 0.5)])
    assert speed.startswith("Prism is ahead of sandbox on GET one by requests a second: the sandbox answers 0.50")
    assert len(peers.ahead([beside(0.8, 0.5)])) == 2


def test_no_peer_is_ahead_of_the_sandbox_only_where_one_was_measured() -> None:
    assert peers.ahead([beside(3, 2), beside(1, 1)])[0].startswith("No peer is ahead")
    assert peers.ahead([])[0].startswith("No peer was measured")


def test_growth_is_between_the_end_of_the_warming_and_the_end() -> None:
    samples = [MemorySample(second, resident_mb=50.0 + second if second < 10 else 100.0 + (second > 15), open_files=9) for second in range(20)]
    assert growth(samples, warming=10) == (100, 101)


def test_a_report_is_markdown_that_can_be_pasted() -> None:
    sheet = Sheet("Speed", ("server", "requests/s"), (("sandbox", "7"),))
    text = as_markdown(Report("Title", "How.", (sheet,), figures([Sample(1, SANDBOX, "GET one", load(14))], RAW), ("A remark.",)))
    assert "| server | requests/s |\n| --- | ---: |\n| sandbox | 7 |" in text
    assert text.endswith("- A remark.")
    assert "sandbox" in bars(figures([Sample(1, SANDBOX, "GET one", load(14))], RAW))[1]


def test_one_core_is_said_to_be_shared() -> None:
    assert Cores(0, 1).apart
    assert not Cores(0, 0).apart
