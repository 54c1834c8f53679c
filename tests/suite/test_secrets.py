"""The promises on secrets are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import as_value, body_of, heads, is_one, objects, with_header, with_json
from tests.saboteurs.saboteur import Forward
from tests.suite.broken_promises import promises_broken_by, requests_of_three_runs


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("secrets")) < 20


def test_a_password_in_the_answer_to_its_create_is_found() -> None:
    def echo(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value = as_value(answer)
        if answer.status == 201 and is_one(request, ["createUser"]):
            return with_json(answer, {**value, "data": {**value["data"], "password": body_of(request)["password"]}})
        return answer

    assert promises_broken_by("secrets", between=echo) == {"password-hidden", "secrets-stay"}


def test_a_password_that_a_list_shows_as_stars_is_found() -> None:
    stars = objects(lambda one: one.update(password="********"), "listUsers")
    assert promises_broken_by("secrets", between=stars) == {"password-hidden"}


def test_a_password_in_a_refusal_is_found() -> None:
    def tell(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value = as_value(answer)
        if answer.status == 400 and is_one(request, ["createUser"]):
            return with_json(answer, {**value, "message": f"{body_of(request).get('password')} and so on is refused"})
        return answer

    assert promises_broken_by("secrets", between=tell) == {"password-in-errors", "secrets-stay"}


def test_the_digest_of_a_password_is_found() -> None:
    digest = objects(lambda one: one.update(note="$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"), "listUsers")
    assert promises_broken_by("secrets", between=digest) == {"secrets-stay"}


def test_a_secret_of_another_form_is_found() -> None:
    assert "webhook-secret" in promises_broken_by("secrets", between=objects(lambda one: one.update(secret=f"secret-{one['id']}"), "registerWebhook"))


def test_one_secret_for_all_webhooks_is_found() -> None:
    same = objects(lambda one: one.update(secret="whsec_C2FtcGxlU2VjcmV0Rm9yVGhlRG9jdW1lbnRz"), "registerWebhook")
    assert "webhook-secret" in promises_broken_by("secrets", between=same)


def test_a_secret_that_is_told_again_is_found() -> None:
    seen: list[Any] = []

    def tell(request: Request, answer: Answer) -> Answer:
        if is_one(request, ["registerWebhook"]) and answer.status == 201:
            seen.append(as_value(answer)["data"]["secret"])
        elif seen:
            return with_header(answer, "x-debug", seen[0])
        return answer

    assert "secrets-stay" in promises_broken_by("secrets", between=heads(tell))


def test_an_api_key_in_an_answer_is_found() -> None:
    def tell(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return with_header(answer, "x-key", key or "")

    assert promises_broken_by("secrets", between=tell) == {"keys-stay"}
