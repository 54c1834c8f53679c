"""The contract in use and everything that is compiled from it below HTTP: rules, indexes, worlds. It is replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openapi.contract import FILE, Contract, own_label
from openapi.document import DocumentError, content_of, document_in
from openapi.document_numbers import normalize_numbers
from openapi.document_validation import refuse_invalid
from openapi.document_version import refuse_other_versions
from openapi.reader import contract_in
from openapi.source_positions import with_position
from sandbox.document_cache import DocumentCache
from sandbox.domain.rules import Rules
from sandbox.engine import Binding, Compatibility, bind, index_plan, refuse_unsupported_features
from sandbox.errors import StartError
from sandbox.events import outbox
from sandbox.seeding.seeder import Seeder
from sandbox.seeding.world_loader import WorldLoader
from sandbox.state.indexes import IndexPlan


@dataclass(frozen=True)
class Spec:
    """A document as it was read, and how its file is called.

    The project's `own`, unless somebody edits it, was checked by its tests, and lacks nothing that a rule needs.
    """

    content: bytes
    label: str
    own: bool

    @classmethod
    def read(cls, path: Path | None, *, edited: bool = False) -> Spec:
        """A file, or the project's own document. Raises DocumentError where it cannot be read."""
        label = label_of(path)
        return cls(content_of(file_of(path), label), label, own=path is None and not edited)


def file_of(path: Path | None) -> Path:
    """The file given with `--spec`, or the project's own."""
    return FILE if path is None else path


def label_of(path: Path | None) -> str:
    """How messages call it."""
    return own_label() if path is None else str(path)


@dataclass(frozen=True, eq=False)
class LoadedContract:
    """What one document says, in the forms that the server works with."""

    spec: Spec
    contract: Contract
    binding: Binding
    plan: Mapping[str, IndexPlan]
    compatibility: Compatibility
    worlds: WorldLoader


def compile_contract(spec: Spec, rules: Sequence[Rules], cache: Path, before: LoadedContract | None = None) -> LoadedContract:
    """The loaded contract of a document; `cache` is a directory for large worlds, `before` the loaded contract whose place it is to take.

    Raises DocumentError, with the place in one sentence, where the document cannot be served, StartError for another reason.
    """
    try:
        return _load(spec, rules, cache, before)
    except (DocumentError, StartError) as problem:
        if not str(problem).startswith(f"{spec.label}: $"):
            raise
        raise with_position(problem, spec.content, spec.label) from None


def _load(spec: Spec, rules: Sequence[Rules], cache: Path, before: LoadedContract | None) -> LoadedContract:
    contract = _contract_of(spec, None if before is None else before.contract.document)
    if not spec.own:
        refuse_unsupported_features(contract, rules)
    binding = bind(contract, rules, lenient=not spec.own)
    plan = {**index_plan(contract), **outbox.INDEXES}
    if before is not None:
        # Requests that are under way go by the loaded contract before, and look up what that one asked for.
        plan = {**before.plan, **{name: one.after(before.plan.get(name, IndexPlan())) for name, one in plan.items()}}
    worlds = WorldLoader(None if spec.own else spec.content, Seeder(contract, binding, plan), cache)
    return LoadedContract(spec, contract, binding, plan, Compatibility(contract, binding), worlds)


def _contract_of(spec: Spec, before: Mapping[str, Any] | None) -> Contract:
    """`before` is a document that is known to be sound."""
    cache = DocumentCache()
    kept = cache.find(spec.content)
    document = document_in(spec.content, spec.label) if kept is None else kept
    if kept is None:
        refuse_other_versions(document, spec.label)
        normalize_numbers(document)
    if not spec.own:
        refuse_invalid(document, spec.label, before, spec.content, was_served=kept is not None)
    contract = contract_in(document, spec.label, is_faultless=kept is not None)
    if kept is None:
        cache.keep(spec.content, document)
    return contract
