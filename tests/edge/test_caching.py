"""ETags and conditional requests (decision `caching`), and what else an answer says of itself."""

import re
from datetime import timedelta

import pytest

from openapi.reader import load_contract
from tests.asgi import ADMINISTRATOR, OTHER, STAFF, Sandbox

READING = [one for one in load_contract().operations.values() if one.method == "GET"]


def tag_of(sandbox: Sandbox, target: str = "/customers", key: str = ADMINISTRATOR) -> str:
    return sandbox.get(target, key).header("etag") or ""


@pytest.mark.parametrize("target", [one.path.replace("{id}", "1") for one in READING])
def test_every_get_carries_a_strong_tag_and_may_be_kept_by_its_client_alone(sandbox: Sandbox, target: str) -> None:
    sandbox.customer()
    reply = sandbox.get(target)
    assert re.fullmatch(r'"[!#-~]+"', reply.header("etag") or "")
    assert reply.header("cache-control") == "private, no-cache"
    assert reply.header("content-type") == "application/json"


def test_a_tag_stays_with_the_body_and_changes_with_it(sandbox: Sandbox) -> None:
    customer = sandbox.customer()
    first = tag_of(sandbox, f"/customers/{customer}")
    assert tag_of(sandbox, f"/customers/{customer}", STAFF) == first
    sandbox.clock.advance(timedelta(seconds=1))
    sandbox.put(f"/customers/{customer}", {"account": "Janet Smith"})
    assert tag_of(sandbox, f"/customers/{customer}") != first


def test_lists_that_differ_have_tags_that_differ(sandbox: Sandbox) -> None:
    sandbox.customer()
    sandbox.customer()
    assert len({tag_of(sandbox, f"/customers?limit={limit}") for limit in (1, 2)}) == 2
    assert tag_of(sandbox, key=OTHER) != tag_of(sandbox)


@pytest.mark.parametrize("known", ["{}", "W/{}", "*", '"other", {}', '"a,b", W/{} , "c"', " {} "])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_has_the_answer_already_gets_304_without_a_body(sandbox: Sandbox, method: str, known: str) -> None:
    tag = tag_of(sandbox)
    reply = sandbox.send(method, "/customers", key=ADMINISTRATOR, headers={"If-None-Match": known.format(tag)})
    assert (reply.status, reply.body) == (304, b"")
    assert reply.header("etag") == tag
    assert reply.header("cache-control") == "private, no-cache"
    assert reply.header("content-type") is None
    assert reply.header("content-length") is None
    assert reply.header("x-ratelimit-remaining") == "998"


@pytest.mark.parametrize("known", ['"other"', "", '"', "W/", "{}x", "w/{}"])
def test_who_has_another_answer_gets_this_one(sandbox: Sandbox, known: str) -> None:
    tag = tag_of(sandbox)
    assert sandbox.get("/customers", headers={"If-None-Match": known.format(tag)}).status == 200


def test_a_tag_that_stands_in_one_of_two_headers_is_known(sandbox: Sandbox) -> None:
    assert sandbox.get("/customers", headers=[("If-None-Match", '"other"'), ("If-None-Match", tag_of(sandbox))]).status == 304


@pytest.mark.parametrize("target", ["/customers/1", "/customers?limit=0", "/nothing"])
def test_a_refusal_has_no_tag_and_heeds_none(sandbox: Sandbox, target: str) -> None:
    reply = sandbox.get(target, headers={"If-None-Match": "*"})
    assert reply.status in (400, 404)
    assert reply.header("etag") is None


def test_a_write_is_done_whatever_tag_is_known(sandbox: Sandbox) -> None:
    assert sandbox.post("/customers", {"account": "Jane Smith"}, headers={"If-None-Match": "*"}).status == 201


def test_a_new_customer_says_where_it_is(sandbox: Sandbox) -> None:
    created = sandbox.post("/customers", {"account": "Jane Smith"})
    location = created.header("location") or ""
    assert location == f"/api/v2/customers/{created.data['id']}"
    assert sandbox.get(location.removeprefix("/api/v2")).data == created.data


def test_an_object_without_an_address_says_none(sandbox: Sandbox) -> None:
    assert sandbox.post("/products", {"name": "Hosting", "price": 1}).header("location") is None
    assert sandbox.post("/batch/customers", {"customers": [{"account": "One"}]}).header("location") is None


def test_timestamps_are_whole_seconds_of_utc_and_never_rounded_up(sandbox: Sandbox) -> None:
    sandbox.clock.advance(timedelta(microseconds=999_999))
    data = sandbox.get(f"/customers/{sandbox.customer()}").data
    assert data["created_at"] == data["updated_at"] == sandbox.clock.now().strftime("%Y-%m-%dT09:00:00Z")
    sandbox.clock.advance(timedelta(seconds=5, microseconds=1))
    changed = sandbox.put("/customers/1", {"account": "Janet"}).data
    assert changed["created_at"] == data["created_at"]
    assert changed["updated_at"] > data["updated_at"]
