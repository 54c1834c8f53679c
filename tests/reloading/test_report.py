"""What the terminal shows of an edit is short: the worst first, each sentence once, and how many more there are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from openapi.diff.source import Source
from openapi.parsing.errors import SourceError
from sandbox.reloading import report as module
from sandbox.reloading.report import ComparableContract, report

HEAD = "openapi: 3.0.3\ninfo: {title: Mine, version: '1'}\npaths:"


def told(text: str) -> ComparableContract:
    loaded: Any = SimpleNamespace(binding=SimpleNamespace(switched_off=()), compatibility=SimpleNamespace(fingerprint="same"))
    return ComparableContract(loaded, Source.of(text, "spec.yaml"))


def operations(*names: str) -> str:
    return HEAD + "".join(f"\n  /{name}:\n    get: {{operationId: {name}, responses: {{'200': {{description: ok}}}}}}" for name in names)


def test_many_operations_that_go_are_one_sentence() -> None:
    lines = report(told(operations("a", "b", "c", "d")), told(operations("a")), ())
    assert lines[0] == "  Changes   3 breaking"
    assert len(lines) == 2
    assert "GET /b and 2 more: " in lines[1]


def test_at_most_ten_sentences_are_shown_and_the_others_counted() -> None:
    def described(word: str) -> str:
        return HEAD + "".join(
            f"\n  /n{n}:\n    get: {{operationId: n{n}, description: {word} {n}, responses: {{'200': {{description: {word} of {n}}}}}}}"
            for n in range(9)
        )

    lines = report(told(described("one")), told(described("two").replace("/n0", "/gone")), ())
    shown = lines[1:-1] if "more; " in lines[-1] else lines[1:]
    assert "breaking" in shown[0]
    assert len(shown) <= 10


def test_a_document_that_cannot_be_compared_is_said_to_be_so(monkeypatch: Any) -> None:
    loaded: Any = SimpleNamespace(
        spec=SimpleNamespace(content=b"swagger: '2.0'", label="spec.yaml"),
        binding=SimpleNamespace(switched_off=()),
        compatibility=SimpleNamespace(fingerprint="same"),
    )
    assert report(told(operations("a")), ComparableContract.of(loaded), ()) == ["  Changes   cannot be told: this document cannot be compared"]

    def refuse(*sources: Source) -> None:
        raise SourceError("spec.yaml", "refers to nothing", 3)

    monkeypatch.setattr(module, "compare", refuse)
    assert report(told(operations("a")), told(operations("a")), ()) == ["  Changes   cannot be told: spec.yaml:3: refers to nothing"]
