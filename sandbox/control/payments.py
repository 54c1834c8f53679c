"""The operation to pay an invoice, which the public API does not have (decision `invoice-status`)."""

from __future__ import annotations

from sandbox.control.context import Call, Handler
from sandbox.engine import Result, projected
from sandbox.errors import Missing
from sandbox.seeding.payments import ACTION, payments_are_possible


async def pay(call: Call) -> Result:
    """The invoice as it is then. Raises Missing for an unknown one, Invalid for more than is open."""
    services = call.services
    if not payments_are_possible(services.contract, services.binding):
        raise Missing("There are no payments under the contract that is served")
    with call.workspace.transaction() as tx:
        invoice = services.engine.act(tx, *ACTION, {"id": call.params["id"]}, call.body)
    return Result(projected(services.contract.resources[ACTION[0]], invoice))


OPERATIONS: dict[str, Handler] = {"payInvoice": pay}
