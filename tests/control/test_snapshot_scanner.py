"""A snapshot's file is looked at while it comes in: what would take long to decode is refused before its end is there."""

import json

import pytest

from sandbox.control import snapshot_scanner
from sandbox.control.snapshot_scanner import MOST_BYTES, MOST_DOCUMENTS, MOST_VALUES, SnapshotScanner
from sandbox.errors import Invalid
from sandbox.fair_scheduler import no_pause

DOCUMENTS = {
    "customers": [
        {"id": 1, "account": 'a "brace" } and ] , \\'},
        {"id": 2, "nested": {"list": [[1, {"deep": [{"er": "}"}]}], "é"]}},
        7,
        "text",
        [1, 2],
    ],
    "leads": [],
    "tickets": [{}],
}
FILE = json.dumps({"format": "x", "version": 1, "collections": DOCUMENTS, "counters": {"id/customers": 2}}, indent=1).encode()
BEGINNING = b'{"format":"business-suite-snapshot","version":1,"collections":{"customers":['


def scanned(*parts: bytes) -> tuple[bytes, dict[str, dict[int, bytes]]]:
    scanner = SnapshotScanner()
    for part in parts:
        scanner.feed(part, no_pause)
    return scanner.finish()


def test_documents_are_cut_out_as_they_stand_and_what_is_beside_them_stays() -> None:
    beside, documents = scanned(FILE)
    assert json.loads(beside) == {
        "format": "x", "version": 1, "collections": {"customers": [0, 0, 7, "text", 0], "leads": [], "tickets": [0]}, "counters": {"id/customers": 2},
    }  # fmt: skip
    assert {name: {place: json.loads(one) for place, one in found.items()} for name, found in documents.items()} == {
        "customers": {0: DOCUMENTS["customers"][0], 1: DOCUMENTS["customers"][1], 4: [1, 2]}, "leads": {}, "tickets": {0: {}},
    }  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_it_makes_no_difference_where_the_parts_of_a_body_end(size: int) -> None:
    whole = scanned(FILE)
    parts = [FILE[start : start + size] for start in range(0, len(FILE), size)]
    beside, documents = scanned(*parts)
    assert (json.loads(beside), documents) == (json.loads(whole[0]), whole[1])


ENDLESS: dict[str, tuple[bytes, bytes, str]] = {
    "a document of names": (BEGINNING + b"{", b'"name":1,', "collections.customers.0"),
    "a document with a list": (BEGINNING + b'{"items":[', b"1,", "collections.customers.0"),
    "a document with lists": (BEGINNING + b'{"items":[', b"[],", "collections.customers.0"),
    "a document with a long text": (BEGINNING + b'{"account":"', b"x" * 64, "collections.customers.0"),
    "a document with a long number": (BEGINNING + b'{"id":', b"9" * 64, "collections.customers.0"),
    "a document with nothing but space": (BEGINNING + b"{", b" " * 64, "collections.customers.0"),
    "a document of escapes": (BEGINNING + b'{"account":"', b"\\u0041" * 16, "collections.customers.0"),
    "a document that nests": (BEGINNING, b"[" * 64, "collections.customers.0"),
    "the third document": (BEGINNING + b"{},{},{", b'"name":1,', "collections.customers.2"),
    "collections": (b'{"collections":{', b'"name":[],', "body"),
    "collections that are none": (b'{"collections":{', b'"name":1,', "body"),
    "counters": (b'{"counters":{', b'"name":1,', "body"),
    "names outside": (b"{", b'"name":1,', "body"),
    "a list outside": (b"[", b"1,", "body"),
    "a name without end": (b'{"', b"x" * 64, "body"),
    "a text without end": (b'{"format":"', b"x" * 64, "body"),
    "a number without end": (b'{"version":', b"1" * 64, "body"),
    "a list of numbers": (BEGINNING, b"1,", "body"),
    "a list of texts": (BEGINNING, b'"%b",' % (b"x" * 500), "body"),
    "an object of objects": (b'{"collections":{"customers":{', b'"name":{},', "body"),
}


def feed(scanner: SnapshotScanner, portion: bytes, times: int) -> None:
    for _ in range(times):
        scanner.feed(portion, no_pause)


@pytest.mark.parametrize("what", ENDLESS)
def test_what_has_no_end_is_refused_while_it_comes_in(what: str) -> None:
    beginning, again, place = ENDLESS[what]
    portion = again * (256 * 1024 // len(again))
    scanner = SnapshotScanner()
    scanner.feed(beginning, no_pause)
    with pytest.raises(Invalid) as refusal:
        feed(scanner, portion, times=24)  # which is 6 MiB
    ((named, sentence),) = refusal.value.errors.items()
    assert named == place
    assert "more" in sentence
    assert len(sentence) < 200


def test_more_documents_than_are_taken_are_refused_while_they_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_scanner, "MOST_DOCUMENTS", 100)
    with pytest.raises(Invalid, match="Validation failed") as refusal:
        scanned(BEGINNING + b"{}," * 100)
    assert "100 documents" in refusal.value.errors["body"]
    assert MOST_DOCUMENTS >= 100_000


def test_a_document_may_be_a_mebibyte_long_and_no_longer() -> None:
    longest = b'{"account":"%b"}' % (b"x" * (MOST_BYTES - 14))
    assert len(longest) == MOST_BYTES
    assert scanned(BEGINNING + longest + b"]}}")[1]["customers"] == {0: longest}
    with pytest.raises(Invalid) as refusal:
        scanned(BEGINNING + longest.replace(b"x", b"xx", 1) + b"]}}")
    assert "more than 1048576 bytes" in refusal.value.errors["collections.customers.0"]


def test_a_document_may_hold_commas_in_its_texts_as_many_as_it_likes() -> None:
    document = b'{"account":"%b"}' % (b"," * (2 * MOST_VALUES))
    assert scanned(BEGINNING + document + b"]}}")[1]["customers"] == {0: document}


@pytest.mark.parametrize("raw", [b"", b"}", b"]]]]", b"nonsense", b'{"a":', b'{"collections":{"customers":[{]}}', b'{"collections":{1:[{}]}}', b'"'])
def test_what_is_no_json_is_left_to_who_decodes_it(raw: bytes) -> None:
    beside, _ = scanned(raw)
    with pytest.raises(ValueError, match=r"Expecting|Extra|Unterminated|property"):
        json.loads(beside)
