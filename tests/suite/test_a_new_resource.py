"""A plain resource that is added to the document alone is covered without a line of new code, and its defects are seen."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.run.promise_runner import PromiseRunner
from openapi.reader import load_contract
from tests.engine.spec_edits import own_document
from tests.suite.in_process import served, suite_run

FAMILIES = ("shape", "paging", "filters", "state", "references")


def with_complaints(edit: Callable[[dict[str, Any]], None] = lambda document: None) -> dict[str, Any]:
    """The contract with tickets a second time, under another name, and with a filter."""
    document = deepcopy(own_document())
    path = deepcopy(document["paths"]["/tickets"])
    for operation, name in ((path["get"], "listComplaints"), (path["post"], "createComplaint")):
        operation["operationId"] = name
        operation.pop("links", None)
    for node in (path, path["get"], path["post"]):
        if "x-resource" in node:
            node["x-resource"] = "complaints"
    priority = {"name": "priority", "in": "query", "description": "Complaints of one priority.", "x-source": "inferred"}
    priority |= {"schema": {"type": "string", "enum": ["Low", "Medium", "High"]}, "x-filter": {"field": "priority", "comparison": "eq"}}
    path["get"].setdefault("parameters", []).append(priority)
    document["paths"]["/complaints"] = path
    edit(document)
    return document


def run_against(tmp_path: Path, served_document: dict[str, Any]) -> PromiseRunner:
    """The suite with the true contract, against a server of another document."""
    true, other = tmp_path / "true.yaml", tmp_path / "served.yaml"
    true.write_text(yaml.safe_dump(with_complaints(), sort_keys=False), encoding="utf-8")
    other.write_text(yaml.safe_dump(served_document, sort_keys=False), encoding="utf-8")
    with served(spec=other) as server:
        return suite_run(server.app, only=FAMILIES, contract=load_contract(true))


def ignore_the_filter(document: dict[str, Any]) -> None:
    del document["paths"]["/complaints"]["get"]["parameters"][-1]["x-filter"]


def test_it_is_covered_by_shape_references_filters_paging_and_state(tmp_path: Path) -> None:
    run = run_against(tmp_path, with_complaints())
    assert [name for name, outcome in run.outcomes.items() if outcome.faults] == []
    from contract_tests.promises import promises

    covered = {promises()[name].family for name, one in run.outcomes.items() if one.checked & {"listComplaints", "createComplaint"}}
    assert covered == set(FAMILIES)


@pytest.mark.parametrize(("edit", "family"), [(ignore_the_filter, "filters")])
def test_its_defects_are_seen(tmp_path: Path, edit: Callable[[dict[str, Any]], None], family: str) -> None:
    run = run_against(tmp_path, with_complaints(edit))
    from contract_tests.promises import promises

    assert family in {promises()[name].family for name, one in run.outcomes.items() if one.faults}
