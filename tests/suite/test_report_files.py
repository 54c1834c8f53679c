"""The reports say what came of a run, alike in each form, to people and to programs, and no key stands in any of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from contract_tests.reports.ci import github_annotations, markdown
from contract_tests.reports.document import summary_of
from contract_tests.reports.html import html
from contract_tests.reports.junit import junit
from contract_tests.reports.redaction import Redaction
from contract_tests.run.report_files import write_reports
from contract_tests.run.results import document_of
from contract_tests.run.session import Session
from tests.suite.defective_run import ONLY, checked
from tests.suite.in_process import KEYS

BROKEN = {"paging-bounds"}
NOTHING = {"operation": None, "before": [], "request": None, "answer": None, "failure": None, "curl": None}
"""The parts of a proof that no exchange shows."""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with checked() as one:
        yield one


@pytest.fixture(scope="module")
def document(session: Session) -> dict[str, Any]:
    return document_of(session)


@pytest.fixture(scope="module")
def files(session: Session, document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("reports") / "made"
    write_reports(document, session, directory)
    return directory


class Page(HTMLParser):
    """The elements of a page, and whether each that is opened is closed."""

    EMPTY = ("meta", "br", "link", "img", "input", "hr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_document_says_what_came_of_each_promise(document: dict[str, Any]) -> None:
    verdicts = {one["id"]: one["verdict"] for one in document["promises"]}
    assert verdicts.keys() == set(ONLY)
    assert {id for id, verdict in verdicts.items() if verdict == "broken"} == BROKEN
    assert verdicts["unknown-ids-are-404"] == "kept"
    assert (verdicts["events"], document["verdict"]) == ("not-checked", "broken")
    assert document["counts"] == {"kept": 3, "broken": 1, "not-checked": 1}
    assert next(one for one in document["promises"] if one["id"] == "events")["reason"] == "the target offers no control plane"


def test_a_broken_promise_has_what_was_expected_what_was_seen_and_a_command_that_repeats_it(document: dict[str, Any]) -> None:
    entry = next(one for one in document["promises"] if one["id"] == "paging-bounds")
    proof = entry["evidence"][0]
    assert "limit" in proof["expected"]
    assert proof["seen"]
    assert proof["answer"]["status"] in (200, 400)
    assert proof["curl"].startswith('curl -i -H "Authorization: Bearer $API_KEY"')
    assert entry["source"] in ("documented", "inferred")
    assert set(entry["broken_on"]) <= document["coverage"]["operations"].keys()


def test_the_coverage_tells_what_was_asked_and_what_never_was(document: dict[str, Any], session: Session) -> None:
    coverage = document["coverage"]
    assert len(coverage["operations"]) == coverage["of"] == len(session.target.contract.operations)
    one = coverage["operations"]["listCustomers"]
    assert one["requests"] == sum(one["statuses"].values())
    assert "200" not in one["never"]
    assert "429" in one["never"]
    assert one["parameters"]["limit"] > 0
    assert sum(part["requests"] for part in coverage["operations"].values()) + coverage["elsewhere"] == session.target.sent


def test_no_key_stands_in_any_file(files: Path) -> None:
    assert {one.name for one in files.iterdir()} == {"report.json", "junit.xml", "report.html", "run.har"}
    for file in files.iterdir():
        text = file.read_text(encoding="utf-8")
        assert "Authorization: Bearer" in text or file.name == "run.har" or file.name == "junit.xml"
        for key in KEYS.values():
            assert key not in text, file.name


def test_a_key_is_hidden_in_every_form_and_place() -> None:
    redaction = Redaction(["s3cret+key/=", "abc"])
    hidden = redaction.value({"s3cret+key/=": ["x s3cret+key/= y", {"url": "?api_key=s3cret%2Bkey%2F%3D"}], "abc": 3, "none": None})
    assert hidden == {"…": ["x … y", {"url": "?api_key=…"}], "abc": 3, "none": None}


def test_the_page_is_whole_and_needs_neither_scripts_nor_the_network(document: dict[str, Any]) -> None:
    page = Page(html(document))
    assert page.open == []
    tags = {tag for tag, _ in page.seen}
    assert not tags & {"script", "link", "img", "iframe", "object"}
    assert not [one for _, attributes in page.seen for one in attributes if one in ("src", "srcset") or one.startswith("on")]
    assert [one["href"] for tag, one in page.seen if tag == "a" and not str(one["href"]).startswith("#")] == []
    assert "prefers-color-scheme: dark" in html(document)


def test_the_page_tells_the_broken_promise_with_its_proof_and_its_source(document: dict[str, Any]) -> None:
    text = Page(html(document)).text
    entry = next(one for one in document["promises"] if one["id"] == "paging-bounds")
    for part in ("Contract broken", entry["sentence"], entry["evidence"][0]["expected"], entry["evidence"][0]["curl"], entry["where"]):
        assert part in text


def test_what_a_server_says_is_text_on_the_page_and_no_markup(document: dict[str, Any]) -> None:
    spoilt = json.loads(json.dumps(document))
    spoilt["promises"][0].update(verdict="broken", evidence=[{**NOTHING, "expected": "<script>x</script>", "seen": "<img src=x>"}])
    assert not {"script", "img"} & {tag for tag, _ in Page(html(spoilt)).seen}


def test_continuous_integration_reads_a_case_for_each_promise(document: dict[str, Any]) -> None:
    root = ElementTree.fromstring(junit(document))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert cases.keys() == set(ONLY)
    assert {name for name, case in cases.items() if case.find("failure") is not None} == BROKEN
    assert {name for name, case in cases.items() if case.find("skipped") is not None} == {"events"}
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("5", "1", "1")
    assert "curl -i" in (cases["paging-bounds"].find("failure").text or "")  # type: ignore[union-attr]


def test_junit_survives_signs_that_no_xml_may_hold(document: dict[str, Any]) -> None:
    spoilt = json.loads(json.dumps(document))
    spoilt["promises"][0].update(verdict="broken", evidence=[{**NOTHING, "expected": "a\x00b", "seen": "\x1b[31m ]]> \ufffe"}])
    assert "a" in ElementTree.tostring(ElementTree.fromstring(junit(spoilt)), encoding="unicode")


def test_the_archive_holds_every_request_in_its_order(files: Path, session: Session) -> None:
    entries = json.loads((files / "run.har").read_text(encoding="utf-8"))["log"]["entries"]
    assert [one["request"]["method"] for one in entries] == [one.request.method for one in session.target.exchanges]
    assert [one["response"]["status"] for one in entries] == [one.status for one in session.target.exchanges]
    assert entries[0]["startedDateTime"].startswith("2025-07-01T09:30:00")


def test_the_summary_for_programs_has_the_shortest_proof_of_what_is_broken(document: dict[str, Any]) -> None:
    summary = summary_of(document)
    assert {one["id"] for one in summary["broken"]} == BROKEN
    assert summary["broken"][0]["curl"].startswith("curl")
    assert summary["not_checked"] == [{"id": "events", "reason": "the target offers no control plane"}]
    assert "evidence" not in json.dumps(summary)


def test_a_job_on_github_gets_an_annotation_and_a_page(document: dict[str, Any]) -> None:
    lines = list(github_annotations(document))
    assert len(lines) == 1
    assert lines[0].startswith("::error title=Promise broken%3A paging-bounds::")
    assert "\n" not in lines[0]
    page = markdown(document)
    assert "Contract broken" in page
    assert "`paging-bounds`" in page
    assert "<b>" not in page


def test_against_a_baseline_only_what_is_newly_broken_counts(document: dict[str, Any]) -> None:
    with checked(baseline=document) as again:
        now = document_of(again)
    assert now["verdict"] == "broken"
    assert now["baseline"] == {"newly_broken": {}, "mended": []}
    assert summary_of(now)["broken"] == []
    assert "Nothing newly broken" in html(now)
    assert list(github_annotations(now)) == []


def test_the_same_seed_gives_the_same_document(document: dict[str, Any]) -> None:
    with checked() as again:
        other = document_of(again)
    for one in (document, other := json.loads(json.dumps(other))):
        one["seconds"] = 0
        for entry in one["promises"]:
            entry["seconds"] = 0
    assert json.loads(json.dumps(document)) == other
