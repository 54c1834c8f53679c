"""This sandbox keeps its own contract, run after run on one server; what is not checked the README names, or nothing is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.asgi import ADMINISTRATOR
from tests.commands import ROOT, run
from tests.ports import free_port
from tests.servers import Running, running

MOST_REQUESTS = 2_500


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("server"), "--allow-local-webhooks") as started:
        yield started


def report_of(server: Running, directory: Path, *words: str) -> dict[str, Any]:
    done = run(directory, "run", "--url", server.api, "--api-key", ADMINISTRATOR, "--report-dir", directory / "report", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads((directory / "report" / "report.json").read_text(encoding="utf-8"))
    return report


def not_checked(report: dict[str, Any]) -> list[str]:
    return sorted(one["id"] for one in report["promises"] if one["verdict"] == "not-checked")


def test_it_is_kept_twice_in_a_row_and_leaves_out_what_the_readme_names(server: Running, tmp_path: Path) -> None:
    named = re.findall(r"(?m)^- `([a-z-]+)`: not checked", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert 0 < len(named) <= 6
    whole = report_of(server, tmp_path)
    assert whole["verdict"] == "kept"
    assert not_checked(whole) == sorted(named)
    assert whole["requests"]["sent"] <= MOST_REQUESTS
    assert report_of(server, tmp_path, "--skip", "stock")["verdict"] == "kept"


def test_where_it_can_deliver_to_the_suite_every_promise_is_checked_and_kept(server: Running, tmp_path: Path) -> None:
    report = report_of(server, tmp_path, "--skip", "stock", "--receiver-url", f"http://127.0.0.1:{free_port()}")
    assert (report["verdict"], not_checked(report)) == ("kept", [])
    assert [one["id"] for one in report["promises"] if one["family"] == "webhooks" and one["unable"]] == []
