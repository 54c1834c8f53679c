"""The form in which a snapshot leaves the server, for one to keep or to give away: JSON, and nothing secret in it.

    {"format": "business-suite-snapshot", "version": 1, "collections": {name: [document]}, "counters": {name: number}}

A document is as the contract shows it, and has its private fields only where they are named here. How a file is read
stands in `snapshot_check`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import orjson

from openapi.contract import Contract
from sandbox.engine import projected
from sandbox.state.changes import id_counter
from sandbox.state.documents import Document
from sandbox.state.image import Image

FORMAT, VERSION = "business-suite-snapshot", 1
KEPT_PRIVATE_FIELDS: Mapping[str, frozenset[str]] = {"invoices": frozenset({"_paid"})}
"""The private fields that are no secret, by collection."""
INVOICE_COUNTER = "invoice_number/"
_YEAR = re.compile(r"[0-9]{4}")


def written(world: Image, contract: Contract) -> bytes:
    """The file. A large one takes seconds, so this runs in a thread: document by document, to let others go on."""
    head = b'{"format":%b,"version":%d,"collections":{' % (orjson.dumps(FORMAT), VERSION)
    collections = b",".join(_collections(world, contract))
    counters = {name: count for name, count in sorted(world.counters.items()) if is_counter(name, contract)}
    return b'%b%b},"counters":%b}' % (head, collections, orjson.dumps(counters))


def is_counter(name: str, contract: Contract) -> bool:
    """Whether a counter of this name means something under the contract."""
    return name in map(id_counter, contract.resources) or bool(
        name.startswith(INVOICE_COUNTER) and _YEAR.fullmatch(name.removeprefix(INVOICE_COUNTER))
    )


def _collections(world: Image, contract: Contract) -> Iterator[bytes]:
    for name, resource in contract.resources.items():
        private = KEPT_PRIVATE_FIELDS.get(name, frozenset())
        documents = world.tables.get(name, {}).values()
        lines = b",".join(orjson.dumps({**projected(resource, one), **_only(private, one)}) for one in documents)
        yield b"%b:[%b]" % (orjson.dumps(name), lines)


def _only(fields: frozenset[str], document: Document) -> Document:
    return {name: document[name] for name in fields if name in document}
