"""The document that Connexion is given of a contract: its paths, its operations and who may call them."""

from __future__ import annotations

from typing import Any

from connexion.spec import OpenAPISpecification

from openapi.contract import Contract
from sandbox.edge.exchange import JSON
from sandbox.edge.routing import PLACEHOLDER


def connexion_spec_of(contract: Contract) -> dict[str, Any]:
    """The document without what only we read: schemas, examples, answers.

    Connexion would check, copy and resolve all of it, at every start; the tests, or `--spec`, have checked it already.
    """
    schemes: dict[str, Any] = {"header": {"type": "http", "scheme": "bearer"}} if contract.key_places.header else {}
    schemes |= {f"query{number}": {"type": "apiKey", "in": "query", "name": name} for number, name in enumerate(sorted(contract.key_places.query))}
    paths: dict[str, dict[str, Any]] = {}
    for one in contract.operations.values():
        body = {"requestBody": {"required": True, "content": {JSON.decode(): {"schema": {"type": "object"}}}}} if one.body is not None else {}
        types = {part.name: part.schema.get("type", "string") for part in one.parameters if part.place == "path"}
        names = PLACEHOLDER.findall(one.path)
        paths.setdefault(_path_of(one.path), {})[one.method.lower()] = {
            "operationId": one.id,
            "parameters": [
                {"name": argument_of(place), "in": "path", "required": True, "schema": {"type": types[name]}} for place, name in enumerate(names)
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


def argument_of(place: int) -> str:
    """What Connexion calls a path's parameter, counted from 0: it makes an argument in Python of a name, and ours may be any text."""
    return f"p{place}"


def _path_of(path: str) -> str:
    parts = PLACEHOLDER.split(path)
    return "".join(f"{{{argument_of(place // 2)}}}" if place % 2 else part for place, part in enumerate(parts))


class ConnexionSpec(OpenAPISpecification):
    """A document that we wrote for Connexion, taken as it is.

    Connexion would look for faults and references in it, of which there are none, and load jsonschema for that alone.
    """

    def __init__(self, document: dict[str, Any], *, base_uri: str = "") -> None:
        self._raw_spec = self._spec = document
        self._base_uri = base_uri
