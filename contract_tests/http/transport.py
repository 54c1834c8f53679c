"""Sends requests over HTTP, without redirects, proxies, cookies or anything else that would change them."""

from __future__ import annotations

import http.client
import ssl
import time
from typing import Protocol
from urllib.parse import urlsplit

from contract_tests.http.exchange import Answer, Request

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
        named = {name.lower() for name, _ in headers} | set(request.without)
        if request.body is not None and "content-type" not in named:
            headers.append(("content-type", "application/json"))
        started = time.perf_counter()
        try:
            url = self._httpx.URL(self._base_url + request.path).copy_with(query=_encoded(query))
            if "host" in named:
                return self._with_these_hosts(request, url.raw_path.decode("ascii"), headers)
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

    def _with_these_hosts(self, request: Request, target: str, headers: list[tuple[str, str]]) -> Answer:
        """The same with the `Host` headers that the request names, or none: httpx sends one, whatever it is told."""
        parts, started = urlsplit(self._base_url), time.perf_counter()
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(parts.netloc, timeout=self._timeout, context=context)
        else:
            connection = http.client.HTTPConnection(parts.netloc, timeout=self._timeout)
        try:
            connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in [*headers, *([("content-length", str(len(request.body)))] if request.body is not None else [])]:
                connection.putheader(name, value)
            connection.endheaders(request.body)
            response = connection.getresponse()
            body = response.read(LONGEST_ANSWER)
        except TimeoutError:
            raise NoAnswer(f"no whole answer came within {self._timeout:g} s") from None
        except http.client.HTTPException as error:
            raise NoAnswer(str(error) or type(error).__name__) from error
        finally:
            connection.close()
        return Answer(response.status, tuple((name.lower(), value) for name, value in response.getheaders()), body, time.perf_counter() - started)

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
