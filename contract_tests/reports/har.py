"""The run as an HTTP archive (HAR 1.2), for a browser's network panel."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from contract_tests.http.exchange import REDACTED, Exchange, variable
from contract_tests.reports.redaction import Redaction


def har(exchanges: Iterable[Exchange], base_url: str, started: datetime, redaction: Redaction, version: str | None) -> str:
    """The archive. The moments in it are the start of the run and what the answers took, one after the other."""
    entries: list[dict[str, Any]] = []
    moment = started
    for one in exchanges:
        seconds = one.got.seconds
        entries.append(_entry(one, base_url, moment, seconds))
        moment += timedelta(seconds=seconds)
    log = {"version": "1.2", "creator": {"name": "contract-tests", "version": version or "unknown"}, "entries": entries}
    return json.dumps(redaction.value({"log": log}), ensure_ascii=False, indent=1)


def _entry(exchange: Exchange, base_url: str, moment: datetime, seconds: float) -> dict[str, Any]:
    request, answer = exchange.request, exchange.got
    headers = [*request.headers]
    if request.key is not None and not request.key_in_query:
        headers.append(("authorization", f"Bearer {REDACTED}{variable(request.key)}"))
    sent: dict[str, Any] = {
        "method": request.method,
        "url": base_url + request.target,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "queryString": _pairs(request.query),
        "headersSize": -1,
        "bodySize": len(request.body or b""),
    }
    if request.body is not None:
        media = next((value for name, value in request.headers if name.lower() == "content-type"), "application/json")
        sent["postData"] = {"mimeType": media, "text": request.body.decode("utf-8", "replace")}
    milliseconds = round(seconds * 1000, 3)
    return {
        "startedDateTime": moment.isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": sent,
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": f"{exchange.source}: {exchange.promise or 'preparation'}" + (f"; {exchange.failure}" if answer.status == 0 else ""),
    }


def _response(exchange: Exchange) -> Mapping[str, Any]:
    answer = exchange.got
    return {
        "status": answer.status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(answer.headers),
        "content": {
            "size": len(answer.body),
            "mimeType": answer.header("content-type") or "",
            "text": answer.body.decode("utf-8", "replace"),
        },
        "redirectURL": answer.header("location") or "",
        "headersSize": -1,
        "bodySize": len(answer.body),
    }


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
