"""Which indexes a contract needs: for references, filters, unique values and searches."""

from __future__ import annotations

from collections.abc import Mapping

from openapi.contract import Contract
from sandbox.state.indexes import IndexPlan


def index_plan(contract: Contract) -> Mapping[str, IndexPlan]:
    """The indexes of each collection, by name."""
    plan: dict[str, IndexPlan] = {}
    for resource in contract.resources.values():
        filtered = {one.field for operation in resource.operations.values() for one in operation.filters}
        pointing = {reference.path[0] for reference in resource.references if len(reference.path) == 1}
        folded = {field for field, how in resource.unique.items() if how == "ignore-case"}
        exact = set(resource.unique) - folded
        plan[resource.name] = IndexPlan(frozenset(filtered | pointing | exact), frozenset(folded), resource.search)
    return plan
