"""The promises on money are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.judging.decimal_fields import DecimalField
from contract_tests.judging.verdicts import Verdict
from contract_tests.promises import money, promises
from openapi.reader import load_contract
from sandbox.domain import line_items
from tests.dialects.dialect import altered
from tests.saboteurs.interceptors import answers, body_of, is_one, objects, with_json
from tests.saboteurs.saboteur import Forward, Interceptor, Put, Spec
from tests.suite.in_process import broken, served, suite_run

MONEY = {one.id for one in promises().values() if one.check.__module__ == money.__name__}
SUMMED = ("createInvoice", "createQuote")


def found(**fault: Any) -> set[str]:
    with altered(**fault) as transport:
        return set(broken(suite_run(transport, only=MONEY)))


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    with served(scenario="demo") as server:
        for _ in range(3):
            run = suite_run(server.app, only=MONEY)
            assert broken(run) == {}
            assert {outcome.verdict for outcome in run.outcomes.values()} == {Verdict.KEPT}
            assert run.context.target.sent < 60


def test_a_sum_in_binary_fractions_is_found_in_the_value_and_in_the_text() -> None:
    def noisy(one: dict[str, Any]) -> None:
        one["amount"] = sum(line["amount"] * line["qty"] for line in one["items"])

    assert found(between=objects(noisy, *SUMMED)) >= {"amount-is-the-sum", "money-without-noise"}


def test_cents_that_are_cut_off_are_found() -> None:
    def cut(one: dict[str, Any]) -> None:
        one["amount"] = int(one["amount"] * 100) / 100

    assert "amount-is-the-sum" in found(between=objects(cut, *SUMMED))


def test_a_line_that_is_left_out_of_a_long_sum_is_found() -> None:
    def all_but_the_last_of_many(put: Put) -> None:
        true = line_items.total
        put(line_items, "total", lambda document: true({**document, "items": document["items"][:99]}))

    assert "amount-is-the-sum" in found(patch=all_but_the_last_of_many)


def test_an_amount_that_the_client_chose_is_found() -> None:
    def chosen(request: Request, key: str | None, forward: Forward) -> Answer:
        answer, sent = forward(request, key), body_of(request)
        if answer.status != 201 or not is_one(request, SUMMED) or "amount" not in sent:
            return answer
        return with_json(answer, {"success": True, "data": {**answer.data, "amount": sent["amount"]}})

    assert found(between=chosen) == {"amount-is-the-servers"}


def test_noise_in_a_list_is_found_where_no_promise_asked_for_it() -> None:
    def noisy(envelope: dict[str, Any]) -> None:
        for one in envelope["data"]:
            one["price"] = one["price"] + 1e-9

    assert "money-without-noise" in found_in_a_list(answers(noisy, "listProducts"))


def found_in_a_list(interceptor: Interceptor) -> set[str]:
    with altered(between=interceptor, scenario="demo") as transport:
        return set(broken(suite_run(transport, only={"paging", "money-without-noise"})))


@pytest.mark.parametrize("collection", ["Transaction", "Product"])
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("money-bounds", {"exclusiveMinimum": False}),
        ("money-bounds", {"minimum": -5}),
        ("money-bounds", {"maximum": 1_000_000_000}),
        ("money-bounds", {"multipleOf": 0.001}),
        ("money-comes-back", {"maximum": 999_999_999}),
        ("money-comes-back", {"minimum": 1}),
        ("money-comes-back", {"multipleOf": 1}),
    ],
)
def test_a_bound_that_is_off_is_found(collection: str, name: str, fault: dict[str, Any]) -> None:
    field = {"Transaction": "amount", "Product": "price"}[collection]

    def edit(spec: Spec) -> None:
        spec["components"]["schemas"][f"{collection}Input"]["properties"][field].update(fault)

    assert name in found(edit=edit)


@pytest.mark.parametrize(
    ("name", "fault"),
    [("money-bounds", {"exclusiveMinimum": False}), ("line-money-comes-back", {"maximum": 999_999_999}), ("money-bounds", {"multipleOf": 0.001})],
)
def test_a_bound_of_a_line_that_is_off_is_found(name: str, fault: dict[str, Any]) -> None:
    def edit(spec: Spec) -> None:
        spec["components"]["schemas"]["LineItem"]["properties"]["amount"].update(fault)

    assert name in found(edit=edit)


def test_a_sum_that_has_no_bound_is_found() -> None:
    def unbounded(put: Put) -> None:
        put(line_items, "LARGEST_AMOUNT", Decimal(10) ** 15)

    def edit(spec: Spec) -> None:
        for name in ("InvoiceInput", "QuoteInput"):
            del spec["components"]["schemas"][name]["properties"]["amount"]["maximum"]

    assert found(edit=edit, patch=unbounded) == {"sum-within-bounds"}


def rounded(step: str) -> Callable[[Put], None]:
    def patch(put: Put) -> None:
        put(line_items, "money", lambda amount: float(amount.quantize(Decimal(step), ROUND_DOWN)))

    return patch


def test_sums_in_whole_units_are_found() -> None:
    assert "amount-is-the-sum" in found(patch=rounded("0.1"))


@pytest.mark.parametrize(
    ("schema", "accepted", "refused"),
    [
        ({}, ["4.35"], []),
        ({"multipleOf": 0.5}, [], ["14.75"]),
        ({"minimum": 0, "maximum": 100, "multipleOf": 0.01}, ["0", "4.35", "100"], ["-0.01", "100.01", "0.295"]),
        ({"minimum": 0, "exclusiveMinimum": True, "multipleOf": 0.01}, ["0.01", "4.35"], ["0.00", "0.305"]),
        ({"maximum": 1, "exclusiveMaximum": True, "multipleOf": 0.25}, ["0.75"], ["1.00", "7.375"]),
    ],
)
def test_only_what_the_contract_says_of_a_number_is_asked_for(schema: dict[str, Any], accepted: list[str], refused: list[str]) -> None:
    number = DecimalField(load_contract().resources["products"], "price", schema, line=False)
    assert number.accepted == [Decimal(one) for one in accepted]
    assert number.refused == [Decimal(one) for one in refused]
