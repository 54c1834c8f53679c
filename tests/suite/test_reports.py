"""The promises on the financial report are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.judging.verdicts import Verdict
from sandbox.domain import reports
from sandbox.domain.rules import ActionRequest, Document
from tests.dialects.dialect import altered
from tests.saboteurs.interceptors import answers
from tests.saboteurs.saboteur import Put, Spec
from tests.suite.in_process import broken, served, suite_run


def found(control: bool = True, scenario: str = "empty", **fault: Any) -> set[str]:
    with altered(scenario=scenario, **fault) as transport:
        return set(broken(suite_run(transport, only={"reports"}, control=control)))


def counting(change: Callable[[Document, ActionRequest], Document | None]) -> Callable[[Put], None]:
    """A report that sees every document as it is changed; what is None counts nowhere."""

    def patch(put: Put) -> None:
        true = reports.financial_summary

        def summary(request: ActionRequest) -> Document:
            class Seen:
                def documents(self, collection: str) -> Any:
                    return (seen for one in request.tx.documents(collection) if (seen := change(one, request)) is not None)

            return true(ActionRequest(Seen(), request.params, request.body))  # type: ignore[arg-type]

        registered = [type(one)(one.kind, one.resource, summary, one.needs, one.target) for one in reports.rules.registered]
        put(reports.rules, "registered", registered)

    return patch


@pytest.mark.parametrize("scenario", ["demo", "empty"])
def test_the_sandbox_keeps_them_three_times_in_a_row(scenario: str) -> None:
    with served(scenario=scenario) as server:
        for _ in range(3):
            run = suite_run(server.app, only={"reports"})
            assert broken(run) == {}
            assert {outcome.verdict for outcome in run.outcomes.values()} == {Verdict.KEPT}
            assert run.context.target.sent < 65


def test_expenses_that_count_as_income_are_found() -> None:
    assert "report-counts-what-is-recorded" in found(patch=counting(lambda one, request: {**one, "type": "Income"} if "type" in one else one))


def test_29_february_that_counts_nowhere_is_found() -> None:
    assert found(patch=counting(lambda one, request: None if one.get("date", "").endswith("-02-29") else one)) >= {
        "report-periods-end-where-they-end"
    }


@pytest.mark.parametrize(("day", "instead"), [("12-31", "01-01"), ("01-31", "02-01"), ("03-01", "02-28")])
def test_a_day_that_counts_in_the_next_period_is_found(day: str, instead: str) -> None:
    def moved(one: Document, request: ActionRequest) -> Document:
        year, _, rest = one["date"].partition("-")
        return {**one, "date": f"{int(year) + (day == '12-31')}-{instead}"} if rest == day else one

    assert "report-periods-end-where-they-end" in found(patch=counting(moved))


def test_invoices_that_count_when_they_are_due_are_found() -> None:
    assert "report-periods-end-where-they-end" in found(patch=counting(lambda one, request: {**one, "date": one.get("due_date", one["date"])}))


def test_paid_invoices_that_count_as_outstanding_are_found_without_a_control_plane() -> None:
    forgotten = counting(lambda one, request: {**one, "_paid": 0})
    assert found(control=False, scenario="demo", patch=forgotten) == {"report-equals-the-lists"}
    assert found(patch=forgotten) == {"report-counts-payments"}


def test_old_transactions_that_are_left_out_are_found() -> None:
    recent = counting(lambda one, request: one if one["id"] > 3 else None)
    assert "report-equals-the-lists" in found(scenario="demo", patch=recent)


def test_a_profit_that_is_never_negative_is_found() -> None:
    def floored(envelope: dict[str, Any]) -> None:
        envelope["data"]["profit"] = max(0, envelope["data"]["profit"])

    assert "report-profit" in found(between=answers(floored, "getFinancialReport"))


def test_figures_that_are_never_zero_are_found() -> None:
    def at_least_a_cent(envelope: dict[str, Any]) -> None:
        envelope["data"]["outstanding_invoices"] = envelope["data"]["outstanding_invoices"] or 0.01

    assert "report-of-an-empty-period" in found(between=answers(at_least_a_cent, "getFinancialReport"))


def test_a_month_of_no_year_that_is_taken_is_found() -> None:
    def lenient(put: Put) -> None:
        true = reports._period
        put(reports, "_period", lambda year, month: true(year or (2024 if month else None), month))

    assert found(patch=lenient) == {"report-month-needs-its-year"}


@pytest.mark.parametrize(("place", "fault"), [(1, {"maximum": 13}), (1, {"minimum": 2}), (0, {"minimum": 1900}), (0, {"maximum": 9998})])
def test_a_bound_that_is_off_is_found(place: int, fault: dict[str, int]) -> None:
    def edit(spec: Spec) -> None:
        spec["paths"]["/reports/financial"]["get"]["parameters"][place]["schema"].update(fault)

    assert "report-bounds" in found(edit=edit)


def test_a_list_that_is_too_long_is_not_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.promises.reports._MOST_ROWS", 5)
    with served(scenario="demo") as server:
        run = suite_run(server.app, only={"report-equals-the-lists"})
    outcome = run.outcomes["report-equals-the-lists"]
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_CHECKED, "more than 5 transactions are listed")
