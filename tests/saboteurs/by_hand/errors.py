"""Refusals that say too little, the wrong thing, or come too late."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import answers, bodies, body_of, heads, id_in, is_one, refusal, requests, with_body, with_query, with_status
from tests.saboteurs.saboteur import Forward, Interceptor, intercepting


@intercepting("errors", "batch")
def only_the_first_fault_is_named() -> Interceptor:
    return answers(lambda envelope: _first_only(envelope), statuses=(400,))


@intercepting("errors", "batch", "references", "money", "filters", "paging")
def faults_are_keyed_below_body() -> Interceptor:
    return answers(lambda envelope: _keyed(envelope, lambda name: f"body.{name}"), "createCustomer", "updateCustomer", statuses=(400,))


@intercepting("errors")
def faults_of_a_ticket_are_keyed_by_labels() -> Interceptor:
    return answers(lambda envelope: _keyed(envelope, lambda name: name.replace("_", " ").title()), "createTicket", statuses=(400,))


@intercepting("errors", "shape")
def a_404_has_no_message() -> Interceptor:
    return answers(lambda envelope: {"success": False}, statuses=(404,))


@intercepting("errors", "shape")
def refusals_say_success_true() -> Interceptor:
    return answers(lambda envelope: envelope.update(success=True), statuses=(400,))


@intercepting("errors", "shape")
def errors_are_a_list() -> Interceptor:
    return answers(lambda envelope: envelope.update(errors=list(envelope.get("errors", {}).values())), statuses=(400,))


@intercepting("errors", "shape")
def a_bad_product_is_answered_by_422() -> Interceptor:
    return heads(lambda request, answer: with_status(answer, 422), "createProduct", statuses=(400,))


@intercepting("errors")
def what_is_no_json_is_a_failure_of_the_server() -> Interceptor:
    def fails(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        broken = request.body is not None and answer.status == 400 and body_of(request) is None
        return refusal(answer, 500, "Internal Server Error") if broken else answer

    return fails


@intercepting("errors")
def a_body_that_is_a_list_is_a_failure_of_the_server() -> Interceptor:
    def fails(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return refusal(answer, 500, "list indices must be integers") if answer.status == 400 and isinstance(body_of(request), list) else answer

    return fails


@intercepting("errors", "shape")
def refusals_carry_a_stack_trace() -> Interceptor:
    return answers(lambda envelope: envelope.update(trace=["app.py:12", "store.py:40"]), statuses=(400,))


@intercepting("errors", "state")
def an_unknown_field_of_a_ticket_is_let_through() -> Interceptor:
    known = ("customer_id", "subject", "message", "department_id", "priority", "id", "status", "created_at", "updated_at")
    return bodies(lambda body: {name: value for name, value in body.items() if name in known}, "createTicket")


@intercepting("errors", "http", "filters")
def an_unknown_parameter_of_products_is_let_through() -> Interceptor:
    return requests(
        lambda request: replace(request, query=tuple(pair for pair in request.query if pair[0] in ("page", "limit", "api_key"))), "listProducts"
    )


@intercepting("errors")
def nested_faults_of_a_quote_have_brackets() -> Interceptor:
    def brackets(name: str) -> str:
        first, *rest = name.split(".")
        return first + "".join(f"[{part}]" for part in rest)

    return answers(lambda envelope: _keyed(envelope, brackets), "createQuote", statuses=(400,))


@intercepting("errors")
def nested_faults_are_keyed_by_the_list_alone() -> Interceptor:
    return answers(lambda envelope: _keyed(envelope, lambda name: name.split(".")[0]), "createInvoice", statuses=(400,))


@intercepting("errors", "http")
def any_media_type_of_a_lead_is_read_as_json() -> Interceptor:
    def takes(request: Request) -> Request:
        others = tuple(pair for pair in request.headers if pair[0].lower() != "content-type")
        return replace(request, headers=(*others, ("content-type", "application/json")))

    return requests(takes, "createLead")


@intercepting("errors", "references")
def a_customer_id_in_quotes_is_taken_for_a_number() -> Interceptor:
    def taken(body: Any) -> None:
        if isinstance(body.get("customer_id"), str) and body["customer_id"].isdigit():
            body["customer_id"] = int(body["customer_id"])

    return bodies(taken, "createTicket")


@intercepting("errors", "money", "shape")
def prices_may_be_texts() -> Interceptor:
    def taken(body: Any) -> None:
        try:
            body["price"] = float(body["price"]) if isinstance(body.get("price"), str) else body["price"]
        except (ValueError, KeyError):
            return

    return bodies(taken, "createProduct")


@intercepting("errors", "shape")
def numbers_are_taken_for_texts() -> Interceptor:
    def taken(body: Any) -> Any:
        return {name: str(value) if type(value) in (int, float) else value for name, value in body.items()}

    return bodies(taken, "createLead")


@intercepting("errors", "shape")
def null_is_taken_for_absent() -> Interceptor:
    return bodies(lambda body: {name: value for name, value in body.items() if value is not None}, "createProduct")


@intercepting("errors", "http", "filters", "paging")
def of_a_parameter_given_twice_the_last_one_counts() -> Interceptor:
    return requests(lambda request: replace(request, query=tuple(dict(request.query).items())), "list")


@intercepting("errors", "http", "filters", "paging")
def an_empty_limit_counts_as_none() -> Interceptor:
    return requests(lambda request: with_query(request, limit=None) if ("limit", "") in request.query else request)


@intercepting("errors", "http")
def an_id_that_is_none_is_a_failure_of_the_server() -> Interceptor:
    def fails(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        no_id = request.path.startswith("/customers/") and id_in(request) is None
        return refusal(answer, 500, "invalid literal for int()") if no_id else answer

    return fails


@intercepting("errors", "state", "shape")
def an_update_may_leave_the_account_out() -> Interceptor:
    def fine(request: Request, key: str | None, forward: Forward) -> Answer:
        sent = body_of(request)
        if not is_one(request, ["updateCustomer"]) or not isinstance(sent, dict) or "account" in sent:
            return forward(request, key)
        read = forward(replace(request, method="GET", body=None), key)
        return forward(with_body(request, {**sent, "account": read.json["data"]["account"]}), key) if read.status == 200 else forward(request, key)

    return fine


def _first_only(envelope: Any) -> None:
    if len(envelope.get("errors", {})) > 1:
        envelope["errors"] = dict([next(iter(envelope["errors"].items()))])


def _keyed(envelope: Any, rename: Any) -> None:
    if "errors" in envelope:
        envelope["errors"] = {rename(name): what for name, what in envelope["errors"].items()}


@intercepting("errors", "batch")
def the_message_of_a_refusal_is_empty() -> Interceptor:
    return answers(lambda envelope: envelope.update(message=""), statuses=(400, 404))
