"""Secrets that come back, and webhooks that are registered wrongly."""

from __future__ import annotations

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import as_value, body_of, heads, is_one, objects, with_json
from tests.saboteurs.saboteur import Forward, Interceptor, Spec, editing, intercepting


@intercepting("secrets", "shape")
def a_password_comes_back_when_a_user_is_made() -> Interceptor:
    def comes_back(request: Request, answer: Answer) -> Answer:
        value = as_value(answer)
        value["data"]["password"] = body_of(request)["password"]
        return with_json(answer, value)

    return heads(comes_back, "createUser", statuses=(201,))


@intercepting("secrets", "shape")
def passwords_are_listed() -> Interceptor:
    known: dict[int, str] = {}

    def lists(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value = as_value(answer)
        if answer.status == 201 and is_one(request, ["createUser"]):
            known[value["data"]["id"]] = body_of(request)["password"]
        if answer.status != 200 or not is_one(request, ["listUsers"]):
            return answer
        for row in value["data"]:
            if row["id"] in known:
                row["password"] = known[row["id"]]
        return with_json(answer, value)

    return lists


@intercepting("secrets")
def a_refused_password_is_repeated_in_the_message() -> Interceptor:
    def repeats(request: Request, answer: Answer) -> Answer:
        sent = body_of(request)
        value = as_value(answer)
        if isinstance(sent, dict) and isinstance(sent.get("password"), str):
            value["message"] = f"Validation failed for {sent}"
        return with_json(answer, value)

    return heads(repeats, "createUser", statuses=(400,))


@intercepting("secrets")
def a_password_is_the_remark_of_a_created_user() -> Interceptor:
    def remarks(request: Request, answer: Answer) -> Answer:
        value = as_value(answer)
        value["message"] = f"Sign in with {body_of(request)['password']}"
        return with_json(answer, value)

    return heads(remarks, "createUser", statuses=(201,))


@intercepting("secrets", "shape")
def a_digest_of_the_password_is_listed() -> Interceptor:
    return objects(lambda one: one.update(password_hash="$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"), "listUsers")


@intercepting("secrets", "webhooks")
def a_refused_webhook_names_the_secret_of_the_last_one() -> Interceptor:
    secrets: list[str] = []

    def names(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value = as_value(answer)
        if answer.status == 201 and is_one(request, ["registerWebhook"]):
            secrets.append(value["data"]["secret"])
        if answer.status == 400 and is_one(request, ["registerWebhook"]) and secrets:
            value["message"] = f"Validation failed; signed with {secrets[-1]}"
            return with_json(answer, value)
        return answer

    return names


@intercepting("secrets", "webhooks", "shape")
def the_secret_of_a_webhook_is_never_shown() -> Interceptor:
    return objects(lambda one: {name: value for name, value in one.items() if name != "secret"}, "registerWebhook")


@intercepting("secrets", "webhooks")
def all_webhooks_share_one_secret() -> Interceptor:
    return objects(lambda one: one.update(secret="whsec_C2FtcGxlU2VjcmV0Rm9yVGhlRG9jdW1lbnRz"), "registerWebhook")


@intercepting("secrets", "webhooks", "shape")
def the_secret_of_a_webhook_has_no_prefix() -> Interceptor:
    return objects(lambda one: one.update(secret=one["secret"].removeprefix("whsec_")), "registerWebhook")


@editing("webhooks", "errors", "shape")
def a_webhook_may_call_by_ftp(spec: Spec) -> None:
    spec["components"]["schemas"]["WebhookInput"]["properties"]["url"]["pattern"] = r"^[A-Za-z]+://[^\u0000]+$"


@editing("webhooks", "errors", "shape")
def a_webhook_may_ask_for_any_event(spec: Spec) -> None:
    del spec["components"]["schemas"]["WebhookInput"]["properties"]["events"]["items"]["enum"]


@editing("webhooks", "errors")
def a_webhook_may_ask_for_nothing(spec: Spec) -> None:
    del spec["components"]["schemas"]["WebhookInput"]["properties"]["events"]["minItems"]


@editing("webhooks")
def a_webhook_may_not_call_by_http(spec: Spec) -> None:
    spec["components"]["schemas"]["WebhookInput"]["properties"]["url"]["pattern"] = r"^[Hh][Tt][Tt][Pp][Ss]://[^\u0000]+$"


@editing("webhooks")
def a_webhook_may_ask_for_one_event_only(spec: Spec) -> None:
    spec["components"]["schemas"]["WebhookInput"]["properties"]["events"]["maxItems"] = 1


@editing("webhooks", "errors")
def a_webhook_may_ask_for_one_event_twice(spec: Spec) -> None:
    del spec["components"]["schemas"]["WebhookInput"]["properties"]["events"]["uniqueItems"]


@editing("webhooks")
def a_webhook_may_not_ask_for_payments(spec: Spec) -> None:
    spec["components"]["schemas"]["WebhookInput"]["properties"]["events"]["items"]["enum"] = ["invoice.created"]


@intercepting("webhooks", "state")
def a_webhook_gets_every_event() -> Interceptor:
    return objects(lambda one: one.update(events=["invoice.created", "payment.received"]), "registerWebhook")
