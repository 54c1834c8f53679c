"""The checks of stock Schemathesis, and the promise of each."""

from __future__ import annotations

from collections.abc import Mapping

CHECKS: Mapping[str, tuple[str, str, str]] = {
    "not_a_server_error": ("documented", "Response Codes", "No well or badly formed request makes the server fail with a 5xx."),
    "status_code_conformance": ("documented", "Response Codes", "Every status that an operation answers with is one that it documents."),
    "content_type_conformance": ("inferred", "content-type", "Every answer has a content type that its operation documents."),
    "response_headers_conformance": ("documented", "Rate Limiting", "Every answer has the headers that its operation documents, in their form."),
    "response_schema_conformance": ("documented", "Core Resources", "Every body fits the schema of its operation and status."),
    "negative_data_rejection": ("documented", "Validation Error", "A request that breaks its schema is refused."),
    "positive_data_acceptance": ("documented", "Core Resources", "A request that fits its schema is taken, but for rules that no schema can say."),
    "missing_required_header": ("documented", "Error Responses", "A request without a header that is required is refused."),
    "unsupported_method": ("inferred", "status-codes", "A method that a path does not offer is answered with 405."),
    "allow_header_conformance": ("inferred", "status-codes", "Allow names the methods that a path offers."),
    "use_after_free": ("documented", "Delete Customer", "What was deleted is not answered any more, in chains of generated requests."),
    "ensure_resource_availability": ("documented", "Create Customer", "What was created can be asked for at once, in chains of generated requests."),
    "ignored_auth": ("documented", "Authentication Error", "No generated request succeeds without a key, or with a wrong one."),
    "object_level_authorization": ("documented", "Authentication Error", "No generated request reads what another key made and it may not see."),
}  # fmt: skip
"""Schemathesis's own checks: where the rule stands, and what it says."""
TAKEN, REFUSED = "positive_data_acceptance", "negative_data_rejection"
DECIDED: Mapping[str, str] = {
    "bounds": "Of generated requests, those that come near a bound of the contract's own are taken, and those beyond it refused.",
    "integers": "Of generated requests, those that spell an integer with a fraction or an exponent are taken, or refused, like any other.",
}
"""Decisions that alone say what is right of some of its cases: what they say of these. The reference does not speak of them."""
