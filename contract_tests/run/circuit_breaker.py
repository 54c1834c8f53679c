"""A transport that gives up once the target does not answer any more: a run against a server that hangs would last for hours."""

from __future__ import annotations

from contract_tests.errors import Unable
from contract_tests.http.exchange import Answer, Request
from contract_tests.http.transport import NoAnswer, Transport

FAILURE_THRESHOLD = 5
"""After so many requests in a row without an answer the target is taken to be gone."""
GONE = "the target does not answer any more"


class CircuitBreaker:
    """Passes requests on until so many in a row were not answered, and refuses all that follow."""

    def __init__(self, transport: Transport) -> None:
        self._transport, self.silent = transport, 0

    def send(self, request: Request, key: str | None) -> Answer:
        if self.gone:
            raise Unable(GONE)
        try:
            answer = self._transport.send(request, key)
        except NoAnswer:
            self.silent += 1
            raise
        self.silent = 0
        return answer

    @property
    def gone(self) -> bool:
        """Whether it has given up."""
        return self.silent >= FAILURE_THRESHOLD

    def close(self) -> None:
        self._transport.close()
