"""An empty world for each test, on the project's own contract."""

import pytest

from tests.engine.world import World


@pytest.fixture
def world() -> World:
    return World()
