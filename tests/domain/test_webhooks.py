"""A webhook has a signing secret, which only the answer to its registration shows (decision `webhook-events`)."""

from base64 import b64decode

import pytest

from sandbox.domain.webhooks import address_rules
from sandbox.state.documents import Document
from tests.engine.world import BODIES, World


def _stored(world: World, id: int) -> Document:
    return world.image.tables["webhooks"][id]


def test_the_registration_shows_the_secret(world: World) -> None:
    webhook = world.make("registerWebhook", events=["invoice.created", "payment.received"])
    assert webhook["secret"].startswith("whsec_")
    assert len(b64decode(webhook["secret"].removeprefix("whsec_"), validate=True)) == 24
    assert webhook["secret"] == _stored(world, 1)["_secret"]


def test_the_secret_is_stored_where_no_answer_looks(world: World) -> None:
    world.make("registerWebhook")
    assert "secret" not in _stored(world, 1)


def test_every_webhook_has_a_secret_of_its_own(world: World) -> None:
    secrets = {world.make("registerWebhook")["secret"] for _ in range(5)}
    assert len(secrets) == 5


def test_a_secret_that_was_sent_is_ignored(world: World) -> None:
    assert world.make("registerWebhook", secret="whsec_bWluZQ==")["secret"] != "whsec_bWluZQ=="


def test_a_webhook_keeps_its_secret_when_it_changes(world: World) -> None:
    secret = world.make("registerWebhook")["secret"]
    changed = world.amend("webhooks", 1, failures=3)
    assert changed["_secret"] == secret


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://example.com:8080/path?x=1",
        "HTTPS://EXAMPLE.com/",
        "http://[::1]:1/",
        "http://10.0.0.1:65535/",
        "https://user@example.com",
    ],
)
def test_an_address_with_a_host_is_taken(world: World, url: str) -> None:
    assert world.make("registerWebhook", url=url)["url"] == url


@pytest.mark.parametrize(
    "url",
    [
        "http://:80/",
        "http:///path",
        "https://example.com:0",
        "https://example.com:65536",
        "https://?x",
        "https://@/",
    ],
)
def test_an_address_without_a_host_or_with_an_impossible_port_is_refused(world: World, url: str) -> None:
    refusal = world.refusal("registerWebhook", BODIES["registerWebhook"] | {"url": url})
    assert refusal == {"url": "Url must name a host, and a port from 1 to 65535 if any, such as https://your-domain.com/webhook"}


def test_who_calls_the_address_says_which_may_be_called() -> None:
    asked: list[str] = []

    def fault(url: str) -> str | None:
        asked.append(url)
        return "Url must lead to a public address" if "10.0.0.1" in url else None

    (rule,) = address_rules(fault).registered
    assert (rule.kind, rule.resource, rule.target) == ("must", "webhooks", "url")
    assert rule.function({"url": "http://10.0.0.1/"}, None) == "Url must lead to a public address"
    assert rule.function({"url": "https://your-domain.com/webhook"}, None) is None
    assert asked == ["http://10.0.0.1/", "https://your-domain.com/webhook"]
