"""The plugin in environments of other people, each with what the sandbox itself could not be installed beside."""

import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.commands import run_installed
from tests.integrations.inner_pytest import PLUGIN, Host, outcome

OLD = ("pytest==8.0.*", "fastapi==0.115.*", "starlette==0.41.*", "uvicorn==0.34.*", "rich==13.*", "pytest-xdist")
NO_SANDBOX = "There is no Business Suite sandbox to test against: "


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source distribution, so that this one is whole too."""
    directory = tmp_path_factory.mktemp("dist")
    run_installed(sys.executable, "-m", "build", "--no-isolation", "--outdir", directory, PLUGIN, cwd=directory)
    return next(directory.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment that was empty before: the plugin beside last years' versions."""
    directory = tmp_path_factory.mktemp("environment")
    venv.create(directory, with_pip=False)
    there = directory / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", there, "--disable-pip-version-check"]
    run_installed(*pip, "install", "--quiet", "--no-compile", wheel, *OLD, cwd=directory)
    run_installed(*pip, "check", cwd=directory)
    return there


@pytest.fixture
def host(python: Path, tmp_path: Path) -> Host:
    return Host(tmp_path, python)


def test_the_wheel_holds_the_plugin_and_nothing_else(wheel: Path) -> None:
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert "pytest_business_suite/py.typed" in names
    assert {name.partition("/")[0] for name in names} == {"pytest_business_suite"}
    assert {Path(name).name for name in names} == {path.name for path in (PLUGIN / "src/pytest_business_suite").glob("*.*")}


def test_an_application_of_fastapi_is_tested_against_it(host: Host) -> None:
    tests = """
        import fastapi, httpx, pytest, starlette
        from fastapi.testclient import TestClient

        def test_these_are_the_versions():
            assert [one.__version__.rpartition(".")[0] for one in (fastapi, starlette, pytest)] == ["0.115", "0.41", "8.0"]

        def test_the_application(business_suite):
            app = fastapi.FastAPI()

            @app.get("/customers")
            def customers():
                found = httpx.get(f"{business_suite.base_url}/customers", headers={"Authorization": f"Bearer {business_suite.key}"})
                return [one["account"] for one in found.json()["data"]]

            assert TestClient(app).get("/customers").json()[0] == "John Doe"
    """
    assert outcome(host.run(tests, "-W", "ignore::DeprecationWarning")) == "2 passed"


@pytest.mark.parametrize("place", ["", "src/"], ids=["at the root", "in src"])
def test_a_project_may_have_packages_of_the_names_of_ours(host: Host, place: str) -> None:
    names = ("sandbox", "openapi", "fixtures", "contract_tests", "control")
    files = {f"{place}{name}/__init__.py": f"WHOSE = 'mine: {name}'\n" for name in names}
    files |= {"pytest.ini": f"[pytest]\npythonpath = {place or '.'}\n", "conftest.py": "import sandbox, openapi, fixtures\n"}
    tests = f"""
        import importlib

        def test_they_are_the_projects_own():
            assert all(importlib.import_module(name).WHOSE == f"mine: {{name}}" for name in {names!r})

        def test_the_sandbox_is_not_disturbed(business_suite):
            assert business_suite.client.get("/customers").json()["data"][0]["account"] == "John Doe"
    """
    assert outcome(host.run(tests, files=files, env={"PYTHONPATH": place or "."})) == "2 passed"


def test_four_workers_share_one_server_and_each_test_has_a_world(host: Host) -> None:
    tests = """
        import os, pathlib, pytest

        @pytest.mark.business_suite(scenario="empty")
        @pytest.mark.parametrize("number", range(24))
        def test_the_first_customer_is_number_1(business_suite, number):
            created = business_suite.client.post("/customers", json={"account": f"Customer {number}"})
            assert created.json()["data"]["id"] == 1
            assert business_suite.client.get("/customers").json()["meta"]["total_records"] == 1
            with pathlib.Path("servers").open("a") as file:
                file.write(f"{os.environ['PYTEST_XDIST_WORKER']} {business_suite.base_url}\\n")
    """
    assert outcome(host.run(tests, "-n", "4")) == "24 passed"
    told = [line.split() for line in (host.directory / "servers").read_text(encoding="utf-8").splitlines()]
    assert len({worker for worker, _ in told}) == 4
    assert len({address for _, address in told}) == 1


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "with workers"])
def test_without_any_server_each_test_that_asks_is_told_one_sentence(host: Host, options: tuple[str, ...]) -> None:
    tests = """
        def test_one(business_suite): ...
        def test_another(business_suite): ...
        def test_without(): ...
    """
    output = host.run(tests, *options, env={"BUSINESS_SUITE_SANDBOX": "", "PATH": str(host.directory)})
    assert outcome(output) == "1 passed, 2 errors"
    assert output.count(NO_SANDBOX) == 2
    assert not [word for word in ("Traceback", "During handling", "pytest_business_suite/", "site-packages") if word in output], output
