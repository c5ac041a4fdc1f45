"""What is asked: the feed of a ward, 50 ways to ask for it, and the mutation that makes an event.

Every system is sent these very documents.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

FEED = "criticalResults"
OPERATION_ID = "1"

_OPTIONAL = (
    "occurredAt",
    "kind",
    "criticalResult { status raisedAt }",
    "criticalResult { escalationLevel rule }",
    "criticalResult { patient { id mrn givenName familyName birthDate sex } }",
    "criticalResult { labResult { code display value unit interpretation observedAt } }",
)
MOST_DOCUMENTS = 2 ** len(_OPTIONAL)

RECORD = """mutation Record($input: RecordLabResultsInput!) {
  recordLabResults(input: $input) { outcomes { outcome labResult { id } } }
}"""


def documents(many: int) -> list[str]:
    """So many different ones; the first asks for everything. Each asks for the id of the result,
    by which an event is known again."""
    if many > MOST_DOCUMENTS:
        raise ValueError(f"there are {MOST_DOCUMENTS} documents")
    return [_document(MOST_DOCUMENTS - 1 - number) for number in range(many)]


def _document(chosen: int) -> str:
    fields = " ".join(each for bit, each in enumerate(_OPTIONAL) if chosen >> bit & 1)
    return (
        f"subscription Critical($ward: String!) {{ {FEED}(ward: $ward) {{ cursor live resync"
        f" events {{ cursor criticalResult {{ id labResult {{ id }} }} {fields} }} }} }}"
    )


def subscribe(document: str, ward: str) -> bytes:
    """The message that subscribes."""
    payload = {"query": document, "variables": {"ward": ward}}
    return orjson.dumps({"id": OPERATION_ID, "type": "subscribe", "payload": payload})


def body(patients: list[UUID]) -> bytes:
    """The request that records a critical potassium for each, in one transaction: an event each."""
    observed_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    results = [
        {
            "patientId": f"pat_{patient}",
            "code": "2823-3",
            "display": "Potassium [Moles/volume] in Serum or Plasma",
            "value": "6.9",
            "unit": "mmol/L",
            # Not the same result twice.
            "observedAt": (observed_at - timedelta(seconds=number)).isoformat(),
        }
        for number, patient in enumerate(patients)
    ]
    return orjson.dumps({"query": RECORD, "variables": {"input": {"results": results}}})
