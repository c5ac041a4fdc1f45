"""A patient's way through a ward, faults included: the log of events, Redis and what the processes
write hold ids of it and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.conftest import Addresses
from tests.faults.conftest import OwnRedis
from tests.first_light.api import ACKNOWLEDGE, RECORD, SIGN_IN, Api, Person, ago, potassium
from tests.first_light.process import serving
from tests.first_light.station import BEDS, CRITICAL, VITALS, station

PATIENT = {
    "mrn": "ZZ-4711-QX",
    "givenName": "Xanthippe",
    "familyName": "Quagmeyer",
    "sex": "FEMALE",
    "birthDate": "1931-03-17",
    "phone": "+49 555 0188274",
    "email": "x.q@example.invalid",
    "address": "Wintergasse 913",
    "nationalId": "NID-88-20117",
}
FINDINGS = {
    "potassium": "6.9731",
    "read back wrongly": "5.1284",
    "weight": "71.3917",
    "substance": "zanzibarium",
    "reaction": "blisters of the palate",
    "drug": "fludrocortane",
    "reason": "vertigo after a fall",
    "glass": "collapsed in the corridor",
}
SECRETS = {"password": "Zebra-Crossing-77"}
WARD = "SURG1"
REGISTER = """mutation ($input: RegisterPatientInput!) {
  registerPatient(input: $input) { patient { id } }
}"""
ADMIT = """mutation ($input: AdmitPatientInput!) {
  admitPatient(input: $input) { admission { id } }
}"""
ALLERGY = """mutation ($input: RecordAllergyInput!) {
  recordAllergy(input: $input) { allergy { id substance reaction } }
}"""
WEIGHT = """mutation ($input: RecordVitalsInput!) {
  recordVitals(input: $input) { vitals { id weightKg } }
}"""
ORDER = """mutation ($input: OrderMedicationInput!) {
  orderMedication(input: $input) { medication { id drug } }
}"""
GLASS = """mutation ($input: BreakGlassInput!) {
  breakGlass(input: $input) { emergencyAccess { id reason } }
}"""
FIND = """query ($name: String!) {
  patients(search: $name) { nodes { givenName familyName mrn birthDate } }
}"""
CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
EVENTS = "SELECT event::text FROM events AS event ORDER BY id"


@asynccontextmanager
async def overheard(redis: OwnRedis) -> AsyncIterator[bytearray]:
    """Every command that Redis is given, as it tells them."""
    heard = bytearray()
    reader, writer = await asyncio.open_connection("127.0.0.1", redis.port)
    writer.write(b"MONITOR\r\n")
    assert await reader.readline() == b"+OK\r\n"

    async def listen() -> None:
        while piece := await reader.read(1 << 16):
            heard.extend(piece)

    listening = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        writer.close()
        await listening


async def test_nothing_of_a_patient_is_anywhere_but_in_the_chart(
    demo_url: str, own_redis: OwnRedis, addresses: Addresses, tmp_path: Path
) -> None:
    async with (
        overheard(own_redis) as commands,
        serving(
            tmp_path,
            "serve",
            database_url=demo_url,
            redis_url=own_redis.url,
            WARDLINE_LOG_LEVEL="debug",
        ) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20) as client,
    ):
        api = Api(client)
        people = {
            name: await api.sign_in(name)
            for name in ("clerk", "nurse", "doctor", "integrator", "charge")
        }
        nurse = people["nurse"]
        async with station(server.sockets, nurse.token) as board:
            feeds = [await board.feed(one, ward=WARD) for one in (CRITICAL, BEDS, VITALS)]
            ids = await stay(people)
            alarm = await raise_alarm(people, ids["patient"])
            kinds = await feeds[0].kinds_of(alarm, "ACKNOWLEDGED")
            assert kinds[0] == "RAISED"
            assert "READ_BACK_REFUSED" in kinds
            await feeds[1].until(1)
            await feeds[2].until(1)
        await refusals(client, people)
        await cut_off(demo_url, people, ids["patient"])
        assert await server.interrupt() == 0
    connection = await asyncpg.connect(demo_url)
    try:
        logged = [row["event"] for row in await connection.fetch(EVENTS)]
    finally:
        await connection.close()
    written = {
        "events": "\n".join(logged),
        "Redis": commands.decode(errors="replace"),
        "the server's log": server.said,
    }
    if addresses.embedded is not None:
        written["PostgreSQL's log"] = addresses.embedded.postgres.log_file.read_text()
    # That there was something to look at.
    assert ids["patient"].partition("_")[2] in written["events"]
    assert "PUBLISH" in written["Redis"]
    assert len(server.said.splitlines()) > 5
    words = {*PATIENT.values(), *FINDINGS.values(), *SECRETS.values()} - {"FEMALE"}
    words |= {person.token for person in people.values()}
    for where, text in written.items():
        found = {word for word in words if word.lower() in text.lower()}
        assert found == set(), f"{where} holds what is of the chart"


async def stay(people: dict[str, Person]) -> dict[str, str]:
    """Registered, admitted to a bed of the ward, with a chart."""
    clerk, nurse, doctor = people["clerk"], people["nurse"], people["doctor"]
    patient = (await clerk.run(REGISTER, input=PATIENT))["registerPatient"]["patient"]["id"]
    # Before there is a relation, the glass has to be broken.
    glass = {"patientId": patient, "reason": FINDINGS["glass"]}
    await nurse.run(GLASS, input=glass)
    free = [bed["id"] for bed in await nurse.beds(WARD) if bed["status"] == "UNOCCUPIED"]
    for bed in free:  # some are kept for others
        admission = {"patientId": patient, "bedId": bed, "reason": FINDINGS["reason"]}
        if "errors" not in await clerk.post(ADMIT, input=admission):
            break
    else:
        raise AssertionError("no bed is free")
    allergy = {"patientId": patient, "criticality": "HIGH"}
    allergy |= {"substance": FINDINGS["substance"], "reaction": FINDINGS["reaction"]}
    await nurse.run(ALLERGY, input=allergy)
    vitals = {"patientId": patient, "recordedAt": ago(0), "weightKg": FINDINGS["weight"]}
    await nurse.run(WEIGHT, input=vitals)
    order = {"patientId": patient, "drug": FINDINGS["drug"], "overrideReason": "agreed"}
    await doctor.run(ORDER, input=order)
    return {"patient": patient, "bed": bed}


async def raise_alarm(people: dict[str, Person], patient: str) -> str:
    """A critical result that is read back wrongly, and then rightly."""
    result = potassium(patient, FINDINGS["potassium"])
    data = await people["integrator"].run(RECORD, input={"results": [result]})
    alarm: str = data["recordLabResults"]["outcomes"][0]["labResult"]["criticalResult"]["id"]
    wrong = {"criticalResultId": alarm, "readBack": FINDINGS["read back wrongly"]}
    assert "errors" in await people["nurse"].post(ACKNOWLEDGE, input=wrong)
    await people["nurse"].run(ACKNOWLEDGE, input=wrong | {"readBack": FINDINGS["potassium"]})
    return alarm


async def refusals(client: httpx.AsyncClient, people: dict[str, Person]) -> None:
    """What is asked in every way that says a name, and what is refused with one in it."""
    nurse, clerk = people["nurse"], people["clerk"]
    name, token = PATIENT["familyName"], {"authorization": f"Bearer {nurse.token}"}
    variables = json.dumps({"name": name})
    asked = await client.get(
        "/graphql", params={"query": FIND, "variables": variables}, headers=token
    )
    assert name in asked.text
    digest = hashlib.sha256(FIND.encode()).hexdigest()
    persisted: dict[str, Any] = {
        "query": FIND,
        "variables": {"name": name},
        "extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}},
    }
    assert name in (await client.post("/graphql", json=persisted, headers=token)).text
    assert "errors" in await clerk.post(REGISTER, input=PATIENT), "the number is taken"
    for wrong in ({"birthDate": name}, {"sex": name}, {name: name}, {"phone": name * 500}):
        assert "errors" in await clerk.post(REGISTER, input=PATIENT | wrong)
    for text in (f'{{ patients(search: "{name}" }}', f'{{ {name}(x: "{name}") }}'):
        assert "errors" in await nurse.post(text)
    for body in (f'{{"query": "{name}', f'["{name}"]', f"{name}\0"):
        await client.post(
            "/graphql", content=body, headers=token | {"content-type": "application/json"}
        )
    await client.get(f"/{name}", params={"name": name})
    refused = {"username": "nurse", "password": SECRETS["password"]}
    assert (
        "errors"
        in (await client.post("/graphql", json={"query": SIGN_IN, "variables": refused})).json()
    )


async def cut_off(url: str, people: dict[str, Person], patient: str) -> None:
    """The database's connections are cut while somebody writes."""
    connection = await asyncpg.connect(url)
    stop = asyncio.Event()

    async def write() -> None:
        while not stop.is_set():
            vitals = {"patientId": patient, "recordedAt": ago(0), "weightKg": FINDINGS["weight"]}
            await people["nurse"].post(WEIGHT, input=vitals)

    try:
        writing = asyncio.gather(write(), write())
        for _ in range(5):
            await asyncio.sleep(0.1)
            await connection.execute(CUT_OFF)
        stop.set()
        await writing
    finally:
        await connection.close()
