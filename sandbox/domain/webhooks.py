"""Webhooks: each has a signing secret, which only the response to its registration shows (decision `webhook-events`)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from urllib.parse import urlsplit

from sandbox.domain.rules import Document, Rules, Transaction

rules = Rules("webhooks")


@rules.must("url")
def url_names_a_host_and_a_port_that_exist(webhook: Document, tx: Transaction) -> str | None:
    """The schema knows the scheme; a host or a port that cannot be is seen only when the address is taken apart."""
    if not isinstance(webhook["url"], str):
        return None  # an author's own contract may have numbers there, which nobody calls
    try:
        address = urlsplit(webhook["url"])
        if address.hostname and (address.port is None or address.port):
            return None
    except ValueError:
        pass
    return "Url must name a host, and a port from 1 to 65535 if any, such as https://your-domain.com/webhook"


def address_rules(fault: Callable[[str], str | None]) -> Rules:
    """Refuses an address that may not be called; `fault` says why in a sentence, and belongs to who does the calling."""
    guarded = Rules("webhooks")

    @guarded.must("url")
    def url_may_be_called(webhook: Document, tx: Transaction) -> str | None:
        return fault(webhook["url"]) if isinstance(webhook["url"], str) else None

    return guarded


def number_rules(most: int) -> Rules:
    """Refuses a webhook more than a workspace may have."""
    limited = Rules("webhooks")

    @limited.must("url")
    def a_workspace_has_no_more_than_it_may(webhook: Document, tx: Transaction) -> str | None:
        if "id" in webhook or sum(1 for _ in tx.documents("webhooks")) < most:
            return None
        return f"Url would be that of one webhook too many: a workspace has at most {most}; delete one first"

    return limited


@rules.before_save("secret")
def a_new_webhook_gets_a_secret(webhook: Document, tx: Transaction) -> None:
    """`whsec_` and 24 bytes, as the Standard Webhooks specification recommends; kept, since it signs every call."""
    if "_secret" not in webhook:
        webhook["_secret"] = new_secret(webhook, tx.entropy)


@rules.before_save()
def it_receives_what_its_owner_may_read(webhook: Document, tx: Transaction) -> None:
    """The owner is the key that last wrote the URL, of which the role is stored: a delivery contains whole documents."""
    if tx.role is not None:
        webhook["_role"] = tx.role
    else:
        webhook.pop("_role", None)


@rules.secret("_secret")
def new_secret(webhook: Document, entropy: Callable[[int], bytes]) -> str:
    """Also for a webhook that comes from a file, which holds none."""
    return f"whsec_{b64encode(entropy(24)).decode()}"


@rules.shown_once("secret")
def secret_is_shown_once(webhook: Document) -> str:
    """The registration's answer alone."""
    return str(webhook["_secret"])
