"""What the tests of the state share: one plan, one moment, and a workspace in memory."""

from datetime import UTC, datetime

import pytest

from sandbox.state.clock import ManualClock
from sandbox.state.store import IndexPlan
from sandbox.state.workspaces import Workspace

START = datetime(2024, 1, 15, 10, 0, 0, 250_000, tzinfo=UTC)

PLAN = {
    "customers": IndexPlan(
        equal=frozenset({"country", "joined"}),
        folded=frozenset({"email"}),
        search=("account", "email", "phone"),
    ),
    "invoices": IndexPlan(equal=frozenset({"customer_id", "status"})),
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def workspace(clock: ManualClock) -> Workspace:
    return Workspace("alpha", clock, PLAN)
