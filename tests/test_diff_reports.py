"""The reports of a comparison: text, Markdown, SARIF and the page, and that nothing in a document can break out of them."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from contract_tests.documents.reports.comparison import Comparison, FailOn, grouped
from contract_tests.documents.reports.diff_reports import diff_json, diff_sarif, diff_text
from contract_tests.documents.reports.html import diff_html
from contract_tests.documents.reports.markdown import MARK, MOST, code, diff_markdown, plain, prose
from contract_tests.documents.reports.text import Sheet, tame
from openapi.diff.change_kinds import kinds
from openapi.diff.changes import Change, Level, Place
from openapi.diff.ignore_file import Accepted
from tests.diff_specs import changes, with_a_bound_tightened, with_a_field_renamed, with_a_parameter_required, with_a_status_more

EVIL = "`x` <script>alert(1)</script> [a](https://example.com) @everyone #1 \x1b[31m\u202e ``` | **b** &amp; </details> <!--"


def change(number: int = 0, level: Level = Level.BREAKING, operation: str = "POST /things", text: str = "", **more: Any) -> Change:
    places = {"base": Place("old.yaml", f"/a/{number}", 10 + number), "head": Place("new.yaml", f"/a/{number}", 20 + number)}
    return Change("operation-removed", level, operation, "request body, items[].qty", **{**places, **more}, text=text or f"Sentence {number}.")


def comparison(*found: Change, **more: Any) -> Comparison:
    return Comparison("old.yaml", "new.yaml", found, **more)


@pytest.fixture(scope="module")
def real() -> Comparison:
    head = with_a_status_more(with_a_parameter_required(with_a_bound_tightened(with_a_field_renamed())))
    return Comparison("old.yaml", "new.yaml", changes(head))


def hostile() -> Comparison:
    odd = Place(EVIL, f"/{EVIL}", 1)
    one = Change("operation-removed", Level.BREAKING, f"GET /{EVIL}", EVIL, odd, odd, f"Clients that send `{EVIL}` {EVIL}.")
    entry = Accepted(EVIL, None, None, EVIL, date(2027, 1, 1), 1)
    return Comparison(EVIL, EVIL, [one], accepted=[(one, entry)], notes=[EVIL])


def test_a_shared_change_is_told_once_with_the_other_operations() -> None:
    many = [change(0, operation=f"GET /{name}") for name in "abcdefgh"]
    (group,) = grouped(many)
    assert group.elsewhere() == "and in 7 other operations: " + ", ".join(f"GET /{name}" for name in "bcdefgh")
    assert group.elsewhere(most=2) == "and in 7 other operations: GET /b, GET /c and 5 more"
    assert comparison(*many).counts == "1 breaking"
    assert len(json.loads(diff_json(comparison(*many)))["changes"]) == 8


def test_changes_at_other_places_are_not_taken_together() -> None:
    assert len(grouped([change(0), change(1, text="Sentence 0.")])) == 2


def test_the_text_fits_80_columns_and_goes_from_bad_to_good(real: Comparison) -> None:
    text = diff_text(real, Sheet())
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert re.findall(r"(?m)^(BREAKING|WARNING|INFO) \((\d+)\)$", text) == [("BREAKING", "3"), ("WARNING", "3"), ("INFO", "3")]
    assert text.endswith("\n3 breaking, 3 warnings, 3 infos. Exit code 1: something is breaking (--fail-on\nbreaking).\n")
    assert re.search(r"(?m)^    old\.yaml:\d+ → new\.yaml:\d+$", text)
    assert re.search(r"(?m)^    and in 2 other operations: PUT /customers/\{id\}, POST /batch/customers$", text)
    assert not re.search(r"\b(GET|PUT|POST)\n", text)


def test_every_sentence_of_a_change_stands_in_text_markdown_and_page(real: Comparison) -> None:
    text = " ".join(diff_text(real, Sheet()).split())
    page = re.sub(r"<[^>]+>", "", diff_html(real)).replace("&#34;", '"').replace("&#39;", "'")
    markdown = diff_markdown(real)
    for one in real.changes:
        assert one.text in text
        assert one.text.replace("`", "") in page
        assert one.text in markdown


def test_colour_is_where_it_is_asked_for_and_changes_no_letter(real: Comparison) -> None:
    coloured = diff_text(real, Sheet(color=True))
    assert "\x1b[1;31mBREAKING (3)\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == diff_text(real, Sheet())


@pytest.mark.parametrize(
    ("terminal", "variables", "coloured"), [(True, {}, True), (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False), (False, {}, False)]
)
def test_only_a_terminal_has_colour(monkeypatch: pytest.MonkeyPatch, terminal: bool, variables: dict[str, str], coloured: bool) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert Sheet.of_terminal().color is coloured


def test_a_line_too_long_for_the_sheet_is_kept_whole() -> None:
    long = "/".join(["segment"] * 20)
    assert long in diff_text(comparison(change(operation=f"GET /{long}")), Sheet())


@pytest.mark.parametrize(
    ("fail_on", "level", "sentence"),
    [
        (FailOn.BREAKING, Level.BREAKING, "1 breaking. Exit code 1: something is breaking (--fail-on breaking)."),
        (FailOn.BREAKING, Level.WARNING, "1 warning. Exit code 0: nothing is breaking (--fail-on breaking)."),
        (FailOn.WARNING, Level.WARNING, "1 warning. Exit code 1: something is breaking or a warning (--fail-on warning)."),
        (FailOn.WARNING, Level.INFO, "1 info. Exit code 0: nothing is breaking or a warning (--fail-on warning)."),
        (FailOn.NONE, Level.BREAKING, "1 breaking. Exit code 0, whatever was found (--fail-on none)."),
    ],
)
def test_the_last_line_says_what_the_exit_code_says(fail_on: FailOn, level: Level, sentence: str) -> None:
    one = comparison(change(level=level), fail_on=fail_on)
    assert one.summary == sentence
    assert f"code {one.exit_code}" in sentence


def test_where_all_is_accepted_nothing_is_left_and_that_is_said() -> None:
    entry = Accepted("operation-removed", None, None, "meant", date(2027, 1, 1), 1)
    assert diff_text(comparison(accepted=[(change(), entry)]), Sheet()) == "No changes but 1 that is accepted.\n"


def test_nothing_in_a_document_steers_the_terminal() -> None:
    text = diff_text(hostile(), Sheet())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\u001b[31m" in text
    assert tame("a\nb\u2028c\x07") == "a b\\u2028c\\u0007"


def test_the_markdown_begins_with_its_mark_and_folds_what_hurts_nobody(real: Comparison) -> None:
    text = diff_markdown(real)
    assert text.startswith(f"{MARK}\n### API changes: 3 breaking, 3 warnings, 3 infos\n")
    folded = text[text.index("<details>") : text.index("</details>")]
    assert "Infos (3)" in folded
    assert "answer-maximum-lowered" in folded
    assert "request-maximum-lowered" not in folded


def test_the_markdown_of_no_change_is_known_by_its_heading() -> None:
    assert diff_markdown(comparison()).startswith(f"{MARK}\n### API: no changes\n")


def test_long_markdown_is_cut_with_the_worst_kept_and_the_rest_counted() -> None:
    levels = [Level.INFO] * 300 + [Level.BREAKING] * 300
    found = [change(number, level, operation=f"GET /{number}", text="x" * 200) for number, level in enumerate(levels)]
    text = diff_markdown(comparison(*found))
    assert 50_000 < len(text) <= MOST
    kept = len(re.findall(r"(?m)^- ", text))
    told = re.search(r"\*\*(\d+) more\*\* would not fit", text)
    assert told
    assert kept + int(told[1]) == 600
    assert text.count("<details>") == text.count("</details>")
    assert "Breaking (300)" in text


def test_notes_and_accepted_changes_cannot_make_markdown_too_long() -> None:
    entry = Accepted("operation-removed", None, None, "@" * 5_000, date(2027, 1, 1), 1)
    found = [change(number, text="x" * 500) for number in range(500)]
    one = comparison(*found, accepted=[(change(), entry)] * 500, notes=["#" * 5_000] * 500)
    text = diff_markdown(one)
    assert len(text) <= MOST
    assert len(re.findall(r"(?m)^- and \d+ more$", text)) == 2


def test_a_sentence_longer_than_a_comment_is_counted_and_not_shown() -> None:
    text = diff_markdown(comparison(change(text="x" * 70_000)))
    assert len(text) < 1_000
    assert "**1 more** would not fit" in text


def test_nothing_in_a_document_is_markup_in_markdown() -> None:
    text = re.sub(r"(`+) ?.*?[^`]\1(?!`)", "", diff_markdown(hostile()))  # without what is code
    assert "<script" not in text
    assert "<!--" not in text.removeprefix(MARK)
    assert not re.search(r"[@#](?!8203;)[a-z0-9]", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    assert set(re.findall(r"</?\w+", text)) <= {"<br", "<sub", "</sub", "<details", "</details", "<summary", "</summary"}
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Clients send `a_b` <now>.", "Clients send `a_b` &lt;now&gt;."),
        ("an odd ` sign", "an odd \\` sign"),
        ("two ``signs`` at once", "two \\`\\`signs\\`\\` at once"),
        ("ask @you in #12", "ask @&#8203;you in #&#8203;12"),
    ],
)
def test_a_sentence_keeps_its_code_and_no_other_markup(text: str, shown: str) -> None:
    assert prose(text) == shown


def test_code_holds_whatever_is_in_it() -> None:
    assert [code(one) for one in ("a", "a`b", "`", "``a")] == ["`a`", "``a`b``", "`` ` ``", "``` ``a ```"]
    assert plain("*a*") == "\\*a\\*"


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_needs_nothing_else_and_runs_no_other_script(real: Comparison) -> None:
    text = diff_html(real)
    page = Page(text)
    policy = next(one["content"] for tag, one in page.tags if tag == "meta" and one.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert not [one for _, one in page.tags if "src" in one or (one.get("href") or "#")[0] != "#"]
    assert not re.search(r"url\(|@import", text)


def test_the_policy_of_the_page_allows_its_own_script(real: Comparison) -> None:
    import base64
    import hashlib

    text = diff_html(real)
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert len(script) == 1
    assert f"'sha256-{digest}'" in text


def test_each_change_of_the_page_has_a_link_of_its_own(real: Comparison) -> None:
    page = Page(diff_html(real))
    anchors = [one["id"] for tag, one in page.tags if tag == "article"]
    assert len(anchors) == len(set(anchors)) == len(real.groups)
    assert {one["href"] for tag, one in page.tags if tag == "a"} == {f"#{anchor}" for anchor in anchors}
    again = Page(diff_html(real))
    assert [one["id"] for tag, one in again.tags if tag == "article"] == anchors


def test_the_page_offers_the_levels_and_a_search(real: Comparison) -> None:
    page = Page(diff_html(real))
    inputs = [one for tag, one in page.tags if tag == "input"]
    assert [one["value"] for one in inputs if one.get("name") == "level"] == ["breaking", "warning", "info"]
    assert [one["type"] for one in inputs if one.get("id") == "search"] == ["search"]
    levels = [one["data-level"] for tag, one in page.tags if tag == "article"]
    assert levels == ["breaking"] * 3 + ["warning"] * 3 + ["info"] * 3


def test_nothing_in_a_document_is_markup_in_the_page() -> None:
    page = Page(diff_html(hostile()))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert [tag for tag, _ in page.tags].count("article") == 1
    assert not [one for _, one in page.tags if any(name.startswith("on") for name in one)]
    article = re.findall(r"<article.*?</article>", diff_html(hostile()), re.DOTALL)[0]
    assert "\x1b" not in article
    assert "\u202e" not in article


def test_the_page_of_no_change_says_so() -> None:
    assert '<span class="good">No changes.</span>' in diff_html(comparison())


def sarif_run(one: Comparison) -> dict[str, Any]:
    document = json.loads(diff_sarif(one))
    assert document["version"] == "2.1.0"
    assert document["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = document["runs"]
    return dict(run)


def test_sarif_has_the_shape_that_the_standard_asks_for(real: Comparison) -> None:
    run = sarif_run(real)
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "contract-tests diff"
    assert [one["id"] for one in rules] == list(dict.fromkeys(one["id"] for one in rules))
    assert {one["id"]: one["shortDescription"]["text"] for one in rules}.items() <= {id: kind.sentence for id, kind in kinds().items()}.items()
    assert len(run["results"]) == len(real.groups)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "new.yaml"
        assert physical["region"]["startLine"] >= 1
        assert result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "old.yaml"
        assert all(one["fullyQualifiedName"] for one in location["logicalLocations"])
    fingerprints = [json.dumps(one["partialFingerprints"]) for one in run["results"]]
    assert len(set(fingerprints)) == len(fingerprints)


@pytest.mark.parametrize(("level", "told"), [(Level.BREAKING, "error"), (Level.WARNING, "warning"), (Level.INFO, "note")])
def test_sarif_calls_the_levels_by_its_own_names(level: Level, told: str) -> None:
    assert sarif_run(comparison(change(level=level)))["results"][0]["level"] == told


def test_sarif_says_where_it_stood_when_the_head_has_no_place_for_it() -> None:
    (result,) = sarif_run(comparison(change(head=None)))["results"]
    assert result["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "old.yaml"}, "region": {"startLine": 10}}
    assert "relatedLocations" not in result


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("openapi/my api.yaml", "openapi/my%20api.yaml"),
        ("main:openapi/api.yaml", "openapi/api.yaml"),
        ("/tmp/a.yaml", "file:///tmp/a.yaml"),
        ("https://example.com/a.yaml", "https://example.com/a.yaml"),
    ],
)
def test_sarif_names_files_by_addresses(file: str, uri: str) -> None:
    (result,) = sarif_run(comparison(change(head=Place(file, "/a", 3))))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_sarif_of_no_change_has_a_run_without_results() -> None:
    assert sarif_run(comparison())["results"] == []


def test_sarif_takes_whatever_stands_in_a_document() -> None:
    assert sarif_run(hostile())["results"][0]["message"]["text"].count(EVIL) == 2
