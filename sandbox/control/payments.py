"""The operation to pay an invoice, which the public API does not have (decision `invoice-status`)."""

from __future__ import annotations

from sandbox.control.context import Call, Handler
from sandbox.engine import Result, projected
from sandbox.errors import Forbidden, Missing
from sandbox.seeding.payments import ACTION, TRANSACTIONS, payments_are_possible


async def pay(call: Call) -> Result:
    """The invoice as it is then. Raises Missing for an unknown one, Invalid for more than is open.

    Forbidden by a contract that keeps from the key's role what a payment changes, or the invoice, which the answer shows.
    """
    services, invoices = call.services, ACTION[0]
    if not payments_are_possible(services.contract, services.binding):
        raise Missing("There are no payments under the contract that is served")
    permissions, role = call.permissions, call.key.role
    may_change = permissions.may_write(role, invoices) and permissions.may_create(role, TRANSACTIONS)
    if not may_change or not permissions.may_read(role, invoices):
        raise Forbidden(f"A payment changes {invoices} and {TRANSACTIONS}, which a key with the role {role} may not do under this contract")
    with call.workspace.transaction() as tx:
        invoice = services.engine.act(tx, *ACTION, {"id": call.params["id"]}, call.body)
    return Result(permissions.shown(role, invoices, projected(services.contract.resources[invoices], invoice)))


OPERATIONS: dict[str, Handler] = {"payInvoice": pay}
