"""The cache of parsed documents: found under their content, never damaged, never in the way."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import document_cache, loaded_contract
from sandbox.document_cache import DocumentCache
from sandbox.domain import ALL_RULES
from sandbox.loaded_contract import Spec, compile_contract
from tests.commands import environment
from tests.servers import SPEC, running

DOCUMENT = {"a": [1, 2.0, True, None, "ü"], "b": {"c": -0.5}}


def test_what_is_kept_is_found_under_its_content_alone(tmp_path: Path) -> None:
    cache = DocumentCache(tmp_path / "deep" / "cache")
    assert cache.find(b"one") is None
    cache.keep(b"one", DOCUMENT)
    assert cache.find(b"one") == DOCUMENT
    assert cache.find(b"one ") is None
    assert (tmp_path / "deep" / "cache").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-1], lambda data: data.replace(b"a", b"x"), lambda data: b"", lambda data: data + b" ", lambda data: b"foreign"],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    cache = DocumentCache(tmp_path)
    cache.keep(b"one", DOCUMENT)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert cache.find(b"one") is None
    cache.keep(b"one", DOCUMENT)
    assert cache.find(b"one") == DOCUMENT


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_may_write_is_as_good_as_none(tmp_path: Path, mode: int) -> None:
    cache = DocumentCache(tmp_path)
    cache.keep(b"one", DOCUMENT)
    (path,) = tmp_path.iterdir()
    path.chmod(mode)
    assert cache.find(b"one") is None


def test_a_file_of_somebody_else_is_as_good_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = DocumentCache(tmp_path)
    cache.keep(b"one", DOCUMENT)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert cache.find(b"one") is None


@pytest.mark.parametrize("document", [{"a": float("nan")}, {"a": {1, 2}}, {"a": b"bytes"}, {"a": 2**70}, {1: "a"}], ids=repr)
def test_what_json_cannot_say_is_not_kept(tmp_path: Path, document: object) -> None:
    cache = DocumentCache(tmp_path)
    cache.keep(b"one", document)
    assert list(tmp_path.iterdir()) == []
    assert cache.find(b"one") is None


def test_what_was_not_asked_for_longest_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_cache, "_MOST", 2)
    cache = DocumentCache(tmp_path)
    for age, content in ((300, b"one"), (200, b"two")):
        before = set(tmp_path.iterdir())
        cache.keep(content, DOCUMENT)
        (path,) = set(tmp_path.iterdir()) - before
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    assert cache.find(b"one") == DOCUMENT
    cache.keep(b"three", DOCUMENT)
    assert [cache.find(content) is not None for content in (b"one", b"two", b"three")] == [True, False, True]


def test_other_code_reads_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = DocumentCache(tmp_path)
    cache.keep(b"one", DOCUMENT)
    monkeypatch.setattr("sys.version", "another Python")
    assert cache.find(b"one") is None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file in the place of the directory")
    cache = DocumentCache(tmp_path / "cache")
    cache.keep(b"one", DOCUMENT)
    assert cache.find(b"one") is None


def test_many_may_keep_the_same_at_once(tmp_path: Path) -> None:
    cache = DocumentCache(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: cache.keep(b"one", DOCUMENT), range(64)))
    assert cache.find(b"one") == DOCUMENT
    assert len(list(tmp_path.iterdir())) == 1


def test_a_kept_document_gives_the_same_contract_and_a_changed_one_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    spec = Spec.read(None)

    def contract(one: Spec) -> object:
        return compile_contract(one, ALL_RULES, tmp_path / "worlds").contract

    parsed = contract(spec)
    with monkeypatch.context() as patch:
        patch.setattr(loaded_contract, "document_in", None)
        assert contract(spec) == parsed
    changed = Spec(spec.content.replace(b"title: Business Suite API", b"title: Another API"), spec.label, own=True)
    assert contract(changed) != parsed


def test_servers_start_with_a_cache_that_is_damaged_or_cannot_be_written_and_two_at_once(tmp_path: Path) -> None:
    def serve(name: str, cache: Path) -> None:
        room = tmp_path / name
        room.mkdir()
        with running(room, "--spec", str(SPEC), env=environment(XDG_CACHE_HOME=str(cache), PYTHONPATH=str(SPEC.parents[1]))):
            pass

    shared = tmp_path / "cache"
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: serve(name, shared), ("first", "second")))
    kept = [path for path in shared.rglob("*") if path.suffix in (".json", ".image")]
    assert {path.suffix for path in kept} == {".json", ".image"}
    for path in kept:
        path.write_bytes(path.read_bytes()[:-3] + b"xxx")
    serve("third", shared)
    (tmp_path / "file").write_bytes(b"")
    serve("fourth", tmp_path / "file")
