"""An empty world for each test, and the project's own contract with a plain resource more."""

import pytest

from openapi.contract import Contract
from tests.engine.spec_edits import add_suppliers, contract_of, own_document
from tests.engine.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="package")
def with_suppliers(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return contract_of(add_suppliers(own_document()), tmp_path_factory.mktemp("suppliers"))
