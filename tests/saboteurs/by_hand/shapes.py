"""Answers that look otherwise than the contract says."""

from __future__ import annotations

from typing import Any

from tests.saboteurs.interceptors import BAD, GOOD, answers, heads, objects, with_bytes, with_header, with_status
from tests.saboteurs.saboteur import Interceptor, intercepting


@intercepting("shape", "money")
def the_amount_of_an_invoice_is_a_text() -> Interceptor:
    return objects(lambda one: one.update(amount=str(one["amount"])), "createInvoice", "listInvoices")


@intercepting("shape", "state", "paging", "filters")
def ids_of_listed_tickets_are_texts() -> Interceptor:
    return objects(lambda one: one.update(id=str(one["id"])), "listTickets")


@intercepting("shape", "state")
def a_read_customer_comes_without_success() -> Interceptor:
    return answers(lambda envelope: envelope.pop("success") and envelope, "getCustomer")


@intercepting("shape", "state")
def a_created_lead_says_success_false() -> Interceptor:
    return answers(lambda envelope: envelope.update(success=False), "createLead")


@intercepting("shape", "state")
def fields_that_were_never_sent_are_null() -> Interceptor:
    names = ("email", "phone", "address", "city", "state", "zip", "country")
    return objects(lambda one: {**dict.fromkeys(names), **one}, "getCustomer", "createCustomer", "listCustomers", "updateCustomer")


@intercepting("shape")
def listed_quotes_carry_a_note_that_no_schema_names() -> Interceptor:
    return objects(lambda one: one.update(internal_note="margin 40 %"), "listQuotes")


@intercepting("shape", "state")
def timestamps_have_an_offset() -> Interceptor:
    return objects(lambda one: _stamps(one, lambda text: text.replace("Z", "+00:00")))


@intercepting("shape", "state")
def timestamps_have_fractions() -> Interceptor:
    return objects(lambda one: _stamps(one, lambda text: text.replace("Z", ".000Z")), "createProduct", "listProducts")


@intercepting("shape", "state")
def a_read_customer_is_a_list_of_one() -> Interceptor:
    return answers(lambda envelope: envelope.update(data=[envelope["data"]]), "getCustomer")


@intercepting("shape", "http", "errors")
def errors_are_sent_as_html() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "content-type", "text/html; charset=utf-8"), statuses=BAD)


@intercepting("shape", "http")
def lists_are_sent_as_text() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "content-type", "text/plain"), "list", statuses=GOOD)


@intercepting("shape", "state")
def a_created_lead_is_answered_by_200() -> Interceptor:
    return heads(lambda request, answer: with_status(answer, 200), "createLead", statuses=(201,))


@intercepting("shape", "webhooks", "state")
def a_registration_is_answered_by_202() -> Interceptor:
    return heads(lambda request, answer: with_status(answer, 202), "registerWebhook", statuses=(201,))


@intercepting("shape", "reports")
def the_report_has_a_remark_behind_its_json() -> Interceptor:
    return heads(lambda request, answer: with_bytes(answer, answer.body + b"\n<!-- 3 ms -->"), "getFinancialReport", statuses=GOOD)


@intercepting("shape", "paging")
def meta_counts_in_texts() -> Interceptor:
    return answers(lambda envelope: envelope.update(meta={name: str(value) for name, value in envelope["meta"].items()}), "listTransactions")


@intercepting("shape", "state")
def a_deletion_is_answered_with_the_object() -> Interceptor:
    return answers(lambda envelope: {"success": True, "data": {"id": 1}}, "deleteCustomer")


@intercepting("shape", "state")
def a_deletion_says_nothing_but_success() -> Interceptor:
    return answers(lambda envelope: {"success": True}, "deleteCustomer")


@intercepting("shape")
def a_successful_list_brings_an_empty_errors_object() -> Interceptor:
    return answers(lambda envelope: envelope.update(errors={}), "listUsers")


def _stamps(one: Any, change: Any) -> None:
    for name in ("created_at", "updated_at"):
        if name in one:
            one[name] = change(one[name])
