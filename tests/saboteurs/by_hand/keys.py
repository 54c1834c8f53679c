"""Keys that open what they should not, or do not open what they should; roles that may too much or too little."""

from __future__ import annotations

from dataclasses import replace

from contract_tests.http.exchange import Answer, Request
from tests.asgi import ADMINISTRATOR, READ_ONLY, STAFF
from tests.saboteurs.interceptors import GOOD, answers, body_of, called, heads, is_one, refusal, with_bytes, with_json, with_status, without_headers
from tests.saboteurs.saboteur import Forward, Interceptor, Put, Spec, editing, intercepting, patching

KNOWN = (ADMINISTRATOR, STAFF, READ_ONLY)


@intercepting("authentication")
def any_key_lists_products() -> Interceptor:
    def opens(request: Request, key: str | None, forward: Forward) -> Answer:
        stranger = key is not None and key not in KNOWN and is_one(request, ["listProducts"])
        return forward(request, ADMINISTRATOR if stranger else key)

    return opens


@intercepting("authentication", "roles")
def the_report_needs_no_key() -> Interceptor:
    def opens(request: Request, key: str | None, forward: Forward) -> Answer:
        sent = {name.lower() for name, _ in (*request.headers, *request.query)}
        nobody = key is None and sent.isdisjoint(("authorization", "api_key")) and is_one(request, ["getFinancialReport"])
        return forward(request, ADMINISTRATOR if nobody else key)

    return opens


@intercepting("authentication")
def the_scheme_of_the_header_is_not_looked_at() -> Interceptor:
    def opens(request: Request, key: str | None, forward: Forward) -> Answer:
        value = {name.lower(): value for name, value in request.headers}.get("authorization")
        if value is None:
            return forward(request, key)
        others = tuple(pair for pair in request.headers if pair[0].lower() != "authorization")
        return forward(replace(request, headers=(*others, ("authorization", f"Bearer {value.split(' ')[-1]}"))), key)

    return opens


@intercepting("authentication")
def a_key_in_the_query_is_ignored_on_one_operation_only() -> Interceptor:
    def ignores(request: Request, key: str | None, forward: Forward) -> Answer:
        if not is_one(request, ["listTickets"]):
            return forward(request, key)
        query = tuple(pair for pair in request.query if pair[0] != "api_key")
        return forward(replace(request, query=query, key_in_query=False), None if request.key_in_query else key)

    return ignores


@intercepting("authentication")
def of_two_different_keys_the_header_wins() -> Interceptor:
    def wins(request: Request, key: str | None, forward: Forward) -> Answer:
        in_header = any(name.lower() == "authorization" for name, _ in request.headers)
        if in_header or (key is not None and not request.key_in_query):
            request = replace(request, query=tuple(pair for pair in request.query if pair[0] != "api_key"))
            if in_header and request.key_in_query:
                return forward(replace(request, key_in_query=False), None)
        return forward(request, key)

    return wins


@intercepting("authentication", "errors")
def an_unknown_key_is_answered_by_403() -> Interceptor:
    return heads(lambda request, answer: with_status(answer, 403), statuses=(401,))


@intercepting("authentication", "errors", "shape")
def a_401_has_no_body() -> Interceptor:
    return heads(lambda request, answer: with_bytes(answer, b""), statuses=(401,))


@intercepting("authentication", "errors", "shape")
def a_401_is_no_envelope() -> Interceptor:
    return heads(lambda request, answer: with_json(answer, {"error": "unauthorized"}), statuses=(401,))


@intercepting("authentication", "state")
def a_write_without_a_key_is_refused_and_done() -> Interceptor:
    def does(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status == 401 and request.method in ("POST", "PUT", "DELETE"):
            plain = tuple(pair for pair in request.headers if pair[0].lower() != "authorization")
            query = tuple(pair for pair in request.query if pair[0] != "api_key")
            forward(replace(request, headers=plain, query=query, key_in_query=False), ADMINISTRATOR)
        return answer

    return does


@intercepting("authentication", "http", raw=True)
def head_needs_no_key() -> Interceptor:
    def opens(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(request, ADMINISTRATOR if request.method == "HEAD" and key not in KNOWN else key)

    return opens


@intercepting("authentication", "secrets")
def a_401_repeats_the_key() -> Interceptor:
    def repeats(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return refusal(answer, 401, f"The key {key} is not known") if answer.status == 401 and key else answer

    return repeats


@intercepting("authentication")
def a_key_may_have_something_behind_it() -> Interceptor:
    def opens(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(request, next((one for one in KNOWN if key is not None and key.startswith(one)), key))

    return opens


@intercepting("authentication")
def an_empty_key_is_as_good_as_any() -> Interceptor:
    def opens(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(request, ADMINISTRATOR if key == "" else key)

    return opens


@intercepting("authentication")
def an_unknown_key_gets_an_empty_list() -> Interceptor:
    def empty(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status != 401 or not is_one(request, ["list"]):
            return answer
        meta = {"current_page": 1, "total_pages": 0, "total_records": 0}
        return with_json(with_status(without_headers(answer, "www-authenticate"), 200), {"success": True, "data": [], "meta": meta})

    return empty


@editing("roles")
def staff_may_read_users(spec: Spec) -> None:
    spec["paths"]["/users"]["get"]["x-role"].append("staff")


@editing("roles")
def staff_may_make_users(spec: Spec) -> None:
    spec["paths"]["/users"]["post"]["x-role"].append("staff")


@editing("roles")
def staff_may_read_the_report(spec: Spec) -> None:
    spec["paths"]["/reports/financial"]["get"]["x-role"].append("staff")


@editing("roles")
def read_only_may_create_leads(spec: Spec) -> None:
    spec["paths"]["/leads"]["post"]["x-role"].append("read-only")


@editing("roles")
def read_only_may_delete(spec: Spec) -> None:
    spec["paths"]["/customers/{id}"]["delete"]["x-role"].append("read-only")


@editing("roles")
def read_only_may_update(spec: Spec) -> None:
    spec["paths"]["/customers/{id}"]["put"]["x-role"].append("read-only")


@editing("roles")
def read_only_may_not_list_invoices(spec: Spec) -> None:
    spec["paths"]["/invoices"]["get"]["x-role"].remove("read-only")


@editing("roles")
def staff_may_not_create_batches(spec: Spec) -> None:
    spec["paths"]["/batch/customers"]["post"]["x-role"].remove("staff")


@intercepting("roles", "errors")
def a_role_that_may_not_is_answered_by_401() -> Interceptor:
    return heads(lambda request, answer: with_status(answer, 401), statuses=(403,))


@intercepting("roles", "errors")
def users_do_not_exist_for_staff() -> Interceptor:
    return heads(lambda request, answer: refusal(answer, 404, "There is nothing here"), "listUsers", statuses=(403,))


@intercepting("roles", "state")
def a_write_by_the_wrong_role_is_refused_and_done() -> Interceptor:
    def does(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status == 403 and request.method != "GET":
            forward(request, ADMINISTRATOR)
        return answer

    return does


@intercepting("roles", "http")
def the_role_is_looked_at_after_the_form() -> Interceptor:
    def later(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        one, sent = called(request), body_of(request)
        if answer.status != 403 or one is None or one.body is None:
            return answer
        lacking = not isinstance(sent, dict) or not set(one.body.get("required", ())) <= set(sent)
        return refusal(answer, 400, "Validation failed", {"body": "Something is required"}) if lacking else answer

    return later


@intercepting("roles", "shape", "errors")
def a_403_says_success_true() -> Interceptor:
    return answers(lambda envelope: envelope.update(success=True), statuses=(403,))


@intercepting("roles", "state", "paging")
def read_only_sees_empty_lists() -> Interceptor:
    def sees(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if key != READ_ONLY or answer.status not in GOOD or not is_one(request, ["list"]):
            return answer
        meta = {"current_page": 1, "total_pages": 0, "total_records": 0}
        return with_json(answer, {"success": True, "data": [], "meta": meta})

    return sees


@patching("authentication")
def a_key_in_the_query_opens_whatever_it_is(put: Put) -> None:
    from sandbox.edge import gateway, security

    def opens(exchange: object, keyring: object, places: object) -> object:
        found = security.authenticate(exchange, keyring, places)  # type: ignore[arg-type]
        sent = [value for name, value in exchange.query if name == "api_key"]  # type: ignore[attr-defined]
        return found or (keyring.find(ADMINISTRATOR) if sent else None)  # type: ignore[attr-defined]

    put(gateway, "authenticate", opens)
