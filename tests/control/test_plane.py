"""Who may command what: keys, roles, workspaces, and whatever the control plane refuses before it does anything."""

from collections.abc import Iterator
from typing import Any

import pytest

import sandbox as package
from tests.asgi import ADMINISTRATOR, OTHER, READ_ONLY, REVOKED, STAFF, Reply
from tests.control.plane import CONTROL, FILE, KEYS, READS, USERS, WRITES, Plane

SECURED: dict[str, tuple[str, str, Any]] = {
    **{name: (method, path, None) for name, (method, path) in (READS | USERS).items()},
    **WRITES,
    **KEYS,
}
ADMINISTRATORS_ONLY = {*KEYS, *USERS, "downloadSnapshot"}
"""The snapshot holds a user, too; what may be taken away of others stands in `test_roles`."""


@pytest.fixture
def furnished(plane: Plane) -> Plane:
    """With one of everything that the operations speak of, in the workspace of the keys but one."""
    plane.webhook()
    plane.invoice()
    plane.user()
    plane.post("/snapshots", {"name": "kept"})
    plane.server.workspaces.get("default").change(undo="kept")
    return plane


def operation(plane: Plane, name: str, key: str = "1") -> tuple[str, str, Any]:
    """Its method, path and body, with what there is; `key` is the id of one."""
    method, path, body = SECURED[name]
    if "{event}" in path:
        path = path.replace("{event}", plane.get("/events").data[0]["id"])
    if "{delivery}" in path:
        path = path.replace("{delivery}", str(plane.get("/deliveries").data[0]["id"]))
    return method, path.replace("{new}", key), body


def call(plane: Plane, name: str, key: str | None) -> Reply:
    new = str(plane.post("/keys", {"label": "To go", "role": "staff"}).data["id"]) if "{new}" in SECURED[name][1] else "1"
    method, path, body = operation(plane, name, new)
    return plane.send(method, path, json=body, key=key)


def state(plane: Plane, workspace: str = "default") -> Any:
    """All that operations change."""
    kept = plane.server.workspaces.get(workspace)
    return kept.image(), kept.metadata, plane.server.admin_commands.keys_list(workspace)


@pytest.fixture(scope="module")
def throttled() -> Iterator[Plane]:
    plane = Plane(rate_limit=(1, 60))
    yield plane
    plane.close()


def test_health_needs_no_key_and_is_never_throttled(throttled: Plane) -> None:
    for _ in range(3):
        reply = throttled.get("/health", None)
        assert reply.status == 200
        assert reply.json == {"success": True, "data": {"status": "ok", "version": package.version()}}
        assert reply.header("content-type") == "application/json"
        assert reply.header("x-ratelimit-limit") is None


def test_what_needs_a_key_is_not_throttled_either_and_counts_for_nobody(throttled: Plane) -> None:
    assert [throttled.get("/clock").status for _ in range(3)] == [200, 200, 200]
    assert throttled.get("/clock").header("x-ratelimit-remaining") is None
    assert throttled.api("GET", "/customers").status == 200
    assert throttled.api("GET", "/customers").status == 429
    assert throttled.get("/clock").status == 200


def test_health_answers_head_without_a_body(plane: Plane) -> None:
    reply = plane.send("HEAD", "/health")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.header("content-length") == plane.get("/health").header("content-length")


@pytest.mark.parametrize("name", [*READS, *USERS])
def test_every_get_answers_head_with_the_same_headers(furnished: Plane, name: str) -> None:
    method, path, _ = operation(furnished, name)
    got, told = furnished.send(method, path, key=ADMINISTRATOR), furnished.send("HEAD", path, key=ADMINISTRATOR)
    assert (told.status, told.body) == (200, b"")
    assert told.headers == got.headers


@pytest.mark.parametrize("name", [*READS, *USERS])
def test_a_client_that_has_an_answer_already_is_told_so(furnished: Plane, name: str) -> None:
    _, path, _ = operation(furnished, name)
    first = furnished.get(path)
    again = furnished.get(path, headers={"If-None-Match": first.header("etag") or ""})
    assert (again.status, again.body, again.header("etag")) == (304, b"", first.header("etag"))
    assert furnished.get(path, headers={"If-None-Match": '"another"'}).status == 200


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/health/", "/clock/", "/clock/advance/1", "/snapshots/kept/files", "/keys/abc", "/keys/0"])
def test_a_path_that_is_not_there_is_404_in_the_envelope(plane: Plane, path: str) -> None:
    reply = plane.get(path, None)
    assert reply.status == 404
    assert reply.json["success"] is False
    assert plane.send("HEAD", path).status == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/health", "GET, HEAD"),
        ("/clock", "GET, HEAD"),
        ("/clock/advance", "POST"),
        ("/snapshots", "GET, HEAD, POST"),
        ("/snapshots/kept", "DELETE, GET, HEAD"),
        ("/snapshots/kept/file", "GET, HEAD, PUT"),
        ("/reset", "GET, HEAD, POST"),
        ("/documents/customers/1", "GET, HEAD"),
        ("/rate-limit", "DELETE, GET, HEAD, PUT"),
        ("/keys/1", "DELETE"),
        ("/workspaces", "POST"),
        ("/workspaces/ephemeral-0", "DELETE"),
        ("/events", "GET, HEAD"),
        ("/events/trigger", "POST"),
        ("/events/evt_1_0000000000000000", "GET, HEAD"),
        ("/webhooks", "GET, HEAD"),
        ("/webhooks/1", "DELETE, GET, HEAD"),
        ("/webhooks/1/disable", "POST"),
        ("/deliveries/1", "GET, HEAD"),
        ("/deliveries/1/redeliver", "POST"),
    ],
)
def test_another_method_is_405_with_all_that_are_offered(plane: Plane, path: str, allowed: str) -> None:
    for method in ("PATCH", "OPTIONS"):
        reply = plane.send(method, path, json={})
        assert (reply.status, reply.header("allow")) == (405, allowed)


@pytest.mark.parametrize("name", SECURED)
@pytest.mark.parametrize("key", [None, REVOKED, "sbx_unknown", ""])
def test_every_operation_but_health_needs_a_valid_key(furnished: Plane, name: str, key: str | None) -> None:
    before = state(furnished)
    method, path, body = operation(furnished, name)
    reply = furnished.send(method, path, json=body, key=key)
    assert (reply.status, reply.header("www-authenticate")) == (401, "Bearer")
    assert state(furnished) == before


@pytest.mark.parametrize("name", SECURED)
def test_an_administrator_may_do_everything(furnished: Plane, name: str) -> None:
    reply = call(furnished, name, ADMINISTRATOR)
    assert reply.status in (200, 201), reply.body


@pytest.mark.parametrize("name", SECURED)
def test_staff_may_do_everything_but_with_keys_and_users(furnished: Plane, name: str) -> None:
    assert call(furnished, name, STAFF).status in ((403,) if name in ADMINISTRATORS_ONLY else (200, 201))


@pytest.mark.parametrize("name", SECURED)
def test_a_read_only_key_may_read_what_staff_may_read(furnished: Plane, name: str) -> None:
    if name in READS.keys() - ADMINISTRATORS_ONLY:
        assert call(furnished, name, READ_ONLY).status == 200
        return
    method, path, body = operation(furnished, name)
    before = state(furnished)
    reply = furnished.send(method, path, json=body, key=READ_ONLY)
    assert (reply.status, "role" in reply.json["message"]) == (403, True)
    assert state(furnished) == before


@pytest.mark.parametrize("name", SECURED)
def test_a_key_of_another_workspace_neither_sees_nor_changes_this_one(furnished: Plane, name: str) -> None:
    furnished.server.workspaces.get("other").change(undo=None)
    before = state(furnished)
    method, path, body = operation(furnished, name, "999")
    reply = furnished.send(method, path, json=body, key=OTHER)
    assert state(furnished) == before
    if "kept" in path or path.endswith("/1") or "/1/" in path or path != SECURED[name][1]:
        assert reply.status == 404
    else:
        assert b"Jane Smith" not in reply.body
        assert b"kept" not in reply.body
        assert b"your-domain.com" not in reply.body
        assert b'"workspace":"default"' not in reply.body


def test_the_key_may_stand_in_the_query(plane: Plane) -> None:
    assert plane.get(f"/clock?api_key={READ_ONLY}", None).status == 200
    assert plane.get(f"/clock?api_key={READ_ONLY}").status == 401
    assert plane.get("/clock?api_key=nonsense", None).status == 401


@pytest.mark.parametrize("name", SECURED)
def test_an_unknown_parameter_is_named(furnished: Plane, name: str) -> None:
    method, path, body = operation(furnished, name)
    before = state(furnished)
    reply = furnished.send(method, f"{path}?nonsense=1", json=body, key=ADMINISTRATOR)
    assert (reply.status, [*reply.errors]) == (400, ["nonsense"])
    assert state(furnished) == before


@pytest.mark.parametrize("query", ["page=0", "page=x", "limit=101", "limit=0", "limit=5&limit=5"])
@pytest.mark.parametrize("path", ["/snapshots", "/keys", "/documents/customers", "/events", "/webhooks", "/deliveries"])
def test_a_list_takes_the_pages_that_the_api_takes(plane: Plane, path: str, query: str) -> None:
    reply = plane.get(f"{path}?{query}")
    assert (reply.status, [*reply.errors]) == (400, [query.partition("=")[0]])
    past = plane.get(f"{path}?page=9007199254740991&limit=100")
    assert (past.status, past.data) == (200, [])
    assert past.json["meta"]["current_page"] == 9007199254740991


WITH_BODY = [name for name, (_, _, body) in SECURED.items() if body is not None or name == "resetWorkspace"]
HOSTILE = {
    "nothing": b"",
    "no JSON": b"{",
    "a word": b"nonsense",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"by"',
    "a number": b"1e400",
    "NaN": b'{"by": NaN, "amount": NaN}',
    "bytes": b"\xff\xfe\x00",
    "half a character": b'{"name": "\\ud800", "by": "\\ud800", "label": "\\ud800"}',
    "depth": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "a stranger": b'{"nonsense": 1}',
    "huge numbers": b'{"limit": 1e999, "window": 1e999, "amount": 1e999, "seed": 1e999, "by": 1e999}',
    "endless digits": b'{"limit": %b, "amount": %b, "seed": %b}' % ((b"9" * 5000,) * 3),
    "wrong kinds": b'{"limit": {}, "window": [], "amount": "1", "seed": "x", "by": 1, "name": 1, "label": 1, "role": 1, "scenario": 1}',
    "NUL": b'{"name": "a\\u0000", "by": "PT1H\\u0000", "label": "\\u0000", "role": "\\u0000", "scenario": "\\u0000"}',
    "twice": b'{"by": "PT1H", "by": "PT2H", "name": "a", "name": "b", "limit": 1, "limit": 2, "amount": 1, "amount": 2, "seed": 1, "seed": 2}',
}


NEED_NONE = ("resetWorkspace", "createWorkspace")  # a body
REFUSED = [(name, what) for name in WITH_BODY for what in HOSTILE if name not in NEED_NONE or what != "nothing"]


@pytest.mark.parametrize(("name", "what"), REFUSED)
def test_a_hostile_body_is_a_400_and_changes_nothing(furnished: Plane, name: str, what: str) -> None:
    before = state(furnished)
    method, path, _ = SECURED[name]
    reply = furnished.send(method, path, key=ADMINISTRATOR, body=HOSTILE[what], headers={"content-type": "application/json"})
    assert (reply.status, reply.json["success"], bool(reply.errors)) == (400, False, True)
    assert state(furnished) == before


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_body_of_another_kind_is_415_and_one_that_is_too_long_413(furnished: Plane, name: str) -> None:
    before = state(furnished)
    method, path, _ = SECURED[name]
    assert furnished.send(method, path, key=ADMINISTRATOR, body=b"{}", headers={"content-type": "text/plain"}).status == 415
    told = furnished.send(method, path, key=ADMINISTRATOR, headers={"content-length": "99999999", "content-type": "application/json"}, leaves=True)
    assert (told.status, told.header("connection")) == (413, "close")
    assert state(furnished) == before


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_client_that_leaves_before_its_body_is_there_changes_nothing(furnished: Plane, name: str) -> None:
    before = state(furnished)
    method, path, _ = SECURED[name]
    assert furnished.send(method, path, key=ADMINISTRATOR, body=[b"{", b'"'], leaves=True).status == 0
    assert state(furnished) == before


def test_headers_without_end_are_431(plane: Plane) -> None:
    assert plane.get("/clock", headers={"X-One": "x" * 20_000}).status == 431


def test_a_larger_body_is_taken_by_an_upload_alone(plane: Plane) -> None:
    padded = {**FILE, "collections": {"customers": []}}
    body = str(padded).replace("'", '"').encode().ljust(2 * 1024 * 1024)
    assert plane.upload("large", body).status == 201
    assert plane.post("/snapshots", body=body, headers={"content-type": "application/json"}).status == 413


def test_the_scenarios_are_those_that_there_are(plane: Plane) -> None:
    names = plane.get("/scenarios").data
    assert {"empty", "demo"} <= set(names)
    assert names == sorted(names)


def test_what_lies_beside_the_plane_is_not_its_own(plane: Plane) -> None:
    plane.base = ""
    try:
        assert plane.get(f"{CONTROL}x/health").header("x-ratelimit-limit") is not None
    finally:
        plane.base = CONTROL
