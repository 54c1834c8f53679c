"""The operations of a document, with everything that applies to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openapi.diff.document_tree import Node
from openapi.lint.traversal import METHODS, followed, walk


@dataclass(eq=False)
class Operation:
    """One operation. `pushed` says that the API is who sends it, as in callbacks and webhooks."""

    node: Node
    method: str
    path: str
    item: Node
    root: Node
    pushed: bool

    @property
    def name(self) -> str:
        """`GET /customers`."""
        return f"{self.method.upper()} {self.path}"

    @cached_property
    def parameters(self) -> list[Node]:
        """Its own and those of its path that it does not replace, references followed; only those with name and place."""
        return [parameter for parameter in map(followed, self.declared.values()) if parameter is not None]

    @cached_property
    def declared(self) -> dict[tuple[str, str], Node]:
        """The same by place and name, as they are written: a reference is none but itself."""
        found: dict[tuple[str, str], Node] = {}
        for holder in (self.item, self.node):
            listed = holder.get("parameters")
            for written in listed.elements() if listed is not None else ():
                parameter = followed(written)
                if parameter is not None and (place := place_of(parameter)):
                    found[place] = written
        return found

    @property
    def body(self) -> Node | None:
        """What it sends, reference followed."""
        return followed(self.node.get("requestBody"))

    @cached_property
    def answers(self) -> list[tuple[str, Node]]:
        """Each status with its answer, references followed."""
        listed = self.node.get("responses")
        found = [(status, followed(answer)) for status, answer in (listed.items() if listed is not None else ()) if not status.startswith("x-")]
        return [(status, answer) for status, answer in found if answer is not None]

    @property
    def statuses(self) -> set[str]:
        """The statuses as they are written, `4XX` and `default` too, in capitals."""
        return {status.upper() for status, _ in self.answers}

    @property
    def security(self) -> list[Any] | None:
        """The requirements that hold for it, of which one is enough; None where nobody says any."""
        for holder in (self.node, self.root):
            if isinstance(holder.value, Mapping) and isinstance(holder.value.get("security"), list):
                return list(holder.value["security"])
        return None

    @property
    def secured(self) -> bool:
        """Whether nobody comes in without a key."""
        requirements = self.security
        return bool(requirements) and all(isinstance(one, Mapping) and one for one in requirements or ())

    def documents(self, *statuses: str) -> bool:
        """Whether one of these statuses is documented, by itself or in a range."""
        ranges = {f"{status[0]}XX" for status in statuses}
        return bool(self.statuses & {*statuses, *ranges, "DEFAULT"})


def place_of(parameter: Node) -> tuple[str, str] | None:
    """A parameter's place and name, such as `("query", "page")`; None where it does not say them."""
    place, name = parameter.of("in", str, ""), parameter.of("name", str, "")
    return (place, name) if place and name else None


def contents(holder: Node | None) -> Iterator[tuple[str, Node]]:
    """The media types of a body, an answer, a parameter or a header."""
    content = None if holder is None else holder.get("content")
    yield from content.items() if content is not None else ()


def operations(root: Node) -> Iterator[Operation]:
    """All, in the order of the document: those of paths, then callbacks and webhooks."""
    paths = root.get("paths")
    for path, written in paths.items() if paths is not None else ():
        if not path.startswith("x-"):
            yield from _of_item(path, followed(written), root, pushed=False)
    for kind, node in walk(root):
        if kind == "pushed path" and "$ref" not in node.value:
            yield from _of_item(str(node.pointer[-1]) if node.pointer else "", node, root, pushed=True)


def _of_item(path: str, item: Node | None, root: Node, *, pushed: bool) -> Iterator[Operation]:
    for key, node in item.items() if item is not None else ():
        if item is not None and key in METHODS and isinstance(node.value, Mapping):
            yield Operation(node, key, path, item, root, pushed)
