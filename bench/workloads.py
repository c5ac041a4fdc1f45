"""The four workloads: their documents, who sends them, and the bodies that are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from bench.hospital import Hospital
from bench.sizes import PAGE

W1 = """query Board($code: String!) {
  ward(code: $code) { id code name beds { id code status admission {
    id status reason admittedAt
    patient {
      id mrn givenName familyName birthDate sex
      latestVitals {
        id recordedAt heartRate systolic diastolic respiratoryRate temperature oxygenSaturation
        onOxygen consciousness news2 { total risk missing }
      }
      labResults(first: 3, abnormal: true) {
        nodes { id code display value unit interpretation observedAt }
      }
      medications(status: [ACTIVE]) { nodes { id drug dose doseUnit } }
    }
  } } }
}"""

W2 = """query Chart($id: ID!) {
  patient(id: $id) {
    id mrn givenName familyName birthDate sex
    admissions(first: 10) { nodes { id status reason admittedAt dischargedAt } }
    vitals(first: 50) {
      nodes {
        id recordedAt heartRate systolic diastolic respiratoryRate temperature oxygenSaturation
        onOxygen consciousness news2 { total risk missing }
      }
      pageInfo { hasNextPage }
    }
    labResults(first: 50) {
      nodes {
        id code display value unit referenceLow referenceHigh interpretation status observedAt
      }
      pageInfo { hasNextPage }
    }
    medications(first: 20) {
      nodes { id drug dose doseUnit route frequency status orderedAt stoppedAt }
      pageInfo { hasNextPage }
    }
  }
}"""

W3 = """query Find($search: String!, $first: Int!, $after: String) {
  patients(search: $search, first: $first, after: $after) {
    nodes { id mrn givenName familyName birthDate sex phone email }
    pageInfo { hasNextPage endCursor }
  }
}"""

W4 = """mutation Record($input: RecordLabResultsInput!) {
  recordLabResults(input: $input) { outcomes {
    outcome
    labResult {
      id code value unit interpretation observedAt patient { id givenName familyName }
    }
  } }
}"""


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of request. `requests` are how many are sent at c=1 and at c=32."""

    name: str
    title: str
    document: str
    user: str
    writes: bool
    requests: dict[int, int]

    def body(self, **variables: Any) -> bytes:
        """A request body."""
        return orjson.dumps({"query": self.document, "variables": variables})


BOARD = Workload("W1", "ward board", W1, "nurse", False, {1: 300, 32: 900})
CHART = Workload("W2", "chart", W2, "nurse", False, {1: 600, 32: 2_000})
FIND = Workload("W3", "page of patients", W3, "clerk", False, {1: 800, 32: 3_000})
RECORD = Workload("W4", "record a result", W4, "lab", True, {1: 500, 32: 2_000})
WORKLOADS = (BOARD, CHART, FIND, RECORD)


def first_pages(hospital: Hospital) -> list[bytes]:
    """W3 without a cursor; their answers hold the cursors with which `bodies` goes on."""
    return [_page(prefix, None) for prefix in hospital.prefixes]


def bodies(workload: Workload, hospital: Hospital, cursors: list[str]) -> list[bytes]:
    """The bodies that a measurement sends, over and over."""
    if workload is BOARD:
        return [BOARD.body(code=code) for code in hospital.wards]
    if workload is CHART:
        return [CHART.body(id=f"pat_{patient}") for patient in hospital.charts]
    if workload is FIND:
        pages = zip(hospital.prefixes, cursors, strict=True)
        return [_page(prefix, cursor) for prefix, cursor in pages]
    observed_at = datetime.now(UTC) - timedelta(minutes=5)
    return [_record(patient, observed_at) for patient in hospital.recorded]


def _page(prefix: str, cursor: str | None) -> bytes:
    return FIND.body(search=prefix, first=PAGE, after=cursor)


def _record(patient: UUID, observed_at: datetime) -> bytes:
    """A potassium that is critical: of all results, those leave an event."""
    result = {
        "patientId": f"pat_{patient}",
        "code": "2823-3",
        "display": "Potassium [Moles/volume] in Serum or Plasma",
        "value": "6.9",
        "unit": "mmol/L",
        "observedAt": observed_at.isoformat(),
    }
    return RECORD.body(input={"results": [result]})
