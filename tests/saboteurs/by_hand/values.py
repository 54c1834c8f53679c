"""Values that do not come back as they were sent."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import as_value, bodies, body_of, heads, is_one, objects, with_header, with_json, without_headers
from tests.saboteurs.saboteur import Forward, Interceptor, Put, Spec, editing, intercepting, patching


def _texts(change: Callable[[str], str], *operations: str) -> Interceptor:
    """Changes each text of a body on its way in."""
    return bodies(lambda body: {name: change(value) if isinstance(value, str) else value for name, value in body.items()}, *operations)


@intercepting("state")
def a_new_object_was_changed_a_day_before_it_was_created() -> Interceptor:
    def earlier(one: Any) -> None:
        moment = datetime.fromisoformat(one["created_at"]) - timedelta(days=1)
        one["updated_at"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    return objects(earlier, "create")


@intercepting("state")
def leading_zeros_of_a_zip_are_lost() -> Interceptor:
    def lost(body: Any) -> None:
        if isinstance(body.get("zip"), str) and body["zip"].isdigit():
            body["zip"] = str(int(body["zip"]))

    return bodies(lost, "createCustomer", "updateCustomer")


@intercepting("state")
def emoji_are_mangled() -> Interceptor:
    return _texts(lambda text: "".join(sign if ord(sign) < 0x10000 else "?" for sign in text))


@intercepting("state")
def what_is_not_latin_is_mangled() -> Interceptor:
    return _texts(lambda text: text.encode("latin-1", "replace").decode("latin-1"), "createLead", "createTicket")


@intercepting("state")
def spaces_at_the_end_are_trimmed() -> Interceptor:
    return _texts(str.rstrip, "createCustomer", "updateCustomer")


@intercepting("state")
def long_texts_are_cut() -> Interceptor:
    return _texts(lambda text: text[:255], "createTicket", "createProduct", "createInvoice")


@intercepting("state")
def texts_are_escaped_for_html() -> Interceptor:
    return _texts(html.escape, "createTicket", "createLead", "createCustomer")


@intercepting("state")
def accents_are_decomposed() -> Interceptor:
    return _texts(lambda text: unicodedata.normalize("NFD", text), "createCustomer")


@intercepting("state")
def emails_are_stored_in_small_letters() -> Interceptor:
    def small(body: Any) -> None:
        if isinstance(body.get("email"), str):
            body["email"] = body["email"].lower()

    return bodies(small, "createCustomer", "createLead", "batchCreateCustomers")


@intercepting("state")
def an_empty_text_counts_as_not_sent() -> Interceptor:
    return bodies(lambda body: {name: value for name, value in body.items() if value != "" or name == "account"}, "createCustomer")


@intercepting("state")
def the_id_that_a_client_sends_is_answered() -> Interceptor:
    def takes(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        sent = body_of(request)
        if answer.status == 201 and is_one(request, ["create"]) and isinstance(sent, dict) and isinstance(sent.get("id"), int):
            value = as_value(answer)
            value["data"]["id"] = sent["id"]
            return with_json(answer, value)
        return answer

    return takes


@intercepting("state")
def location_names_the_list() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "location", "/api/v2/customers"), "createCustomer", statuses=(201,))


@intercepting("state", "shape")
def location_is_missing() -> Interceptor:
    return heads(lambda request, answer: without_headers(answer, "location"), "createCustomer", statuses=(201,))


@intercepting("state")
def a_list_of_customers_leaves_the_address_out() -> Interceptor:
    return objects(lambda one: {name: value for name, value in one.items() if name != "address"}, "listCustomers")


@intercepting("state")
def line_items_are_listed_in_reverse() -> Interceptor:
    return objects(lambda one: one.update(items=one["items"][::-1]), "listInvoices")


@intercepting("state", "money")
def equal_line_items_are_stored_once() -> Interceptor:
    def once(body: Any) -> None:
        if isinstance(body.get("items"), list):
            body["items"] = [item for place, item in enumerate(body["items"]) if item not in body["items"][:place]]

    return bodies(once, "createInvoice", "createQuote")


@editing("state")
def a_ticket_is_at_first_pending(spec: Spec) -> None:
    spec["components"]["schemas"]["TicketInput"]["properties"]["status"]["default"] = "Pending"


@patching("state")
def events_of_a_webhook_are_sorted_backwards(put: Put) -> None:
    from sandbox.engine.request_bodies import BodyReader

    true = BodyReader.new

    def new(self: Any, body: Any) -> Any:
        document = true(self, body)
        if isinstance(document.get("events"), list):
            document["events"] = sorted(document["events"], reverse=True)
        return document

    put(BodyReader, "new", new)


@editing("state")
def users_may_share_an_email(spec: Spec) -> None:
    for name in ("UserInput", "User"):
        del spec["components"]["schemas"][name]["properties"]["email"]["x-unique"]


@editing("state")
def the_emails_of_users_are_compared_with_capitals(spec: Spec) -> None:
    for name in ("UserInput", "User"):
        spec["components"]["schemas"][name]["properties"]["email"]["x-unique"] = "exact"


@intercepting("state", "shape")
def an_update_is_answered_without_the_optional_fields() -> Interceptor:
    kept = ("id", "account", "created_at", "updated_at")
    return objects(lambda one: {name: value for name, value in one.items() if name in kept}, "updateCustomer")


@intercepting("state", "errors")
def a_zero_at_the_end_of_a_text_is_lost() -> Interceptor:
    def lost(body: Any) -> None:
        if isinstance(body.get("phone"), str):
            body["phone"] = body["phone"].rstrip("0") or body["phone"]

    return bodies(lost, "createLead", "createCustomer")
