"""One test for each promise: what `pytest -p contract_tests.plugin --pyargs contract_tests` collects."""

from __future__ import annotations

import pytest

from contract_tests.judging.registry import Promise
from contract_tests.judging.verdicts import Verdict
from contract_tests.plugin import SuiteUnderPytest


def test_promise(contract_run: SuiteUnderPytest, promise: Promise) -> None:
    """The target keeps it. One that cannot be checked is skipped with its reason, and never passed."""
    outcome = contract_run.check(promise)
    if outcome.verdict is Verdict.NOT_CHECKED:
        pytest.skip(outcome.reason or "not checked")
    if outcome.verdict is Verdict.BROKEN:
        if contract_run.known(promise, outcome):
            pytest.xfail("broken in the baseline too")
        pytest.fail(contract_run.failure(promise, outcome), pytrace=False)
