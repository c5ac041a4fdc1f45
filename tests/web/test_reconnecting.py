"""The server goes under an open board and comes back: the board says so, and misses nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from playwright.async_api import Page, expect

from tests.first_light.api import ACKNOWLEDGE, Api
from tests.first_light.process import Server, serving
from tests.web.board import item, live, somebody
from tests.web.conftest import PATIENCE_MS, OpenPage


async def test_what_happened_while_the_server_was_away_is_shown(
    server: Server, api: Api, open_page: OpenPage, tmp_path: Path
) -> None:
    settings = server.settings
    patient, nurse, integrator = await somebody(api, 3)
    closed_meanwhile = await integrator.raise_alarm(patient["id"], "7.1")
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    await expect(item(page, patient, "7.1 mmol/L")).to_have_count(1)
    await page.evaluate("window.stillTheSamePage = true")

    await server.kill()
    await expect(page.locator("[data-phase]")).to_have_attribute("data-phase", "reconnecting")
    await expect(page.get_by_text("Not live since")).to_be_visible()
    async with (
        serving(
            tmp_path,
            "serve",
            database_url=settings["DATABASE_URL"],
            redis_url=settings["REDIS_URL"],
        ) as other,
        httpx.AsyncClient(base_url=other.url, timeout=10) as client,
    ):
        integrator.client = nurse.client = client
        await integrator.raise_alarm(patient["id"], "7.2")
        await nurse.run(ACKNOWLEDGE, input={"criticalResultId": closed_meanwhile, "readBack": 7.1})
    await expect(item(page, patient, "7.1 mmol/L")).to_have_count(1)

    await server.start_again()
    await live(page)
    await expect(page.get_by_text("Not live since")).to_have_count(0)
    await expect(item(page, patient, "7.2 mmol/L")).to_have_count(1)
    await expect(item(page, patient, "7.1 mmol/L")).to_have_count(0)
    integrator.client = api.client
    await integrator.raise_alarm(patient["id"], "7.6")
    await expect(item(page, patient, "7.6 mmol/L")).to_have_count(1)
    assert await page.evaluate("window.stillTheSamePage") is True


LISTEN = """
() => {
  const query = `subscription { criticalResults(ward: "MED1") {
    cursor resync events { kind criticalResult { labResult { value } } }
  } }`;
  const source = new EventSource("/graphql?" + new URLSearchParams({ query }));
  window.heard = { opened: 0, values: [], source };
  source.onopen = () => { window.heard.opened += 1; };
  source.addEventListener("next", ({ data, lastEventId }) => {
    const feed = JSON.parse(data).data.criticalResults;
    if (feed.cursor !== lastEventId || feed.resync) window.heard.values.push("lost");
    const raised = feed.events.filter(({ kind }) => kind === "RAISED");
    window.heard.values.push(...raised.map((event) => event.criticalResult.labResult.value));
  });
}
"""


async def true_on(page: Page, expression: str) -> None:
    """Wait until it is; the page's own policy lets nothing be evaluated in it again and again."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.02)


async def test_a_browsers_own_event_source_comes_back_to_where_it_was(
    server: Server, api: Api, open_page: OpenPage
) -> None:
    """With nothing but its cookie and what it remembers by itself."""
    patient, _, integrator = await somebody(api, 2)
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    await page.evaluate(LISTEN)
    await true_on(page, "heard.opened === 1")
    await integrator.raise_alarm(patient["id"], "7.1")
    await true_on(page, "heard.values.length === 1")

    await server.kill()
    await true_on(page, "heard.source.readyState === EventSource.CONNECTING")
    await server.start_again()
    await integrator.raise_alarm(patient["id"], "7.2")
    await true_on(page, "heard.values.length === 2")
    await integrator.raise_alarm(patient["id"], "7.3")
    await true_on(page, "heard.values.length === 3")
    assert await page.evaluate("heard.values.map(Number)") == [7.1, 7.2, 7.3]
    assert await page.evaluate("heard.opened") == 2
