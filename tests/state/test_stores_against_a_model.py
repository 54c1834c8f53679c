"""Done in whatever order, a workspace tells the same as a dictionary that is copied for each transaction, on every store."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.state.conftest import STORES
from tests.state.model import machine, thoroughness


@pytest.mark.parametrize("store", STORES)
def test_every_store_agrees_with_a_dictionary(store: str, whole: bool) -> None:
    run_state_machine_as_test(machine(store), settings=thoroughness(10_000 if whole else 1_500))
