"""How a request travels: over HTTP, without redirects, proxies, cookies or anything else that would change it."""

from __future__ import annotations

import time
from typing import Protocol

from contract_tests.exchange import Answer, Request

LONGEST_ANSWER = 32 * 1024 * 1024


class NoAnswer(Exception):
    """No answer came; the message says why, in a few words."""


class Transport(Protocol):
    """A way to the target; tests have one that stays in the process."""

    def send(self, request: Request, key: str | None) -> Answer:
        """The answer to a request with that key. Raises NoAnswer."""

    def close(self) -> None: ...


class HttpTransport:
    """HTTP/1.1 to a base URL, which includes the base path of the API; `timeout` in seconds counts for a whole answer."""

    def __init__(self, base_url: str, timeout: float) -> None:
        import httpx

        self._httpx, self._base_url, self._timeout = httpx, base_url.rstrip("/"), timeout
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def send(self, request: Request, key: str | None) -> Answer:
        query = [*request.query, *([("api_key", key)] if key is not None and request.key_in_query else [])]
        headers = [("accept", "application/json"), ("user-agent", "contract-tests"), *request.headers]
        if key is not None and not request.key_in_query:
            headers.append(("authorization", f"Bearer {key}"))
        if request.body is not None and not any(name.lower() == "content-type" for name, _ in request.headers):
            headers.append(("content-type", "application/json"))
        started = time.perf_counter()
        try:
            url = self._httpx.URL(self._base_url + request.path).copy_with(query=_encoded(query))
            sent = self._client.build_request(request.method, url, headers=headers, content=request.body)
            with_body = self._client.send(sent, stream=True)
            try:
                body = self._read(with_body, started)
            finally:
                with_body.close()
        except self._httpx.TimeoutException:
            raise NoAnswer(f"no whole answer came within {self._timeout:g} s") from None
        except (self._httpx.HTTPError, self._httpx.InvalidURL, OSError) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error
        names = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in with_body.headers.raw)
        return Answer(with_body.status_code, names, body, time.perf_counter() - started)

    def close(self) -> None:
        self._client.close()

    def _read(self, response: object, started: float) -> bytes:
        parts, length = [], 0
        for part in response.iter_bytes():  # type: ignore[attr-defined]
            parts.append(part)
            length += len(part)
            if length > LONGEST_ANSWER:
                raise NoAnswer(f"the answer is longer than {LONGEST_ANSWER >> 20} MiB")
            if time.perf_counter() - started > self._timeout:
                raise NoAnswer(f"no whole answer came within {self._timeout:g} s")
        return b"".join(parts)


def _encoded(query: list[tuple[str, str]]) -> bytes | None:
    from urllib.parse import quote, urlencode

    return urlencode(query, quote_via=quote).encode("ascii") if query else None
