"""Why a command cannot run, or a promise cannot be checked."""

from __future__ import annotations


class Refused(Exception):
    """What was asked cannot be done; the message is one sentence. Exit code 2."""


class Unable(Exception):
    """The promise cannot be checked here; the message is the reason, in a sentence without its full stop."""


class BudgetSpent(Unable):
    """No more requests may be sent."""
