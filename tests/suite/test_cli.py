"""The command `contract-tests`: what it prints, what it writes, and its exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from contract_tests.cli import main
from contract_tests.errors import Refused
from contract_tests.promises import promises
from contract_tests.run.options import read_options
from contract_tests.run.settings import SETTINGS, help_of, plugin_arguments
from tests.asgi import ADMINISTRATOR
from tests.clients import ask
from tests.commands import CONTRACT_TESTS, checkout_environment, run
from tests.ports import free_port
from tests.servers import Running

QUICK = ("--only", "paging-default", "--only", "unknown-paths-are-404", "--only", "rate-headers")


def called(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The command in this process: exit code, stdout, stderr."""
    with pytest.raises(SystemExit) as end:
        main(list(words))
    printed = capsys.readouterr()
    return int(end.value.code or 0), printed.out, printed.err


def test_promises_lists_each_with_its_sentence_and_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "promises")
    assert code == 0
    assert all(f"  {one.id}\n" in out and one.sentence in out for one in promises().values())
    assert f"{len(promises())} promises" in out


def test_promises_are_there_for_programs_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "promises", "--format", "json")
    assert code == 0
    listed = json.loads(out)
    assert {one["id"] for one in listed} == promises().keys()
    assert {"id", "sentence", "family", "source", "where", "needs"} <= listed[0].keys()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "which server? Name its base URL"),
        (("--url", "nonsense"), "this is no address of a server"),
        (("--url", "http://h/api?x=1", "--api-key", "k"), "without a query"),
        (("--url", "http://h"), "no key was given: use --api-key, or BUSINESS_SUITE_API_KEY"),
        (("--url", "http://h", "--api-key", "a b"), "the administrator key holds a space"),
        (("--url", "http://h", "--api-key", "k", "--only", "pagging"), "did you mean 'paging'?"),
        (("--url", "http://h", "--api-key", "k", "--skip", "rate-header"), "did you mean 'rate-headers'?"),
        (("--url", "http://h", "--api-key", "k", "--budget", "0"), "--budget: must be a whole number from 1 to 9007199254740991, not '0'"),
        (("--url", "http://h", "--api-key", "k", "--seed", "x"), "--seed: must be a whole number from 0 to 9007199254740991, not 'x'"),
        (("--url", "http://h", "--api-key", "k", "--timeout", "0"), "more than 0"),
        (("--url", "http://h", "--api-key", "k", "--control", "maybe"), "must be on or off"),
        (("--url", "http://h", "--api-key", "k", "--rerun", "x"), "go together"),
        (("--url", "http://h", "--api-key", "k", "--baseline", "no.json"), "it cannot be read"),
        (("--url", "http://h", "--api-key", "k", "--unknown"), "unknown"),
    ],
)
def test_a_mistake_is_one_sentence_on_stderr_and_exit_code_2(
    words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BUSINESS_SUITE_API_KEY", raising=False)
    code, out, err = called(capsys, "run", *words)
    assert (code, out) == (2, "")
    assert err.startswith("contract-tests: ")
    assert sentence in err
    assert err.count("\n") == 1


def test_a_target_that_is_not_there_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    done = run(tmp_path, "run", "--url", f"http://127.0.0.1:{free_port()}/api/v2", "--api-key", "secret-key")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("contract-tests: nothing listens at 127.0.0.1:")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_every_option_of_the_command_is_one_of_the_plugin() -> None:
    given: dict[str, Any] = {one.key: [one.name] if one.kind == "list" else True if one.kind == "flag" else "1" for one in SETTINGS}
    words = plugin_arguments(given)
    assert {word.removeprefix("--contract-").partition("=")[0] for word in words} == {one.name for one in SETTINGS}
    assert all(help_of(one.key) for one in SETTINGS)


def test_keys_come_from_the_environment_and_are_never_shown() -> None:
    variables = {"BUSINESS_SUITE_API_KEY": "one-key", "BUSINESS_SUITE_STAFF_KEY": "two-key", "BUSINESS_SUITE_READ_ONLY_KEY": "three-key"}
    options = read_options({"url": "http://h/api/v2/"}, variables)
    assert options.keys == {"administrator": "one-key", "staff": "two-key", "read-only": "three-key"}
    assert options.url == "http://h/api/v2"
    assert "-key" not in repr(options)


def test_names_are_taken_with_commas_too() -> None:
    options = read_options({"url": "http://h", "api_key": "k", "only": ["paging,money", "batch"]}, {})
    assert options.only == ("paging", "money", "batch")
    with pytest.raises(Refused, match="leave no promise"):
        read_options({"url": "http://h", "api_key": "k", "only": ["paging"], "skip": ["paging"]}, {}).selected()


def test_a_good_server_is_exit_code_0_with_a_summary_for_programs_and_all_reports(server: Running, tmp_path: Path) -> None:
    done = run(tmp_path, "run", "--url", server.api, *QUICK, "--format", "json", BUSINESS_SUITE_API_KEY=ADMINISTRATOR)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(done.stdout)
    assert (summary["verdict"], summary["broken"], summary["counts"]["kept"]) == ("kept", [], 3)
    assert {Path(one).name for one in summary["reports"]} == {"report.json", "junit.xml", "report.html"}
    assert all((tmp_path / one).is_file() for one in summary["reports"])
    assert ADMINISTRATOR not in done.stdout + done.stderr
    assert "3/3 kept" in done.stderr


def test_a_broken_promise_is_exit_code_1_an_annotation_and_a_page_for_the_job(server: Running, tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    page.write_text("before\n", encoding="utf-8")
    spec = spec_with(tmp_path, "default: 20", "default: 19")
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    done = run(tmp_path, "run", "--url", server.api, "--api-key", ADMINISTRATOR, "--spec", spec, *QUICK, **github)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "::error title=Promise broken%3A paging-default::" in done.stdout
    assert "Contract broken: 2 kept, 1 broken, 0 not checked" in done.stdout
    assert page.read_text(encoding="utf-8").startswith("before\n## Contract broken")


def spec_with(directory: Path, old: str, new: str) -> Path:
    """Another contract than the one that the server keeps."""
    from tests.servers import SPEC

    path = directory / "other.yaml"
    path.write_text(SPEC.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return path


def test_one_promise_of_a_report_is_checked_again_with_its_seed(server: Running, tmp_path: Path) -> None:
    spec = spec_with(tmp_path, "default: 20", "default: 19")
    context = ("run", "--url", server.api, "--api-key", ADMINISTRATOR, "--spec", spec)
    first = run(tmp_path, *context, "--seed", "7", *QUICK, "--report-dir", "first")
    assert first.returncode == 1
    again = run(tmp_path, *context, "--rerun", "paging-default", "--from", "first/report.json", "--report-dir", "again")
    assert again.returncode == 1, again.stdout + again.stderr
    before, after = (json.loads((tmp_path / name / "report.json").read_text(encoding="utf-8")) for name in ("first", "again"))
    assert after["options"]["seed"] == 7
    assert [one["id"] for one in after["promises"]] == ["paging-default"]
    assert shown(after, "paging-default") == shown(before, "paging-default")
    known = run(tmp_path, *context, *QUICK, "--baseline", "first/report.json")
    assert known.returncode == 0, known.stdout + known.stderr
    assert "Nothing newly broken" in known.stdout


def shown(report: dict[str, Any], promise: str) -> list[str]:
    return [proof["request"]["target"] for one in report["promises"] if one["id"] == promise for proof in one["evidence"]]


def test_an_interrupted_run_puts_the_limit_back_and_says_what_it_knows(server: Running, tmp_path: Path) -> None:
    before = ask(f"{server.address}/_sandbox/rate-limit").data
    process = subprocess.Popen(
        [*CONTRACT_TESTS, "run", "--url", server.api, "--api-key", ADMINISTRATOR, "--skip", "stock"],
        cwd=tmp_path,
        env=checkout_environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(6)]
    assert ask(f"{server.address}/_sandbox/rate-limit").data["limit"] == 1_000_000, lines
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 2, rest
    assert "Interrupted; so far: contract kept" in rest
    assert ask(f"{server.address}/_sandbox/rate-limit").data == before
    report = json.loads((tmp_path / "contract-report" / "report.json").read_text(encoding="utf-8"))
    assert report["interrupted"] is True
    assert any(one["reason"] == "the run ended before it" for one in report["promises"])


def test_a_fault_of_the_suite_itself_is_exit_code_3(server: Running, tmp_path: Path) -> None:
    broken = (
        "from contract_tests.judging.registry import promise\n"
        "from contract_tests.cli import main\n"
        '@promise("of-the-test", family="http", documented="x", weight=9)\n'
        "def check(probe):\n"
        '    """It fails by itself."""\n'
        "    raise KeyError('oops')\n"
        "main()\n"
    )
    words = ("run", "--url", server.api, "--api-key", ADMINISTRATOR, "--only", "of-the-test", "--only", "unknown-paths-are-404")
    done = run(tmp_path, *words, command=(CONTRACT_TESTS[0], "-c", broken))
    assert done.returncode == 3, done.stdout + done.stderr
    assert "The suite itself failed on of-the-test" in done.stdout
    report = json.loads((tmp_path / "contract-report" / "report.json").read_text(encoding="utf-8"))
    assert "KeyError: 'oops'" in report["suite_faults"]["of-the-test"]
    assert report["counts"] == {"kept": 1, "broken": 0, "not-checked": 1}


def test_a_configuration_of_pytest_in_the_directory_changes_nothing(server: Running, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('never read')\n", encoding="utf-8")
    done = run(tmp_path, "run", "--url", server.api, "--api-key", ADMINISTRATOR, "--only", "unknown-paths-are-404", PYTEST_ADDOPTS="-n 4")
    assert done.returncode == 0, done.stdout + done.stderr
