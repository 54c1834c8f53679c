"""One side of a comparison: a document, and the files that its references lead to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urljoin

from openapi.diff.document_tree import Node, Pointer
from openapi.diff.origins import Origin, origin_of
from openapi.parsing.errors import SourceError
from openapi.parsing.line_numbers import Lines
from openapi.parsing.parse import parsed
from openapi.parsing.yaml_parser import MAX_DEPTH
from openapi.wording import quoted

MAX_FILES = 1_000
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|//")
_DATA = frozenset({"example", "examples", "default", "enum", "const"})
"""Under these words stand values that clients see, in which `$ref` is a name like any other."""

Fetch = Callable[[str], bytes]
"""The body behind an http or https address; SourceError where there is none."""


class Source:
    """A document that can be compared, read by `Source.read` or made of text by `Source.of`."""

    def __init__(self, label: str, source_files: SourceFiles, first: File) -> None:
        self.label, self.source_files, self.first = label, source_files, first
        self.version = _version_of(first)
        self.root = Node(first.root, (), first)

    @classmethod
    def read(cls, name: str, *, remote: Fetch | None = None) -> Source:
        """A file, or `REVISION:PATH` of the git repository around the working directory.

        `remote` fetches what references name on other hosts, which nobody asks without it. SourceError for what cannot be used.
        """
        try:
            origin, address = origin_of(name)
        except SourceError:
            raise
        except (OSError, ValueError, RuntimeError) as error:
            raise SourceError(name, f"cannot be read: {error}") from error
        source_files = SourceFiles(origin, remote)
        return cls(name, source_files, source_files.open(address, name))

    @classmethod
    def of(cls, content: bytes | str, name: str) -> Source:
        """A document that somebody holds already, and that refers to no other file."""
        source_files = SourceFiles(None, None)
        return cls(name, source_files, source_files.add("", name, content.encode() if isinstance(content, str) else content))


@dataclass
class SourceFiles:
    """The files of one side, each read once."""

    origin: Origin | None
    remote: Fetch | None
    files: dict[str, File] = field(default_factory=dict)

    def open(self, address: str, label: str | None = None) -> File:
        """The file at an address. SourceError where it cannot be used."""
        if address in self.files:
            return self.files[address]
        if self.remote is not None and _is_remote(address):
            return self.add(address, address, self.remote(address))
        assert self.origin is not None
        return self.add(address, label or self.origin.label(address), self.origin.read(address))

    def add(self, address: str, label: str, content: bytes) -> File:
        """Reads a content and keeps it."""
        if len(self.files) >= MAX_FILES:
            raise SourceError(label, f"is one file too many: at most {MAX_FILES:,} are followed")
        root, lines = parsed(content, label)
        file = self.files[address] = File(label, root, address, self, lines)
        file.index()
        return file

    def resolve(self, file: File, reference: str, pointer: Pointer) -> File:
        """The file that a reference names before its `#`."""
        if _is_remote(reference) or _is_remote(file.address):
            address = urljoin(file.address, reference)
            if self.remote is None:
                raise file.refusal(
                    pointer, f"refers to `{address}`, and other hosts are not asked: keep a copy beside this file, or allow remote references"
                )
            return self.open(address)
        found = None if self.origin is None else self.origin.resolve(file.address, unquote(reference))
        if found is None:
            raise file.refusal(pointer, f"refers to `{reference}`, which is outside of the folder that this document belongs to: keep a copy inside")
        return self.open(found)


@dataclass(eq=False)
class File:
    """One file of a side; what `openapi.diff.document_tree` calls a document."""

    label: str
    root: Any
    address: str
    source_files: SourceFiles
    lines: Lines
    ids: dict[str, Pointer] = field(default_factory=dict)
    """Where a schema calls itself by a name, `$id` or `#` and `$anchor`."""
    known: dict[str, Node] = field(default_factory=dict)

    def line(self, pointer: Pointer) -> int:
        return self.lines.of(pointer)

    def refusal(self, pointer: Pointer, what: str) -> SourceError:
        return SourceError(self.label, what, self.line(pointer))

    def referred(self, reference: str, pointer: Pointer) -> Node:
        """The node that a `$ref` at that pointer names. SourceError where there is none, or it may not be followed."""
        if reference not in self.known:
            self.known[reference] = self._find(reference, (*pointer, "$ref"))
        return self.known[reference]

    def _find(self, reference: str, pointer: Pointer) -> Node:
        if reference in self.ids:
            return self._at(self.ids[reference])
        place, _, fragment = reference.partition("#")
        file = self.source_files.resolve(self, place, pointer) if place else self
        if f"#{fragment}" in file.ids:
            return file._at(file.ids[f"#{fragment}"])
        node = file._walk(unquote(fragment))
        if node is None:
            raise self.refusal(pointer, f"refers to `{reference}`, which does not exist")
        return node

    def _at(self, pointer: Pointer) -> Node:
        node: Node | None = Node(self.root, (), self)
        for part in pointer:
            assert node is not None
            node = node.get(part)
        assert node is not None
        return node

    def _walk(self, fragment: str) -> Node | None:
        """What a JSON pointer names, and also what it would name if the references on its way were written out."""
        if fragment and not fragment.startswith("/"):
            return None
        node = Node(self.root, (), self)
        for part in fragment.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            found = _step(node, key)
            if found is None and isinstance(node.value, Mapping) and isinstance(node.value.get("$ref"), str) and len(node.pointer) < MAX_DEPTH:
                target = node.value["$ref"]
                found = None if fragment.startswith(target.removeprefix("#")) else _step(node.resolved(), key)
            if found is None:
                return None
            node = found
        return node

    def index(self) -> None:
        """Learns the names that schemas give themselves. SourceError for what nests too deep, or refers to another host."""
        remote: list[tuple[str, Pointer]] = []
        for value, pointer, means in _parts(self.root):
            if len(pointer) > MAX_DEPTH:
                raise self.refusal(pointer, f"nests deeper than {MAX_DEPTH} levels, which no API description needs")
            if not (means and isinstance(value, dict)):
                continue
            if isinstance(name := value.get("$id"), str):
                self.ids.setdefault(name, pointer)
            for word in ("$anchor", "$dynamicAnchor"):
                if isinstance(name := value.get(word), str):
                    self.ids.setdefault(f"#{name}", pointer)
            if isinstance(reference := value.get("$ref"), str) and _is_remote(reference):
                remote.append((reference, (*pointer, "$ref")))
        for reference, pointer in remote:
            if reference not in self.ids and reference.partition("#")[0] not in self.ids and self.source_files.remote is None:
                self.source_files.resolve(self, reference, pointer)

    @cached_property
    def version(self) -> str:
        """`3.0` or `3.1`: what the document says that refers to this file, or it itself."""
        return _version_of(next(iter(self.source_files.files.values())))


def _step(node: Node, key: str) -> Node | None:
    if isinstance(node.value, list):
        return node.get(int(key)) if re.fullmatch(r"0|[1-9][0-9]{0,8}", key) else None
    return node.get(key)


def _is_remote(reference: str) -> bool:
    return _REMOTE.match(reference) is not None


def _parts(root: Any) -> Iterator[tuple[Any, Pointer, bool]]:
    """Each mapping and list of a document, where it is, and whether it may be an object of the specification."""
    waiting: list[tuple[Any, Pointer, bool]] = [(root, (), True)]
    seen: set[int] = set()
    while waiting:
        value, pointer, means = waiting.pop()
        if id(value) in seen:  # an alias: what it names is looked through where it stands
            continue
        seen.add(id(value))
        yield value, pointer, means
        if isinstance(value, dict):
            names = pointer[-1:] in (("properties",), ("responses",))
            waiting += [
                (part, (*pointer, key), means and (names or not (key in _DATA or key.startswith("x-"))))
                for key, part in value.items()
                if type(part) in (dict, list)
            ]
        elif isinstance(value, list):
            waiting += [(part, (*pointer, number), means) for number, part in enumerate(value) if type(part) in (dict, list)]


def _version_of(file: File) -> str:
    root = file.root
    if not isinstance(root, dict):
        raise SourceError(file.label, "is not an OpenAPI document: one begins with `openapi: 3.0.3` or `openapi: 3.1.0`, and has `info` and `paths`")
    if "swagger" in root:
        raise SourceError(file.label, f"is of Swagger {root['swagger']}: convert it to OpenAPI 3.0 or 3.1 first", file.line(("swagger",)))
    version = root.get("openapi")
    if isinstance(version, str | float) and (match := re.match(r"3\.[01](?=\.|$)", str(version))):
        return match[0]
    if version is None:
        raise SourceError(file.label, "does not say which OpenAPI it is of: it needs `openapi: 3.0.3` or `openapi: 3.1.0`", 1)
    raise SourceError(file.label, f"is of OpenAPI {quoted(version, 60)}, and what can be compared is 3.0 and 3.1", file.line(("openapi",)))
