"""A workspace of the Business Suite API v2 sandbox for each test: the fixtures stand in `plugin`, their types here.

Every run of an environment that has this package loads it, so it loads neither httpx nor anything else that takes long.
"""

from pytest_business_suite.errors import Invalid, Missing, NoSandbox, Refusal
from pytest_business_suite.workspace import BusinessSuite, Role, SandboxServer

__all__ = ["BusinessSuite", "Invalid", "Missing", "NoSandbox", "Refusal", "Role", "SandboxServer"]
__version__ = "0.1.0"
