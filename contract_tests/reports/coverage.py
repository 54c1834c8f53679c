"""What a run covered of the contract: operations, documented statuses, and parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from contract_tests.http.exchange import Exchange
from openapi.contract import Contract, Operation


def coverage(contract: Contract, exchanges: Iterable[Exchange]) -> dict[str, Any]:
    """As JSON: for each operation how often each status came, which documented ones never did, and how often each parameter was sent."""
    statuses: dict[str, Counter[int]] = {id: Counter() for id in contract.operations}
    parameters: dict[str, Counter[str]] = {id: Counter() for id in contract.operations}
    elsewhere = 0
    for one in exchanges:
        if one.operation is None or one.operation.id not in statuses:
            elsewhere += 1
            continue
        statuses[one.operation.id][one.status] += 1
        sent = {name for name, _ in one.request.query}
        parameters[one.operation.id].update(part.name for part in one.operation.parameters if part.name in sent or part.place == "path")
    operations = {id: _of(one, statuses[id], parameters[id]) for id, one in contract.operations.items()}
    return {
        "operations": operations,
        "reached": sum(1 for one in operations.values() if one["requests"]),
        "succeeded": sum(1 for one in operations.values() if any(200 <= int(status) < 300 for status in one["statuses"])),
        "of": len(operations),
        "elsewhere": elsewhere,
    }


def _of(operation: Operation, statuses: Counter[int], parameters: Counter[str]) -> dict[str, Any]:
    return {
        "method": operation.method,
        "path": operation.path,
        "requests": statuses.total(),
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
        "never": sorted(str(status) for status in operation.answers if not statuses[status]),
        "parameters": {part.name: parameters[part.name] for part in operation.parameters},
    }
