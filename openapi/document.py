"""Reads a YAML or JSON document as strictly as JSON: no key twice, no key that is not text, no text turned into a date.

YAML's own loader keeps the last of two equal keys, turns `2024-01-15` into a date, the key `200` into a number and `1e3` into
a text.
"""

from __future__ import annotations

import re
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

# The parser in C is several times as fast, which the server's start feels, but not every build of PyYAML has it.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = re.compile(r"[A-Za-z_][\w-]*")
# A merge key (`<<`) is no text, but what it brings is.
_TEXT = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")
_FLOAT = "tag:yaml.org,2002:float"
_WITH_EXPONENT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?[eE][-+]?[0-9]+$")
Where = tuple[str | int, ...]


class DocumentError(ValueError):
    """A document cannot be used; the message is `file: JSON path: what is wrong and what would be right`."""

    def __init__(self, file: str, where: str, what: str) -> None:
        self.file, self.where, self.what = file, where, what
        super().__init__(": ".join(part for part in (file, where, what) if part))


class _Loader(_Base):  # type: ignore[misc]
    """A safe loader without YAML's dates, and with every number of JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_FLOAT, _WITH_EXPONENT, list("-0123456789"))


def json_path(parts: Where) -> str:
    """`$.paths["/customers"].get.parameters[0]` from its parts."""
    path = "$"
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if _PLAIN.fullmatch(part) else f'["{part}"]'
    return path


def read_document(path: Path, label: str | None = None) -> Any:
    """The content of a YAML or JSON file as plain values; `label` names the file in messages.

    Raises DocumentError for a file that cannot be read, is not YAML, nests without end, or has a key twice or one that
    is not text.
    """
    file = label or str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DocumentError(file, "", f"cannot be read: {error.strerror or error}") from error
    return document_in(content, file)


def document_in(content: bytes, file: str) -> Any:
    """The same for the content of a file, which is called `file` in messages."""
    try:
        return _parse(content.decode("utf-8"), file)
    except UnicodeDecodeError as error:
        raise DocumentError(file, "", f"is not UTF-8 at byte {error.start}") from error
    except RecursionError:
        raise DocumentError(file, "", "nests too deep, or holds itself") from None
    except yaml.YAMLError as error:
        raise DocumentError(file, "", f"is not YAML: {_one_line(error)}") from error
    except ValueError as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError(file, "", f"holds a value that YAML cannot read: {error}") from error


def _one_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None)
    if mark is None or not problem:
        return " ".join(str(error).split())
    return f"{problem} at line {mark.line + 1}, column {mark.column + 1}"


def _parse(text: str, file: str) -> Any:
    loader: Any = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_what_yaml_would_hide(node, (), file)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_what_yaml_would_hide(node: yaml.Node, where: Where, file: str) -> None:
    """The nodes are looked at, not the values: those no longer show which keys were written."""
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            _refuse_what_yaml_would_hide(item, (*where, place), file)
    elif node.tag == _FLOAT and not _is_finite(node.value):
        raise DocumentError(file, json_path(where), f"{node.value} is no number that a document can hold; the largest is about 1.79e308")
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            name, line = _key(key, where, file), key.start_mark.line + 1
            if name in lines:
                what = f"is written twice, on lines {lines[name]} and {line}"
                raise DocumentError(file, json_path((*where, name)), what)
            lines[name] = line
            _refuse_what_yaml_would_hide(value, (*where, name), file)


def _is_finite(text: str) -> bool:
    try:
        return isfinite(float(text.lower().replace(".inf", "inf").replace(".nan", "nan")))
    except ValueError:
        return True  # YAML has numbers to the base 60, which are no larger than they are long


def _key(node: yaml.Node, where: Where, file: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise DocumentError(file, json_path(where), f"has a key on line {node.start_mark.line + 1} that is not text")
    if node.tag not in _TEXT:
        kind = node.tag.rsplit(":", 1)[-1]
        raise DocumentError(file, json_path((*where, node.value)), f"a key must be text, and YAML takes this one for {kind}: put it in quotes")
    return str(node.value)
