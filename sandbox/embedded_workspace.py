"""A workspace of an embedded sandbox, and what a test does with it over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from sandbox.errors import Invalid, Missing, Refusal

if TYPE_CHECKING:
    import httpx

Role = Literal["administrator", "staff", "read-only"]
_SECONDS_TO_ANSWER = 60
"""A reset to a large scenario makes it first."""


@dataclass(frozen=True)
class BusinessSuite:
    """A workspace of its own on a running sandbox, and ways into it.

    `client` speaks to the API and `control` to the control plane, both with `key`, an administrator's, and neither raises
    anything for a refusal. The methods do: Invalid for a 400, Missing for a 404, another Refusal for the rest.
    """

    base_url: str
    """Of the API, such as `http://127.0.0.1:43210/api/v2`; without a slash at the end."""
    control_url: str
    """Of the control plane, such as `http://127.0.0.1:43210/_sandbox`."""
    key: str
    client: httpx.Client
    control: httpx.Client

    def new_key(self, role: Role = "staff") -> str:
        """Another key to the same workspace."""
        made: str = self._command("/keys", {"label": "Made by a test", "role": role})["key"]
        return made

    def advance(self, by: timedelta) -> datetime:
        """Moves the workspace's clock forward, never back: the time that it is then."""
        import msgspec

        return datetime.fromisoformat(self._command("/clock/advance", {"by": msgspec.to_builtins(by)})["now"])

    def reset(self, scenario: str | None = None, seed: int | None = None) -> None:
        """Begins anew; what is None stays as it was at the last beginning. The keys stay, and the clock is at real time again."""
        wanted = {"scenario": scenario, "seed": seed}
        self._command("/reset", {name: value for name, value in wanted.items() if value is not None})

    def pay(self, invoice_id: int, amount: Decimal | float) -> dict[str, Any]:
        """Pays part or all of what is open of an invoice: the invoice as it is then."""
        invoice: dict[str, Any] = self._command(f"/invoices/{invoice_id}/payments", {"amount": float(amount)})
        return invoice

    def _command(self, path: str, body: dict[str, Any]) -> Any:
        response = self.control.post(path, json=body)
        answer = response.json()
        if response.is_success:
            return answer["data"]
        told, faults = answer["message"], answer.get("errors", {})
        message = f"POST {response.url.path}: {response.status_code}: {'; '.join([told, *faults.values()])}"
        if response.status_code == 400:
            raise Invalid(faults, message)
        raise (Missing if response.status_code == 404 else Refusal)(message)


def client_of(base_url: str, key: str) -> httpx.Client:
    """Sends the key with each request."""
    import ssl

    import httpx

    # No TLS is spoken here, and to load certificates would take each test as long as 20 requests; so this trusts none.
    trust_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    headers = {"Authorization": f"Bearer {key}"}
    # Nor is the environment asked: a proxy that it names would not find this machine's loopback.
    return httpx.Client(base_url=base_url, headers=headers, timeout=_SECONDS_TO_ANSWER, verify=trust_nobody, trust_env=False)
