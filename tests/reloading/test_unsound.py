"""An unsound edit changes nothing and is told with its place; whatever an editor does to a file is no trouble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from sandbox.reloading import file_watcher
from tests.reloading.watching_server import TEXT, Desk, replaced, with_city_filter, without_leads

Make = Callable[..., Desk]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def unsound(desk: Desk, text: str) -> str:
    """Write it, and give what the terminal shows of it."""
    before = len(desk.told)
    desk.write(text)
    desk.until(lambda: any("  Invalid" in one for one in desk.told[before:]))
    (said,) = [one for one in desk.told[before:] if "  Invalid" in one]
    return said


def test_the_file_the_line_and_the_column_of_a_misspelt_word_are_told(desk: Desk) -> None:
    text = replaced(TEXT, "x-action: list", "x-acton: list")
    said = unsound(desk, text)
    at = f"{desk.file}:{line_of(text, 'x-acton')}:7"
    assert f"  Invalid   {at}: $.paths[\"/customers\"].get.x-acton: unknown word; did you mean 'x-action'?" in said
    assert "The previous version is still served." in said
    assert desk.ask("GET", "/customers").status == 200


@pytest.mark.parametrize(
    ("before", "after", "column", "sentence"),
    [
        ("x-action: list", "x-action: lits", 7, "nobody implements the x-action 'lits' of customers"),
        ("      operationId: createLead\n", "      operationId: createUser\n", None, "is the `operationId` of POST /leads"),
        ('$ref: "#/components/schemas/LeadInput"', '$ref: "#/components/schemas/LeadsInput"', None, "does not exist"),
        ("    x-resource: leads\n", "    x-resource: leads\n    x-resource: leads\n", 5, "stands twice"),
        ("openapi: 3.0.3", "openapi: 3.1.0", None, "3.1.0"),
        ("openapi: 3.0.3", "openapi: [", None, "is not YAML"),
        ("      operationId: createLead\n", "      operationId: createLead\n      parameters: 7\n", 7, "must be a list, not 7"),
    ],
)
def test_each_kind_of_fault_is_told_with_its_place(desk: Desk, before: str, after: str, column: int | None, sentence: str) -> None:
    text = replaced(TEXT, before, after)
    said = unsound(desk, text)
    file, line, place, rest = said.removeprefix("  Invalid   ").split(":", 3)
    assert file == str(desk.file)
    assert 1 <= int(line) <= text.count("\n") + 1
    assert int(place) >= 1
    if column is not None:
        assert (int(line), int(place)) == (line_of(TEXT, before) + after.count("\n") - 1 * after.endswith("\n"), column)
    assert sentence in rest
    assert desk.ask("GET", "/customers").status == 200


def test_what_is_mended_is_served_and_what_is_taken_back_is_told(desk: Desk) -> None:
    unsound(desk, replaced(TEXT, "openapi: 3.0.3", "openapi: ["))
    desk.write(TEXT)
    desk.until(lambda: "  Sound     " in desk.shown)
    unsound(desk, replaced(TEXT, "openapi: 3.0.3", "openapi: ["))
    desk.edit(with_city_filter(TEXT))
    assert desk.ask("GET", "/customers?city=Rome").status == 200


def test_a_file_that_goes_is_told_and_one_that_comes_back_is_followed(desk: Desk) -> None:
    desk.file.unlink()
    desk.until(lambda: f"  Invalid   {desk.file}: cannot be read: No such file or directory" in desk.shown)
    assert desk.ask("GET", "/customers").status == 200
    desk.edit(with_city_filter(TEXT))
    assert desk.ask("GET", "/customers?city=Rome").status == 200


def test_a_file_that_is_put_in_the_place_of_the_old_one_is_followed_again_and_again(make_desk: Make) -> None:
    desk = make_desk()
    for text, status in ((with_city_filter(TEXT), 200), (TEXT, 400), (with_city_filter(TEXT), 200)):
        desk.put_in_place(text)
        desk.until(lambda wanted=status: desk.ask("GET", "/customers?city=Rome").status == wanted)


def test_a_link_that_leads_elsewhere_is_followed(make_desk: Make, tmp_path: Path) -> None:
    for name, text in (("one", TEXT), ("two", with_city_filter(TEXT))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "api.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "spec.yaml").symlink_to(tmp_path / "one" / "api.yaml")
    desk = make_desk()
    (tmp_path / "one" / "api.yaml").write_text(without_leads(TEXT), encoding="utf-8")
    desk.until(lambda: desk.ask("POST", "/leads", {}).status == 404)
    (tmp_path / "new").symlink_to(tmp_path / "two" / "api.yaml")
    (tmp_path / "new").replace(tmp_path / "spec.yaml")
    desk.until(lambda: desk.ask("GET", "/customers?city=Rome").status == 200)


def test_a_half_written_file_is_neither_served_nor_complained_of(desk: Desk) -> None:
    """Its first half is a sound document without most of its paths; the second follows soon."""
    text = with_city_filter(TEXT)

    async def slowly() -> None:
        for part in ("", text[: len(text) // 3], text[: len(text) // 2]):
            desk.file.write_text(part, encoding="utf-8")
            await asyncio.sleep(0.06)
        desk.file.write_text(text, encoding="utf-8")

    desk.run(slowly())
    desk.until(lambda: "  Changes" in desk.shown)
    assert desk.ask("GET", "/customers?city=Rome").status == 200
    assert "  Invalid" not in desk.shown
    assert desk.shown.count("  Reloaded") == 1


def test_of_several_edits_in_a_row_the_last_one_wins(make_desk: Make) -> None:
    desk = make_desk()
    for number in range(20):
        desk.write(replaced(TEXT, "title: Business Suite API", f"title: Number {number}"))
    desk.write(with_city_filter(TEXT))
    desk.until(lambda: desk.ask("GET", "/customers?city=Rome").status == 200)
    assert desk.shown.count("  Reloaded") <= 3


def test_an_edit_that_changes_nothing_is_no_edit(desk: Desk) -> None:
    desk.write(TEXT)
    desk.file.touch()
    desk.edit(with_city_filter(TEXT))
    assert desk.shown.count("  Reloaded") == 1


def test_an_edit_of_a_comment_is_in_force_and_says_so(desk: Desk) -> None:
    desk.edit(f"# Mine\n{TEXT}")
    assert "  Changes   none that a client could see" in desk.shown


def test_a_document_that_makes_the_server_stumble_is_told_logged_and_not_served(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*arguments: Any, **more: Any) -> Any:
        raise ValueError("a pattern that nobody can compile")

    with monkeypatch.context() as patch, capture_logs() as lines:
        patch.setattr("sandbox.app.compile_contract", stumble)
        said = unsound(desk, with_city_filter(TEXT))
    assert f"{desk.file}: cannot be served: ValueError: a pattern that nobody can compile" in said
    assert [line["event"] for line in lines] == ["a contract made the server stumble"]
    assert desk.ask("GET", "/customers?city=Rome").status == 400
    desk.edit(replaced(with_city_filter(TEXT), "title: Business Suite API", "title: Another"))
    assert desk.ask("GET", "/customers?city=Rome").status == 200


def test_what_fails_while_it_is_put_in_force_ends_no_watch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> None:
        raise RuntimeError("nobody saw it coming")

    with monkeypatch.context() as patch, capture_logs() as lines:
        patch.setattr("sandbox.runtime.Runtime.follow", fail)
        desk.write(with_city_filter(TEXT))
        desk.until(lambda: any(line["event"] == "an edit of the contract could not be followed" for line in lines))
    desk.edit(without_leads(TEXT))
    assert desk.ask("POST", "/leads", {}).status == 404


def test_what_cannot_be_told_is_logged_and_told_with_the_next_edit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> None:
        raise RuntimeError("nobody saw it coming")

    with monkeypatch.context() as patch, capture_logs() as lines:
        patch.setattr("sandbox.reloading.reloader.report", fail)
        desk.write(without_leads(TEXT))
        desk.until(lambda: any(line["event"] == "what changed in the contract could not be told" for line in lines))
    desk.edit(replaced(without_leads(TEXT), "title: Business Suite API", "title: Another"))
    assert "POST /leads: " in desk.shown


def test_where_the_system_cannot_watch_the_file_is_looked_at_all_the_same(make_desk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(path: Path) -> AsyncIterator[object]:
        raise OSError("no space left for watches")

    monkeypatch.setattr(file_watcher, "_system_notifications", unable)
    monkeypatch.setattr(file_watcher, "_LOOK_ANYWAY", 0.02)
    with capture_logs() as lines:
        desk = make_desk()
        desk.edit(with_city_filter(TEXT))
    assert lines[0]["reason"] == "no space left for watches"
    assert desk.ask("GET", "/customers?city=Rome").status == 200


def test_a_folder_that_is_replaced_is_noticed_within_a_second_or_so(make_desk: Make, tmp_path: Path) -> None:
    folder = tmp_path / "api"
    folder.mkdir()
    (tmp_path / "spec.yaml").symlink_to("api/spec.yaml")
    (folder / "spec.yaml").write_text(TEXT, encoding="utf-8")
    desk = make_desk()
    desk.edit(without_leads(TEXT))  # so it is being watched
    folder.rename(tmp_path / "old")
    folder.mkdir()
    (folder / "spec.yaml").write_text(with_city_filter(TEXT), encoding="utf-8")
    desk.until(lambda: desk.ask("GET", "/customers?city=Rome").status == 200)
