"""One server for all tests of the edge, begun again for each; and servers of their own for those that need them.

Every test runs on both stacks of middleware, which so are seen to answer alike.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.asgi import Sandbox, sandbox_of


@pytest.fixture(scope="session", params=["fast", "stock"])
def stack(request: pytest.FixtureRequest) -> str:
    """The road through Connexion."""
    road: str = request.param
    return road


@pytest.fixture(scope="session")
def shared_sandbox(stack: str) -> Iterator[Sandbox]:
    sandbox = sandbox_of(stack=stack)
    yield sandbox
    sandbox.close()


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    """Empty but for the keys, with every rate window unopened."""
    shared_sandbox.begin_again()
    return shared_sandbox


@pytest.fixture
def make_sandbox(stack: str) -> Iterator[Callable[..., Sandbox]]:
    """Makes servers with settings of their own, and closes them."""
    made: list[Sandbox] = []

    def make(**settings: Any) -> Sandbox:
        made.append(sandbox_of(**{"stack": stack, **settings}))
        return made[-1]

    yield make
    for one in made:
        one.close()
