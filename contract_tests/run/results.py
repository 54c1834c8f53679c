"""The result of a run as one JSON document: the content of report.json, from which all other reports are rendered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from contract_tests.http.exchange import SHOWN, Exchange
from contract_tests.judging.registry import Promise
from contract_tests.judging.verdicts import Fault, Outcome, Verdict, verdict_of
from contract_tests.package_versions import version_of
from contract_tests.reports.baseline import compare
from contract_tests.reports.coverage import coverage
from contract_tests.reports.document import Document
from contract_tests.reports.redaction import Redaction
from contract_tests.run.session import Session
from openapi.decisions import load_decisions
from openapi.wording import counted, was_or_were

FORMAT = 1
PROOFS = 5
"""So many proofs of a promise are shown, the shortest first."""
_BEFORE = 6


def document_of(session: Session) -> Document:
    """The document of a run, without any key."""
    run, options, target = session.runner, session.options, session.target
    entries = [_promise(one, run.outcomes.get(one.id), session) for one in session.selected]
    readings = dict(sorted(run.context.readings.items()))
    decisions = load_decisions()
    document: Document = {
        "format": FORMAT,
        "suite": {"version": version_of("business-suite-sandbox"), "schemathesis": version_of("schemathesis")},
        "target": {
            "url": target.base_url,
            "spec": target.contract.file,
            "keys": sorted(target.keys),
            "control": run.context.control is not None,
        },
        "started": session.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": round(session.seconds, 1),
        "options": {
            "seed": options.seed,
            "max_examples": options.max_examples,
            "budget": session.ceiling,
            "strict": options.strict,
            "safe": options.safe,
            "only": list(options.only),
            "skip": list(options.skip),
        },
        "verdict": str(verdict_of(run.outcomes)),
        "interrupted": session.interrupted,
        "counts": {str(verdict): sum(1 for one in entries if one["verdict"] == verdict) for verdict in Verdict},
        "requests": _requests(session),
        "dialect": {name: code for name, code in readings.items() if code != decisions[name].reading.code},
        "readings": readings,
        "promises": entries,
        "coverage": coverage(target.contract, target.exchanges),
        "objects": {"deleted": session.leftovers.deleted, "left": session.leftovers.left},
        "suite_faults": session.faults,
    }
    document["hints"] = list(_hints(document))
    if options.baseline is not None:
        compared = compare(document, options.baseline)
        newly = {id: sorted(places) for id, places in sorted(compared.newly.items())}
        document["baseline"] = {"newly_broken": newly, "mended": sorted(compared.mended)}
    redacted: Document = Redaction(target.keys.values()).value(document)
    return redacted


def _hints(document: Document) -> Iterator[str]:
    """What explains many broken promises at once."""
    operations = document["coverage"]["operations"]
    refused = next((len(one["broken_on"]) for one in document["promises"] if one["id"] == "administrator-may"), 0)
    if refused >= max(2, len(operations) // 4):
        where = counted(refused, "operation")
        yield f"The key of --api-key is refused with 403 on {where}: it is no administrator's, and much of what is broken comes of that."
    throttled = sum(one["statuses"].get("429", 0) for one in operations.values())
    if throttled > document["requests"]["sent"] // 10:
        yield f"{counted(throttled, 'request')} {was_or_were(throttled)} answered with 429: the target's rate limit was in the way."


def _promise(promise: Promise, outcome: Outcome | None, session: Session) -> Document:
    if outcome is None:
        outcome = Outcome(Verdict.NOT_CHECKED, "the run ended before it")
    base = session.target.base_url
    return {
        "id": promise.id,
        "sentence": promise.sentence,
        "family": promise.family,
        "source": promise.source,
        "where": promise.where,
        "verdict": str(outcome.verdict),
        "reason": outcome.reason,
        "checked": sorted(outcome.checked),
        "broken_on": sorted({one.operation or "" for one in outcome.faults}),
        "reading": outcome.reading,
        "checks": outcome.checks,
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 3),
        "unable": dict(sorted(outcome.unable.items())),
        "proofs": len(outcome.faults),
        "evidence": [_proof(one, base) for one in outcome.evidence[:PROOFS]],
    }


def _proof(fault: Fault, base_url: str) -> Document:
    before = list(fault.before)[-_BEFORE:]
    return {
        "expected": fault.expected,
        "seen": fault.seen,
        "operation": fault.operation,
        **(_NOTHING if fault.exchange is None else _shown(fault.exchange, base_url)),
        "before": [_shown(one, base_url) for one in before],
    }


_NOTHING: Document = {"request": None, "answer": None, "failure": None, "curl": None}


def _shown(exchange: Exchange, base_url: str) -> Document:
    request, answer = exchange.request, exchange.answer
    return {
        "request": {
            "number": exchange.number,
            "promise": exchange.promise,
            "source": exchange.source,
            "method": request.method,
            "target": request.target,
            "headers": [list(pair) for pair in request.headers],
            "key": request.key,
            "body": None if request.body is None else _text(request.body),
        },
        "answer": None
        if answer is None
        else {"status": answer.status, "headers": [list(pair) for pair in answer.headers], "body": _text(answer.body)},
        "failure": exchange.failure,
        "curl": exchange.curl(base_url),
    }


def _text(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(body)} bytes)"


def _requests(session: Session) -> Document:
    sources = Counter(one.source for one in session.target.exchanges)
    return {"sent": session.target.sent, "directed": sources["probe"], "schemathesis": sources["schemathesis"]}
