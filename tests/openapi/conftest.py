"""The contract that the tests of this room read, and a way to have an edited one refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openapi.contract import FILE, Contract
from openapi.document import DocumentError, read_document
from openapi.reader import load_contract

Loader = Callable[[Any], Contract]


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load_contract()


@pytest.fixture(scope="session")
def sound_document() -> dict[str, Any]:
    """The project's contract as plain values, to be read only."""
    found: dict[str, Any] = read_document(FILE)
    return found


@pytest.fixture
def document(sound_document: dict[str, Any]) -> dict[str, Any]:
    """A copy that a test may edit."""
    return copy.deepcopy(sound_document)


@pytest.fixture
def load(tmp_path: Path) -> Loader:
    """Writes a document and loads it as a contract."""
    path = tmp_path / "api.yaml"

    def write_and_load(edited: Any) -> Contract:
        path.write_text(json.dumps(edited), encoding="utf-8")
        return load_contract(path)

    return write_and_load


@pytest.fixture
def refusal(load: Loader, tmp_path: Path) -> Callable[[Any], str]:
    """Loads a document that must be refused, and gives the message without the file's name."""

    def message(edited: Any) -> str:
        with pytest.raises(DocumentError) as caught:
            load(edited)
        assert caught.value.file == str(tmp_path / "api.yaml")
        return str(caught.value).removeprefix(f"{caught.value.file}: ")

    return message
