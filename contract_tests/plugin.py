"""The suite under pytest: one test for each promise, in the registry's order and in one process.

    pytest -p contract_tests.plugin --pyargs contract_tests --contract-url BASE --contract-api-key KEY

The command `contract-tests run` is this too, with a display of its own in the place of pytest's.
"""

from __future__ import annotations

import json
import os
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from contract_tests.errors import Refused
from contract_tests.judging.registry import Promise
from contract_tests.judging.verdicts import Outcome, Verdict
from contract_tests.reports.ci import github_annotations, markdown
from contract_tests.reports.document import Document, failing, summary_of
from contract_tests.reports.redaction import Redaction
from contract_tests.run.options import Options, read_options
from contract_tests.run.preflight import Unreachable
from contract_tests.run.progress import NoProgress, Progress, RunStart, conclude, plain, progress_on
from contract_tests.run.report_files import write_reports
from contract_tests.run.results import document_of
from contract_tests.run.session import Session, exit_code, open_session
from contract_tests.run.settings import SETTINGS

_OURS = pytest.StashKey["SuiteUnderPytest"]()
STOPPED = 2
"""Exit code where nothing could be tested."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract-tests", "tests of any implementation of the Business Suite API v2")
    for one in SETTINGS:
        name, more = f"--contract-{one.name}", {"help": one.help, "default": None}
        if one.kind == "flag":
            group.addoption(name, action="store_true", **more)
        else:
            group.addoption(name, action="append" if one.kind == "list" else "store", metavar=one.name.upper(), **more)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """One target has one limit and one state: several workers would only disturb each other, so there is one."""
    for name, alone in (("numprocesses", None), ("dist", "no"), ("tx", [])):
        if hasattr(config.option, name):
            setattr(config.option, name, alone)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_OURS] = SuiteUnderPytest(config)


def pytest_collection(session: pytest.Session) -> None:
    """Before a test is made for each promise: what was asked is checked, and the target is looked at."""
    if not session.config.option.collectonly:
        session.config.stash[_OURS].begin()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "promise" in metafunc.fixturenames and metafunc.module.__name__ == "contract_tests.test_promises":
        chosen = metafunc.config.stash[_OURS].selected()
        metafunc.parametrize("promise", chosen, ids=[one.id for one in chosen], scope="session")


@pytest.fixture(scope="session")
def contract_run(request: pytest.FixtureRequest) -> SuiteUnderPytest:
    """The run that the tests belong to."""
    return request.config.stash[_OURS]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    under = session.config.stash.get(_OURS, None)
    if under is not None and under.session is not None:
        session.exitstatus = under.finish(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    under = config.stash.get(_OURS, None)
    if under is not None and under.document is not None:
        terminalreporter.section("contract")
        text = StringIO()
        conclude(Console(file=text, width=200, no_color=True), under.document, str(under.directory))
        terminalreporter.write_line(text.getvalue())


class SuiteUnderPytest:
    """The suite's run under one run of pytest."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._options: Options | None = None
        self.session: Session | None = None
        self.document: Document | None = None
        self.alone = not config.pluginmanager.has_plugin("terminalreporter")
        """Whether pytest shows nothing, so that we do."""
        self.progress: Progress = NoProgress()
        self._console = Console(stderr=True)

    @property
    def options(self) -> Options:
        if self._options is None:
            given = {one.key: self._config.getoption(f"--contract-{one.name}") for one in SETTINGS}
            self._options = read_options(given)
        return self._options

    @property
    def directory(self) -> Path:
        return self.options.report_dir

    def selected(self) -> list[Promise]:
        return self.options.selected() if self.session is None else self.session.selected

    def begin(self) -> None:
        """Looks at the target; what makes a run impossible is one sentence on stderr and exit code 2."""
        try:
            options = self.options
            if self.alone:
                self._console = Console(stderr=options.json)
                self.progress = progress_on(self._console)
            self.session = open_session(options, tell=lambda requests: self.progress.heard(requests))
        except (Refused, Unreachable) as problem:
            keys = self._options.keys.values() if self._options is not None else ()
            sys.stderr.write(f"contract-tests: {plain(Redaction(keys).text(str(problem)), 1000)}\n")
            pytest.exit("nothing was tested", returncode=STOPPED)
        target = self.session.target
        hide = Redaction(target.keys.values()).text
        self.progress.begins(RunStart(self.session.selected, target.base_url, target.budget, lambda: target.sent, hide))
        self.session.find_readings()

    def check(self, promise: Promise) -> Outcome:
        """Checks one promise and shows what came of it."""
        assert self.session is not None
        self.progress.checking(promise)
        outcome = self.session.check(promise)
        self.progress.checked(promise, outcome)
        return outcome

    def failure(self, promise: Promise, outcome: Outcome) -> str:
        """What the test of a broken promise says: the shortest proof, without keys."""
        assert self.session is not None
        proof = outcome.evidence[0]
        lines = [promise.sentence, f"{promise.source}: {promise.where}", f"expected  {proof.expected}", f"seen      {proof.seen}"]
        if proof.exchange is not None:
            lines.append(f"repeat    {proof.exchange.curl(self.session.target.base_url)}")
        return Redaction(self.session.target.keys.values()).text("\n".join(lines))

    def known(self, promise: Promise, outcome: Outcome) -> bool:
        """Whether it was broken in the baseline just so."""
        baseline = self.options.baseline
        if baseline is None or outcome.verdict is not Verdict.BROKEN:
            return False
        places = {one.operation or "" for one in outcome.faults}
        return any(one["id"] == promise.id and one["verdict"] == "broken" and places <= set(one["broken_on"]) for one in baseline["promises"])

    def finish(self, *, interrupted: bool) -> int:
        """Puts everything back, writes the reports, says what came of it. The exit code."""
        assert self.session is not None
        session = self.session
        session.interrupted = interrupted
        try:
            session.close()
        finally:
            self.progress.ends()
        self.document = document_of(session)
        code = exit_code(session, bool(failing(self.document)))
        try:
            paths = write_reports(self.document, session, self.directory)
        except OSError as problem:
            sys.stderr.write(f"contract-tests: the reports cannot be written to {self.directory}: {problem.strerror}\n")
            paths, code = [], code or STOPPED
        if self.alone:
            conclude(self._console, self.document, str(self.directory))
        self._for_machines(self.document, paths)
        return code

    def _for_machines(self, document: Document, paths: list[Path]) -> None:
        if self.options.json:
            summary = {**summary_of(document), "reports": [str(path) for path in paths]}
            sys.stdout.write(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
        if os.environ.get("GITHUB_ACTIONS") == "true":
            (sys.stderr if self.options.json else sys.stdout).writelines(f"{line}\n" for line in github_annotations(document))
            if page := os.environ.get("GITHUB_STEP_SUMMARY"):
                with Path(page).open("a", encoding="utf-8") as file:
                    file.write(markdown(document))
