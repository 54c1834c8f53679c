"""No file imports, over however many others, what imports it: not at its top, not in a function, not for its types alone."""

import ast
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.commands import ROOT

PACKAGES = ("openapi", "sandbox", "contract_tests", "benchmarks", "tests")
Graph = dict[str, set[str]]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.Module, known: Collection[str]) -> Iterator[str]:
    """The modules that a file imports, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            within = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in known else node.module for name in within)


def graph_of(sources: Mapping[str, str], known: Collection[str]) -> Graph:
    """Each module, and those of the known ones that it imports."""
    return {module: {name for name in imports(ast.parse(text), known) if name in known and name != module} for module, text in sources.items()}


@cache
def tree() -> Graph:
    """Our own modules."""
    sources = {module_of(path): path.read_text(encoding="utf-8") for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    return graph_of(sources, sources)


def ring_in(graph: Graph) -> list[str]:
    """The modules of one ring, the first one again at its end; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as ring:
        return list(ring.args[1])
    return []


def test_there_is_no_ring() -> None:
    assert len(tree()) > 500
    assert ring_in(tree()) == []


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("form", ["import {}", "from {} import Thing", "def f():\n    import {}", "if TYPE_CHECKING:\n    from {} import Thing"])
@pytest.mark.parametrize("package", ["openapi.diff", "sandbox.state", "contract_tests.http"])
def test_a_planted_ring_is_caught(package: str, form: str, size: int) -> None:
    names = [f"{package}.planted_{number}" for number in range(size)]
    planted = {name: form.format(following) for name, following in zip(names, names[1:] + names[:1], strict=True)}
    assert set(ring_in(tree() | graph_of(planted, {*tree(), *names}))) == set(names)


def test_a_ring_over_a_package_is_caught() -> None:
    planted = {"sandbox.planted": "from sandbox.planted import inner", "sandbox.planted.inner": "from sandbox.planted import NAME"}
    assert set(ring_in(graph_of(planted, planted))) == set(planted)
