"""The API as a program calls it: JSON over HTTP, and nothing of ours imported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

SIGN_IN = """mutation ($username: String!, $password: String!) {
  signIn(input: { username: $username, password: $password }) { token expiresAt }
}"""

WARD = """query ($code: String!) {
  ward(code: $code) {
    id code
    beds {
      id code status
      reservedFor { id }
      admission { id patient { id mrn givenName familyName } }
    }
  }
}"""

RECORD = """mutation ($input: RecordLabResultsInput!) {
  recordLabResults(input: $input) {
    outcomes { index outcome code message labResult { id interpretation criticalResult { id } } }
  }
}"""

ACKNOWLEDGE = """mutation ($input: AcknowledgeCriticalResultInput!) {
  acknowledgeCriticalResult(input: $input) { criticalResult { id status readBack acknowledgedBy } }
}"""

RECORD_VITALS = """mutation ($input: RecordVitalsInput!) {
  recordVitals(input: $input) { vitals { id heartRate } }
}"""


@dataclass
class Person:
    """Somebody who has signed in."""

    client: httpx.AsyncClient
    token: str

    async def post(self, query: str, **variables: Any) -> dict[str, Any]:
        """The answer as it came."""
        response = await self.client.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {self.token}"},
        )
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def run(self, query: str, **variables: Any) -> Any:
        """The data of an operation that nothing is refused in."""
        answer = await self.post(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def refused(self, query: str, **variables: Any) -> dict[str, Any]:
        """The extensions of the one error."""
        (error,) = (await self.post(query, **variables))["errors"]
        extensions: dict[str, Any] = error["extensions"]
        return extensions

    async def beds(self, ward: str) -> list[dict[str, Any]]:
        found = (await self.run(WARD, code=ward))["ward"]
        assert found is not None, f"{ward} is not to be seen"
        beds: list[dict[str, Any]] = found["beds"]
        return beds

    async def patients(self, ward: str) -> list[dict[str, Any]]:
        """Who lies in the ward's beds: `{id, mrn, givenName, familyName}`."""
        stays = [bed["admission"] for bed in await self.beds(ward)]
        return [stay["patient"] for stay in stays if stay is not None]

    async def record_potassium(
        self, patient: str, value: str, number: str | None = None
    ) -> dict[str, Any]:
        """What became of one potassium (LOINC 2823-3), in mmol/L."""
        result = potassium(patient, value, number)
        (outcome,) = (await self.run(RECORD, input={"results": [result]}))["recordLabResults"][
            "outcomes"
        ]
        assert outcome["outcome"] != "REJECTED", outcome
        found: dict[str, Any] = outcome
        return found

    async def raise_alarm(self, patient: str, value: str = "6.9") -> str:
        """Record a potassium that opens a critical result; the id of that."""
        outcome = await self.record_potassium(patient, value)
        assert outcome["labResult"]["interpretation"] == "CRITICAL_HIGH", outcome
        alarm: str = outcome["labResult"]["criticalResult"]["id"]
        return alarm

    async def record_pulse(self, patient: str, rate: int) -> str:
        """Record a heart rate; the id of the set of vital signs."""
        vitals = {"patientId": patient, "recordedAt": ago(0), "heartRate": rate}
        set_id: str = (await self.run(RECORD_VITALS, input=vitals))["recordVitals"]["vitals"]["id"]
        return set_id

    async def register(self, family_name: str) -> str:
        """A new patient's id."""
        data = await self.run(
            """mutation ($input: RegisterPatientInput!) {
              registerPatient(input: $input) { patient { id } }
            }""",
            input={
                "mrn": f"E2E-{uuid4().hex[:12]}",
                "givenName": "Ada",
                "familyName": family_name,
                "sex": "FEMALE",
            },
        )
        patient: str = data["registerPatient"]["patient"]["id"]
        return patient


@dataclass
class Api:
    """A server's address, before anybody has signed in."""

    client: httpx.AsyncClient

    async def sign_in(self, username: str, password: str = "wardline") -> Person:
        answer = await self.client.post(
            "/graphql",
            json={"query": SIGN_IN, "variables": {"username": username, "password": password}},
        )
        body = answer.json()
        assert "errors" not in body, body
        return Person(self.client, body["data"]["signIn"]["token"])


def potassium(patient: str, value: str, number: str | None = None) -> dict[str, Any]:
    """A LabResultInput."""
    return {
        "patientId": patient,
        "code": "2823-3",
        "display": "Potassium",
        "value": value,
        "unit": "mmol/L",
        "observedAt": ago(60),
        "externalId": number or uuid4().hex,
    }


def ago(seconds: float) -> str:
    """A moment of the past, as DateTime takes it."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
