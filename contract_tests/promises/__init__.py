"""All promises, one file for each family; importing this package registers them."""

from __future__ import annotations

from collections.abc import Mapping

from contract_tests.judging.registry import Promise, registered

# How pages, order and e-mails are read is found out first: other checks make and find their objects accordingly.
from contract_tests.promises import paging as paging
from contract_tests.promises import uniqueness as uniqueness

# isort: off
# Of promises of one weight those are checked first that are imported first.
from contract_tests.promises import authentication as authentication
from contract_tests.promises import batch as batch
from contract_tests.promises import bounds as bounds
from contract_tests.promises import caching as caching
from contract_tests.promises import updates as updates
from contract_tests.promises import deletion as deletion
from contract_tests.promises import deliveries as deliveries
from contract_tests.promises import errors as errors
from contract_tests.promises import events as events
from contract_tests.promises import filters as filters
from contract_tests.promises import http as http
from contract_tests.promises import integers as integers
from contract_tests.promises import invoices as invoices
from contract_tests.promises import rate_limit_exhaustion as rate_limit_exhaustion
from contract_tests.promises import money as money
from contract_tests.promises import not_found as not_found
from contract_tests.promises import rate_limit as rate_limit
from contract_tests.promises import references as references
from contract_tests.promises import reports as reports
from contract_tests.promises import rate_limit_reset as rate_limit_reset
from contract_tests.promises import roles as roles
from contract_tests.promises import schemathesis as schemathesis
from contract_tests.promises import search as search
from contract_tests.promises import secrets as secrets
from contract_tests.promises import shapes as shapes
from contract_tests.promises import creation as creation
from contract_tests.promises import unknown_fields as unknown_fields
from contract_tests.promises import text_round_trips as text_round_trips
from contract_tests.promises import webhooks as webhooks


def promises() -> Mapping[str, Promise]:
    """All, by id, in the order in which they are checked."""
    return registered()
