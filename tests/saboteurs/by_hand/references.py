"""References that point nowhere, and objects that go though others point to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import answers, as_value, heads, is_one, objects, refusal, with_json
from tests.saboteurs.saboteur import Forward, Interceptor, Put, Spec, editing, intercepting, patching


def _referrers_without(put: Put, unseen: str) -> None:
    from sandbox.engine import constraints, verbs

    true = constraints.pointing_at

    def pointing_at(store: Any, contract: Any, collection: str, id: int) -> dict[str, int]:
        return {name: number for name, number in true(store, contract, collection, id).items() if name != unseen}

    put(verbs, "pointing_at", pointing_at)


@patching("references", "state")
def a_customer_can_be_deleted_though_quotes_point_to_it(put: Put) -> None:
    _referrers_without(put, "quotes")


@patching("references", "state")
def a_customer_can_be_deleted_though_tickets_point_to_it(put: Put) -> None:
    _referrers_without(put, "tickets")


@patching("references", "state")
def a_customer_can_be_deleted_though_invoices_point_to_it(put: Put) -> None:
    _referrers_without(put, "invoices")


@editing("references")
def a_ticket_may_name_any_customer(spec: Spec) -> None:
    del spec["components"]["schemas"]["TicketInput"]["properties"]["customer_id"]["x-ref"]


@intercepting("references", "errors")
def an_unknown_customer_of_a_quote_is_not_found() -> Interceptor:
    def missing(request: Request, answer: Answer) -> Answer:
        unknown = "names nothing" in str(as_value(answer).get("errors", {}).get("customer_id", ""))
        return refusal(answer, 404, "There is no such customer") if unknown else answer

    return heads(missing, "createQuote", statuses=(400,))


@intercepting("references", "errors")
def an_unknown_customer_of_an_invoice_is_a_failure_of_the_server() -> Interceptor:
    def fails(request: Request, answer: Answer) -> Answer:
        unknown = "names nothing" in str(as_value(answer).get("errors", {}).get("customer_id", ""))
        return refusal(answer, 500, "FOREIGN KEY constraint failed") if unknown else answer

    return heads(fails, "createInvoice", statuses=(400,))


@intercepting("references", "errors")
def an_unknown_reference_is_keyed_by_the_collection() -> Interceptor:
    def keyed(envelope: Any) -> None:
        if "names nothing" in envelope.get("errors", {}).get("customer_id", ""):
            envelope["errors"]["customers"] = envelope["errors"].pop("customer_id")

    return answers(keyed, statuses=(400,))


@patching("references", "state")
def a_deleted_customer_can_still_be_pointed_to(put: Put) -> None:
    from sandbox.engine import constraints, verbs
    from sandbox.state.changes import id_counter

    true = constraints.unknown_references

    def unknown(store: Any, resource: Any, document: Any) -> Any:
        last = store._database.storage.counters.get(id_counter("customers"), 0)
        gone = isinstance(document.get("customer_id"), int) and document["customer_id"] <= last
        return [fault for fault in true(store, resource, document) if not (gone and fault[0] == "customer_id")]

    put(verbs, "unknown_references", unknown)


@intercepting("references", "state")
def a_refused_deletion_is_done_all_the_same() -> Interceptor:
    def hides(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if is_one(request, ["deleteCustomer"]) and answer.status == 400:
            gone.add(request.path)
        elif request.path in gone and answer.status in (200, 400):
            return refusal(answer, 404, "There is no such object")
        return answer

    gone: set[str] = set()
    return hides


@intercepting("references", "state")
def deleting_a_customer_with_a_ticket_closes_an_eye() -> Interceptor:
    return heads(
        lambda request, answer: (
            with_json(Answer(200, answer.headers, b""), {"success": True, "message": "It was deleted"})
            if "ticket" in answer.body.decode()
            else answer
        ),
        "deleteCustomer",
        statuses=(400,),
    )


@intercepting("references", "filters")
def an_unknown_customer_of_a_filter_is_refused() -> Interceptor:
    def refuses(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        asked = dict(request.query).get("customer_id", "")
        if answer.status != 200 or not is_one(request, ["listInvoices"]) or not asked:
            return answer
        there = forward(replace(request, method="GET", path=f"/customers/{asked}", query=()), key).status == 200
        return answer if there else refusal(answer, 400, "Validation failed", {"customer_id": "It names nothing"})

    return refuses


@intercepting("references", "state")
def a_quote_is_filed_under_the_first_customer() -> Interceptor:
    return objects(lambda one: one.update(customer_id=1), "listQuotes")
