"""Reports that count too much, too little, or at the wrong time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import answers, as_value, is_one, objects, query_of, requests, with_json, with_query
from tests.saboteurs.saboteur import Forward, Interceptor, Put, intercepting, patching

REPORT = "getFinancialReport"


def _reported(change: Callable[[dict[str, Any]], None]) -> Interceptor:
    return objects(change, REPORT)


@intercepting("reports")
def income_has_the_expenses_in_it() -> Interceptor:
    def mixed(data: dict[str, Any]) -> None:
        data["income"] = round(data["income"] + data["expenses"], 2)
        data["profit"] = round(data["income"] - data["expenses"], 2)

    return _reported(mixed)


@intercepting("reports")
def profit_is_income_and_expenses() -> Interceptor:
    return _reported(lambda data: data.update(profit=round(data["income"] + data["expenses"], 2)))


@intercepting("reports")
def profit_never_falls_below_nothing() -> Interceptor:
    return _reported(lambda data: data.update(profit=max(0.0, data["profit"])))


@intercepting("reports")
def the_report_counts_in_whole_numbers() -> Interceptor:
    return _reported(lambda data: data.update({name: float(int(value)) for name, value in data.items()}))


@intercepting("reports", "money", "shape")
def the_report_carries_the_noise_of_floats() -> Interceptor:
    return _reported(lambda data: data.update(income=data["income"] * 1.1 / 1.1 + 1e-10 if data["income"] else 0.0))


@intercepting("reports")
def outstanding_is_counted_twice() -> Interceptor:
    return _reported(lambda data: data.update(outstanding_invoices=round(data["outstanding_invoices"] * 2, 2)))


def _period(put: Put, dated: Callable[[str, str], bool]) -> None:
    """Which days (`2024-02-29`) belong to a period (`2024-` or `2024-02-`)."""
    from sandbox.domain import reports

    true = reports._period

    def period(year: int | None, month: int | None) -> Callable[[Any], bool]:
        if year is None:
            return true(year, month)
        start = f"{year:04d}-" if month is None else f"{year:04d}-{month:02d}-"
        return lambda document: dated(document.get("date") or "", start)

    put(reports, "_period", period)


@patching("reports")
def the_29th_of_february_is_forgotten(put: Put) -> None:
    _period(put, lambda day, start: day.startswith(start) and not day.endswith("-02-29"))


@patching("reports")
def the_31st_of_december_falls_into_the_next_year(put: Put) -> None:
    def dated(day: str, start: str) -> bool:
        if day.endswith("-12-31"):
            day = f"{int(day[:4]) + 1:04d}-01-01"
        return day.startswith(start)

    _period(put, dated)


@patching("reports")
def the_1st_of_january_falls_into_the_year_before(put: Put) -> None:
    def dated(day: str, start: str) -> bool:
        if day.endswith("-01-01"):
            day = f"{int(day[:4]) - 1:04d}-12-31"
        return day.startswith(start)

    _period(put, dated)


@patching("reports")
def the_last_day_of_a_month_is_left_out(put: Put) -> None:
    _period(put, lambda day, start: day.startswith(start) and (len(start) == 5 or not day.endswith(("-30", "-31"))))


@patching("reports")
def the_month_of_a_report_is_ignored(put: Put) -> None:
    _period(put, lambda day, start: day.startswith(start[:5]))


@patching("reports")
def a_month_is_counted_from_its_beginning_to_the_end_of_the_year(put: Put) -> None:
    _period(put, lambda day, start: day.startswith(start[:5]) and day >= start)


@patching("reports")
def a_month_of_one_digit_counts_those_of_two(put: Put) -> None:
    _period(put, lambda day, start: day.startswith(start) or (start.endswith("-01-") and day.startswith((f"{start[:5]}10", f"{start[:5]}12"))))


@intercepting("reports")
def the_year_of_a_report_is_ignored_without_a_month() -> Interceptor:
    def ignored(request: Request) -> Request:
        good = (query_of(request, "year") or "").isdigit() and 1970 <= int(query_of(request, "year") or 0) <= 9999
        return with_query(request, year=None) if good and query_of(request, "month") is None else request

    return requests(ignored, REPORT)


@intercepting("reports", "errors")
def a_month_without_its_year_is_ignored() -> Interceptor:
    return requests(lambda request: request if query_of(request, "year") else with_query(request, month=None), REPORT)


@intercepting("reports")
def months_count_from_zero() -> Interceptor:
    def shifted(request: Request) -> Request:
        month = query_of(request, "month") or ""
        return with_query(request, month=int(month) % 12 + 1) if month.isdigit() and 1 <= int(month) <= 12 else request

    return requests(shifted, REPORT)


@patching("reports")
def all_time_is_up_to_today(put: Put) -> None:
    from sandbox.domain import reports

    true = reports._period

    def period(year: int | None, month: int | None) -> Callable[[Any], bool]:
        if year is not None or month is not None:
            return true(year, month)
        return lambda document: str(document.get("date") or "") <= "2025-07-01"

    put(reports, "_period", period)


@intercepting("reports")
def outstanding_is_that_of_all_time() -> Interceptor:
    def counts(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status != 200 or not is_one(request, [REPORT]):
            return answer
        value = as_value(answer)
        whole = as_value(forward(replace(request, method="GET", query=()), key))
        value["data"]["outstanding_invoices"] = whole["data"]["outstanding_invoices"]
        return with_json(answer, value)

    return counts


@patching("reports")
def outstanding_goes_by_the_due_date(put: Put) -> None:
    from sandbox.domain import reports

    true = reports._period

    def period(year: int | None, month: int | None) -> Callable[[Any], bool]:
        dated_in = true(year, month)
        return lambda document: dated_in({"date": document.get("due_date") or document.get("date")})

    put(reports, "_period", period)


@patching("reports", "money")
def outstanding_does_not_fall_with_payments(put: Put) -> None:
    from sandbox.domain import invoices, reports, rules

    put(reports, "exact", lambda number: Decimal(0) if isinstance(number, _Paid) else rules.exact(number))

    put(invoices, "money", lambda amount: _Paid(amount))


class _Paid(float):
    """What was paid, which the report does not see."""


@intercepting("reports")
def a_report_is_one_change_behind() -> Interceptor:
    kept: dict[tuple[tuple[str, str], ...], Answer] = {}

    def behind(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status != 200 or not is_one(request, [REPORT]):
            return answer
        old = kept.get(request.query, answer)
        kept[request.query] = answer
        return with_json(answer, old.json)

    return behind


@intercepting("reports", "shape")
def an_empty_period_is_null() -> Interceptor:
    return answers(lambda envelope: None if any(envelope["data"].values()) else {**envelope, "data": None}, REPORT)


@intercepting("reports", "errors")
def the_thirteenth_month_is_the_first() -> Interceptor:
    return requests(lambda request: with_query(request, month=1) if query_of(request, "month") == "13" else request, REPORT)
