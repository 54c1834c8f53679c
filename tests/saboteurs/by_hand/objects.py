"""Objects that do not stay as they are, change with others, or do not go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import answers, as_value, body_of, id_in, is_one, refusal, with_body, with_json, without_headers
from tests.saboteurs.saboteur import Forward, Interceptor, Put, intercepting, patching


@patching("state")
def an_id_is_used_again_after_a_deletion(put: Put) -> None:
    from sandbox.state.transaction import Transaction

    def insert(self: Any, collection: str, document: Any) -> Any:
        from sandbox.state.documents import StoredDocument

        doc_id = max(self.select(collection), default=0) + 1
        stored = StoredDocument(id=doc_id, **document)
        self._written.setdefault(collection, {})[doc_id] = stored
        return stored

    put(Transaction, "insert", insert)


@intercepting("state")
def an_update_clears_all_but_the_phone() -> Interceptor:
    def keeps(request: Request, key: str | None, forward: Forward) -> Answer:
        sent = body_of(request)
        if is_one(request, ["updateCustomer"]) and isinstance(sent, dict) and "phone" not in sent:
            old = as_value(forward(replace(request, method="GET", body=None), key))
            if old.get("data", {}).get("phone") is not None:
                request = with_body(request, {**sent, "phone": old["data"]["phone"]})
        return forward(request, key)

    return keeps


@patching("state")
def an_update_moves_created_at(put: Put) -> None:
    from sandbox.engine.verbs import Engine

    true = Engine._save

    def save(self: Any, work: Any, collection: str, document: Any) -> Any:
        document["created_at"] = work.store.timestamp
        return true(self, work, collection, document)

    put(Engine, "_save", save)


@patching("state")
def an_update_does_not_move_updated_at(put: Put) -> None:
    from sandbox.engine.verbs import Engine

    def save(self: Any, work: Any, collection: str, document: Any) -> Any:
        self._apply_before_save(work, collection, document)
        return work.store.replace(collection, document)

    put(Engine, "_save", save)


@patching("state")
def an_update_touches_the_customer_before_too(put: Put) -> None:
    from sandbox.engine.verbs import Engine

    true = Engine._replace

    def replaces(self: Any, work: Any, operation: Any, params: Any, body: Any) -> Any:
        result = true(self, work, operation, params, body)
        earlier = [one for one in work.store.documents(operation.resource) if one["id"] < params["id"]]
        if earlier:
            work.store.replace(operation.resource, {**earlier[-1], "account": body["account"]})
        return result

    put(Engine, "_replace", replaces)


@patching("state")
def a_deletion_takes_the_next_customer_with_it(put: Put) -> None:
    from sandbox.engine.verbs import Engine

    true = Engine._delete

    def deletes(self: Any, work: Any, operation: Any, params: Any, body: Any) -> Any:
        result = true(self, work, operation, params, body)
        later = [one["id"] for one in work.store.documents(operation.resource) if one["id"] > params["id"]]
        if later:
            work.store.remove(operation.resource, later[0])
        return result

    put(Engine, "_delete", deletes)


def _remembering(shows: Callable[[dict[int, Any], Request, Answer], Answer]) -> Interceptor:
    """Remembers the customers that were deleted, with the last answer to reading them."""
    deleted: dict[int, Any] = {}

    def intercept(request: Request, key: str | None, forward: Forward) -> Answer:
        id = id_in(request)
        before = None
        if id is not None and is_one(request, ["deleteCustomer"]):
            before = forward(replace(request, method="GET"), key)
        answer = forward(request, key)
        if before is not None and id is not None and answer.status == 200 and before.status == 200:
            deleted[id] = before
        return shows(deleted, request, answer)

    return intercept


@intercepting("state", "paging")
def a_deleted_customer_is_still_listed() -> Interceptor:
    def shows(deleted: dict[int, Any], request: Request, answer: Answer) -> Answer:
        if not deleted or answer.status != 200 or not is_one(request, ["listCustomers"]) or ("page", "2") in request.query:
            return answer
        value = as_value(answer)
        value["data"] = sorted([*value["data"], *(before.json["data"] for before in deleted.values())], key=lambda one: int(one["id"]))
        value["meta"]["total_records"] += len(deleted)
        return with_json(answer, value)

    return _remembering(shows)


@intercepting("state")
def a_deleted_customer_can_still_be_read() -> Interceptor:
    def shows(deleted: dict[int, Any], request: Request, answer: Answer) -> Answer:
        return deleted.get(id_in(request) or 0, answer) if answer.status == 404 and is_one(request, ["getCustomer"]) else answer

    return _remembering(shows)


@intercepting("state")
def a_second_deletion_is_fine() -> Interceptor:
    def shows(deleted: dict[int, Any], request: Request, answer: Answer) -> Answer:
        again = answer.status == 404 and is_one(request, ["deleteCustomer"]) and id_in(request) in deleted
        return with_json(Answer(200, answer.headers, b""), {"success": True, "message": "It was deleted"}) if again else answer

    return _remembering(shows)


@intercepting("state")
def a_deletion_is_answered_and_not_done() -> Interceptor:
    def pretends(request: Request, key: str | None, forward: Forward) -> Answer:
        if not is_one(request, ["deleteCustomer"]):
            return forward(request, key)
        answer = forward(replace(request, method="GET"), key)
        if answer.status != 200 or key is None:
            return forward(request, key)
        return with_json(without_headers(answer, "etag", "cache-control"), {"success": True, "message": f"Object {id_in(request)} was deleted"})

    return pretends


@intercepting("state")
def an_update_of_nothing_creates() -> Interceptor:
    def creates(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status != 404 or not is_one(request, ["updateCustomer"]):
            return answer
        made = forward(replace(request, method="POST", path="/customers"), key)
        return Answer(200, made.headers, made.body)

    return creates


@intercepting("state")
def an_update_is_answered_and_not_done() -> Interceptor:
    def pretends(request: Request, key: str | None, forward: Forward) -> Answer:
        if not is_one(request, ["updateCustomer"]):
            return forward(request, key)
        before = forward(replace(request, method="GET", body=None), key)
        answer = forward(request, key)
        if answer.status == 200 and before.status == 200:
            writable = ("account", "email", "phone", "address", "city", "state", "zip", "country")
            forward(with_body(request, {name: value for name, value in before.json["data"].items() if name in writable}), key)
        return answer

    return pretends


@intercepting("state")
def an_update_is_answered_with_the_old_state() -> Interceptor:
    def old(request: Request, key: str | None, forward: Forward) -> Answer:
        if not is_one(request, ["updateCustomer"]):
            return forward(request, key)
        before = forward(replace(request, method="GET", body=None), key)
        answer = forward(request, key)
        return with_json(answer, before.json) if answer.status == 200 else answer

    return old


@intercepting("state", "errors")
def a_refused_update_is_half_done() -> Interceptor:
    def half(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        sent = body_of(request)
        if answer.status == 400 and is_one(request, ["updateCustomer"]) and isinstance(sent, dict) and isinstance(sent.get("account"), str):
            forward(with_body(request, {"account": sent["account"]}), key)
        return answer

    return half


@intercepting("state", "errors")
def a_refused_create_is_stored_without_its_faults() -> Interceptor:
    def stores(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        sent = body_of(request)
        if answer.status == 400 and is_one(request, ["createCustomer"]) and isinstance(sent, dict):
            faulty = {name.split(".")[0] for name in as_value(answer).get("errors", {})}
            forward(with_body(request, {"account": "Nameless", **{name: value for name, value in sent.items() if name not in faulty}}), key)
        return answer

    return stores


@intercepting("state", "paging")
def a_list_is_one_creation_behind() -> Interceptor:
    newest: dict[str, int] = {}

    def behind(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value = as_value(answer)
        if answer.status == 201 and is_one(request, ["create"]):
            newest[request.path] = value["data"]["id"]
        elif answer.status == 200 and is_one(request, ["list"]):
            kept = [row for row in value["data"] if row["id"] != newest.get(request.path)]
            value["meta"]["total_records"] -= len(value["data"]) - len(kept)
            value["data"] = kept
            newest.pop(request.path, None)
            return with_json(answer, value)
        return answer

    return behind


@intercepting("state", "paging")
def a_new_product_is_listed_twice() -> Interceptor:
    def twice(envelope: Any) -> None:
        if envelope["data"] and len(envelope["data"]) < 100:
            envelope["data"].append(envelope["data"][-1])
            envelope["meta"]["total_records"] += 1

    return answers(twice, "listProducts")


@intercepting("state")
def a_second_equal_creation_is_answered_from_memory() -> Interceptor:
    known: dict[tuple[str, bytes | None], Answer] = {}

    def remembers(request: Request, key: str | None, forward: Forward) -> Answer:
        if request.method != "POST":
            return forward(request, key)
        asked = (request.path, request.body)
        if asked in known and key is not None:
            fresh = forward(replace(request, method="GET", path="/customers", body=None), key)
            return Answer(201, (*(pair for pair in fresh.headers if pair[0].startswith("x-rate")), *_no_rate(known[asked])), known[asked].body)
        answer = forward(request, key)
        if answer.status == 201:
            known[asked] = answer
        return answer

    return remembers


@intercepting("state")
def a_customer_without_referrers_cannot_be_deleted() -> Interceptor:
    def refuses(request: Request, key: str | None, forward: Forward) -> Answer:
        if not is_one(request, ["deleteCustomer"]):
            return forward(request, key)
        read = forward(replace(request, method="GET"), key)
        if read.status != 200:
            return forward(request, key)
        return refusal(read, 400, "Validation failed", {"id": "It cannot be deleted"})

    return refuses


@intercepting("state", "caching")
def a_read_customer_is_as_it_was_when_it_was_first_read() -> Interceptor:
    first: dict[str, Answer] = {}

    def old(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status != 200 or not is_one(request, ["getCustomer"]) or request.method != "GET":
            return answer
        return with_json(answer, first.setdefault(request.path, answer).json)

    return old


def _no_rate(answer: Answer) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in answer.headers if not pair[0].startswith("x-rate"))
