"""Two processes on one database: what is done at one holds at the other, at once."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from tests.first_light.api import RECORD, RECORD_VITALS, Api, Person, ago, potassium
from tests.first_light.process import Server, serving
from tests.first_light.stays import ADMIT, a_bed
from tests.patience import until

BOARD = """query Board($ward: String!) {
  ward(code: $ward) {
    name beds { status admission { patient { familyName latestVitals { heartRate } } } }
  }
  criticalResults(ward: $ward, status: [OPEN]) { totalCount nodes { rule } }
}"""
OPEN = """query ($ward: String!) {
  criticalResults(ward: $ward, status: [OPEN], first: 500) { nodes { id } }
}"""
SIGN_OUT = "mutation { signOut { signedOut } }"
TWINS = 8


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def two(
    server: Server, demo_url: str, redis_url: str, tmp_path_factory: Any
) -> AsyncIterator[tuple[Api, Api]]:
    """The module's server and another one: processes with nothing in common but the URLs."""
    folder: Path = tmp_path_factory.mktemp("other")
    async with (
        serving(folder, "serve", database_url=demo_url, redis_url=redis_url) as other,
        httpx.AsyncClient(base_url=server.url, timeout=20) as here,
        httpx.AsyncClient(base_url=other.url, timeout=20) as there,
    ):
        yield Api(here), Api(there)


def at(person: Person, api: Api) -> Person:
    """The same session at another server."""
    return Person(api.client, person.token)


async def test_a_session_ends_everywhere_at_once(two: tuple[Api, Api]) -> None:
    here, there = two
    nurse = await here.sign_in("nurse")
    elsewhere = at(nurse, there)
    patient = (await elsewhere.patients("MED1"))[0]["id"]  # there it is known now, and remembered
    await nurse.run(SIGN_OUT)
    answer = await elsewhere.post(BOARD, ward="MED1")
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    vitals = {"patientId": patient, "recordedAt": ago(5), "heartRate": 72}
    answer = await elsewhere.post(RECORD_VITALS, input=vitals)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_the_same_request_at_both_is_done_once(two: tuple[Api, Api]) -> None:
    here, there = two
    integrator = await here.sign_in("integrator")
    patient = (await (await here.sign_in("nurse")).patients("MED1"))[1]["id"]
    given = {"results": [potassium(patient, "6.9")], "idempotencyKey": f"twins-{uuid4()}"}
    answers = await asyncio.gather(
        *(at(integrator, two[number % 2]).run(RECORD, input=given) for number in range(TWINS))
    )
    made = {answer["recordLabResults"]["outcomes"][0]["labResult"]["id"] for answer in answers}
    assert len(made) == 1
    alarms = {
        answer["recordLabResults"]["outcomes"][0]["labResult"]["criticalResult"]["id"]
        for answer in answers
    }
    assert len(alarms) == 1
    assert there is two[1]


async def test_a_tag_of_one_is_that_of_the_other(two: tuple[Api, Api]) -> None:
    here, there = two
    nurse = await here.sign_in("nurse")
    patient = (await nurse.patients("MED1"))[0]["id"]

    async def board(api: Api, tag: str = "") -> httpx.Response:
        headers = {"authorization": f"Bearer {nurse.token}", "if-none-match": tag}
        asked = {"query": BOARD, "variables": json.dumps({"ward": "MED1"})}
        return await api.client.get("/graphql", params=asked, headers=headers)

    async def same() -> bool:
        tag = (await board(here)).headers["etag"]
        again = await board(there, tag)
        return (again.headers["etag"], again.status_code) == (tag, 304)

    # Between the two the clock may chart who was told of an alert.
    await until(same)
    tag = (await board(here)).headers["etag"]

    vitals = {"patientId": patient, "recordedAt": ago(1), "heartRate": 143}
    await nurse.run(RECORD_VITALS, input=vitals)
    changed = await board(there, tag)
    assert changed.status_code == 200
    assert b"143" in changed.content


async def test_what_one_remembers_of_a_patient_the_other_may_change(two: tuple[Api, Api]) -> None:
    here, there = two
    clerk, integrator = await here.sign_in("clerk"), await here.sign_in("integrator")
    new = await clerk.register("Neumann")
    elsewhere = at(integrator, there)
    await elsewhere.raise_alarm(new)  # there it is known now that the patient lies nowhere
    bed = await a_bed(clerk, "MED1")
    await clerk.run(ADMIT, input={"patientId": new, "bedId": bed})
    alarm = await elsewhere.raise_alarm(new)
    doctor = await here.sign_in("doctor")
    found = (await doctor.run(OPEN, ward="MED1"))["criticalResults"]["nodes"]
    assert alarm in {one["id"] for one in found}


async def test_a_document_that_one_has_registered_the_other_finds(two: tuple[Api, Api]) -> None:
    here, there = two
    nurse = await here.sign_in("nurse")
    text = f"query Q{uuid4().hex} {{ viewer {{ username }} }}"
    extensions = {
        "persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}
    }
    headers = {"authorization": f"Bearer {nurse.token}"}
    asked = {"query": text, "extensions": extensions}
    assert (await here.client.post("/graphql", json=asked, headers=headers)).json()["data"]
    found = await there.client.post("/graphql", json={"extensions": extensions}, headers=headers)
    assert found.json()["data"] == {"viewer": {"username": "nurse"}}
