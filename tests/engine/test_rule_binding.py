"""Rules are bound to a contract by name: what is missing stops the start, or is switched off where an author tries a change."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.domain import ALL_RULES
from sandbox.domain.rules import ActionRequest, Document, Rules
from sandbox.engine import bind
from sandbox.errors import StartError
from tests.engine.spec_edits import Spec, add_suppliers, contract_of, own_document, without
from tests.engine.world import BODIES, World, own_contract


def _operation(document: Spec, operation_id: str) -> Spec:
    found: Spec = next(
        one for item in document["paths"].values() for one in item.values() if isinstance(one, dict) and one.get("operationId") == operation_id
    )
    return found


def _without_field(schema: str, field: str) -> Spec:
    document = own_document()
    holder = document["components"]["schemas"][schema]
    del holder["properties"][field]
    holder["required"] = [name for name in holder["required"] if name != field]
    for other in document["components"]["schemas"].values():
        if field in other.get("required", ()) and f"#/components/schemas/{schema}" in str(other.get("allOf")):
            other["required"] = [name for name in other["required"] if name != field]
    return document


def test_every_rule_holds_on_our_own_contract() -> None:
    assert bind(own_contract(), ALL_RULES, lenient=False).switched_off == ()


def test_a_resource_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    contract = contract_of(without(own_document(), "webhooks"), tmp_path)
    sentence = "no path has the x-resource 'webhooks', for which the rule url_names_a_host_and_a_port_that_exist is made; known are"
    with pytest.raises(StartError, match=re.escape(f"{contract.file}: {sentence}")):
        bind(contract, ALL_RULES, lenient=False)


def test_a_misspelt_resource_is_told_the_right_name() -> None:
    rules = Rules("invoice")
    rules.must("date")(lambda document, tx: None)
    with pytest.raises(StartError, match=r"no path has the x-resource 'invoice', .* did you mean 'invoices'\?"):
        bind(own_contract(), [rules], lenient=False)


def test_a_field_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    contract = contract_of(_without_field("InvoiceInput", "due_date"), tmp_path)
    sentence = r"invoices has no field 'due_date', which the rule due_date_is_not_before_date needs; did you mean"
    with pytest.raises(StartError, match=sentence):
        bind(contract, ALL_RULES, lenient=False)


def test_a_rule_for_a_resource_that_stores_nothing_stops_the_start() -> None:
    rules = Rules("reports")
    rules.before_save("income")(lambda document, tx: None)
    with pytest.raises(StartError, match="reports has no field 'income'"):
        bind(own_contract(), [rules], lenient=False)


def test_an_author_may_take_a_field_away(tmp_path: Path) -> None:
    world = World(contract_of(_without_field("InvoiceInput", "due_date"), tmp_path), lenient=True)
    assert len(world.binding.switched_off) == 1
    assert "due_date_is_not_before_date" in world.binding.switched_off[0]
    world.make("createCustomer")
    body = {name: value for name, value in BODIES["createInvoice"].items() if name != "due_date"}
    assert world.do("createInvoice", body).data["invoice_number"] == "INV-2024-001"


def test_a_rule_does_not_look_at_a_field_that_was_not_sent_or_is_null(tmp_path: Path) -> None:
    document = own_document()
    sent, stored = (document["components"]["schemas"][name] for name in ("InvoiceInput", "Invoice"))
    sent["required"], stored["required"] = ["customer_id", "items"], ["id"]
    sent["properties"]["due_date"]["nullable"] = True
    world = World(contract_of(document, tmp_path))
    world.make("createCustomer")
    undated = {"customer_id": 1, "items": BODIES["createInvoice"]["items"]}
    assert "invoice_number" not in world.do("createInvoice", undated).data
    assert world.do("createInvoice", undated | {"date": "2024-01-15", "due_date": None}).data["invoice_number"] == "INV-2024-001"


def test_a_world_without_invoices_works_for_the_rest(tmp_path: Path) -> None:
    world = World(contract_of(without(own_document(), "invoices"), tmp_path), lenient=True)
    assert {"record_payment", "number_is_counted_by_year"} <= set(re.findall(r"the rule (\w+)", " ".join(world.binding.switched_off)))
    world.make("createCustomer")
    world.make("recordTransaction", amount=7.5)
    assert world.make("createQuote")["amount"] == 1500
    assert world.do("getFinancialReport").data == {"income": 7.5, "expenses": 0, "profit": 7.5, "outstanding_invoices": 0}
    assert world.refusal("deleteCustomer", id=1).keys() == {"id"}


def test_a_world_without_users_works_for_the_rest(tmp_path: Path) -> None:
    world = World(contract_of(without(own_document(), "users"), tmp_path), lenient=True)
    switched_off = re.findall(r"the rule (\w+)", " ".join(world.binding.switched_off))
    assert switched_off == ["password_becomes_a_digest", "password_that_nobody_knows"]
    world.make("createCustomer")
    world.make("createInvoice")
    assert world.pay(1, 1500)["status"] == "Paid"


def test_a_world_without_transactions_has_no_payments(tmp_path: Path) -> None:
    world = World(contract_of(without(own_document(), "transactions"), tmp_path), lenient=True)
    assert ("invoices", "record-payment") not in world.binding.actions
    assert "transactions has no field 'type', which the rule record_payment needs; known are none" in world.binding.switched_off
    world.make("createCustomer")
    world.make("createInvoice")
    assert world.do("getFinancialReport").data["outstanding_invoices"] == 1500


@pytest.mark.parametrize(
    ("operation_id", "edit", "sentence"),
    [
        (
            "getFinancialReport",
            lambda one: one | {"x-action": "financial-sumary"},
            "nobody implements the x-action 'financial-sumary' of reports; did you mean 'financial-summary'?",
        ),
        (
            "getFinancialReport",
            lambda one: one | {"x-action": "list"},
            "nobody implements the x-action 'list' of reports; known is financial-summary",
        ),
        ("listInvoices", lambda one: one | {"x-action": "liszt"}, "nobody implements the x-action 'liszt' of invoices; did you mean 'list'?"),
        (
            "listInvoices",
            lambda one: one | {"x-action": "record-pay"},
            "nobody implements the x-action 'record-pay' of invoices; did you mean 'record-payment'?",
        ),
        ("listProducts", lambda one: one | {"x-action": "read"}, "'read' needs a path parameter 'id'; known are none"),
        ("createProduct", lambda one: one | {"requestBody": {}}, "'create' needs a requestBody, which is the document"),
        (
            "createProduct",
            lambda one: one | {"x-action": "batch-create"},
            "'batch-create' needs a requestBody with a list in it, which holds the documents",
        ),
    ],
)
def test_an_operation_that_cannot_be_performed_always_stops_the_start(
    tmp_path: Path, operation_id: str, edit: Callable[[Spec], Spec], sentence: str
) -> None:
    document = own_document()
    operation = _operation(document, operation_id)
    operation |= edit(operation)
    contract = contract_of(document, tmp_path)
    found = contract.operations[operation_id]
    for lenient in (True, False):
        with pytest.raises(StartError) as stopped:
            bind(contract, ALL_RULES, lenient=lenient)
        assert str(stopped.value) == f'{contract.file}: $.paths["{found.path}"].{found.method.lower()}.x-action: {sentence}'


def test_a_named_action_can_be_an_operation_of_its_own(tmp_path: Path) -> None:
    document = add_suppliers(own_document())
    document["paths"]["/suppliers/{id}"]["delete"]["x-action"] = "promote"
    rules = Rules("suppliers")

    @rules.action("promote", "rank")
    def promote(request: ActionRequest) -> Document:
        return request.tx.amend("suppliers", request.params["id"], {"rank": f"promoted on {request.tx.today} at {request.tx.now:%H:%M}"})

    world = World(contract_of(document, tmp_path), rules=[*ALL_RULES, rules])
    world.make("createSupplier", name="Acme")
    assert world.do("deleteSupplier", id=1).data["rank"] == "promoted on 2024-01-15 at 10:00"


def test_an_action_of_the_domain_goes_before_a_generic_verb() -> None:
    rules = Rules("leads")

    @rules.action("create")
    def create(request: ActionRequest) -> Document:
        times = dict.fromkeys(("created_at", "updated_at"), "2024-01-01T00:00:00Z")
        return {"id": 77, **request.body, **times}

    world = World(rules=[*ALL_RULES, rules])
    assert world.make("createLead")["id"] == 77
    assert world.workspace.empty
