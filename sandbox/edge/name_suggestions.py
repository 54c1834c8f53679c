"""Names that other APIs use for the fields and parameters of a contract, to suggest the right one."""

from __future__ import annotations

import re
from collections.abc import Collection

from openapi.vocabulary import nearest
from openapi.wording import quoted

_MEANINGS = {
    "limit": "per_page page_size size count max max_results results_per_page items_per_page "
    "page_limit take top rows records batch_size num requests",
    "page": "page_number page_no page_num page_index current_page p offset start skip cursor",
    "search": "q query filter term keyword keywords text find s search_term search_text search_query contains like",
    "date_from": "from from_date start_date date_start start since after begin min_date date_min date_gte date_after created_after issued_after",
    "date_to": "to to_date end_date date_end end until before max_date date_max date_lte date_before created_before issued_before till",
    "year": "yr fiscal_year",
    "month": "mon period",
    "after": "since cursor starting_after after_id last_event_id",
    "wait": "timeout poll long_poll seconds",
    "status": "state invoice_status ticket_status payment_status",
    "type": "kind event event_type topic transaction_type product_type",
    "customer_id": "customer client client_id cust_id customer_number contact_id buyer_id account_id",
    "account_id": "account account_number bank_account",
    "category_id": "category cat cat_id",
    "department_id": "department dept dept_id team team_id",
    "account": "name full_name customer_name account_name display_name company company_name customer client title",
    "email": "mail e_mail email_address mail_address",
    "phone": "telephone tel mobile phone_number mobile_number telephone_number cell cell_phone",
    "address": "street street_address address_1 address_line address_line_1 line_1",
    "city": "town locality",
    "state": "province region county",
    "zip": "zip_code postal_code postcode post_code postal plz",
    "country": "country_code nation",
    "due_date": "due due_on due_at deadline payment_due date_due due_by",
    "valid_until": "expires expiry expires_at expires_on expiry_date expiration valid_to",
    "date": "invoice_date issue_date issued_at issued_on issued transaction_date booking_date paid_at paid_on day created",
    "items": "lines line_items invoice_items positions entries rows products details",
    "customers": "items batch data list records accounts clients",
    "qty": "quantity count number units pieces amount",
    "price": "amount cost unit_price rate value unit_amount net_price",
    "amount": "price unit_price unit_amount cost total value sum payment_amount net",
    "tax_rate": "tax vat vat_rate tax_percent tax_percentage sales_tax",
    "notes": "note comment comments memo remark remarks description",
    "description": "desc name text title details detail label note notes comment memo",
    "message": "body text content description details note",
    "subject": "title topic summary headline",
    "priority": "urgency severity importance",
    "source": "origin lead_source channel referrer",
    "first_name": "given_name forename fname first",
    "last_name": "family_name surname lname last second_name",
    "company": "organisation organization company_name firm business employer",
    "password": "pass passwd pwd secret pass_word",
    "role": "permission access_level access role_name group type",
    "url": "uri endpoint endpoint_url callback callback_url webhook_url target target_url href link address",
    "events": "event event_types event_type types topics subscriptions enabled_events",
    "name": "title label full_name product_name user_name username display_name",
    "by": "duration amount delta interval time seconds for",
    "window": "seconds period per interval duration",
    "label": "name title description",
    "scenario": "world dataset fixture name",
}  # fmt: skip
"""For each name what else it is called, the nearest in meaning first where several are offered."""
_TARGETS: dict[str, list[str]] = {}
for _name, _others in _MEANINGS.items():
    for _other in _others.split():
        _TARGETS.setdefault(_other.replace("_", ""), []).append(_name)
_NOT_LETTERS = re.compile(r"[\W_]")


def did_you_mean(name: str, known: Collection[str]) -> str:
    """`did you mean …?` by spelling in another style, then by meaning, then by likeness; else the list of what there is."""
    plain = without_style(name)
    same = next((one for one in sorted(known) if without_style(one) == plain), None) if plain else None
    found = same or next((one for one in _TARGETS.get(plain, ()) if one in known), None)
    return f"did you mean {quoted(found)}?" if found else nearest(name, known)


def without_style(name: str) -> str:
    """`customerId`, `customer-id`, `Customer_ID` and `customer_id[]` are one."""
    return _NOT_LETTERS.sub("", name.casefold())
