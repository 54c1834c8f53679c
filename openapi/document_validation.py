"""Whether a document is sound OpenAPI 3.0, by the validator that everybody uses.

It takes longer than all else that a document goes through, so of one that was edited only that is looked at which the
edit can have hurt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from openapi.document import DocumentError, Where, json_path
from openapi.document_version import refuse_other_versions
from openapi.schemas import leaves_the_document
from openapi.vocabulary import walk

_READS_NAMES_AS_FORMATS = "UnresolvableParameterError"
"""It takes `{shop:id}` for a name with a format of Python's; lint's rule `path-parameter` tells such faults better."""
Component = tuple[str, str]
"""A kind, such as `schemas`, and a name."""


def refuse_invalid(
    document: Any, file: str, before: Mapping[str, Any] | None = None, content: bytes | None = None, *, was_served: bool = False
) -> None:
    """Raises DocumentError for the first fault, in the order of the document.

    `before` is a document that is known to be sound, to look at less; `content` the file's, where lines are spoken of. What
    has the form that OpenAPI asks for may still mean nothing, unless it `was_served` before.
    """
    refuse_other_versions(document, file)
    for _, where, node in walk(document):
        if isinstance(reference := node.get("$ref"), str) and not reference.startswith("#/"):
            raise DocumentError(file, json_path((*where, "$ref")), leaves_the_document(reference))
    refusal = _refusal_of(document, before)
    if refusal is None and was_served:
        return
    from openapi.lint.first_error import first_error  # which a document that was served before need not wait for

    fault = first_error(document, file, content, has_form=refusal is None) or (refusal and _told(document, refusal))
    if fault is not None:
        raise DocumentError(file, json_path(fault[0]), fault[1])


def _refusal_of(document: Any, before: Mapping[str, Any] | None) -> Any:
    """What openapi-spec-validator says first, or stumbles over; None where it is content."""
    from openapi_spec_validator import OpenAPIV30SpecValidator  # which most starts need not wait for

    validator = OpenAPIV30SpecValidator(document)
    try:
        if not validator.schema_validator.is_valid(document):
            return ValueError("it has not the form that OpenAPI asks for")
        if before is not None:
            validator = OpenAPIV30SpecValidator(_what_an_edit_can_hurt(document, before))
        # Its `iter_errors` is no more than these two, but would keep every document for good.
        found = validator.root_validator(validator.schema_path)
        return next((one for one in found if type(one).__name__ != _READS_NAMES_AS_FORMATS and not _is_of_python(one)), None)
    except Exception as problem:  # it stumbles where a reference leads nowhere
        return problem


def _is_of_python(error: Any) -> bool:
    """It asks for a regular expression of Python's, and OpenAPI has JavaScript's, which lint's rule `pattern-valid` reads."""
    return getattr(error, "validator", None) == "format" and error.validator_value == "regex"


def _told(document: Any, refusal: Any) -> tuple[Where, str]:
    """What lint has no rule for: the place by the end of its path, for a schema is looked at without what is around it."""
    from openapi.validation_errors import innermost
    from openapi.validation_messages import sentences

    if getattr(refusal, "validator", None) is None:
        return (), f"is refused by openapi-spec-validator: {' '.join(str(refusal).split())[:200]}"
    error = next(innermost(refusal))
    path, text = next(sentences(error, of_other_rules=()), ([], "is refused by openapi-spec-validator"))
    ending = tuple(path)
    alike = [where for where, value in _places(document) if where[len(where) - len(ending) :] == ending and value == error.instance]
    return alike[0] if alike else (), text


def _places(node: Any, where: Where = ()) -> Iterator[tuple[Where, Any]]:
    yield where, node
    for key, part in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _places(part, (*where, key))


def _what_an_edit_can_hurt(document: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any]:
    """The paths and components that changed, those that refer to them, and what all of these refer to.

    Both documents have the form that the specification asks for. The whole one, where its references are of another kind.
    """
    try:
        refers = {one: set(_references(part)) for one, part in _components(document)}
        asks = {path: set(_references(item)) for path, item in document["paths"].items()}
    except ValueError:
        return document
    old = dict(_components(before))
    changed = {one for one, part in _components(document) if old.get(one) != part} | (old.keys() - refers.keys())
    while more := {one for one, named in refers.items() if named & changed} - changed:
        changed |= more
    paths = {path: item for path, item in document["paths"].items() if item != before["paths"].get(path) or asks[path] & changed}
    needed = changed.union(*(asks[path] for path in paths))
    while more := {named for one in needed for named in refers.get(one, ())} - needed:
        needed |= more
    components: dict[str, dict[str, Any]] = {}
    for (kind, name), part in _components(document):
        if (kind, name) in needed:
            components.setdefault(kind, {})[name] = part
    return {**document, "paths": paths, "components": components}


def _components(document: Mapping[str, Any]) -> Iterator[tuple[Component, Any]]:
    for kind, parts in document.get("components", {}).items():
        if isinstance(parts, Mapping):
            for name, part in parts.items():
                yield (kind, name), part


def _references(node: Any) -> Iterator[Component]:
    """Which components a part refers to. ValueError for a reference to anything else."""
    waiting: list[Iterable[Any]] = [(node,)]
    while waiting:
        for value in waiting.pop():
            if isinstance(value, dict):
                if isinstance(reference := value.get("$ref"), str):
                    start, _, rest = reference.partition("#/components/")
                    kind, _, name = rest.partition("/")
                    if start or not name:
                        raise ValueError(reference)
                    yield kind, name.split("/", 1)[0].replace("~1", "/").replace("~0", "~")
                waiting.append(value.values())
            elif isinstance(value, list):
                waiting.append(value)
