"""What is raised on purpose.

NoSandbox        there is no sandbox to test against, in a sentence that says what to do
Refusal          the sandbox refuses what a method asked of it
├─ Invalid       its form or a rule: a sentence for each field
└─ Missing       what it names is not there
"""

from __future__ import annotations

from collections.abc import Mapping


class NoSandbox(Exception):
    """There is no sandbox to test against; the message is one sentence that says what to do."""


class Refusal(Exception):
    """The sandbox refuses, with a `status` of HTTP; `message` is its own, `errors` has a sentence for each field at fault."""

    def __init__(self, where: str, message: str, errors: Mapping[str, str], status: int) -> None:
        self.message, self.errors, self.status = message, dict(errors), status
        super().__init__(f"{where}: {'; '.join([message, *self.errors.values()])}")


class Invalid(Refusal):
    """What was asked is badly formed, or breaks a rule."""


class Missing(Refusal):
    """What was named is not there."""
