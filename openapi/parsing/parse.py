"""From the bytes of a file to plain values and the lines of their parts, whether it is YAML or JSON."""

from __future__ import annotations

from typing import Any

from openapi.parsing.errors import SourceError
from openapi.parsing.json_parser import read_json
from openapi.parsing.line_numbers import Lines
from openapi.parsing.yaml_parser import MAX_DEPTH, read_yaml

MAX_BYTES = 20 * 1024 * 1024


def parsed(content: bytes, label: str) -> tuple[Any, Lines]:
    """The values, and where they stand; `label` names the file. SourceError for what cannot be read."""
    if len(content) > MAX_BYTES:
        raise SourceError(label, f"has {len(content):,} bytes, and at most {MAX_BYTES:,} are read: split it by `$ref`")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise SourceError(label, f"is not UTF-8 at byte {error.start}: save it as UTF-8", line, column) from error
    if not text.lstrip().startswith(("{", "[")):
        return read_yaml(text, label)
    try:
        root, lines = read_json(text, label)
    except SourceError as error:
        if label.endswith(".json") or not error.what.startswith("is not JSON"):
            raise
        return read_yaml(text, label)  # YAML may begin with a brace too
    _refuse_depth(root, label)
    return root, lines


def _refuse_depth(root: Any, label: str) -> None:
    """What YAML's reader counts as it goes; JSON's does not."""
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [part for one in level for part in (one.values() if isinstance(one, dict) else one) if type(part) in (dict, list)]
        if not level:
            return
    raise SourceError(label, f"nests deeper than {MAX_DEPTH} levels, which no API description needs", 1, 1)
