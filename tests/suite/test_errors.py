"""The promises on errors are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.promises import promises
from tests.dialects.dialect import altered
from tests.saboteurs.interceptors import answers, body_of, heads, is_one, query_of, requests, with_json, with_query, with_status
from tests.saboteurs.saboteur import Forward, Interceptor, Spec
from tests.suite.broken_promises import promises_broken_by, requests_of_three_runs
from tests.suite.conftest import FindBetween
from tests.suite.in_process import served, suite_run


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("errors", "bounds", "unknown_fields")) < 190


def only_the_first(envelope: dict[str, Any]) -> None:
    if "errors" in envelope:
        envelope["errors"] = dict(list(envelope["errors"].items())[:1])


def test_errors_that_name_only_the_first_field_are_found(find_between: FindBetween) -> None:
    broken = find_between("faulty-fields-are-named", "faulty-parameters-are-named", between=answers(only_the_first, statuses=(400,)))
    assert broken == {"faulty-fields-are-named", "faulty-parameters-are-named"}


def test_errors_under_other_names_are_found(find_between: FindBetween) -> None:
    def renames(envelope: dict[str, Any]) -> None:
        envelope["errors"] = {f"field_{name}": what for name, what in envelope.get("errors", {}).items()}

    assert find_between("faulty-fields-are-named", between=answers(renames, "createLead", statuses=(400,))) == {"faulty-fields-are-named"}


def test_a_field_that_is_blamed_without_a_fault_is_found(find_between: FindBetween) -> None:
    def blames(envelope: dict[str, Any]) -> None:
        envelope["errors"]["nobody"] = "Nobody is at fault"

    assert find_between("faulty-fields-are-named", between=answers(blames, "createTicket", statuses=(400,))) == {"faulty-fields-are-named"}


FORM, STATED, OURS = "faulty-fields-are-named", "bounded-fields-are-named", "speaks-bounds"
WIDENED: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("CustomerInput", lambda schema: schema["properties"]["city"].update(maxLength=400), OURS),
    ("CustomerInput", lambda schema: schema["properties"]["email"].pop("format"), FORM),
    ("CustomerInput", lambda schema: schema["properties"]["zip"].pop("pattern"), STATED),
    ("InvoiceInput", lambda schema: schema["properties"]["due_date"].pop("format"), FORM),
    ("InvoiceInput", lambda schema: schema["properties"]["items"].update(maxItems=101), OURS),
    ("LineItem", lambda schema: schema["properties"]["qty"].update(maximum=1_000_001), OURS),
    ("LineItem", lambda schema: schema["properties"]["amount"].pop("multipleOf"), STATED),
    ("TransactionInput", lambda schema: schema["properties"]["amount"].pop("exclusiveMinimum"), FORM),
    ("TransactionInput", lambda schema: schema["properties"]["type"].pop("enum"), FORM),
    ("TicketInput", lambda schema: schema["required"].remove("subject"), FORM),
    ("UserInput", lambda schema: schema["properties"]["password"].update(minLength=7), STATED),
    ("UserInput", lambda schema: schema["properties"]["password"].update(maxLength=129), STATED),
    ("WebhookInput", lambda schema: schema["properties"]["url"].pop("pattern"), STATED),
    ("WebhookInput", lambda schema: schema["properties"]["events"]["items"].pop("enum"), FORM),
    ("WebhookInput", lambda schema: schema["properties"]["events"].pop("uniqueItems"), OURS),
    ("ProductInput", lambda schema: schema["properties"]["tax_rate"].update(maximum=200), OURS),
]


@pytest.mark.parametrize(("name", "widen", "promise"), WIDENED, ids=[str(number) for number in range(len(WIDENED))])
def test_a_bound_that_is_wider_than_the_contract_says_is_found(name: str, widen: Callable[[dict[str, Any]], Any], promise: str) -> None:
    def edit(spec: Spec) -> None:
        widen(spec["components"]["schemas"][name])

    assert promises_broken_by(FORM, STATED, OURS, edit=edit) == {promise}


def test_no_promise_that_hits_a_bound_of_our_own_is_told_as_documented() -> None:
    documented = {id for id, one in promises().items() if one.source == "documented"}
    assert not documented & {OURS, STATED, "bounds-are-reached", "generated-bounds", "texts-long", "money-bounds", "faulty-parameters-are-named"}


def test_the_proof_of_a_wide_bound_is_a_body_with_that_fault_alone() -> None:
    def edit(spec: Spec) -> None:
        spec["components"]["schemas"]["LeadInput"]["properties"]["first_name"].pop("minLength")

    with altered(edit=edit) as transport:
        outcome = suite_run(transport, only={STATED}).outcomes[STATED]
    proof = outcome.evidence[0]
    assert proof.exchange is not None
    assert proof.exchange.status == 201
    assert proof.expected == "400, since first_name is shorter than 1"
    assert {name for name, value in body_of(proof.exchange.request).items() if not value} == {"first_name"}


def test_what_was_made_by_a_wide_bound_is_known_so_that_the_report_can_name_it() -> None:
    def edit(spec: Spec) -> None:
        spec["components"]["schemas"]["LeadInput"]["properties"]["first_name"].pop("minLength")

    with altered(edit=edit) as transport:
        made = suite_run(transport, only={STATED}).context.created_objects
    assert [one.document["first_name"] for one in made if one.collection == "leads"] == [""]


def without_page(request: Request) -> Request:
    return with_query(request, page=None)


def only_once(request: Request) -> Request:
    return Request(request.method, request.path, tuple(dict(request.query).items()), request.headers, request.body, request.key, request.key_in_query)


def whole_limit(request: Request) -> Request:
    return with_query(request, limit=100) if query_of(request, "limit") == "101" else request


@pytest.mark.parametrize("change", [without_page, only_once, whole_limit], ids=["ignored", "twice", "bound"])
def test_a_parameter_that_is_not_looked_at_is_found(change: Callable[[Request], Request], find_between: FindBetween) -> None:
    assert find_between("faulty-parameters-are-named", between=requests(change, "listTickets")) == {"faulty-parameters-are-named"}


def test_a_hostile_body_that_makes_the_server_fail_is_found(find_between: FindBetween) -> None:
    def fails(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return with_status(answer, 500) if b"1e999" in (request.body or b"") else answer

    assert find_between("errors", between=fails) == {"hostile-bodies-are-refused", "no-server-error"}


def changed(edit: Callable[[Any], Any], status: int) -> Interceptor:
    return answers(edit, statuses=(status,))


@pytest.mark.parametrize(
    "interceptor",
    [
        changed(lambda envelope: envelope.update(success=True), 404),
        changed(lambda envelope: envelope.update(message=" "), 401),
        changed(lambda envelope: envelope.update(errors=["email"]), 400),
        changed(lambda envelope: {"error": envelope["message"]}, 405),
        heads(lambda request, answer: with_json(answer, "Not found"), statuses=(404,)),
    ],
    ids=["success", "message", "errors", "another envelope", "a text"],
)
def test_an_error_of_another_shape_is_found(interceptor: Interceptor, find_between: FindBetween) -> None:
    asked = ("error-envelope", "unknown-paths-are-404", "key-is-required", "speaks-unknown-field", "speaks-status-codes")
    assert "error-envelope" in find_between(*asked, between=interceptor)


@pytest.mark.parametrize("operation", ["createQuote", "batchCreateCustomers", "updateCustomer"])
def test_unknown_fields_that_are_refused_by_all_operations_but_one_are_found(operation: str, find_between: FindBetween) -> None:
    def ignores(envelope: dict[str, Any]) -> None:
        envelope["errors"] = {name: what for name, what in envelope["errors"].items() if "contract_tests_field" not in name}

    assert "speaks-unknown-field" in find_between("speaks-unknown-field", between=answers(ignores, operation, statuses=(400,)))


def test_unknown_parameters_that_are_refused_by_all_lists_but_one_are_found(find_between: FindBetween) -> None:
    ignores = requests(lambda request: with_query(request, contract_tests_parameter=None), "listUsers")
    assert find_between("speaks-unknown-parameter", between=ignores) == {"speaks-unknown-parameter"}


def test_a_servers_own_field_that_is_refused_for_its_type_is_found(find_between: FindBetween) -> None:
    def refuses(envelope: dict[str, Any]) -> None:
        envelope["errors"]["id"] = "Id must be a whole number"

    assert find_between("speaks-read-only-sent", between=answers(refuses, "createLead", statuses=(400,))) == {"speaks-read-only-sent"}


def test_nested_fields_named_in_two_forms_are_found(find_between: FindBetween) -> None:
    def brackets(envelope: dict[str, Any]) -> None:
        envelope["errors"] = {
            ("[".join(name.split(".")) + "]").replace("[", "][").replace("][", "[", 1) if "." in name else name: what
            for name, what in envelope["errors"].items()
        }

    assert "speaks-nested-errors" in find_between("speaks-nested-errors", between=answers(brackets, "createQuote", statuses=(400,)))


def test_the_readings_store_nothing() -> None:
    with served() as server:
        readings = {f"speaks-{name}" for name in ("nested-errors", "unknown-field", "read-only-sent")}
        run = suite_run(server.app, only=readings)
        tables = server.workspaces.get("default").image().tables
    assert {name for name, rows in tables.items() if len(rows) and not name.startswith("_")} == set()
    assert run.context.readings == {"nested-errors": "dots", "unknown-field": "refuse", "read-only-sent": "ignore"}
    assert run.context.target.sent == 11, "one request to each operation with a body tells all three"


def test_a_list_is_no_body_of_an_operation(find_between: FindBetween) -> None:
    def takes(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status == 400 and is_one(request, ["create"]) and isinstance(body_of(request), list):
            return with_status(answer, 422)
        return answer

    assert "hostile-bodies-are-refused" in find_between("hostile-bodies-are-refused", between=takes)
