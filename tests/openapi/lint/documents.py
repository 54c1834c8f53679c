"""Documents for the tests of lint: a sound beginning, and whatever a test lays over it."""

from __future__ import annotations

import json
from typing import Any

import yaml

from openapi.diff.source import Source
from openapi.lint import Finding, lint

BEGINNING: dict[str, Any] = {"openapi": "3.0.3", "info": {"title": "An API", "version": "1"}, "paths": {}}


def laid_over(below: Any, above: Any) -> Any:
    """Mappings are laid over each other key by key, in the order of what lies below; anything else replaces."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: laid_over(below.get(key), part) for key, part in above.items()}}
    return above


def source(document: Any) -> Source:
    return Source.of(json.dumps(document), "api.json")


def source_of(part: str | dict[str, Any], **more: Any) -> Source:
    """The beginning with a part of a document, in YAML or as values, laid over it."""
    return source(laid_over(BEGINNING, {**(yaml.safe_load(part) if isinstance(part, str) else part), **more}))


def found(rule: str, part: str | dict[str, Any], **more: Any) -> list[Finding]:
    """What one rule finds in such a document."""
    return lint(source_of(part, **more), only=[rule])


def schema(words: str) -> str:
    """A document with one schema."""
    return f"components: {{schemas: {{Thing: {words}}}}}"


def operation(words: str, path: str = "/things", method: str = "get") -> str:
    """A document with one operation."""
    return f"paths: {{{path!r}: {{{method}: {words}}}}}"


def sent(words: str) -> str:
    """A document in which a schema is sent."""
    body = f"{{content: {{application/json: {{schema: {words}}}}}}}"
    return operation(f"{{requestBody: {body}, responses: {{'200': {{description: Done.}}}}}}", method="post")


def answered(words: str, method: str = "get") -> str:
    """A document in which a schema is answered."""
    return operation(f"{{responses: {{'200': {{description: Done., content: {{application/json: {{schema: {words}}}}}}}}}}}", method=method)
