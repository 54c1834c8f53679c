"""The pytest plugin, as integrators meet it: in suites of their own, each run by a pytest of its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import checkout_environment
from tests.integrations.inner_pytest import SOURCE, Host, documented, outcome
from tests.servers import Running, running

HEAVY = ("asyncio", "http.client", "httpx", "sandbox", "openapi", "contract_tests", "socket", "ssl", "subprocess", "yaml")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that runs already, for the tests that are not about the start of one."""
    with running(tmp_path_factory.mktemp("server"), "--scenario", "empty", "--allow-local-webhooks", "--rate-limit", "1000000/3600") as started:
        yield started


@pytest.fixture
def host(tmp_path: Path, server: Running) -> Host:
    return Host(tmp_path, sandbox=server.address)


@pytest.fixture
def starting(tmp_path: Path) -> Host:
    """One that starts a server of its own."""
    return Host(tmp_path)


def test_the_examples_of_the_documentation_pass(starting: Host) -> None:
    example, shared, marker, webhook, alone = documented("python")
    assert marker.startswith("@pytest.mark.business_suite(")
    assert outcome(starting.run(example, "-W", "error", files={"test_shared.py": shared, "test_webhook.py": webhook})) == "6 passed"
    program = [sys.executable, "-W", "error::ResourceWarning", "-c", alone]
    done = subprocess.run(program, cwd=starting.directory, env=checkout_environment(), capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_call_that_failed_is_made_again_when_the_clock_is_moved(host: Host) -> None:
    example = next(block for block in documented("python") if "class Receiver" in block)
    receiving = example.replace("self.send_response(204)", "self.send_response(503)").partition("def test_")[0]
    tests = """
        import time
        from datetime import timedelta
        from receiving import receiver

        def test_it(business_suite, receiver):
            business_suite.client.post("/webhooks", json={"url": receiver.url, "events": ["invoice.created"]})
            business_suite.control.post("/events/trigger", json={"type": "invoice.created"})
            first = receiver.calls.get(timeout=10)[0]["webhook-id"]
            while not business_suite.control.get("/deliveries").json()["data"][0]["attempts"]:
                time.sleep(0.02)
            business_suite.advance(timedelta(seconds=5))
            assert receiver.calls.get(timeout=10)[0]["webhook-id"] == first
    """
    files = {"receiving.py": receiving, "pytest.ini": "[pytest]\npythonpath = .\n"}
    assert outcome(host.run(tests, files=files)) == "1 passed"


def test_a_marker_wins_over_the_configuration_and_the_nearest_over_others(host: Host) -> None:
    (ini,), (marker,) = documented("ini"), [block for block in documented("python") if block.startswith("@")]
    tests = f"""
        import pytest

        def begun_with(business_suite):
            facts = business_suite.control.get("/reset").json()["data"]
            return facts["scenario"], facts["seed"]

        def test_the_configuration(business_suite):
            assert begun_with(business_suite) == ("overdue", 42)

        {marker.strip()}
        def test_the_documented_marker(business_suite):
            assert begun_with(business_suite) == ("empty", 42)

        @pytest.mark.business_suite(scenario="demo", seed=1)
        class TestAll:
            def test_what_the_class_says(self, business_suite):
                assert begun_with(business_suite) == ("demo", 1)

            @pytest.mark.business_suite(seed=2)
            def test_one_says_one_thing_itself(self, business_suite):
                assert begun_with(business_suite) == ("demo", 2)
    """
    assert outcome(host.run(tests, files={"pytest.ini": ini.replace("empty", "overdue")})) == "4 passed"


def test_a_workspace_is_gone_after_its_test_and_so_is_its_key(host: Host) -> None:
    tests = """
        import httpx

        seen = []

        def status(suite):
            return httpx.get(f"{suite.base_url}/customers", headers={"Authorization": f"Bearer {suite.key}"}, trust_env=False).status_code

        def test_one(business_suite):
            assert status(business_suite) == 200
            seen.append(business_suite)

        def test_another(business_suite):
            assert (status(business_suite), status(seen[0])) == (200, 401)
            assert seen[0].client.is_closed and seen[0].control.is_closed

        def test_two_at_a_time(business_suite_server):
            with business_suite_server.workspace("empty") as one, business_suite_server.workspace("empty") as other:
                created = [each.client.post("/customers", json={"account": "Jane"}).json()["data"]["id"] for each in (one, other)]
                assert created == [1, 1]
                assert one.client.get("/customers").json()["meta"]["total_records"] == 1
    """
    assert outcome(host.run(tests, "-W", "error")) == "3 passed"


def test_the_methods_raise_what_the_sandbox_refuses(host: Host) -> None:
    tests = """
        from datetime import timedelta
        from decimal import Decimal

        import pytest
        from pytest_business_suite import Invalid, Missing, Refusal

        LINES = [{"description": "Consulting", "amount": 19.99, "qty": 1}]

        def invoice(suite):
            body = {"customer_id": 1, "date": "2025-07-01", "due_date": "2025-07-31", "items": LINES}
            return suite.client.post("/invoices", json=body).json()["data"]["id"]

        @pytest.mark.parametrize("amount", [Decimal("19.99"), 19.99])
        def test_an_invoice_is_paid_to_the_cent(business_suite, amount):
            assert business_suite.pay(invoice(business_suite), amount)["status"] == "Paid"

        def test_all_else(business_suite):
            with pytest.raises(Invalid) as refused:
                business_suite.pay(invoice(business_suite), 20)
            assert list(refused.value.errors) == ["amount"]
            with pytest.raises(Missing, match="404"):
                business_suite.pay(10**6, 1)
            with pytest.raises(Invalid, match="must not be negative"):
                business_suite.advance(-timedelta(hours=1))
            with pytest.raises(Invalid, match=r"POST /_sandbox/reset: 400: .* 'demo'"):
                business_suite.reset("dmeo")
            with pytest.raises(Invalid, match=r"POST /_sandbox/keys: 400: ") as refused:
                business_suite.new_key("stuff")
            assert list(refused.value.errors) == ["role"]
            before = business_suite.advance(timedelta(0))
            after = business_suite.advance(timedelta(days=400, hours=2, milliseconds=500))
            assert timedelta(days=400, hours=2) <= after - before < timedelta(days=400, hours=3)
            business_suite.reset(seed=8)
            facts = business_suite.control.get("/reset").json()["data"]
            assert (facts["scenario"], facts["seed"]) == ("demo", 8)
            for one in business_suite.control.get("/keys").json()["data"]:
                business_suite.control.delete(f"/keys/{one['id']}")
            with pytest.raises(Refusal, match="401: Invalid API key or unauthorized access"):
                business_suite.pay(1, 1)
    """
    assert outcome(host.run(tests)) == "3 passed"


def test_a_run_that_does_not_use_it_loads_nothing_but_a_few_small_files(host: Host) -> None:
    program = f"""
        import sys
        before = set(sys.modules)
        sys.path.insert(0, {str(SOURCE)!r})
        import pytest
        known = set(sys.modules)
        import pytest_business_suite.plugin
        print(*(set(sys.modules) - known))
    """
    lines = "\n".join(line.strip() for line in program.splitlines())
    done = subprocess.run([sys.executable, "-I", "-c", lines], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.startswith("pytest_business_suite")} == {
        "pytest_business_suite", "pytest_business_suite.plugin", "pytest_business_suite.errors", "pytest_business_suite.workspace",
    }  # fmt: skip
    assert loaded.intersection(HEAVY) == set()
    assert len(loaded) < 15, loaded
    late = ("httpx", "pytest_business_suite.shared_server", "pytest_business_suite.process", "sandbox", "openapi")
    tests = f"""
        import sys
        before = set(sys.modules)

        def test_nothing():
            assert "pytest_business_suite.plugin" in before
            assert not before.intersection({late!r})
    """
    assert outcome(host.run(tests)) == "1 passed"


def test_what_a_marker_cannot_mean_is_told_in_a_sentence(host: Host) -> None:
    tests = """
        import pytest

        @pytest.mark.business_suite(scenario="dmeo")
        def test_unknown_scenario(business_suite): ...

        @pytest.mark.business_suite(scenrio="demo")
        def test_unknown_argument(business_suite): ...

        @pytest.mark.business_suite("demo")
        def test_argument_without_a_name(business_suite): ...

        @pytest.mark.business_suite(seed="1")
        def test_seed_of_another_type(business_suite): ...

        @pytest.mark.business_suite(seed=-1)
        def test_seed_out_of_range(business_suite): ...

        def test_others_are_not_affected(business_suite):
            assert business_suite.client.get("/customers").status_code == 200
    """
    output = host.run(tests)
    assert outcome(output) == "1 passed, 5 errors"
    assert "There is no scenario 'dmeo'; did you mean 'demo'?" in output
    form = '@pytest.mark.business_suite(scenario="empty", seed=42)'
    assert f"The marker business_suite does not understand scenrio; it is written {form}" in output
    assert f"The marker business_suite does not understand 'demo'; it is written {form}" in output
    assert f"{form}: Seed must be" in output
    assert "Traceback" not in output
    assert "During handling" not in output
    assert "pytest_business_suite/" not in output


def test_neither_other_options_of_pytest_nor_its_logging_is_in_its_way(starting: Host) -> None:
    tests = """
        import logging

        def test_a_line_is_logged_once_the_server_runs(business_suite, caplog):
            logging.getLogger("mine").warning("after the start")
            assert business_suite.client.get("/customers").status_code == 200
            assert [record.name for record in caplog.records if record.name == "mine"] == ["mine"]
    """
    options = ("-W", "error", "-p", "no:cacheprovider", "--import-mode=importlib", "--log-file=suite.log")
    assert outcome(starting.run(tests, *options)) == "1 passed"
    assert "after the start" in (starting.directory / "suite.log").read_text(encoding="utf-8")


def test_what_surrounds_a_suite_does_not_change_the_server(starting: Host) -> None:
    tests = """
        def test_all_is_as_ever(business_suite):
            answer = business_suite.client.get("/customers")
            assert answer.headers["X-RateLimit-Limit"] == "1000000"
            assert "Sandbox-Next-Reset" not in answer.headers
            assert answer.json()["meta"]["total_records"] > 0
            assert business_suite.control.get("/health").status_code == 200
    """
    server_environment = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:9")
    settings = {"SANDBOX_RATE_LIMIT": "1/60", "SANDBOX_SCENARIO": "empty", "SANDBOX_CONTROL": "off", "SANDBOX_DATA_DIR": "data"}
    python = {"PYTHONWARNINGS": "error", "PYTHONPATH": f"{SOURCE}:."}
    files = {
        "sandbox.toml": 'reset_at = "04:00"\n',
        "sandbox/__init__.py": "raise ImportError('not this one')\n",
        "uvicorn.py": "raise ImportError\n",
    }
    output = starting.run(tests, files=files, env={**server_environment, **settings, **python})
    assert outcome(output) == "1 passed", output
    assert not (starting.directory / "data").exists()


def test_tests_may_run_event_loops_of_their_own(host: Host) -> None:
    tests = """
        import asyncio
        import httpx, pytest

        async def account(suite):
            async with httpx.AsyncClient(base_url=suite.base_url, headers={"Authorization": f"Bearer {suite.key}"}) as api:
                created = await asyncio.gather(*(api.post("/customers", json={"account": "Jane"}) for _ in range(5)))
            return sorted(answer.json()["data"]["id"] for answer in created)

        @pytest.mark.business_suite(scenario="empty")
        def test_a_loop_by_hand(business_suite):
            assert asyncio.run(account(business_suite)) == [1, 2, 3, 4, 5]

        @pytest.mark.business_suite(scenario="empty")
        @pytest.mark.anyio
        async def test_a_loop_of_a_plugin(business_suite):
            assert await account(business_suite) == [1, 2, 3, 4, 5]

        @pytest.fixture
        def anyio_backend():
            return "asyncio"
    """
    assert outcome(host.run(tests, "-p", "anyio", "-W", "error")) == "2 passed"


@pytest.mark.parametrize("path", ["", "/", "/api/v2", "/api/v2/", "/_sandbox"])
def test_a_sandbox_that_runs_is_named_by_any_of_its_addresses(starting: Host, server: Running, path: str) -> None:
    tests = f"""
        def test_it(business_suite):
            assert business_suite.base_url == {server.api!r}
            assert business_suite.client.get("/customers").status_code == 200
            assert business_suite.control.get("/clock").status_code == 200
    """
    assert outcome(starting.run(tests, env={"BUSINESS_SUITE_SANDBOX": server.address + path})) == "1 passed"


def test_the_option_wins_over_the_variable_and_that_over_the_configuration(starting: Host, server: Running) -> None:
    tests = f"""
        def test_it(business_suite):
            assert business_suite.base_url == {server.api!r}
    """
    ini = "[pytest]\nbusiness_suite_sandbox = {}\n"
    wrong, right = "no-such-program", server.address
    for option, variable, configured in ((right, wrong, wrong), (None, right, wrong), (None, "", right)):
        options = [] if option is None else ["--business-suite-sandbox", option]
        output = starting.run(tests, *options, files={"pytest.ini": ini.format(configured)}, env={"BUSINESS_SUITE_SANDBOX": variable})
        assert outcome(output) == "1 passed", output


def test_a_key_that_the_sandbox_does_not_know_is_told_in_a_sentence(host: Host) -> None:
    output = host.run("def test_it(business_suite): ...\n", env={"BUSINESS_SUITE_SANDBOX_KEY": "sbx_unknown"})
    assert outcome(output) == "1 error"
    assert "Name an administrator's key in BUSINESS_SUITE_SANDBOX_KEY." in output
    assert "Traceback" not in output
