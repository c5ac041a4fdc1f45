"""The four workloads: their documents, who sends them, and the bodies that are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

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
    """One kind of request."""

    name: str
    title: str
    document: str
    user: str
    writes: bool = False


Variables = dict[str, Any]

BOARD = Workload("W1", "ward board", W1, "nurse")
CHART = Workload("W2", "chart", W2, "nurse")
FIND = Workload("W3", "page of patients", W3, "clerk")
RECORD = Workload("W4", "record a result", W4, "lab", writes=True)
WORKLOADS = (BOARD, CHART, FIND, RECORD)


def variables(workload: Workload, hospital: Hospital) -> list[Variables]:
    """What a measurement sends, over and over; of W3 the first pages, before the cursors of their
    answers are known."""
    if workload is BOARD:
        return [{"code": code} for code in hospital.wards]
    if workload is CHART:
        return [{"id": f"pat_{patient}"} for patient in hospital.charts]
    if workload is FIND:
        return [_page(prefix, None) for prefix in hospital.prefixes]
    observed_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    return [_record(patient, observed_at) for patient in hospital.recorded]


def second_pages(hospital: Hospital, cursors: list[str]) -> list[Variables]:
    """W3 as it is measured: what follows the first pages."""
    pages = zip(hospital.prefixes, cursors, strict=True)
    return [_page(prefix, cursor) for prefix, cursor in pages]


def _page(prefix: str, cursor: str | None) -> Variables:
    return {"search": prefix, "first": PAGE, "after": cursor}


def _record(patient: UUID, observed_at: datetime) -> Variables:
    """A potassium that is critical: of all results, those leave an event."""
    result = {
        "patientId": f"pat_{patient}",
        "code": "2823-3",
        "display": "Potassium [Moles/volume] in Serum or Plasma",
        "value": "6.9",
        "unit": "mmol/L",
        "observedAt": observed_at.isoformat(),
    }
    return {"input": {"results": [result]}}
