"""Checks whether the stored documents of a workspace fit the contract, which may have changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

import orjson
from jsonschema_rs import Draft4Validator

from openapi.contract import Contract
from openapi.pattern_descriptions import described
from openapi.schemas import Direction, json_schema
from openapi.wording import of_a_collection, printable
from sandbox.engine.private_fields import is_private
from sandbox.engine.rule_binding import NOTHING, Binding
from sandbox.state.changes import is_system_name
from sandbox.state.documents import Document
from sandbox.state.image import Image
from sandbox.state.workspace import Workspace

_LONGEST_FAULT = 120
_NAMED = 3
"""So many documents of a collection are named; the others are counted."""


class Compatibility:
    """Of one contract, which `fingerprint` tells from others as far as stored documents go."""

    def __init__(self, contract: Contract, binding: Binding) -> None:
        self._schemas = {
            name: _as_stored(json_schema(resource.schema, Direction.ANSWER), {rule.target for rule in binding.rules.get(name, NOTHING).shown_once})
            for name, resource in contract.resources.items()
        }
        self.fingerprint = blake2b(orjson.dumps(self._schemas, option=orjson.OPT_SORT_KEYS), digest_size=12).hexdigest()

    def look_at(self, workspace: Workspace) -> list[str]:
        """A sentence for each collection with documents that do not fit; nothing where all are known to."""
        if workspace.metadata.contract == self.fingerprint:
            return []
        found = [f"workspace {workspace.name}: {sentence}" for sentence in self.misfits(workspace.image())]
        if not found:
            workspace.change(contract=self.fingerprint)
        return found

    def misfits(self, image: Image) -> Iterator[str]:
        """The same of an image, without the name of its workspace; in any thread."""
        for name, documents in image.tables.items():
            if is_system_name(name):
                continue
            if name not in self._schemas:
                are, they = ("is", "it is") if len(documents) == 1 else ("are", "they are")
                yield f"{of_a_collection(len(documents), name)} {are} kept, though the contract has no {name}; {they} not served"
                continue
            check = Draft4Validator(self._schemas[name], validate_formats=True)
            unfit = [(id, document) for id, document in documents.items() if not check.is_valid(_shown(document))]
            if unfit:
                which = "; ".join(f"{id}: {_fault(check, document)}" for id, document in unfit[:_NAMED])
                more = f"; and {len(unfit) - _NAMED} more" if len(unfit) > _NAMED else ""
                do, are = ("does", "is") if len(unfit) == 1 else ("do", "are")
                yield f"{of_a_collection(len(unfit), name)} {do} not fit the contract, and {are} answered by 500 ({which}{more})"


def _shown(document: Document) -> dict[str, Any]:
    return {field: value for field, value in document.items() if not is_private(field)}


def _fault(check: Draft4Validator, document: Document) -> str:
    error = next(iter(check.iter_errors(_shown(document))))
    field = ".".join(map(str, error.instance_path))
    words = described(error.kind.as_dict()["pattern"]) if error.kind.name == "pattern" else None
    what = printable(words or error.message, _LONGEST_FAULT)
    return f"{field} {what}" if field else what


def _as_stored(schema: Mapping[str, Any], shown_once: set[str]) -> dict[str, Any]:
    """A stored object: without the fields that only the answer to its creation shows."""
    stored = {**schema, "properties": {name: part for name, part in schema.get("properties", {}).items() if name not in shown_once}}
    if "required" in schema:
        stored["required"] = [name for name in schema["required"] if name not in shown_once]
        if not stored["required"]:
            del stored["required"]
    return stored
