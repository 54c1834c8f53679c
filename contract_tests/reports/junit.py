"""The JUnit report, for continuous integration: a suite for each family, a case for each promise."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring  # it only writes

from contract_tests.judging.registry import FAMILIES

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(document: dict[str, Any]) -> bytes:
    """The XML of a report's document."""
    entries = document["promises"]
    root = Element("testsuites", {"name": "contract-tests", **_counts(entries), "time": f"{document['seconds']:.1f}"})
    for family in FAMILIES:
        members = [one for one in entries if one["family"] == family]
        if not members:
            continue
        seconds = sum(one["seconds"] for one in members)
        named = {"name": family, **_counts(members), "time": f"{seconds:.3f}", "timestamp": document["started"].rstrip("Z")}
        suite = SubElement(root, "testsuite", named)
        for one in members:
            _case(suite, one, document)
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _case(suite: Element, entry: dict[str, Any], document: dict[str, Any]) -> None:
    case = SubElement(suite, "testcase", classname=f"contract.{entry['family'].replace(' ', '-')}", name=entry["id"], time=f"{entry['seconds']:.3f}")
    if entry["verdict"] == "not-checked":
        kind = "error" if entry["id"] in document["suite_faults"] else "skipped"
        SubElement(case, kind, message=_clean(entry["reason"] or "not checked"))
    elif entry["verdict"] == "broken":
        proof = entry["evidence"][0]
        failure = SubElement(case, "failure", type="broken", message=_clean(f"expected {proof['expected']}; saw {proof['seen']}"))
        lines = [entry["sentence"], f"{entry['source']}: {entry['where']}", "", f"expected: {proof['expected']}", f"seen: {proof['seen']}"]
        failure.text = _clean("\n".join([*lines, *([proof["curl"]] if proof.get("curl") else [])]))


def _counts(entries: list[dict[str, Any]]) -> dict[str, str]:
    verdicts = [one["verdict"] for one in entries]
    return {"tests": str(len(verdicts)), "failures": str(verdicts.count("broken")), "skipped": str(verdicts.count("not-checked"))}


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)
