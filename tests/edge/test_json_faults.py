"""A body that is no JSON is told by the fault's usual name, and by where it stands."""

import pytest

from tests.asgi import Sandbox

BEGIN = b'{"account": "One",\n '
FAULTS: dict[str, tuple[bytes, str]] = {
    "a byte order mark": (b'\xef\xbb\xbf{"account": "One"}', "it begins with a byte order mark (BOM)"),
    "UTF-16": ('{"account": "One"}'.encode("utf-16"), "it is in UTF-16; send it in UTF-8"),
    "UTF-16 without a mark": ('{"account": "One"}'.encode("utf-16-be"), "it is in UTF-16; send it in UTF-8"),
    "UTF-32": ('{"account": "One"}'.encode("utf-32-le"), "it is in UTF-32; send it in UTF-8"),
    "Latin-1": (b'{"account": "Zo\xeb"}', "it is not UTF-8 at line 1, column 16"),
    "gzip": (b"\x1f\x8b\x08\x00", "it is compressed by gzip"),
    "a trailing comma in an object": (b'{"account": "One",}', "a trailing comma at line 1, column 18; leave it out"),
    "a trailing comma on a line of its own": (b'{\n  "account": "One"\n  ,\n}', "a trailing comma at line 3, column 3"),
    "a trailing comma in a list": (BEGIN + b'"city": [1, 2,]}', "a trailing comma at line 2, column 15"),
    "two commas": (b'{"account": "One",, "city": "Rome"}', "a comma too many at line 1, column 19"),
    "a comment behind a value": (BEGIN + b'"city": "Rome" // old\n}', "a comment at line 2, column 17; JSON has none"),
    "a comment before all": (b'/* new */ {"account": "One"}', "a comment at line 1, column 1; JSON has none"),
    "a comment of a shell": (b'{\n# new\n"account": "One"}', "a comment at line 2, column 1; JSON has none"),
    "a comment after the end": (b'{"account": "One"} // new', "a comment at line 1, column 20; JSON has none"),
    "single quotes around a name": (b"{'account': 'One'}", "single quotes at line 1, column 2; names and texts stand in double quotes"),
    "single quotes around a text": (b"{\"account\": 'One'}", "single quotes at line 1, column 13; names and texts stand in double quotes"),
    "typographic quotes": ("{“account”: “One”}".encode(), "typographic quotes at line 1, column 2"),
    "a name without quotes": (b'{account: "One"}', "a name without quotes at line 1, column 2; names stand in double quotes"),
    "a text without quotes": (b'{"account": One}', "a word that JSON does not know at line 1, column 13"),
    "Python's true": (b'{"account": True}', "a word that JSON does not know at line 1, column 13; it knows true, false and null"),
    "NaN": (BEGIN + b'"city": NaN}', "NaN at line 2, column 10; JSON has no such number"),
    "Infinity": (b'{"account": Infinity}', "Infinity at line 1, column 13; JSON has no such number"),
    "minus Infinity": (b'{"account": -Infinity}', "-Infinity at line 1, column 13; JSON has no such number"),
    "a comma missing": (b'{"account": "One" "city": "Rome"}', "a comma is missing at line 1, column 19"),
    "a comma missing in a list": (b'{"account": [1 2]}', "a comma is missing at line 1, column 16; a comma or ']' must stand there"),
    "a colon missing": (b'{"account" "One"}', "a colon is missing at line 1, column 12"),
    "a value missing": (b'{"account": }', "no value where one must stand at line 1, column 13"),
    "an object cut off": (b'{"account": "One"', "it ends too early at line 1, column 18: an object is not closed"),
    "a text cut off": (b'{"account": "On', "it ends too early at line 1, column 16: a text is not closed"),
    "a list cut off": (b'{"account": [1', "it ends too early at line 1, column 15: a list is not closed"),
    "a value cut off": (b'{"account":', "it ends too early at line 1, column 12: a value is missing"),
    "the wrong bracket": (b'{"account": "One"]', "']' where '}' must stand at line 1, column 18"),
    "a form": (b"account=One&city=Rome", "it is form-encoded (name=value); send JSON"),
    "a multipart form": (b'--b\r\nContent-Disposition: form-data; name="account"\r\n\r\nOne\r\n--b--', "it is a multipart form; send JSON"),
    "XML": (b"<account>One</account>", "it looks like XML or HTML; send JSON"),
    "YAML": (b"account: One\n", "it looks like YAML; send JSON"),
    "an object as JavaScript writes it": (b"[object Object]", "send what JSON.stringify makes of it"),
    "percent-encoding": (b"%7B%22account%22%3A%22One%22%7D", "it is percent-encoded"),
    "a name twice": (b'{"account": "One",\n "account": "Two"}', "the name 'account' stands twice in one object, at line 2, column 2"),
    "two documents": (b'{"account": "One"}\n{"account": "Two"}', "a second document at line 2, column 1; send one alone"),
    "something after the end": (b'{"account": "One"} x', "something after its end at line 1, column 20"),
    "a line break in a text": (b'{"account": "One\nTwo"}', "a line break inside a text at line 1, column 17; write it as \\n"),
    "a tab in a text": (b'{"account": "One\tTwo"}', "a tab inside a text at line 1, column 17; write it as \\t"),
    "an escape that is none": (b'{"account": "C:\\x"}', "an escape that stands for no character at line 1, column 16"),
    "half a character": (b'{"account": "\\ud800"}', "an escape that stands for no character at line 1, column 14"),
    "a leading nought": (b'{"account": 007}', "a number with a leading 0 at line 1, column 13"),
    "a plus sign": (b'{"account": +1}', "a number with a plus sign at line 1, column 13"),
    "hexadecimal": (b'{"account": 0x1F}', "a number that is not decimal at line 1, column 13"),
    "a point without a digit": (b'{"account": 1.}', "a number that JSON does not know at line 1, column 13"),
    "a digit missing before a point": (b'{"account": .5}', "a number that JSON does not know at line 1, column 13"),
    "a number beyond all": (b'{"account": 1e99999999999999999999}', "a number is out of range"),
    "lists without end": (b"[" * 5_000, "lists and objects that nest too deep at line 1"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_syntax_is_named_with_its_place(sandbox: Sandbox, body: bytes, sentence: str) -> None:
    reply = sandbox.post("/customers", body=body)
    assert reply.status == 400
    assert [*reply.errors] == ["body"]
    assert reply.errors["body"].startswith("Body is not JSON: ")
    assert sentence in reply.errors["body"]
    assert sandbox.get("/customers").data == []


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
def test_an_empty_body_is_told_as_one(sandbox: Sandbox, body: bytes) -> None:
    assert sandbox.post("/customers", body=body).errors == {"body": "Body is required; send it as JSON"}


def test_columns_count_characters_and_not_bytes(sandbox: Sandbox) -> None:
    assert "line 1, column 17" in sandbox.post("/customers", body='{"account": "東京",}'.encode()).errors["body"]
