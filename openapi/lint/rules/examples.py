"""Examples and defaults are valid against their schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.operations import contents
from openapi.lint.registry import rule
from openapi.lint.traversal import followed
from openapi.lint.value_validation import BOTH, ValueValidator
from openapi.schemas import Direction


@rule("example-valid", "error", "Every example is valid against its schema, in a request or in a response.")
def example_valid(api: Api) -> Iterator[Found]:
    validator = ValueValidator(api.read)
    for node in api.of_kind("schema"):
        yield from _judged(validator, _of_schema(api, node), node, BOTH)
    for carrier in api.of_kind("parameter", "header"):
        schema = carrier.get("schema")
        if schema is not None:
            yield from _judged(validator, _shown(carrier), schema, BOTH)
    for holder in api.of_kind("body", "response", "parameter", "header"):
        for name, media_type in contents(holder):
            schema = media_type.get("schema")
            if schema is not None and _is_judged(name):
                yield from _judged(validator, _shown(media_type), schema, api.directions.get(media_type.identity, BOTH))


@rule("default-valid", "error", "Every default is valid against its schema.")
def default_valid(api: Api) -> Iterator[Found]:
    validator = ValueValidator(api.read)
    for node in api.of_kind("schema"):
        default = node.get("default")
        told = [] if default is None else validator.faults(default.value, node)
        if default is not None and told:
            yield Found(default, f"the default does not fit its schema: {'; '.join(told)}")


def _judged(validator: ValueValidator, shown: Iterable[Node], schema: Node, directions: Iterable[Direction]) -> Iterator[Found]:
    for example in shown:
        told = validator.faults(example.value, schema, directions)
        if told:
            yield Found(example, f"the example does not fit its schema: {'; '.join(told)}")


def _of_schema(api: Api, node: Node) -> Iterator[Node]:
    example, listed = node.get("example"), node.get("examples")
    if example is not None:
        yield example
    if listed is not None and api.version == "3.1":
        yield from listed.elements()


def _shown(holder: Node) -> Iterator[Node]:
    """The one example of a parameter or media type, and its named ones; what stands in another file is not fetched."""
    example, named = holder.get("example"), holder.get("examples")
    if example is not None:
        yield example
    for _, written in named.items() if named is not None else ():
        target = followed(written)
        value = None if target is None else target.get("value")
        if value is not None:
            yield value


def _is_judged(media_type: str) -> bool:
    """Of other media types an example may be the text that is sent, which a schema does not describe."""
    name = media_type.partition(";")[0].strip().lower()
    return name in ("application/json", "text/json", "*/*", "application/*") or name.endswith("+json")
