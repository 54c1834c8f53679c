"""Changes of the server that no client can tell from the contract, each with its reason; they are no saboteurs."""

from __future__ import annotations

_NO_ADDRESS = "a text with a NUL in it is no e-mail address, so that the format refuses what the pattern would"
EQUIVALENT: dict[str, str] = {
    **dict.fromkeys(
        (
            "createCustomer-email-has-another-pattern",
            "updateCustomer-email-has-another-pattern",
            "createLead-email-has-another-pattern",
            "createUser-email-has-another-pattern",
            "batchCreateCustomers-customers.*.email-has-another-pattern",
        ),
        _NO_ADDRESS,
    ),
    "registerWebhook-events-has-another-maxItems": "there are two events, none of which may stand twice, so that no list holds three",
    "sums-are-rounded-half-even": "amounts have two decimals and qty is whole, so that a sum never has a third decimal to round",
    "whole-amounts-are-written-without-decimals": "15 and 15.0 are one JSON number",
    "an-update-clears-nothing": "it is the listed reading `merge` of the decision `put`, reported as a dialect",
    "ids-have-gaps-after-a-refused-create": "the decision `ids` asks for numbers that rise and are never reused, not for all of them",
    "a-window-opens-on-the-hour": "it is the listed reading `clock-hour` of the decision `rate-window`",
    "a-webhook-may-call-an-address-without-a-host": "the contract asks for a URI by http or https, and names no host",
    "a-field-may-stand-twice-in-a-body": "neither the reference nor a decision speaks of it; only a parameter given twice is refused",
    "an-unknown-reference-is-404-everywhere": "it is the listed reading `404` of the decision `unknown-reference`",
    "the-secret-of-a-webhook-is-shown-twice": "no operation of the contract answers with a webhook but its registration",
    "an-error-in-other-words": "the sentences under `errors` and `message` are for people; the contract does not fix them",
    "json-in-another-order": "the fields of a JSON object have no order",
}
"""By what they would be called."""
