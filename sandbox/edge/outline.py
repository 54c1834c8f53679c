"""What Connexion is told of a contract: its paths, its operations and who may call them."""

from __future__ import annotations

from typing import Any

from connexion.spec import OpenAPISpecification

from openapi.contract import Contract
from sandbox.edge.exchange import JSON


def outline_of(contract: Contract) -> dict[str, Any]:
    """The document without what only we read: schemas, examples, answers.

    Connexion would check, copy and resolve all of it, at every start; the tests, or `--spec`, have checked it already.
    """
    schemes = {"header": {"type": "http", "scheme": "bearer"}} if contract.key_places.header else {}
    schemes |= {name: {"type": "apiKey", "in": "query", "name": name} for name in contract.key_places.query}
    paths: dict[str, dict[str, Any]] = {}
    for one in contract.operations.values():
        body = {"requestBody": {"required": True, "content": {JSON.decode(): {"schema": {"type": "object"}}}}} if one.body is not None else {}
        paths.setdefault(one.path, {})[one.method.lower()] = {
            "operationId": one.id,
            "parameters": [
                {"name": part.name, "in": "path", "required": True, "schema": {"type": part.schema.get("type", "string")}}
                for part in one.parameters
                if part.place == "path"
            ],
            **body,
            "security": [{name: []} for name in schemes] if one.secured else [],
            "responses": {str(one.success.status): {"description": one.id}},
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": "the operations of the contract", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }


class Outline(OpenAPISpecification):
    """A document that we wrote for Connexion, taken as it is.

    Connexion would look for faults and references in it, of which there are none, and load jsonschema for that alone.
    """

    def __init__(self, document: dict[str, Any], *, base_uri: str = "") -> None:
        self._raw_spec = self._spec = document
        self._base_uri = base_uri
