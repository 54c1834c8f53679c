"""A contract cannot name a private field, nor a word of it ask for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from openapi.document import DocumentError
from sandbox.domain import ALL_RULES
from sandbox.engine import bind
from sandbox.errors import StartError
from tests.engine.spec_edits import Spec, contract_of, own_document


def filtered(document: Spec) -> None:
    document["paths"]["/invoices"]["get"]["parameters"].append(
        {"name": "paid", "in": "query", "schema": {"type": "number"}, "x-filter": {"field": "_paid", "comparison": "ge"}}
    )


def searched(document: Spec) -> None:
    document["paths"]["/users"]["get"]["parameters"].append(
        {"name": "search", "in": "query", "schema": {"type": "string"}, "x-search": ["name", "_password"]}
    )


def shown(document: Spec) -> None:
    document["components"]["schemas"]["Invoice"]["properties"] = {"_paid": {"type": "number"}}


def sent(document: Spec) -> None:
    document["components"]["schemas"]["LineItem"]["properties"]["_secret"] = {"type": "string"}


def shown_in_a_list(document: Spec) -> None:
    answer = document["paths"]["/users"]["get"]["responses"]["200"]["content"]["application/json"]
    answer["schema"] = {"type": "object", "properties": {"data": {"type": "array", "items": {"properties": {"_password": {}}}}}}


def emitted(document: Spec) -> None:
    document["paths"]["/invoices"]["post"]["x-emits"] = [{"event": "invoice.created", "when": {"_paid": 0}}]


def filled_in(document: Spec) -> None:
    document["components"]["schemas"]["CustomerInput"]["properties"]["more"] = {"type": "object", "default": {"in": [{"_paid": 1}]}}


@pytest.mark.parametrize("edit", [filtered, searched, shown, sent, shown_in_a_list, emitted, filled_in], ids=lambda edit: edit.__name__)
def test_no_contract_may_name_what_is_private(tmp_path: Path, edit: Callable[[Spec], None]) -> None:
    document = own_document()
    edit(document)
    with pytest.raises((StartError, DocumentError), match=r"_(paid|secret|password)"):
        bind(contract_of(document, tmp_path), ALL_RULES, lenient=True)


def test_the_refusal_names_the_operation_and_the_place(tmp_path: Path) -> None:
    document = own_document()
    sent(document)
    with pytest.raises(StartError, match=r"spec\.json: listInvoices: items\._secret: a name that begins with _ is the server's own"):
        bind(contract_of(document, tmp_path), ALL_RULES, lenient=True)


def test_a_name_that_only_holds_the_mark_is_like_any_other(tmp_path: Path) -> None:
    document = own_document()
    document["components"]["schemas"]["LineItem"]["properties"]["unit_"] = {"type": "string"}
    bind(contract_of(document, tmp_path), ALL_RULES, lenient=True)
