"""Where the suite takes deliveries in: what an inbox answers, which options place it, and when its port is open."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from contract_tests.errors import Refused
from contract_tests.http.exchange import Answer, Request
from contract_tests.http.transport import Transport
from contract_tests.http.webhook_receiver import Receiver
from contract_tests.run.options import Options, read_options
from contract_tests.run.session import open_session
from tests.ports import free_port, is_open, taken_port
from tests.saboteurs.sabotaged_server import Stage
from tests.suite.in_process import BASE_URL, KEYS, InProcess, served

OURS = ("webhook-delivered", "webhook-signed")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Stage.receiver() as one:
        yield one


def sent(url: str, method: str = "POST", body: bytes | Iterator[bytes] = b"{}", **headers: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request(method, parts.path, body, headers, encode_chunked=not isinstance(body, bytes))
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def test_an_inbox_answers_as_it_was_told_and_410_once_it_is_closed(receiver: Receiver) -> None:
    inbox = receiver.inbox([503, 500])
    assert [sent(inbox.url) for _ in range(3)] == [503, 500, 200]
    inbox.close()
    assert sent(inbox.url) == 410
    assert [one.status for one in inbox.all()] == [503, 500, 200]


def test_a_path_may_have_more_before_it_and_an_unknown_one_is_404(receiver: Receiver) -> None:
    inbox = receiver.inbox()
    token = inbox.url.rsplit("/", 1)[-1]
    assert sent(f"{receiver.url}/behind/a/tunnel/{token}/") == 200
    assert sent(f"{receiver.url}/{'0' * 16}") == 404
    assert len(inbox.all()) == 1


def test_a_body_in_chunks_comes_in_whole(receiver: Receiver) -> None:
    inbox = receiver.inbox()
    assert sent(inbox.url, body=iter([b'{"id":', b' "a"}']), **{"transfer-encoding": "chunked"}) == 200
    assert inbox.all()[0].event == {"id": "a"}


@pytest.mark.parametrize("headers", [{"content-length": "9" * 9}, {"content-length": "x"}, {"transfer-encoding": "chunked"}])
def test_a_body_without_end_or_length_is_refused(receiver: Receiver, headers: dict[str, str]) -> None:
    inbox = receiver.inbox()
    assert sent(inbox.url, body=b"no chunk\r\n", **headers) == 413
    assert inbox.all() == []


def test_two_runs_have_no_address_in_context(receiver: Receiver) -> None:
    with Stage.receiver() as other:
        assert urlsplit(receiver.inbox().url).path != urlsplit(other.inbox().url).path


def test_what_is_no_json_has_no_event(receiver: Receiver) -> None:
    inbox = receiver.inbox()
    for body in (b"", b"[]", b"\xff", json.dumps({"data": []}).encode()):
        sent(inbox.url, body=body)
    assert [dict(one.data) for one in inbox.all()] == [{}] * 4
    assert {one.timestamp for one in inbox.all()} == {None}


# Its options.


@pytest.mark.parametrize(
    ("url", "listen", "expected"),
    [
        ("http://192.0.2.1:9000/hooks/", None, ("http://192.0.2.1:9000/hooks", ("127.0.0.1", 9000))),
        ("https://tunnel.example", None, ("https://tunnel.example", ("127.0.0.1", 443))),
        ("https://tunnel.example", "0.0.0.0:9000", ("https://tunnel.example", ("0.0.0.0", 9000))),
        ("http://tunnel.example", "[::1]:9000", ("http://tunnel.example", ("::1", 9000))),
    ],
)
def test_where_to_listen_follows_from_the_address_unless_it_is_said(url: str, listen: str | None, expected: tuple[str, tuple[str, int]]) -> None:
    options = read_options({"url": "http://h", "api_key": "k", "receiver_url": url, "receiver_listen": listen}, {})
    assert (options.receiver_url, options.receiver_listen) == expected


@pytest.mark.parametrize(
    ("url", "listen", "sentence"),
    [
        ("nonsense", None, "--receiver-url nonsense: this is no address of a server; one looks like http://192.0.2.10:9000"),
        ("http://h/?a=1", None, "--receiver-url: give the base URL alone"),
        (None, "127.0.0.1:9000", "--receiver-listen goes with --receiver-url"),
        ("http://h", "9000", "--receiver-listen 9000: must be HOST:PORT, such as 127.0.0.1:9000"),
        ("http://h", "h:x", "--receiver-listen h:x: must be HOST:PORT"),
        ("http://h", "h:0", "--receiver-listen h:0: must be HOST:PORT"),
        ("http://h", "u@h:9", "--receiver-listen u@h:9: must be HOST:PORT"),
    ],
)
def test_a_mistake_in_them_is_one_sentence(url: str | None, listen: str | None, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        read_options({"url": "http://h", "api_key": "k", "receiver_url": url, "receiver_listen": listen}, {})
    assert str(refused.value).startswith(sentence)


class Untouched:
    """A target that nobody may ask."""

    def send(self, request: Request, key: str | None) -> Answer:
        raise AssertionError(request)

    def close(self) -> None: ...


def test_a_port_that_is_taken_is_one_sentence_and_the_target_is_not_asked() -> None:
    with taken_port() as port:
        options = Options(BASE_URL, KEYS, receiver_url=f"http://127.0.0.1:{port}", receiver_listen=("127.0.0.1", port), control=False)
        transport: Transport = Untouched()
        with pytest.raises(Refused, match=f"nothing can listen at 127.0.0.1:{port} .*name another address with --receiver-listen"):
            open_session(options, transport=transport)


@pytest.mark.parametrize(("more", "listens"), [({}, True), ({"safe": True}, False), ({"only": ("paging",)}, False), ({"only": OURS}, True)])
def test_a_port_is_open_as_long_as_a_run_that_needs_it(more: dict[str, object], listens: bool) -> None:
    port = free_port()
    options = Options(BASE_URL, KEYS, control=False, receiver_url=f"http://127.0.0.1:{port}", receiver_listen=("127.0.0.1", port), **more)  # type: ignore[arg-type]
    with served() as server:
        session = open_session(options, transport=InProcess(server.app))
        assert is_open(port) is listens
        session.close()
    assert not is_open(port)
