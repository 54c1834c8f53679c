"""Users: a password can be set, and is never shown (decision `password`)."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.domain.rules import Document, Rules

rules = Rules("users")


@rules.before_transaction("password")
def password_becomes_a_digest(user: Document, entropy: Callable[[int], bytes]) -> None:
    """Argon2id at 19 MiB, two passes, one lane: about 40 ms of a core, which is why no transaction waits for it."""
    user["_password"] = _digest(user.pop("password"), entropy(16))


@rules.secret("_password")
def password_that_nobody_knows(user: Document, entropy: Callable[[int], bytes]) -> str:
    """For a user that comes from a file, which holds no digest."""
    return _digest(entropy(32).hex(), entropy(16))


def _digest(password: str, salt: bytes) -> str:
    from argon2 import PasswordHasher  # a server that never makes a user need not load it

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(password, salt=salt)
