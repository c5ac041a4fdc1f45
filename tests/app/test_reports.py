"""The report as CSV: the same figures, for the same people, and no formula for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.reports import EPISODE, FIGURES, PERIOD, written
from models.rules.roles import Role
from tests.app.serving import BASE, PASSWORD, account, client, running
from tests.resolvers.reading.hospital import Hospital, furnish

FIGURES_CSV, EPISODES_CSV = "/reports/critical-results.csv", "/reports/critical-result-episodes.csv"
OWN = {"sec-fetch-site": "same-origin"}
SIGN_IN = (
    "mutation ($u: String!, $p: String!) { signIn(input: { username: $u, password: $p })"
    " { token } }"
)
NAMED = f"{{ name {' '.join(FIGURES)} }}"
ASKED = f"""query ($from: DateTime!, $to: DateTime!) {{
  criticalResultReport(from: $from, to: $to) {{
    whole {NAMED} byWard {NAMED} byRule {NAMED}
  }}
}}"""
Bearers = dict[Role, dict[str, str]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(database_url: str, redis_url: str) -> AsyncIterator[Starlette]:
    async with running(database_url=database_url, redis_url=redis_url) as app:
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hospital(pool: asyncpg.Pool[Any]) -> Hospital:
    return await furnish(pool)


@pytest_asyncio.fixture
async def browser(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app) as found:
        yield found


def period(**more: str) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "from": (now - timedelta(days=1)).isoformat(),
        "to": (now + timedelta(days=1)).isoformat(),
        **more,
    }


async def token(browser: httpx.AsyncClient, hospital: Hospital, *roles: Role) -> str:
    """Sign in as somebody with these roles on MED1, as a page does: the cookie stays as well."""
    username = await account(hospital, *roles, wards=("MED1",))
    answer = await browser.post(
        "/graphql",
        json={"query": SIGN_IN, "variables": {"u": username, "p": PASSWORD}},
        headers={"origin": BASE},
    )
    found: str = answer.json()["data"]["signIn"]["token"]
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bearers(app: Starlette, hospital: Hospital) -> Bearers:
    """The headers of somebody of each role, on MED1."""
    found = {}
    for role in Role:
        async with client(app) as program:
            found[role] = {"authorization": f"Bearer {await token(program, hospital, role)}"}
    return found


def rows(response: httpx.Response) -> list[dict[str, str]]:
    """The table by its heading."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.text.endswith("\r\n")
    return [*csv.DictReader(io.StringIO(response.text))]


async def test_the_table_is_what_the_schema_answers(
    browser: httpx.AsyncClient, bearers: Bearers
) -> None:
    headers = bearers[Role.AUDITOR]
    asked = period()
    table = rows(await browser.get(FIGURES_CSV, params=asked, headers=headers))
    answer = await browser.post(
        "/graphql", json={"query": ASKED, "variables": asked}, headers=headers
    )
    report = answer.json()["data"]["criticalResultReport"]
    assert int(report["whole"]["episodes"]) > 5
    groups = {"whole": [report["whole"]], "byWard": report["byWard"], "byRule": report["byRule"]}
    for group, ones in groups.items():
        found = [row for row in table if row["group"] == group]
        for row, one in zip(found, ones, strict=True):
            told = {name: row[name] for name in ("name", *FIGURES)}
            assert told == {name: "" if v is None else str(v) for name, v in one.items()}
            assert {*PERIOD} <= row.keys()
    assert {row["escalated1"] for row in table} - {"0"}
    assert {row["group"] for row in table} == {"whole", "byKind", "byRule", "byWard", "byHour"}


async def test_the_episodes_are_those_that_were_counted_page_by_page(
    browser: httpx.AsyncClient, bearers: Bearers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.reports.MOST_EPISODES", 4)
    headers = bearers[Role.ADMIN]
    whole = rows(await browser.get(FIGURES_CSV, params=period(), headers=headers))[0]
    table = rows(await browser.get(EPISODES_CSV, params=period(), headers=headers))
    assert len(table) == int(whole["episodes"]) > 4
    assert [*table[0]] == [*EPISODE]
    assert sum(row["outcome"] == "OPEN" for row in table) == int(whole["open"])
    assert sum(int(row["repeated"]) for row in table) == int(whole["repeated"])
    assert len({(row["criticalResultId"], row["beganAt"]) for row in table}) == len(table)


async def test_a_bearer_asks_as_well_as_a_cookie_and_a_page_of_elsewhere_does_not(
    app: Starlette, browser: httpx.AsyncClient, hospital: Hospital
) -> None:
    bearer = await token(browser, hospital, Role.LAB)
    for headers, status in (
        (OWN, 200),
        ({"origin": BASE}, 200),
        ({"origin": "http://evil.example"}, 401),
        ({"sec-fetch-site": "cross-site"}, 401),
        ({}, 401),
    ):
        answer = await browser.get(FIGURES_CSV, params=period(), headers=headers)
        assert answer.status_code == status, headers
    async with client(app) as program:
        headers = {"authorization": f"Bearer {bearer}"}
        table = rows(await program.get(FIGURES_CSV, params=period(), headers=headers))
        assert table[0]["group"] == "whole"
        refused = await program.get(FIGURES_CSV, params=period())
        assert refused.status_code == 401
        assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("path", [FIGURES_CSV, EPISODES_CSV])
async def test_the_rights_are_those_of_the_schema(
    browser: httpx.AsyncClient, bearers: Bearers, role: Role, path: str
) -> None:
    """A charge nurse of MED1 has the table of MED1 alone."""
    headers = bearers[role]
    answer = await browser.get(path, params=period(), headers=headers)
    if role not in (Role.ADMIN, Role.LAB, Role.AUDITOR, Role.CHARGE_NURSE):
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        return
    found = {
        row["name"] if path == FIGURES_CSV else row["ward"]
        for row in rows(answer)
        if path == EPISODES_CSV or row["group"] == "byWard"
    }
    assert found == {"MED1"} if role is Role.CHARGE_NURSE else {"MED1", "ICU", ""} <= found
    elsewhere = await browser.get(path, params=period(ward="ICU"), headers=headers)
    assert elsewhere.status_code == (404 if role is Role.CHARGE_NURSE else 200)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2026-01-01T00:00:00Z"}, "to"),
        ({"from": "yesterday", "to": "2026-01-01T00:00:00Z"}, "from"),
        ({"from": "2026-01-01T00:00:00", "to": "2026-01-02T00:00:00Z"}, "from"),
        ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "to"),
        ({"from": "2024-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "to"),
    ],
)
async def test_what_cannot_be_asked(
    browser: httpx.AsyncClient, bearers: Bearers, asked: dict[str, str], field: str
) -> None:
    headers = bearers[Role.ADMIN]
    answer = await browser.get(FIGURES_CSV, params=asked, headers=headers)
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["field"] == field


@pytest.mark.parametrize("query", ["from=%ff", "from=a&from=b", "since=2026-01-01"])
async def test_addresses_that_say_nothing(browser: httpx.AsyncClient, query: str) -> None:
    answer = await browser.get(f"{FIGURES_CSV}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_no_other_method(browser: httpx.AsyncClient) -> None:
    assert (await browser.post(FIGURES_CSV, params=period())).status_code == 405


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
async def test_what_a_spreadsheet_would_compute_is_text(
    browser: httpx.AsyncClient, hospital: Hospital, bearers: Bearers, begins: str
) -> None:
    """Rules are words that a hospital writes."""
    formula = f'{begins}HYPERLINK("http://evil.example", "x")'
    await hospital.pool.execute(
        "UPDATE critical_result_steps SET rule = $1 WHERE hospital_id = $2", formula, hospital.id
    )
    headers = bearers[Role.ADMIN]
    table = rows(await browser.get(FIGURES_CSV, params=period(), headers=headers))
    assert f"'{formula}" in {row["name"] for row in table if row["group"] == "byRule"}
    assert not [value for row in table for value in row.values() if value[:1] == begins]


def test_numbers_stay_numbers() -> None:
    table = written([["-0.500", -3, None, True, 'a "b", c\nd', "-1 + 2"]])
    assert table == b'-0.500,-3,,true,"a ""b"", c\nd",\'-1 + 2\r\n'
