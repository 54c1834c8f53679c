"""Everything that the sandbox raises on purpose.

SandboxError
├─ StartError             the server cannot start; one sentence, exit code 2
├─ Misfit                 an answer of ours that does not fit the contract
└─ Refusal                a request is refused, and nothing of it stays
   ├─ Malformed           it is no well-formed HTTP, so that nothing behind it can be read
   ├─ Invalid             its form or a rule: a sentence for each field
   ├─ Unauthenticated     no key, or none that is known
   ├─ Forbidden           the key's role may not do this
   ├─ Missing             the path, or the object that it names, does not exist
   ├─ MethodNotAllowed    the path exists, the method does not
   ├─ Unreadable          the body's media type or charset
   ├─ TooLarge            the body
   ├─ HeadersTooLarge     the headers
   ├─ TooSlow             the body did not come in time
   ├─ LimitExceeded       a limit on how often, or how much at a time; later there is room again
   ├─ InsufficientStorage a quota on what is kept: there is no room until something goes
   └─ Unavailable         the server ends, or its data directory is gone

The edge alone knows which HTTP status each one becomes.
"""

from collections.abc import Mapping, Sequence


class SandboxError(Exception):
    """The root of the tree above."""


class StartError(SandboxError):
    """The server cannot start; the message is one sentence that says what to change."""


class Misfit(SandboxError):
    """An answer of ours that does not fit the contract; `faults` names the places, `document` the id of the misfit, if it is one."""

    def __init__(self, operation: str, faults: Mapping[str, str], document: int | None = None) -> None:
        self.operation = operation
        self.faults = dict(faults)
        self.document = document
        super().__init__(f"{operation}: the answer does not fit the contract: {self.faults}")


class PageTooLarge(SandboxError):
    """A page of a list is larger than an answer may be; so many of its objects, from the first on, `fit`."""

    def __init__(self, fit: int) -> None:
        self.fit = fit
        super().__init__(f"only {fit} objects of the page fit into an answer")


class Refusal(SandboxError):
    """A request is refused; `message` is the envelope's, `errors` names the fields at fault."""

    def __init__(self, message: str, errors: Mapping[str, str] | None = None) -> None:
        self.message = message
        self.errors = dict(errors or {})
        super().__init__(message)


class Malformed(Refusal):
    """What came is no well-formed HTTP; where the next request would begin nobody knows."""


class Invalid(Refusal):
    """The request's form or a rule of the business is broken."""

    def __init__(self, errors: Mapping[str, str], message: str = "Validation failed") -> None:
        super().__init__(message, errors)


class Unauthenticated(Refusal):
    """No key was sent, or none that is known. The message is the reference's own."""

    def __init__(self, message: str = "Invalid API key or unauthorized access") -> None:
        super().__init__(message)


class Forbidden(Refusal):
    """The key is known, but its role may not do this."""


class Missing(Refusal):
    """The path, or the object that it names, does not exist."""


class MethodNotAllowed(Refusal):
    """The path exists; `allowed` are its methods."""

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        self.allowed = tuple(allowed)
        *others, last = self.allowed or ("another path",)
        super().__init__(f"{method} is not offered here; use {' or '.join(filter(None, (', '.join(others), last)))}")


class Unreadable(Refusal):
    """The body's media type or charset is not one that the operation takes."""


class TooLarge(Refusal):
    """The body is longer than the server takes."""


class HeadersTooLarge(Refusal):
    """The headers are longer than the server takes."""


class TooSlow(Refusal):
    """The body did not come in time."""


class LimitExceeded(Refusal):
    """The rate limit is used up, or too much is under way; `retry_after` is in whole seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class InsufficientStorage(Refusal):
    """What would be kept is more than a quota allows."""


class Unavailable(Refusal):
    """The server ends, or cannot keep anything just now; another time the same request may be answered."""


def label(path: str) -> str:
    """How a sentence names a field: `items.0.qty` is Qty."""
    name = path.rsplit(".", 1)[-1]
    return f"Item {name}" if name.isdigit() else name[:1].upper() + name[1:]
