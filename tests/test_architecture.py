"""Who may import whom, as `pyproject.toml` says it, and what else of the house can be read off the code."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import ROOT

PACKAGES = ("openapi", "sandbox", "contract_tests")
INTEGRATIONS = {"integrations/pytest/src/pytest_business_suite": {"pytest_business_suite", "httpx", "pytest"}}
"""Each with all that it may import."""
CLOCK = ROOT / "sandbox" / "state" / "clock.py"


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    """The import contracts, on the packages that stand in this directory."""
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo"], cwd=directory, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their contracts, to be spoilt."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_rooms_import_as_the_house_allows() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("sandbox/state/clock.py", "import sandbox.engine.verbs", "Inside sandbox, rooms import downwards only"),
        ("sandbox/engine/verbs.py", "import sandbox.edge.dispatch", "Inside sandbox, rooms import downwards only"),
        ("sandbox/domain/users.py", "import sandbox.domain.invoices", "A domain file imports rules.py and errors.py alone, never another"),
        ("sandbox/domain/users.py", "import sandbox.state.store", "The domain knows neither the store nor the settings nor the contract"),
        ("openapi/reader.py", "import sandbox.errors", "openapi knows nobody"),
        ("sandbox/app.py", "import contract_tests.schemathesis_run.process", "sandbox and contract_tests are strangers"),
        ("contract_tests/schemathesis_run/process.py", "import sandbox.errors", "sandbox and contract_tests are strangers"),
        ("sandbox/engine/verbs.py", "import starlette.requests", "Only edge, control and app know HTTP"),
        ("sandbox/state/store.py", "import connexion", "Only edge, control and app know HTTP"),
        ("sandbox/engine/filters.py", "import tinydb", "Only state knows TinyDB"),
        ("sandbox/engine/verbs.py", "import faker", "Only seeding knows Faker"),
    ],
)
def test_a_wrong_import_is_caught(copy: Path, file: str, line: str, contract: str) -> None:
    with (copy / file).open("a", encoding="utf-8") as text:
        text.write(f"\n\ndef wrong() -> None:\n    {line}\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract} BROKEN" in " ".join(done.stdout.split())


def test_a_room_that_has_no_place_is_caught(copy: Path) -> None:
    (copy / "sandbox" / "attic.py").write_text('"""Nobody knows where this belongs."""\n', encoding="utf-8")
    done = lint(copy)
    assert done.returncode == 1
    assert "attic" in done.stdout


def modules(directory: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file below, parsed."""
    for path in sorted(directory.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules that a file imports, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_a_domain_file_needs_nothing_but_rules_errors_and_argon2() -> None:
    ours = ("sandbox.domain", "sandbox.errors", "argon2")
    for path, tree in modules(ROOT / "sandbox" / "domain"):
        foreign = [name for name in imported(tree) if name.partition(".")[0] not in sys.stdlib_module_names]
        assert [name for name in foreign if not name.startswith(ours)] == [], path


@pytest.mark.parametrize("package", INTEGRATIONS)
def test_what_is_installed_beside_others_imports_nothing_of_ours(package: str) -> None:
    found = {(path.name, name.partition(".")[0]) for path, tree in modules(ROOT / package) for name in imported(tree)}
    assert [(file, name) for file, name in found if name not in INTEGRATIONS[package] | sys.stdlib_module_names] == []
    assert {name for _, name in found} >= INTEGRATIONS[package]


@pytest.mark.parametrize("package", INTEGRATIONS)
def test_what_is_installed_beside_others_is_written_for_an_older_python(package: str) -> None:
    project = tomllib.loads((ROOT / package).parents[1].joinpath("pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.10"
    for path in (ROOT / package).glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))


@pytest.mark.parametrize("package", [*PACKAGES, *INTEGRATIONS])
def test_a_module_opens_with_what_it_is(package: str) -> None:
    assert [path for path, tree in modules(ROOT / package) if not ast.get_docstring(tree)] == []


@pytest.mark.parametrize("package", ["openapi", "sandbox"])
def test_real_time_is_asked_for_in_one_file(package: str) -> None:
    asking = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
    for path, tree in modules(ROOT / package):
        calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert path == CLOCK or not asking.intersection(calls), path


def test_the_page_on_the_architecture_stays_a_page() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 60


def test_what_the_page_on_contributing_names_is_there() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:openapi|sandbox|fixtures|contract_tests|tests|docs)/[\w/.-]+)`", page)
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_glossary_holds_ten_words_at_most() -> None:
    glossary = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## Glossary")[2]
    assert 0 < len(re.findall(r"\*\*\w[\w ]*\*\*", glossary)) <= 10
