"""Errors of openapi-spec-validator, each with its location and one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import jsonschema_rs

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.registry import rule
from openapi.lint.traversal import followed
from openapi.validation_errors import innermost
from openapi.validation_messages import sentences

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_MOST = 200
"""So many refusals are told; a document that has more is no API description."""
_OF_OTHER_RULES = ("DuplicateOperationIDError", "UnresolvableParameterError", "ParameterDuplicateError", "ExtraParametersError")
_PHRASES_OF_OTHER_RULES = ("Duplicate tag name", "Required list has not defined properties")


@rule("structure", "error", "The document is valid for its OpenAPI version, as checked by openapi-spec-validator.")
def structure(api: Api) -> Iterator[Found]:
    told = False
    for found in islice(_refused(api), _MOST):
        told = True
        yield found
    if not told and all(followed(node) is not None for _, node in api.references):
        yield from _refused_as_a_whole(api)


def _refused(api: Api) -> Iterator[Found]:
    from openapi_spec_validator import schemas  # it takes a second to import

    newer = api.version == "3.1"
    quick: Any = schemas.openapi_v31_schema_validator if newer else schemas.openapi_v30_schema_validator
    if not _is_valid(quick, api.root):
        yield from _told(api.root, dict(schemas.schema_v31 if newer else schemas.schema_v30))
    if newer:  # whose description of a document leaves schemas to JSON Schema
        for node in api.of_kind("schema"):
            whole = node.pointer[-1:] == ("schema",) or node.pointer[-2:-1] == ("schemas",)
            if whole and not jsonschema_rs.meta.is_valid({"$schema": _DRAFT, "allOf": [node.value]}):
                yield from _told(node, {"$schema": _DRAFT, "$ref": _DRAFT})


def _is_valid(quick: Any, root: Node) -> bool:
    """Whether the quick validator is content; it tells less of what is wrong, so the other one is asked for that."""
    try:
        return bool(quick.is_valid(root.value))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


def _told(node: Node, schema: dict[str, Any]) -> Iterator[Found]:
    from openapi_spec_validator.schemas.backend.jsonschema import create_validator

    try:
        for error in create_validator(schema).iter_errors(node.value):
            for inner in innermost(error):
                for path, text in sentences(inner):
                    yield Found(_at(node, path), text)
    except RecursionError:
        yield Found(node, "it is nested too deep to be looked through: describe its parts under `components` and refer to them")


def _at(node: Node, path: Iterable[Any]) -> Node:
    """The place, or the last one on the way that there is."""
    for part in path:
        found = node.get(part) if isinstance(part, str | int) else None
        if found is None:
            break
        node = found
    return node


def _refused_as_a_whole(api: Api) -> Iterator[Found]:
    """What it finds beyond the form of each part, and what no other rule tells better."""
    source = api.source

    def other(uri: str) -> Any:
        address = uri.removeprefix("file://") if source.first.address.startswith("/") else uri.removeprefix("file:///")
        return source.source_files.open(address.partition("#")[0]).root

    ours = type("Ours", (_validator(api),), {"resolver_handlers": {"file": other, "http": _nothing, "https": _nothing, "": _nothing}})
    try:
        validator = ours(source.first.root, base_uri=f"file:///{source.first.address.removeprefix('/')}")
        for error in islice(validator.root_validator(validator.schema_path), _MOST):
            by_another = type(error).__name__ in _OF_OTHER_RULES or error.message.startswith(_PHRASES_OF_OTHER_RULES)
            if not by_another and error.validator is None:
                yield Found(api.root, f"openapi-spec-validator refuses it: {error.message}")
    except RecursionError:
        return  # it follows schemas that hold themselves through `allOf`, which are allowed
    except Exception as error:  # what it raises for what it cannot read is not its own to say
        yield Found(api.root, f"openapi-spec-validator cannot read it: {' '.join(str(error).split())[:200] or type(error).__name__}")


def _validator(api: Api) -> Any:
    """The class for the document's version; it takes a second to import."""
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

    return OpenAPIV31SpecValidator if api.version == "3.1" else OpenAPIV30SpecValidator


def _nothing(uri: str) -> Any:
    raise ValueError(f"`{uri}` is on another host, and other hosts are not asked")
