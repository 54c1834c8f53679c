"""How the contract shows a document outside of a response."""

from __future__ import annotations

from typing import Any

from openapi.contract import Resource
from sandbox.state.documents import Document


def projected(resource: Resource, document: Document) -> dict[str, Any]:
    """The fields that answers show: nothing private, and nothing that is only written.

    It is not checked, so that a document that an older contract let in can still be looked at.
    """
    fields = resource.schema.get("properties", {})
    return {name: document[name] for name, part in fields.items() if name in document and not part.get("writeOnly")}
