"""What is declared is what is used, and the wheel holds all that a server needs."""

import ast
import json
import re
import subprocess
import sys
import tomllib
import urllib.request
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.serving import ADMINISTRATOR, ROOT, environment, running

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = {"openapi", "sandbox", "contract_tests", "pytest_business_suite", "tests", "benchmarks"}
# Declared though no file imports them.
USED_BY_NAME = {
    "httptools": "the parser of the protocol of uvicorn's that ours builds on",
    "uvloop": "uvicorn takes it as its event loop where it is installed",
    "tzdata": "Python takes the time zones from it where the machine has none",
}
TOOLS = {
    *("build", "coverage", "hatchling", "import-linter", "mypy", "pytest-xdist", "ruff", "types-pyyaml"),
    "openapi-python-client",  # the tests run it as a program
    "httpx",  # the clients that it generates import it
}


def declared(requirements: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(one.name): one for one in map(Requirement, requirements)}


RUNTIME = declared(PROJECT["dependencies"])
DEVELOPMENT = declared(PROJECT["optional-dependencies"]["dev"])
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def imported(*directories: str) -> set[str]:
    """The distributions that the files below import directly, wherever in a file the import stands."""
    providers = packages_distributions()
    found: set[str] = set()
    for path in (path for directory in directories for path in (ROOT / directory).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {name.partition(".")[0] for name in names}
    foreign = found - OURS - sys.stdlib_module_names
    return {canonicalize_name(provider) for name in foreign for provider in providers.get(name, [name])}


def test_the_packages_declare_what_they_import_and_nothing_else() -> None:
    assert imported("openapi", "sandbox", "contract_tests") == RUNTIME.keys() - USED_BY_NAME.keys()
    assert RUNTIME.keys() >= USED_BY_NAME.keys()


def test_whoever_installs_the_sandbox_gets_no_pytest_plugin() -> None:
    assert "pytest11" not in PROJECT.get("entry-points", {})


def test_the_pytest_plugin_asks_for_little_of_which_nearly_any_version_will_do() -> None:
    plugin = tomllib.loads((ROOT / "integrations" / "pytest" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert plugin["dependencies"] == ["httpx>=0.23,<1", "pytest>=8"]
    assert plugin["entry-points"]["pytest11"] == {"business_suite": "pytest_business_suite.plugin"}
    assert imported("integrations/pytest/src") == {"httpx", "pytest"}


def test_the_tests_declare_what_they_import_and_nothing_else() -> None:
    used = imported("tests", "benchmarks")
    assert used - RUNTIME.keys() - DEVELOPMENT.keys() == set()
    assert DEVELOPMENT.keys() - used - TOOLS == set()


def test_every_range_has_two_ends_and_holds_the_version_that_is_tested() -> None:
    tested = dict(line.split("==") for line in CONSTRAINTS)
    tested = {canonicalize_name(name): version for name, version in tested.items()}
    for name, requirement in {**RUNTIME, **DEVELOPMENT}.items():
        operators = {one.operator for one in requirement.specifier}
        assert operators in ({">=", "<"}, {"=="}), requirement
        assert requirement.specifier.contains(tested[name]), f"{requirement}, but constraints.txt has {tested[name]}"


def test_the_constraints_are_names_and_versions_alone() -> None:
    assert [line for line in CONSTRAINTS if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+]*", line)] == []


def run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(list(command), cwd=cwd, env=environment(), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, so that this one is whole too."""
    directory = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", directory, ROOT, cwd=directory)
    return next(directory.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `sandbox` in an environment that was empty before the wheel came."""
    directory = tmp_path_factory.mktemp("environment")
    venv.create(directory, with_pip=False)
    scripts = directory / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    run(*pip, "--constraint", ROOT / "constraints.txt", wheel, cwd=directory)
    return scripts / "sandbox"


def test_the_wheel_holds_the_data_beside_the_code(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    specs = {f"openapi/{path.name}" for path in (ROOT / "openapi").glob("*.yaml")}
    fixtures = {f"sandbox/fixtures/{path.relative_to(ROOT / 'fixtures').as_posix()}" for path in (ROOT / "fixtures").rglob("*.yaml")}
    assert {"openapi/api-v2.yaml", "openapi/decisions.yaml"} <= specs
    assert "sandbox/fixtures/credentials.yaml" in fixtures
    assert specs | fixtures <= names
    assert not [name for name in names if name.startswith(("tests/", "fixtures/")) or "__pycache__" in name]


def test_the_installed_wheel_serves_from_another_directory(installed: Path, tmp_path: Path) -> None:
    with running(tmp_path, command=[str(installed)], env=environment(), within=60) as server:
        assert answer(f"{server.address}/_sandbox/health")[0] == 200
        status, customers = answer(f"{server.api}/customers?limit=5", ADMINISTRATOR)
        assert status == 200
        assert [one["id"] for one in customers["data"]] == [1, 2, 3, 4, 5]
        assert customers["meta"]["total_records"] >= 25
        assert server.stop() == 0


def answer(url: str, key: str | None = None) -> tuple[int, Any]:
    """The status and the body of a GET."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.status, json.loads(response.read())
