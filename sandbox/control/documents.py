"""The operations on stored documents, including those that the API cannot read: a page of a collection, or one document.

A collection that the key may not read is rejected with 403, not shown as empty: the contract says that it exists.
"""

from __future__ import annotations

from openapi.contract import Resource
from openapi.vocabulary import nearest
from openapi.wording import listed, quoted
from sandbox.control.context import Call, Handler
from sandbox.control.paging import page_of
from sandbox.engine import Result, projected
from sandbox.errors import Forbidden, Missing
from sandbox.state.documents import Document


async def list_all(call: Call) -> Result:
    """A page, by ascending id."""
    resource = _collection(call)
    with call.workspace.transaction() as tx:
        ids, meta = page_of(tx.select(resource.name), call.params)
        return Result([_shown(call, resource, one) for one in tx.several(resource.name, ids)], meta)


async def read(call: Call) -> Result:
    """One by its id."""
    resource, id = _collection(call), call.params["id"]
    with call.workspace.transaction() as tx:
        document = tx.get(resource.name, id)
    if document is None:
        raise Missing(f"There is no object {id} in {resource.name}")
    return Result(_shown(call, resource, document))


def _collection(call: Call) -> Resource:
    """Raises Missing for a name that the contract has not, Forbidden for one that the key may not read."""
    name = call.params["collection"]
    resource = call.services.contract.resources.get(name)
    if resource is None:
        raise Missing(f"There is no collection {quoted(name, 64)}; {nearest(name[:64], call.services.contract.resources)}")
    if not call.permissions.may_read(call.key.role, name):
        readers = listed(sorted(call.permissions.readers(name)))
        raise Forbidden(f"The documents of {name} need a key with the role {readers}; yours has the role {call.key.role}")
    return resource


def _shown(call: Call, resource: Resource, document: Document) -> Document:
    return call.permissions.shown(call.key.role, resource.name, projected(resource, document))


OPERATIONS: dict[str, Handler] = {"listDocuments": list_all, "getDocument": read}
