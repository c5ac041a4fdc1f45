"""ETag and 304 of the board, as a browser or a proxy of one meets them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.etags import etag, held
from models.events import BedReleased
from models.rules.roles import Role
from resolvers import event_log
from resolvers.transaction import transaction
from tests.app.serving import PASSWORD, account, client, running
from tests.resolvers.reading.hospital import Hospital, furnish

BOARD = """query Board($ward: String!) {
  ward(code: $ward) {
    name beds { status admission { patient { familyName latestVitals { heartRate } } } }
  }
  criticalResults(ward: $ward, status: [OPEN]) { totalCount nodes { rule } }
}"""
SIGN_IN = (
    "mutation ($u: String!, $p: String!) { signIn(input: { username: $u, password: $p })"
    " { token } }"
)
RECORD = (
    'mutation ($p: ID!) { recordAllergy(input: { patientId: $p, substance: "latex",'
    " criticality: LOW }) { allergy { id } } }"
)
LONG_FROM_NOW = datetime.now(UTC) + timedelta(days=1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(database_url: str, redis_url: str) -> AsyncIterator[Starlette]:
    async with running(database_url=database_url, redis_url=redis_url) as app:
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hospital(pool: asyncpg.Pool[Any]) -> Hospital:
    return await furnish(pool)


async def signed_in(
    app: Starlette, hospital: Hospital, role: Role, *wards: str
) -> httpx.AsyncClient:
    """A program with the token of a new user."""
    username = await account(hospital, role, wards=wards)
    found = client(app)
    body = {"query": SIGN_IN, "variables": {"u": username, "p": PASSWORD}}
    token = (await found.post("/graphql", json=body)).json()["data"]["signIn"]["token"]
    found.headers["authorization"] = f"Bearer {token}"
    return found


async def get(
    caller: httpx.AsyncClient, tag: str | None = None, query: str = BOARD, **variables: Any
) -> httpx.Response:
    variables = variables or {"ward": "MED1"}
    params = {"query": query, "variables": json.dumps(variables)}
    return await caller.get(
        "/graphql", params=params, headers={} if tag is None else {"if-none-match": tag}
    )


async def test_what_the_client_holds_is_not_sent_again(app: Starlette, hospital: Hospital) -> None:
    nurse = await signed_in(app, hospital, Role.NURSE, "MED1")
    first = await get(nurse)
    tag = first.headers["etag"]
    assert first.status_code == 200
    assert tag.startswith('W/"')
    assert first.headers["cache-control"] == "private, no-cache"
    audited = await _audited(hospital, nurse)
    for given in (tag, tag.removeprefix("W/"), f'"other", {tag}'):
        again = await get(nurse, given)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == "private, no-cache"
        assert again.headers["x-request-id"]
        assert "Cookie" in again.headers["vary"]
    assert await _audited(hospital, nurse) == audited, "nothing was told anew"
    for given in ('"other"', "*", "", tag.replace('"', "")):
        whole = await get(nurse, given)
        assert whole.status_code == 200
        assert whole.json() == first.json()


async def _audited(hospital: Hospital, caller: httpx.AsyncClient) -> int:
    found: int = await hospital.pool.fetchval("SELECT count(*) FROM audit_entries")
    return found


async def test_a_write_on_the_ward_gives_it_another_tag(app: Starlette, hospital: Hospital) -> None:
    nurse = await signed_in(app, hospital, Role.NURSE, "MED1")
    before = (await get(nurse)).headers["etag"]
    icu = await signed_in(app, hospital, Role.NURSE, "ICU")
    await icu.post("/graphql", json={"query": RECORD, "variables": {"p": hospital.patient("Ben")}})
    assert (await get(nurse, before)).status_code == 304, "what is written elsewhere does not"
    await nurse.post(
        "/graphql", json={"query": RECORD, "variables": {"p": hospital.patient("Ada")}}
    )
    after = await get(nurse, before)
    assert after.status_code == 200
    assert after.headers["etag"] != before


async def test_the_tag_is_that_of_one_user_with_these_rights(
    app: Starlette, hospital: Hospital
) -> None:
    one = await signed_in(app, hospital, Role.NURSE, "MED1")
    other = await signed_in(app, hospital, Role.NURSE, "MED1")
    tag = (await get(one)).headers["etag"]
    assert (await get(other, tag)).status_code == 200
    username = (await get(one, None, "{ viewer { username } }")).json()["data"]["viewer"]
    await hospital.pool.execute(
        "INSERT INTO ward_memberships (user_id, ward_id)"
        " SELECT id, $2 FROM users WHERE username = $1",
        username["username"],
        hospital.wards["SURG1"],
    )
    moved = await get(one, tag)
    assert moved.status_code == 200
    assert moved.headers.get("etag") != tag


async def test_a_session_that_has_ended_holds_nothing(app: Starlette, hospital: Hospital) -> None:
    nurse = await signed_in(app, hospital, Role.NURSE, "MED1")
    tag = (await get(nurse)).headers["etag"]
    await nurse.post("/graphql", json={"query": "mutation { signOut { signedOut } }"})
    refused = await get(nurse, tag)
    assert refused.status_code == 200
    assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "etag" not in refused.headers


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ viewer { username } }", {}),
        ("{ wards { code } }", {}),
        ('{ ward(code: "MED1") { code } viewer { id } }', {}),
        ('{ ward(code: "MED1") { code } __schema { queryType { name } } }', {}),
        ('{ criticalResults(ward: "MED1") { totalCount } }', {}),
        ("{ criticalResults(status: [OPEN]) { totalCount } }", {}),
        ('{ ward(code: "ICU") { code } }', {}),
        ('{ ward(code: "none") { code } }', {}),
        ('{ ward(code: "MED1") { beds { ward { occupancy { beds } } } } }', {}),
        ('{ ward(code: "MED1") { beds { admission { stays { bed { status } } } } } }', {}),
        ('{ ward(code: "MED1") { beds { admission { patient { careTeam { name } } } } } }', {}),
        ('{ ward(code: "MED1") { beds { status } nothing } }', {}),
    ],
)
async def test_what_hangs_on_more_than_the_ward_has_none(
    app: Starlette, hospital: Hospital, query: str, variables: dict[str, Any]
) -> None:
    """Nor has a ward that one does not see: its tag would tell of what is written there."""
    nurse = await signed_in(app, hospital, Role.NURSE, "MED1")
    response = await get(nurse, None, query, **variables)
    assert "etag" not in response.headers
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("role", [Role.CLERK, Role.AUDITOR, Role.INTEGRATOR, Role.PATIENT])
async def test_who_does_not_read_charts_gets_none(
    app: Starlette, hospital: Hospital, role: Role
) -> None:
    caller = await signed_in(app, hospital, role)
    assert "etag" not in (await get(caller)).headers


async def test_a_post_has_none(app: Starlette, hospital: Hospital) -> None:
    nurse = await signed_in(app, hospital, Role.NURSE, "MED1")
    body = {"query": BOARD, "variables": {"ward": "MED1"}}
    response = await nurse.post("/graphql", json=body)
    assert "etag" not in response.headers
    assert response.headers["cache-control"] == "no-store"


def test_tags_are_compared_weakly() -> None:
    assert etag("abc") == b'W/"abc"'
    for header in (b'W/"abc"', b'"abc"', b'"x", W/"abc"', b'W/"x",W/"abc"'):
        assert held(header, "abc")
    for header in (None, b"", b"*", b"abc", b'"abcd"', b'W/"ab"', b'"a", "bc"'):
        assert not held(header, "abc")


async def test_no_trimming_of_the_log_brings_an_old_tag_back(
    app: Starlette, hospital: Hospital
) -> None:
    """A log that is empty again says nothing of what was written since it was empty before."""
    nurse = await signed_in(app, hospital, Role.NURSE, "MED1")
    body = {"query": RECORD, "variables": {"p": hospital.patient("Ada")}}
    tags = []
    for _ in range(3):
        while await event_log.trim(hospital.pool, hospital.id, before=LONG_FROM_NOW):
            pass
        board = await get(nurse)
        tags.append(board.headers["etag"])
        # What is trimmed away changes no answer, so what is held may be held on to.
        assert (await get(nurse, tags[-1])).status_code == 304
        for tag in tags[:-1]:
            assert (await get(nurse, tag)).status_code == 200, "written since, and trimmed"
        await nurse.post("/graphql", json=body)
        assert (await get(nurse, tags[-1])).status_code == 200
    assert len(set(tags)) == 3


async def test_trimming_changes_no_tag_while_the_log_still_tells_of_all(
    app: Starlette, hospital: Hospital
) -> None:
    nurse = await signed_in(app, hospital, Role.NURSE, "MED1")
    for now in (datetime.now(UTC), LONG_FROM_NOW):
        async with transaction(hospital.pool, hospital.id, now) as tx:
            tx.chart(*(chart.patient for chart in hospital.charts.values()))
            for ward in hospital.wards.values():
                tx.record(BedReleased(subject_id=ward, ward_id=ward, patient_id=None))
    tag = (await get(nurse)).headers["etag"]
    assert await event_log.trim(hospital.pool, hospital.id, before=LONG_FROM_NOW)
    assert (await get(nurse, tag)).status_code == 304
