"""What the suite says of a broken promise is written for people: values as JSON, counts that agree."""

from __future__ import annotations

import re
from typing import Any

import pytest

from contract_tests.judging.verdicts import Verdict
from tests.dialects.dialect import altered
from tests.saboteurs.interceptors import objects
from tests.suite.broken_promises import written_in
from tests.suite.in_process import suite_run

OF_PYTHON = re.compile(r"\bNone\b|\bTrue\b|\bFalse\b|Decimal\(|<class|\{'|\['|\[\('|\bnan\b|\binf\b")
DEFECTS: dict[str, dict[str, Any]] = {
    "null for a field": {"account": None},
    "true for a field": {"account": True},
    "a list for a field": {"phone": [None, "x"]},
    "an object for a field": {"phone": {"a": None}},
    "no time of creation": {"created_at": None},
    "a time that is none": {"updated_at": False},
    "another text": {"account": 'it\'s "another"'},
    "null for an amount": {"amount": None},
    "a text for an amount": {"amount": "7.50"},
    "true for a number": {"invoice_number": True},
}


@pytest.mark.parametrize("fields", DEFECTS.values(), ids=DEFECTS)
def test_the_evidence_shows_values_as_json(fields: dict[str, Any]) -> None:
    def spoil(one: dict[str, Any]) -> None:
        one.update({name: value for name, value in fields.items() if name in one})

    calls = ("createCustomer", "getCustomer", "updateCustomer", "createInvoice", "listInvoices", "recordTransaction")
    with altered(between=objects(spoil, *calls)) as transport:
        run = suite_run(transport, only=written_in("updates", "creation", "money", "invoices"))
    told = [text for one in run.outcomes.values() if one.verdict is Verdict.BROKEN for proof in one.evidence for text in (proof.expected, proof.seen)]
    assert told
    assert [text for text in told if OF_PYTHON.search(text or "")] == []
