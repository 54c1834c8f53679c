"""What of a webhook's address everybody may see: where it leads, and nothing that stands in it to be secret."""

import pytest

from sandbox.events.webhook_url import without_query


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://your-domain.com/webhook", "https://your-domain.com/webhook"),
        ("https://your-domain.com/webhook?token=secret", "https://your-domain.com/webhook"),
        ("https://your-domain.com?token=secret", "https://your-domain.com"),
        ("https://your-domain.com/a?b?c=secret#secret", "https://your-domain.com/a"),
        ("https://your-domain.com/#secret?x", "https://your-domain.com/"),
        ("https://secret@your-domain.com/a", "https://your-domain.com/a"),
        ("https://user:secret@your-domain.com:8443/a@b?c", "https://your-domain.com:8443/a@b"),
        ("https://user:se@cret@your-domain.com/", "https://your-domain.com/"),
        ("//user:secret@your-domain.com", "//your-domain.com"),
        ("user:secret@your-domain.com", "your-domain.com"),
        ("https://[::1]:3000/a?secret", "https://[::1]:3000/a"),
        ("", ""),
        ("?secret", ""),
    ],
)
def test_what_may_be_secret_is_not_shown(url: str, shown: str) -> None:
    assert without_query(url) == shown
