"""Whether a document is sound OpenAPI 3.0, by the validator that everybody uses.

It takes longer than all else that a document goes through, so of one that was edited only that is looked at which the
edit can have hurt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from openapi.document import DocumentError, Where, json_path
from openapi.schemas import References

Component = tuple[str, str]
"""A kind, such as `schemas`, and a name."""


def refuse_unsound(document: Any, file: str, before: Mapping[str, Any] | None = None) -> None:
    """Raises DocumentError for the first fault. `before` is a document that is known to be sound, to look at less."""
    from openapi_spec_validator import OpenAPIV30SpecValidator  # which most starts need not wait for

    validator = OpenAPIV30SpecValidator(document)
    if before is not None and validator.schema_validator.is_valid(document):
        validator = OpenAPIV30SpecValidator(_what_an_edit_can_hurt(document, before))
    try:
        # Its `iter_errors` is no more than these two, but would keep every document for good.
        error = next(chain(validator.schema_validator.iter_errors(validator.schema), validator.root_validator(validator.schema_path)), None)
    except Exception as problem:  # it stumbles where a reference leads nowhere
        _refuse_broken_references(document, file)
        raise DocumentError(file, "$", f"cannot be checked: {str(problem)[:160]}") from problem
    if error is None:
        return
    # Where one of several forms must fit, the form that was meant is the one that fitted furthest.
    while error.context:
        error = max(error.context, key=lambda one: len(one.absolute_path))
    # The message begins with the value at fault, which may be half the document.
    what = str(error.message).split("\n", 1)[0]
    raise DocumentError(file, json_path(error.absolute_path), what if len(what) <= 200 else f"… {what[-160:]}")


def _refuse_broken_references(document: Mapping[str, Any], file: str) -> None:
    references = References(document, file)
    waiting: list[tuple[Any, Where]] = [(document, ())]
    while waiting:
        node, where = waiting.pop()
        if isinstance(node, dict):
            references.follow(node, where)
            waiting += [(part, (*where, key)) for key, part in node.items()]
        elif isinstance(node, list):
            waiting += [(part, (*where, number)) for number, part in enumerate(node)]


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
