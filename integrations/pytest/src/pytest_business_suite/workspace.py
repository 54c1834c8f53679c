"""A running sandbox and its workspaces, spoken to over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from pytest_business_suite.errors import Invalid, Missing, NoSandbox, Refusal

if TYPE_CHECKING:
    from decimal import Decimal

    import httpx

    from pytest_business_suite.shared_server import Address

Role = Literal["administrator", "staff", "read-only"]
_SECONDS_TO_ANSWER = 60
"""A workspace of a large scenario is made first."""


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
        made: str = _command(self.control, "/keys", {"label": "Made by a test", "role": role})["key"]
        return made

    def advance(self, by: timedelta) -> datetime:
        """Moves the workspace's clock forward, never back: the time that it is then."""
        now: str = _command(self.control, "/clock/advance", {"by": _iso8601(by)})["now"]
        return datetime.fromisoformat(now.replace("Z", "+00:00"))

    def reset(self, scenario: str | None = None, seed: int | None = None) -> None:
        """Begins anew; what is None stays as it was at the last beginning. The keys stay, and the clock is at real time again."""
        _command(self.control, "/reset", _given(scenario=scenario, seed=seed))

    def pay(self, invoice_id: int, amount: Decimal | float) -> dict[str, Any]:
        """Pays part or all of what is open of an invoice: the invoice as it is then."""
        invoice: dict[str, Any] = _command(self.control, f"/invoices/{invoice_id}/payments", {"amount": float(amount)})
        return invoice


@dataclass(frozen=True)
class SandboxServer:
    """A running sandbox, to make workspaces on."""

    base_url: str
    control_url: str
    _control: httpx.Client = field(repr=False)
    _expires_in: int = field(repr=False)

    @contextmanager
    def workspace(self, scenario: str = "demo", seed: int = 42) -> Iterator[BusinessSuite]:
        """A new workspace, filled, which is deleted when the block ends.

        Raises Invalid for a scenario or seed that cannot be, NoSandbox where the sandbox does not answer or takes no workspace.
        """
        import httpx

        made = self._made({"scenario": scenario, "seed": seed, "expires_in": self._expires_in})
        key: str = made["keys"]["administrator"]
        try:
            with _client(self.base_url, key) as client, _client(self.control_url, key) as control:
                yield BusinessSuite(self.base_url, self.control_url, key, client, control)
        finally:
            with suppress(httpx.TransportError):  # a server that is gone has no workspaces, and any other forgets this one by itself
                self._control.delete(f"/workspaces/{made['name']}")

    def _made(self, wanted: dict[str, Any]) -> dict[str, Any]:
        import httpx

        try:
            made: dict[str, Any] = _command(self._control, "/workspaces", wanted)
        except httpx.TransportError as problem:
            raise NoSandbox(f"The sandbox at {self.base_url} does not answer any more: {problem}.") from problem
        except Invalid:
            raise
        except Refusal as refusal:
            raise NoSandbox(f"The sandbox at {self.base_url} makes no workspace: {refusal}. {_ADVICE.get(refusal.status, '')}".rstrip()) from refusal
        return made


_ADVICE = {
    401: "Name an administrator's key in BUSINESS_SUITE_SANDBOX_KEY.",
    403: "Name an administrator's key in BUSINESS_SUITE_SANDBOX_KEY.",
    404: "It may be too old: this plugin needs one that answers POST /_sandbox/workspaces.",
    405: "It may be too old: this plugin needs one that answers POST /_sandbox/workspaces.",
}


@contextmanager
def connected(address: Address) -> Iterator[SandboxServer]:
    """The sandbox at an address, until the block ends."""
    with _client(address.control_url, address.key) as control:
        yield SandboxServer(address.base_url, address.control_url, control, address.expires_in)


def _client(base_url: str, key: str) -> httpx.Client:
    import ssl

    import httpx

    # Where no TLS is spoken, to load certificates would take each test as long as 20 requests; so this trusts none.
    verify: ssl.SSLContext | bool = base_url.startswith("https:") or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    headers = {"Authorization": f"Bearer {key}"}
    # Nor is the environment asked: a proxy that it names would not find this machine's loopback.
    return httpx.Client(base_url=base_url, headers=headers, timeout=_SECONDS_TO_ANSWER, verify=verify, trust_env=False)


def _command(control: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    response = control.post(path, json=body)
    where = f"POST {response.url.path}: {response.status_code}"
    try:
        answer = response.json()
        if response.is_success:
            return answer["data"]
        told, faults = answer["message"], answer.get("errors", {})
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Refusal(where, "this is no answer of a sandbox", {}, response.status_code) from None
    kind = {400: Invalid, 404: Missing}.get(response.status_code, Refusal)
    raise kind(where, told, faults, response.status_code)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _iso8601(duration: timedelta) -> str:
    """In days and seconds, with the sign in front of it all."""
    sign, size = ("-", -duration) if duration < timedelta(0) else ("", duration)
    return f"{sign}P{size.days}DT{size.seconds}.{size.microseconds:06d}S"
