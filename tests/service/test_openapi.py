"""The OpenAPI document says what is true: examples are taken, models fit what is answered."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema_rs
import pytest
from kit.asking import Asking, a_note
from kit.notes import photo

from moderation.note import Note
from moderation.service import examples
from moderation.service.state import Service

CAT = photo("chelsea")
METHODS = ("get", "post", "delete")


def operations(document: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Operation id → path, method, what is said of it."""
    return {
        row["operationId"]: (path, method, row)
        for path, methods in document["paths"].items()
        for method, row in methods.items()
    }


def fits(document: dict[str, Any], operation: str, response: httpx.Response) -> None:
    """The response is one that the document declares, in status and in shape."""
    _, _, row = operations(document)[operation]
    declared = row["responses"].get(str(response.status_code))
    assert declared is not None, f"{operation} does not declare {response.status_code}"
    kind = response.headers["content-type"].split(";")[0]
    schema = declared["content"][kind]["schema"]
    jsonschema_rs.validate(schema | {"components": document["components"]}, response.json())


@pytest.fixture
def document(ask: Asking) -> dict[str, Any]:
    return ask("GET", "/openapi.json").json()


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    """With a summary, its problems, and an example for every body."""
    assert document["openapi"].startswith("3.1")
    for name, (path, _, row) in operations(document).items():
        assert row["summary"], name
        if not path.startswith("/v1"):
            continue
        assert {"401", "403", "429", "503"} <= row["responses"].keys(), name
        assert not {"500", "504"} & row["responses"].keys()
        if "requestBody" in row:
            assert row["requestBody"]["content"]["application/json"]["examples"], name
        for parameter in row.get("parameters", ()):
            named = parameter.get("examples") or parameter["schema"].get("examples")
            assert named or parameter.get("description"), (name, parameter["name"])


def test_the_document_holds_together(document: dict[str, Any]) -> None:
    """Every reference leads somewhere, and nothing of the framework's own is promised."""
    text = json.dumps(document)
    assert "HTTPValidationError" not in text
    wanted = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert wanted <= document["components"]["schemas"].keys()


@pytest.mark.parametrize("name", examples.NOTES)
def test_the_examples_are_answered(ask: Asking, document: dict[str, Any], name: str) -> None:
    """As they stand there, and in the shape that is promised."""
    answer = ask.submit(examples.NOTES[name], X_Deadline_Ms="20000")  # models are still cold
    assert answer.status_code == 200, answer.text
    fits(document, "submit", answer)


def test_what_is_answered_has_the_promised_shape(
    ask: Asking, service: Service, document: dict[str, Any]
) -> None:
    """Verdicts with findings of every sort, holds, receipts, appeals, problems."""
    first = ask.submit(a_note(CAT, id="n1", author="ann", register="hold"))
    copy = ask.submit(
        a_note(CAT, id="n2", author="ben", text="绝对第一！加V：abc_2046") | {"lang": "zh"}
    )
    broken = ask.submit(a_note(id="n3") | {"images": [{"data": "AAAA"}]})
    for answer in (first, copy, broken, ask.submit(a_note() | {"id": 3})):
        fits(document, "submit", answer)
    assert copy.json()["findings"]
    for number in (1, 2):
        fits(document, "verdict", ask("GET", f"/v1/verdicts/v_{number}"))
        fits(document, "explanation", ask("GET", f"/v1/verdicts/v_{number}/explanation"))
    fits(document, "explanation", ask("GET", "/v1/verdicts/v_1/explanation?lang=fr"))
    fits(document, "explanation", ask("GET", "/v1/verdicts/v_9/explanation"))
    fits(document, "verdict", ask("GET", "/v1/verdicts/v_9"))
    fits(document, "commit", ask("POST", "/v1/notes/n1/revisions/1:commit"))
    fits(document, "abort", ask("POST", "/v1/notes/n1/revisions/1:abort"))
    batch = {"items": [*examples.BATCHES["two notes"]["items"], {}]}
    fits(document, "submit_batch", ask("POST", "/v1/verdicts:batch", json=batch))
    row = examples.APPEALS["own picture"]
    fits(document, "appeal", ask("POST", "/v1/appeals", json=row))
    row = row | {"verdict_id": copy.json()["verdict_id"], "author_id": "ben"}
    fits(document, "appeal", ask("POST", "/v1/appeals", json=row))
    row = examples.REPORTS["somebody else's"]
    for note_id in ("n1", "n9"):
        fits(document, "report", ask("POST", f"/v1/notes/{note_id}/reports", json=row))
    digest = service.tenants.main.gate.policy.digest
    fits(document, "policy", ask("GET", f"/v1/policies/{digest}"))
    fits(document, "forget_note", ask("DELETE", "/v1/notes/n1"))
    fits(document, "forget_author", ask("DELETE", "/v1/authors/ben"))
    fits(document, "readyz", ask("GET", "/readyz"))
    fits(document, "livez", ask("GET", "/livez"))


def test_half_a_surrogate_in_the_audit_is_told_as_its_escape(
    ask: Asking, service: Service, document: dict[str, Any]
) -> None:
    """A note that came by another door may quote one."""
    note = Note.from_json(
        {
            "id": "n1",
            "author": {"id": "ann"},
            "published_at": "2026-11-21T08:00:00Z",
            "text": "加V：abc_2046 \ud800",
            "tags": ["最低价\ud800！加微信 abc_2046"],
        }
    )
    service.tenants.main.gate.check(note)
    fits(document, "verdict", ask("GET", "/v1/verdicts/v_1"))
