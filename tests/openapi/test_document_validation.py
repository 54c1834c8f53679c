"""What the validator says of an edit is the same whether it looks at all of the document or only at what the edit can have hurt."""

from __future__ import annotations

from typing import Any

import pytest

from openapi.document import DocumentError
from openapi.document_validation import refuse_invalid
from tests.engine.spec_edits import Spec, own_document


def fault(document: Any, before: Spec | None = None) -> str | None:
    try:
        refuse_invalid(document, "spec.yaml", before)
    except DocumentError as problem:
        return str(problem)
    return None


def without_a_schema(document: Spec) -> None:
    del document["components"]["schemas"]["LeadAnswer"]


def a_default_that_does_not_fit(document: Spec) -> None:
    document["components"]["schemas"]["TicketInput"]["properties"]["subject"]["default"] = 7


def a_parameter_of_another_name(document: Spec) -> None:
    document["components"]["parameters"]["Id"]["name"] = "key"


def no_responses(document: Spec) -> None:
    del document["paths"]["/leads"]["post"]["responses"]


def a_parameter_written_twice(document: Spec) -> None:
    parameters = document["paths"]["/customers"]["get"]["parameters"]
    parameters.append(dict(parameters[0]))


def a_schema_that_is_a_number(document: Spec) -> None:
    document["components"]["schemas"]["Meta"]["properties"]["total_pages"] = 7


@pytest.mark.parametrize(
    "edit",
    [
        a_default_that_does_not_fit, a_parameter_of_another_name, no_responses,
        a_parameter_written_twice, a_schema_that_is_a_number,
    ],
)  # fmt: skip
def test_an_edit_that_hurts_is_refused_with_and_without_the_document_of_before(edit: Any) -> None:
    document = own_document()
    edit(document)
    told = fault(document)
    assert told is not None
    assert told.startswith("spec.yaml: $")
    assert fault(document, own_document()) == told


def test_a_reference_that_leads_nowhere_is_refused_with_its_place() -> None:
    document = own_document()
    without_a_schema(document)
    told = fault(document)
    assert told is not None
    assert told.startswith('spec.yaml: $.paths["/leads"].post.responses["201"].content["application/json"].schema["$ref"]: ')
    assert told.endswith("refers to `#/components/schemas/LeadAnswer`, which does not exist; did you mean 'UserAnswer'?")
    assert fault(document, own_document()) == told


def test_a_sound_edit_passes_and_so_does_none() -> None:
    document = own_document()
    assert fault(document, own_document()) is None
    document["components"]["schemas"]["Error"]["properties"]["hint"] = {"type": "string"}
    document["paths"]["/leads"]["post"]["summary"] = "Another"
    assert fault(document, own_document()) is None


def test_a_document_with_references_of_another_kind_is_looked_at_as_a_whole() -> None:
    before = own_document()
    document = own_document()
    schema = {"$ref": "#/paths/~1customers/get/parameters/0/schema"}
    document["paths"]["/invoices"]["get"]["parameters"].append({"name": "mine", "in": "query", "schema": schema})
    assert fault(document, before) is None
    a_default_that_does_not_fit(document)
    assert fault(document, before) == fault(document)


@pytest.mark.parametrize("document", [None, [], 7, {}, {"openapi": "3.0.3"}, {"openapi": "3.0.3", "paths": 7, "components": 7}])
def test_what_is_no_document_is_refused_in_one_sentence(document: Any) -> None:
    told = fault(document, own_document())
    assert told is not None
    assert "\n" not in told
