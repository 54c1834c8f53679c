"""The only place that turns an exception into a response: the documented envelope, and a status."""

from __future__ import annotations

from typing import Any

from connexion.exceptions import ProblemException
from starlette.exceptions import HTTPException

from sandbox import errors, log
from sandbox.edge.exchange import Answer, Header, json_answer

FAILED = "The server failed to answer this request; it left nothing behind"

_STATUS: dict[type[errors.Refusal], int] = {
    errors.Malformed: 400,
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.Missing: 404,
    errors.MethodNotAllowed: 405,
    errors.TooSlow: 408,
    errors.TooLarge: 413,
    errors.Unreadable: 415,
    errors.LimitExceeded: 429,
    errors.HeadersTooLarge: 431,
    errors.Unavailable: 503,
    errors.InsufficientStorage: 507,
}


def answer_to(problem: Exception) -> Answer:
    """The answer to whatever went wrong. What is not a refusal is a fault of ours: 500, and logged."""
    match problem:
        case errors.Refusal():
            return json_answer(_STATUS[type(problem)], envelope(problem.message, problem.errors), _headers(problem))
        case ProblemException() if problem.status < 500:
            return json_answer(problem.status, envelope(str(problem.detail or problem.title)))
        case HTTPException() if problem.status_code < 500:
            headers = tuple((name.lower().encode(), value.encode()) for name, value in (problem.headers or {}).items())
            return json_answer(problem.status_code, envelope(problem.detail), headers)
        case errors.Misfit():
            log.error("the answer does not fit the contract", operation=problem.operation, document=problem.document, faults=problem.faults)
        case _:
            log.error("the request failed", exc_info=problem)
    return json_answer(500, envelope(FAILED))


def envelope(message: str, faults: dict[str, str] | None = None) -> dict[str, Any]:
    """The reference's error envelope; `errors` only where fields are at fault."""
    return {"success": False, **({"errors": faults} if faults else {}), "message": message}


def _headers(refusal: errors.Refusal) -> tuple[Header, ...]:
    match refusal:
        case errors.Unauthenticated():
            return ((b"www-authenticate", b"Bearer"),)
        case errors.MethodNotAllowed():
            return ((b"allow", ", ".join(refusal.allowed).encode()),)
        case errors.LimitExceeded():
            return ((b"retry-after", str(refusal.retry_after).encode()),)
        case errors.Malformed() | errors.TooLarge() | errors.TooSlow() | errors.HeadersTooLarge():
            # What is left of such a request would be taken for the next one on the same connection.
            return ((b"connection", b"close"),)
    return ()
