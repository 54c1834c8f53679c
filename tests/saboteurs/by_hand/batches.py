"""Batches that store half, lose something, or do not say which customer is at fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import answers, as_value, bodies, body_of, is_one, refusal, with_body
from tests.saboteurs.saboteur import Forward, Interceptor, Spec, editing, intercepting


@intercepting("batch", "state")
def a_batch_stores_its_good_half() -> Interceptor:
    def stores(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        sent = body_of(request)
        if answer.status == 400 and is_one(request, ["batchCreateCustomers"]) and isinstance(sent, dict) and isinstance(sent.get("customers"), list):
            for one in sent["customers"][:100]:
                forward(with_body(replace(request, path="/customers"), one), key)
        return answer

    return stores


@intercepting("batch")
def a_batch_is_answered_in_reverse() -> Interceptor:
    return answers(lambda envelope: envelope["data"].reverse(), "batchCreateCustomers")


@intercepting("batch", "state")
def a_batch_is_stored_in_reverse() -> Interceptor:
    def reversed_(body: Any) -> None:
        if isinstance(body.get("customers"), list):
            body["customers"].reverse()

    return bodies(reversed_, "batchCreateCustomers")


@intercepting("batch")
def a_batch_leaves_equal_customers_out() -> Interceptor:
    def once(body: Any) -> None:
        if isinstance(body.get("customers"), list):
            body["customers"] = [one for place, one in enumerate(body["customers"]) if one not in body["customers"][:place]]

    return bodies(once, "batchCreateCustomers")


@editing("batch", "errors")
def a_batch_may_be_empty(spec: Spec) -> None:
    del spec["components"]["schemas"]["CustomerBatchInput"]["properties"]["customers"]["minItems"]


@editing("batch", "errors")
def a_batch_may_have_101_customers(spec: Spec) -> None:
    spec["components"]["schemas"]["CustomerBatchInput"]["properties"]["customers"]["maxItems"] = 101
    spec["components"]["schemas"]["CustomerBatchAnswer"]["properties"]["data"]["maxItems"] = 101


@editing("batch", "errors")
def a_batch_has_at_most_fifty_customers(spec: Spec) -> None:
    spec["components"]["schemas"]["CustomerBatchInput"]["properties"]["customers"]["maxItems"] = 50


@intercepting("batch", "errors")
def faults_of_a_batch_do_not_say_which_customer() -> Interceptor:
    def plain(envelope: Any) -> None:
        if "errors" in envelope:
            envelope["errors"] = {name.split(".")[-1]: what for name, what in envelope["errors"].items()}

    return answers(plain, "batchCreateCustomers", statuses=(400,))


@intercepting("batch", "errors")
def faults_of_a_batch_count_from_one() -> Interceptor:
    def counted(name: str) -> str:
        return ".".join(str(int(part) + 1) if part.isdigit() else part for part in name.split("."))

    def shifted(envelope: Any) -> None:
        if "errors" in envelope:
            envelope["errors"] = {counted(name): what for name, what in envelope["errors"].items()}

    return answers(shifted, "batchCreateCustomers", statuses=(400,))


@intercepting("batch", "errors")
def a_batch_names_its_first_bad_customer_only() -> Interceptor:
    def first(envelope: Any) -> None:
        places = [name.split(".")[1] for name in envelope.get("errors", {}) if name.count(".") > 1]
        if places:
            envelope["errors"] = {name: what for name, what in envelope["errors"].items() if name.split(".")[1:2] == places[:1]}

    return answers(first, "batchCreateCustomers", statuses=(400,))


@intercepting("batch", "state")
def a_batch_answers_all_and_stores_the_first() -> Interceptor:
    def stores(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status == 201 and is_one(request, ["batchCreateCustomers"]):
            for one in as_value(answer)["data"][1:]:
                forward(replace(request, method="DELETE", path=f"/customers/{one['id']}", body=None), key)
        return answer

    return stores


@intercepting("batch", "state")
def a_batch_loses_the_phones() -> Interceptor:
    def lost(body: Any) -> None:
        for one in body["customers"] if isinstance(body.get("customers"), list) else []:
            if isinstance(one, dict) and isinstance(one.get("phone"), str) and 0 < len(one["phone"]) < 256:
                del one["phone"]

    return bodies(lost, "batchCreateCustomers")


@intercepting("batch", "errors")
def a_bad_batch_is_a_conflict() -> Interceptor:
    def conflict(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        bad = answer.status == 400 and is_one(request, ["batchCreateCustomers"])
        return refusal(answer, 409, "Nothing was stored", as_value(answer).get("errors")) if bad else answer

    return conflict
