"""The table of kinds of changes is complete: it holds what the code tells, at the levels at which it is told, and docs/diff.md shows it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from openapi.diff.change_kind_table import OUTSIDE
from openapi.diff.change_kinds import Kind, kinds, schema_kinds
from openapi.diff.changes import Change, Level
from openapi.diff.compare import compare
from openapi.diff.source import Source
from openapi.schemas import Direction

_ROOT = Path(__file__).parents[3]
_CODE = _ROOT / "openapi" / "diff"
_CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases" / "operations.yaml").read_text(encoding="utf-8"))


def told_ids(tree: ast.Module) -> Iterator[str]:
    """Regular expressions of the ids that a module tells."""
    tables = {target.id: node.value for node in tree.body if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "report":
                    yield from texts(call.args[0], function, tables)


def texts(value: ast.expr, function: ast.FunctionDef, tables: dict[str, ast.expr]) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            yield re.escape(text)
        case ast.JoinedStr(values=parts):
            yield "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".*" for part in parts)  # type: ignore[arg-type]
        case ast.IfExp(body=one, orelse=other):
            yield from (*texts(one, function, tables), *texts(other, function, tables))
        case ast.Dict(values=values):
            yield from (text for one in values for text in texts(one, function, tables))
        case ast.Subscript(value=inner):
            yield from texts(inner, function, tables)
        case ast.Call(func=ast.Attribute(value=inner, attr="get"), args=[_, default]):
            yield from (*texts(inner, function, tables), *texts(default, function, tables))
        case ast.Name(id=name) if name in tables:
            yield from texts(tables[name], function, {})
        case ast.Name(id=name):
            for node in ast.walk(function):
                if isinstance(node, ast.Assign):
                    yield from (text for one in assigned(node.targets[0], node.value, name) for text in texts(one, function, tables))


def assigned(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    """What an assignment gives a name, also where several names are assigned at once."""
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    elif isinstance(target, ast.Tuple):
        if isinstance(value, ast.IfExp):
            yield from (*assigned(target, value.body, name), *assigned(target, value.orelse, name))
        elif isinstance(value, ast.Tuple):
            for part, one in zip(target.elts, value.elts, strict=True):
                yield from assigned(part, one, name)


def told_in(files: Iterator[Path]) -> set[str]:
    return {id for path in files for id in told_ids(ast.parse(path.read_text(encoding="utf-8")))}


def test_outside_of_schemas_the_table_holds_what_the_code_tells() -> None:
    told = told_in(_CODE.glob("*.py"))
    ids = {id for id, _, _ in OUTSIDE}
    assert {one for one in told if not any(re.fullmatch(one, id) for id in ids)} == set()
    assert {id for id in ids if not any(re.fullmatch(one, id) for one in told)} == set()


def test_of_schemas_the_table_holds_what_the_code_tells() -> None:
    told = told_in((_CODE / "schemas").glob("*.py")) - {".*-.*"}
    names = {one.name for one in schema_kinds()}
    limits = {name for name in names if re.fullmatch(r"(max|min).*-(set|removed|raised|lowered)", name)}
    assert {one for one in told if not any(re.fullmatch(one, name) for name in names)} == set()
    assert {name for name in names - limits if not any(re.fullmatch(one, name) for one in told)} == set()


def test_the_limits_are_those_that_are_compared() -> None:
    from openapi.diff.change_kind_table import LIMITS
    from openapi.diff.schemas.bounds import AXES, kebab

    assert {(kebab(word), upper) for word, upper, *_ in AXES} == {(name, upper) for name, upper, _ in LIMITS}


def _document(parts: dict[str, Any]) -> Source:
    whole = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}, **parts}
    operation, item = whole.pop("op", None), whole.pop("item", {})
    if operation is not None:
        whole["paths"] = {"/things": {**item, "post": {"responses": {"204": {"description": ""}}, **operation}}}
    return Source.of(yaml.safe_dump(whole), "spec.yaml")


def _misfits(changes: list[Change]) -> list[tuple[str, str]]:
    """What is in no table, or at a level that its kind has not. In a schema anything may turn out to hurt nobody."""
    known = kinds()
    allowed = {id: {*kind.levels, *([Level.INFO] if id.startswith(("request-", "answer-")) else [])} for id, kind in known.items()}
    return [(one.id, one.level.value) for one in changes if one.level not in allowed.get(one.id, set())]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"].replace(" ", "-"))
def test_what_is_told_has_its_kind_and_one_of_its_levels(case: dict[str, Any]) -> None:
    base, head = _document(case["base"]), _document(case["head"])
    assert _misfits([*compare(base, head), *compare(head, base)]) == []


def test_each_kind_has_a_sentence_and_its_levels_worst_first() -> None:
    for kind in kinds().values():
        assert re.fullmatch(r"[A-Z`].*[^.]\.", kind.sentence), kind.id
        assert kind.levels, kind.id
        assert list(kind.levels) == [level for level in Level if level in kind.levels], kind.id


def test_no_kind_stands_twice() -> None:
    assert len(kinds()) == len(OUTSIDE) + 2 * len(schema_kinds())


def rows() -> str:
    """The tables of docs/diff.md."""
    lines = ["| id | level | what changed |", "| --- | --- | --- |"]
    lines += [f"| `{kind.id}` | {_levels(kind)} | {kind.sentence} |" for kind in kinds().values() if kind.id in {id for id, _, _ in OUTSIDE}]
    lines += ["", _BETWEEN, "", "| what changed | in a request | in a response |", "| --- | --- | --- |"]
    for one in schema_kinds():
        cells = [f"`{kind.id}`: {_levels(kind)}" for kind in map(one.of, Direction)]
        lines.append(f"| {one.sentence} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


_BETWEEN = (
    "Each kind of schema change has two ids, because a change that is safe in a request can break clients in a response, and the reverse. If a\n"
    "property is not sent in that direction, such as a read-only property in a request, the level is `info`."
)


def _levels(kind: Kind) -> str:
    return ", ".join(kind.levels)


def test_the_documentation_shows_each_kind() -> None:
    assert (_ROOT / "docs" / "diff.md").read_text(encoding="utf-8").endswith(rows())
