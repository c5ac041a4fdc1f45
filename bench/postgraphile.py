"""What PostGraphile is asked: the same rows by the names it gives them, and its answers in ours.

Declared differences: ids without their kind, times with microseconds, a list where Wardline has
`{nodes}`, `news2` in columns of its own; of W3 the page is read with one row more, from which the
client would know whether there is another page and where it begins.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bench.dialects import Dialect
from bench.workloads import BOARD, CHART, FIND, RECORD, Workload

VITALS = """
  rowId recordedAt heartRate systolic diastolic respiratoryRate temperature oxygenSaturation
  onOxygen consciousness news2Applies news2Total news2Risk news2Missing
"""
W1 = """query Board($hospital: UUID!, $code: String!) {
  ward: wardByHospitalIdAndCode(hospitalId: $hospital, code: $code) {
    rowId code name
    beds: bedsList(orderBy: [CODE_ASC, ROW_ID_ASC]) {
      rowId code status
      stays: bedStaysList(first: 1, condition: {current: true}) { admission {
        rowId status reason admittedAt
        patient {
          rowId mrn givenName familyName birthDate sex
          latestVitals: vitalSignsList(first: 1, orderBy: [RECORDED_AT_DESC, ROW_ID_DESC]) {
            %s
          }
          labResults: labResultsList(
            first: 3, condition: {newest: true, abnormal: true},
            orderBy: [OBSERVED_AT_DESC, ROW_ID_DESC]
          ) { rowId code display value unit interpretation observedAt }
          medications: medicationOrdersList(
            first: 50, condition: {active: true}, orderBy: [ORDERED_AT_DESC, ROW_ID_DESC]
          ) { rowId drug dose doseUnit }
        }
      } }
    }
  }
}"""
W2 = """query Chart($id: UUID!) {
  patient(rowId: $id) {
    rowId mrn givenName familyName birthDate sex
    admissions: admissionsList(first: 10, orderBy: [ADMITTED_AT_DESC, ROW_ID_DESC]) {
      rowId status reason admittedAt dischargedAt
    }
    vitals: vitalSigns(first: 50, orderBy: [RECORDED_AT_DESC, ROW_ID_DESC]) {
      nodes { %s }
      pageInfo { hasNextPage }
    }
    labResults(
      first: 50, condition: {newest: true}, orderBy: [OBSERVED_AT_DESC, ROW_ID_DESC]
    ) {
      nodes {
        rowId code display value unit referenceLow referenceHigh interpretation status observedAt
      }
      pageInfo { hasNextPage }
    }
    medications: medicationOrders(first: 20, orderBy: [ORDERED_AT_DESC, ROW_ID_DESC]) {
      nodes { rowId drug dose doseUnit route frequency status orderedAt stoppedAt }
      pageInfo { hasNextPage }
    }
  }
}"""
W3 = """query Find(
  $hospital: UUID!, $search: String!, $past: String!, $name: String!, $id: UUID!, $number: Int!
) {
  patients: peerPatientsFoundList(
    hospital: $hospital, search: $search, past: $past, nameAfter: $name, idAfter: $id,
    number: $number
  ) { rowId mrn givenName familyName birthDate sex phone email nameKey }
}"""
DOCUMENTS = {
    BOARD.name: W1 % VITALS,
    CHART.name: W2 % VITALS,
    FIND.name: W3,
    RECORD.name: RECORD.document,
}
FIRST = ("", "00000000-0000-0000-0000-000000000000")
KINDS = {
    "ward": "wrd", "beds": "bed", "admission": "adm", "admissions": "adm", "patient": "pat",
    "patients": "pat", "latestVitals": "vit", "vitals": "vit", "labResults": "lab",
    "medications": "med",
}  # fmt: skip
BARE_LISTS = {"admissions", "medications", "labResults"}
"""Lists where Wardline has a connection whose `pageInfo` is not asked for."""


@dataclass(frozen=True, slots=True)
class PostGraphile(Dialect):
    """`hospital_id`: PostGraphile has no session to know it from."""

    hospital_id: str = ""

    def body(self, workload: Workload, variables: Mapping[str, Any]) -> bytes:
        """The body of a request."""
        given = self._variables(workload, variables)
        return orjson.dumps({"query": DOCUMENTS[workload.name], "variables": given})

    def same(self, workload: Workload, answer: Any) -> Any:
        """The data of the answer, in the words of Wardline's schema."""
        data = answer["data"]
        if workload is RECORD:
            return data
        if workload is FIND:
            return {"patients": _page(data["patients"])}
        return _translated(data, "")

    def cursor(self, answer: Any) -> str:
        """Where the page of W3 ends."""
        cursor: str = _page(answer["data"]["patients"])["pageInfo"]["endCursor"]
        return cursor

    def _variables(self, workload: Workload, given: Mapping[str, Any]) -> dict[str, Any]:
        if workload is BOARD:
            return {"hospital": self.hospital_id, "code": given["code"]}
        if workload is CHART:
            return {"id": given["id"][4:]}
        if workload is RECORD:
            return dict(given)
        after = given["after"]
        name, row_id = FIRST if after is None else orjson.loads(base64.b64decode(after))
        search = given["search"]
        return {
            "hospital": self.hospital_id,
            "search": search,
            "past": search + "\U0010ffff",
            "name": name,
            "id": row_id,
            "number": given["first"] + 1,
        }


def _page(rows: list[Any]) -> dict[str, Any]:
    """A page of 50 and what it was read with, in the words of a connection."""
    shown = rows[:50]
    nodes = [_translated(row, "patients") for row in shown]
    for node in nodes:
        del node["nameKey"]
    ends = shown[-1]
    cursor = f'["{ends["nameKey"]}", "{ends["rowId"]}"]'
    page = {
        "hasNextPage": len(rows) > len(shown),
        "endCursor": base64.b64encode(cursor.encode()).decode(),
    }
    return {"nodes": nodes, "pageInfo": page}


def _translated(value: Any, name: str) -> Any:
    """One value; `name` is that of the field it was found under."""
    match value:
        case list() if name == "latestVitals":
            return _translated(value[0], name) if value else None
        case list() if name in BARE_LISTS:
            return {"nodes": [_translated(each, name) for each in value]}
        case list():
            return [_translated(each, name) for each in value]
        case {"nodes": nodes, "pageInfo": page}:
            return {"nodes": [_translated(each, name) for each in nodes], "pageInfo": page}
        case dict():
            return _object(value, name)
        case str() if name.endswith("At"):
            return _moment(value)
    return value


def _object(value: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, each in value.items():
        if name == "rowId":
            found["id"] = f"{KINDS[kind]}_{each}"
        elif name == "stays":
            found["admission"] = _translated(each[0]["admission"], "admission") if each else None
        elif name == "news2Applies":
            found["news2"] = {
                "total": value["news2Total"],
                "risk": value["news2Risk"],
                "missing": value["news2Missing"],
            }
            if not each:
                found["news2"] = None
        elif not name.startswith("news2"):
            found[name] = _translated(each, name)
    return found


def _moment(text: str) -> str:
    """Without the zeros that end a fraction of a second."""
    date, _, offset = text.partition("+")
    whole, _, fraction = date.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}{'.' if fraction else ''}{fraction}+{offset}"
