"""Roles: what `x-role` in the contract allows and forbids each key, on every operation."""

from __future__ import annotations

from collections.abc import Iterable

from contract_tests.http.exchange import Exchange
from contract_tests.judging.probe import Probe
from contract_tests.judging.registry import Case, observer, promise
from contract_tests.judging.requests import no_op_call
from openapi.contract import Contract, Operation

_HIGHEST = "administrator"


def _of_roles(contract: Contract, *, allowed: bool) -> Iterable[Case]:
    """Every operation with each role that it allows, or with each that it does not."""
    roles = {role for one in contract.operations.values() for role in one.roles} - {_HIGHEST}
    for operation in contract.operations.values():
        for role in sorted(roles):
            if operation.secured and (role in operation.roles) is allowed:
                yield Case(f"{operation.id} as {role}", operation.id, (operation, role))


@promise("role-refuses", family="roles", inferred="roles", cases=lambda contract: _of_roles(contract, allowed=False), weight=8)
def a_role_refuses(probe: Probe, subject: tuple[Operation, str]) -> None:
    """Every operation answers 403 to a key whose role may not call it, and shows no data."""
    operation, role = subject
    probe.require_keys(role)
    exchange = probe.call(operation, key=role, **no_op_call(operation))
    if probe.expect(exchange, 403, why=f"since the role {role} may not call {operation.id}"):
        probe.check(exchange.got.data is None, exchange, "no data for a role that may not see it")


@promise("role-allows", family="roles", inferred="roles", cases=lambda contract: _of_roles(contract, allowed=True), weight=6)
def a_role_allows(probe: Probe, subject: tuple[Operation, str]) -> None:
    """No operation refuses a key whose role may call it, nor hides objects from it."""
    operation, role = subject
    probe.require_keys(role)
    exchange = probe.call(operation, key=role, **no_op_call(operation))
    if operation.action == "list" and exchange.status == 200 and not exchange.got.rows:
        seen = probe.call(operation)
        probe.check(not seen.got.rows, exchange, f"the {len(seen.got.rows)} objects that the administrator sees", before=(seen,))
    refused = exchange.status in (0, 401, 403)
    probe.check(not refused, exchange, f"neither 401 nor 403, since the role {role} may call {operation.id}")


@observer("administrator-may", family="roles", inferred="roles")
def an_administrator_may(probe: Probe, exchange: Exchange) -> None:
    """No operation answers 403 to the administrator's key."""
    operation = exchange.operation
    if operation is not None and exchange.request.key == _HIGHEST and _HIGHEST in operation.roles:
        probe.check(exchange.status != 403, exchange, f"no 403, since an {_HIGHEST} may call {operation.id}")
