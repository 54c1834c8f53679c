"""The suite as a plugin of pytest: what an IDE runs, with the same verdicts and exit codes as the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract_tests.promises import promises
from tests.asgi import ADMINISTRATOR
from tests.commands import CONTRACT_TESTS_PLUGIN, run
from tests.ports import free_port
from tests.servers import Running

QUICK = ("--contract-only=paging-default,unknown-paths-are-404,rate-headers", "--contract-only=webhook-delivered")


@pytest.fixture(scope="module")
def target(server: Running) -> tuple[str, str]:
    return f"--contract-url={server.api}", f"--contract-api-key={ADMINISTRATOR}"


def test_there_is_a_test_for_each_promise_in_their_order_and_workers_change_nothing(target: tuple[str, str], tmp_path: Path) -> None:
    done = run(tmp_path, *target, *QUICK, "-v", "-n", "4", "-p", "no:cacheprovider", command=CONTRACT_TESTS_PLUGIN)
    assert done.returncode == 0, done.stdout + done.stderr
    names = [line.split("[")[1].split("]")[0] for line in done.stdout.splitlines() if "test_promise[" in line and "%" in line]
    chosen = {"paging-default", "unknown-paths-are-404", "rate-headers", "webhook-delivered"}
    assert names == [one for one in promises() if one in chosen]
    assert "workers" not in done.stdout
    assert "Contract kept: 3 kept, 0 broken, 1 not checked" in done.stdout
    assert "3 passed, 1 skipped" in done.stdout
    assert ADMINISTRATOR not in done.stdout
    assert (tmp_path / "contract-report" / "report.html").is_file()


def test_a_broken_promise_fails_its_test_with_its_proof_and_no_traceback(target: tuple[str, str], server: Running, tmp_path: Path) -> None:
    spec = tmp_path / "other.yaml"
    from tests.servers import SPEC

    spec.write_text(SPEC.read_text(encoding="utf-8").replace("default: 20", "default: 19"), encoding="utf-8")
    done = run(tmp_path, *target, *QUICK, f"--contract-spec={spec}", "-p", "no:cacheprovider", command=CONTRACT_TESTS_PLUGIN)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED" in done.stdout
    assert "expected  " in done.stdout
    assert "repeat    curl -i" in done.stdout
    assert "Traceback" not in done.stdout
    assert "def test_promise" not in done.stdout
    report = json.loads((tmp_path / "contract-report" / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "broken"


def test_a_target_that_is_not_there_is_exit_code_2(tmp_path: Path) -> None:
    url = f"--contract-url=http://127.0.0.1:{free_port()}/api/v2"
    done = run(tmp_path, url, "--contract-api-key=secret-key", "-p", "no:cacheprovider", command=CONTRACT_TESTS_PLUGIN)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "contract-tests: nothing listens at" in done.stderr
    assert "secret-key" not in done.stdout + done.stderr


def test_a_mistake_is_exit_code_2(tmp_path: Path) -> None:
    done = run(tmp_path, "--contract-url=http://127.0.0.1/api/v2", "--contract-api-key=k", "--contract-only=pagging", command=CONTRACT_TESTS_PLUGIN)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "did you mean 'paging'?" in done.stderr
