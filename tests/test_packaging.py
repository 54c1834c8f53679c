"""What is declared is what is used, and the wheel holds all that a server needs."""

import ast
import os
import re
import subprocess
import sys
import time
import tomllib
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.clients import ask
from tests.commands import ROOT, environment, run_installed
from tests.servers import running

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = {"openapi", "sandbox", "contract_tests", "pytest_business_suite", "tests", "benchmarks"}
# Declared though no file imports them.
USED_BY_NAME = {
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
EXTRA = declared(PROJECT["optional-dependencies"]["contract-tests"])
DEVELOPMENT = declared(PROJECT["optional-dependencies"]["dev"])
OF_THE_EXTRA = DEVELOPMENT.pop(canonicalize_name(PROJECT["name"])).extras
# Imported by what a server never runs, and only once somebody asks for that.
ON_DEMAND = {"ruamel-yaml": "openapi/lint/text_edits.py, for `contract-tests lint --fix`"}
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
    assert imported("openapi", "sandbox") - ON_DEMAND.keys() == RUNTIME.keys() - USED_BY_NAME.keys()
    assert RUNTIME.keys() >= USED_BY_NAME.keys()


def test_what_only_the_contract_tests_import_is_in_their_extra_alone() -> None:
    of_the_suite = imported("openapi", "contract_tests")
    assert of_the_suite - RUNTIME.keys() == EXTRA.keys()
    assert RUNTIME.keys() & EXTRA.keys() == set()
    assert {"contract-tests"} == OF_THE_EXTRA, "who develops has it too"


def test_whoever_installs_the_sandbox_gets_no_pytest_plugin() -> None:
    assert "pytest11" not in PROJECT.get("entry-points", {})


def test_the_pytest_plugin_asks_for_little_of_which_nearly_any_version_will_do() -> None:
    plugin = tomllib.loads((ROOT / "integrations" / "pytest" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert plugin["dependencies"] == ["httpx>=0.23,<1", "pytest>=8"]
    assert plugin["entry-points"]["pytest11"] == {"business_suite": "pytest_business_suite.plugin"}
    assert imported("integrations/pytest/src") == {"httpx", "pytest"}


def test_the_tests_declare_what_they_import_and_nothing_else() -> None:
    used = imported("tests", "benchmarks")
    assert used - RUNTIME.keys() - EXTRA.keys() - DEVELOPMENT.keys() == set()
    assert DEVELOPMENT.keys() - used - TOOLS == set()


def test_every_range_has_two_ends_and_holds_the_version_that_is_tested() -> None:
    tested = dict(line.split("==") for line in CONSTRAINTS)
    tested = {canonicalize_name(name): version for name, version in tested.items()}
    for name, requirement in {**RUNTIME, **EXTRA, **DEVELOPMENT}.items():
        operators = {one.operator for one in requirement.specifier}
        assert operators in ({">=", "<"}, {"=="}), requirement
        assert requirement.specifier.contains(tested[name]), f"{requirement}, but constraints.txt has {tested[name]}"


def test_the_constraints_are_names_and_versions_alone() -> None:
    assert [line for line in CONSTRAINTS if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+]*", line)] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, so that this one is whole too."""
    directory = tmp_path_factory.mktemp("dist")
    run_installed(sys.executable, "-m", "build", "--no-isolation", "--outdir", directory, ROOT, cwd=directory)
    return next(directory.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `sandbox` in an environment that was empty before the wheel came."""
    directory = tmp_path_factory.mktemp("environment")
    venv.create(directory, with_pip=False)
    scripts = directory / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    run_installed(*pip, "--constraint", ROOT / "constraints.txt", wheel, cwd=directory)
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
        assert ask(f"{server.address}/_sandbox/health", key=None).status == 200
        status, customers = ask(f"{server.api}/customers?limit=5")
        assert status == 200
        assert [one["id"] for one in customers["data"]] == [1, 2, 3, 4, 5]
        assert customers["meta"]["total_records"] >= 25
        assert server.stop() == 0


ASKED = {
    "run": (["run", "--url", "http://127.0.0.1:9", "--api-key", "k"], "contract-tests run needs pytest and schemathesis"),
    "run without anything": (["run"], "contract-tests run needs pytest and schemathesis"),
    "lint --fix": (["lint", "--fix", "openapi.yaml"], "contract-tests lint --fix needs ruamel.yaml"),
}


@pytest.mark.parametrize(("words", "told"), ASKED.values(), ids=ASKED)
def test_without_the_extra_the_contract_tests_say_what_brings_it(installed: Path, tmp_path: Path, words: list[str], told: str) -> None:
    done = suite(installed, tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"contract-tests: {told}, which the extra brings: pip install 'business-suite-sandbox[contract-tests]'\n"


def test_without_the_extra_documents_are_looked_at_and_compared_and_promises_listed(installed: Path, tmp_path: Path) -> None:
    spec = str(ROOT / "openapi" / "api-v2.yaml")
    for words in (["lint", spec], ["diff", spec, spec], ["diff", spec, spec, "--format", "html"], ["promises"], ["--version"]):
        done = suite(installed, tmp_path, *words)
        assert (done.returncode, done.stderr) == (0, ""), words


@pytest.mark.parametrize("module", ["schemathesis", "pytest", "hypothesis", "ruamel.yaml", "xdist", "mypy"])
def test_serving_brings_nothing_that_only_tests_need(installed: Path, module: str) -> None:
    done = subprocess.run([installed.with_name("python"), "-c", f"import {module}"], env=environment(), capture_output=True, timeout=30)
    assert b"ModuleNotFoundError" in done.stderr


def test_no_command_names_a_file_that_a_wheel_does_not_bring(installed: Path, tmp_path: Path) -> None:
    with running(tmp_path, command=[str(installed)], env=environment(), within=60) as server:
        assert server.stop() == 0
    said = [(tmp_path / "server.out").read_text(encoding="utf-8")]
    for program in (installed, installed.with_name("contract-tests")):
        for words in HELPS[program.name]:
            done = subprocess.run([program, *words, "--help"], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=30)
            assert done.returncode == 0, done.stderr
            said.append(done.stdout)
    for text in said:
        for name in re.findall(r"(?<![\w:/.-])(?:[\w-]+/)*[\w-]+\.(?:md|py|toml)\b|\bmake [a-z]+", text):
            assert name == "sandbox.toml", f"{name} in: {text}"


HELPS = {
    "sandbox": [[], ["serve"], ["keys"], ["keys", "create"], ["workspaces"], ["reset"], ["doctor"], ["listen"], ["examine-receiver"]],
    "contract-tests": [[], ["run"], ["promises"], ["diff"], ["lint"]],
}


def suite(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command `contract-tests` of the same environment."""
    return subprocess.run(
        [installed.with_name("contract-tests"), *words], cwd=cwd, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )


# The targets of make that install.


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What make looks at, with an environment in which everything pretends to be there."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    plugin = Path("integrations") / "pytest" / "pyproject.toml"
    (tmp_path / plugin).parent.mkdir(parents=True)
    (tmp_path / plugin).write_bytes((ROOT / plugin).read_bytes())
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("python", "sandbox"):
        program = tmp_path / ".venv" / "bin" / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return tmp_path


def installs(checkout: Path, target: str) -> list[str]:
    """What pip is asked for, for real: the environment's Python is one that does nothing."""
    done = subprocess.run(["make", target, "PYTHON=true"], cwd=checkout, env=environment(), capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return re.findall(r"--editable (\S+)", done.stdout)


def test_serve_installs_what_serving_needs_and_install_the_rest_and_neither_undoes_the_other(checkout: Path) -> None:
    assert installs(checkout, "serve") == ["."]
    assert installs(checkout, "serve") == []
    assert "'.[dev]'" in installs(checkout, "install")
    assert installs(checkout, "install") == installs(checkout, "serve") == []
    os.utime(checkout / "pyproject.toml", (time.time() + 5,) * 2)
    assert installs(checkout, "serve") == ["."]


def test_install_alone_is_enough_for_serve(checkout: Path) -> None:
    assert "'.[dev]'" in installs(checkout, "install")
    assert installs(checkout, "serve") == []
