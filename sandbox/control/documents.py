"""The operations on stored documents, including those that the API cannot read: a page of a collection, or one document."""

from __future__ import annotations

from openapi.contract import Resource
from openapi.vocabulary import nearest
from openapi.wording import quoted
from sandbox.control.context import Call, Handler
from sandbox.control.paging import page_of
from sandbox.engine import Result, projected
from sandbox.errors import Forbidden, Missing

_FOR_ADMINISTRATORS = "users"


async def list_all(call: Call) -> Result:
    """A page, by ascending id."""
    resource = _collection(call)
    with call.workspace.transaction() as tx:
        ids, meta = page_of(tx.select(resource.name), call.params)
        return Result([projected(resource, one) for one in tx.several(resource.name, ids)], meta)


async def read(call: Call) -> Result:
    """One by its id."""
    resource, id = _collection(call), call.params["id"]
    with call.workspace.transaction() as tx:
        document = tx.get(resource.name, id)
    if document is None:
        raise Missing(f"There is no object {id} in {resource.name}")
    return Result(projected(resource, document))


def _collection(call: Call) -> Resource:
    """Raises Missing for a name that the contract has not, Forbidden for one that the key may not read."""
    name = call.params["collection"]
    resource = call.services.contract.resources.get(name)
    if resource is None:
        raise Missing(f"There is no collection {quoted(name, 64)}; {nearest(name[:64], call.services.contract.resources)}")
    if name == _FOR_ADMINISTRATORS and call.key.role != "administrator":
        raise Forbidden(f"The documents of {name} need a key with the role administrator; yours has the role {call.key.role}")
    return resource


OPERATIONS: dict[str, Handler] = {"listDocuments": list_all, "getDocument": read}
