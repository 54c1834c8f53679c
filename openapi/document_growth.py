"""How large a document becomes when its references are written out, which is what reading it takes.

A few lines can refer to each other so that what they mean has a billion values. It is worked out without writing anything out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openapi.document import DocumentError, Where, json_path
from openapi.parsing.yaml_parser import MAX_DEPTH
from openapi.schemas import parts_of

MAX_VALUES = 1_000_000


@dataclass(slots=True)
class _Open:
    """A mapping or list whose parts are being looked at."""

    node: Any
    where: Where
    parts: Iterator[tuple[Any, Where]]
    values: int = 1
    depth: int = 1


def refuse_growth(document: Any, file: str) -> None:
    """Raises DocumentError for the innermost part that has too many values, or nests too deep, once its references are written out.

    What refers to itself counts once: whether that may be is another question.
    """
    known: dict[int, tuple[int, int]] = {}
    under_way = {id(document)}
    stack = [_Open(document, (), _parts(document, document, ()))]
    while stack:
        here = stack[-1]
        part = next(here.parts, None)
        if part is None:
            stack.pop()
            under_way.discard(id(here.node))
            known[id(here.node)] = here.values, here.depth
            if stack:
                _add(stack[-1], here.values, here.depth, file)
        elif not isinstance(part[0], dict | list):
            here.values += 1
        elif id(part[0]) in known:
            _add(here, *known[id(part[0])], file)
        elif id(part[0]) not in under_way:
            if len(stack) > MAX_DEPTH:
                raise _too_deep(file, here.where)
            under_way.add(id(part[0]))
            stack.append(_Open(part[0], part[1], _parts(part[0], document, part[1])))


def _add(holder: _Open, values: int, depth: int, file: str) -> None:
    holder.values += values
    holder.depth = max(holder.depth, depth + 1)
    if holder.values > MAX_VALUES:
        raise DocumentError(
            file,
            json_path(holder.where),
            f"has more than {MAX_VALUES:,} values when its references are written out: refer to fewer or smaller schemas",
        )
    if holder.depth > MAX_DEPTH:
        raise _too_deep(file, holder.where)


def _too_deep(file: str, where: Where) -> DocumentError:
    return DocumentError(file, json_path(where), f"nests deeper than {MAX_DEPTH} levels when its references are written out")


def _parts(node: Any, document: Any, where: Where) -> Iterator[tuple[Any, Where]]:
    if isinstance(node, list):
        yield from ((part, (*where, place)) for place, part in enumerate(node))
        return
    reference = node.get("$ref") if isinstance(node, dict) else None
    if isinstance(reference, str) and reference.startswith("#/"):
        yield from _named(reference, document)
    elif isinstance(node, dict):
        yield from ((part, (*where, key)) for key, part in node.items())


def _named(reference: str, document: Any) -> Iterator[tuple[Any, Where]]:
    """What a reference names; nothing where it leads nowhere, which others tell."""
    path, found = parts_of(reference), document
    for part in path:
        if not isinstance(found, dict) or part not in found:
            return
        found = found[part]
    yield found, tuple(path)
