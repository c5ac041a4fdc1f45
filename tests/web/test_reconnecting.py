"""The server, Redis or the network go under an open board: it says so, and misses nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from playwright.async_api import Locator, Page, Route, expect

from tests.faults.conftest import OwnRedis, own_redis
from tests.first_light.api import ACKNOWLEDGE, Api
from tests.first_light.process import Server, serving
from tests.web.board import live, somebody
from tests.web.conftest import PATIENCE_MS, OpenPage, sign_in
from tests.web.network import network

__all__ = ["own_redis"]

HANGS_AFTER_MS = 22_000
"""A little more than web/src/live/phase.ts has, as STALE_AFTER_MS is."""
STALE_AFTER_MS = 32_000
SLOW_MS = 4_000
"""As in web/src/live/mirror.ts."""
READ_WITHIN_MS = 5_000
WORKS_WITHIN_MS = 15_000
"""As in web/src/api/deadline.ts."""


def alarm(page: Page, value: str) -> Locator:
    """An open critical result on its patient's card."""
    beds = page.get_by_role("list", name="Beds")
    return beds.get_by_role("button", name=f"Potassium {value} mmol/L")


def status(page: Page) -> Locator:
    return page.get_by_role("banner").locator("[data-phase]")


async def clocked(open_page: OpenPage, at: str = "", **more: int) -> Page:
    """A board whose clock the test may put forward; marked, so that a reload would show."""
    page = await open_page(f"{at}/", **more)
    await page.clock.install()
    await page.goto(f"{at}/wards/MED1")
    await sign_in(page, "nurse")
    await live(page)
    await page.evaluate("window.stillTheSamePage = true")
    return page


@asynccontextmanager
async def unanswered(page: Page, operation: str) -> AsyncIterator[None]:
    """As over connections that are gone: what the page asks now never comes."""
    held = True

    async def hold(route: Route) -> None:
        if held and operation in (route.request.post_data or ""):
            return
        await route.continue_()

    await page.route("**/graphql", hold)
    yield
    held = False


async def test_what_happened_while_the_server_was_away_is_shown(
    server: Server, api: Api, open_page: OpenPage, tmp_path: Path
) -> None:
    settings = server.settings
    patient, nurse, integrator = await somebody(api)
    closed_meanwhile = await integrator.raise_alarm(patient["id"], "7.1")
    pages = await asyncio.gather(clocked(open_page), clocked(open_page, width=390))
    for page in pages:
        await expect(alarm(page, "7.1")).to_have_count(1)

    await server.kill()
    for page in pages:
        await expect(status(page)).to_have_text(re.compile(r"Reconnecting since .*\d+:\d\d"))
        await expect(page.get_by_role("alert").get_by_text("Not live since")).to_be_visible()
        assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
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
    for page in pages:
        await expect(alarm(page, "7.1")).to_have_count(1)
        await page.clock.fast_forward(STALE_AFTER_MS)
        await expect(status(page)).to_have_text(re.compile(r"Stale since .*\d+:\d\d"))
        await expect(page.get_by_role("alert").get_by_text("Not live since")).to_be_visible()
        assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")

    await server.start_again()
    integrator.client = api.client
    for page in pages:
        # As the wait for the next attempt may be long by now.
        await page.evaluate("window.dispatchEvent(new Event('online'))")
        await live(page)
        await expect(page.get_by_text("Not live since")).to_have_count(0)
        await expect(alarm(page, "7.2")).to_have_count(1)
        await expect(alarm(page, "7.1")).to_have_count(0)
    await integrator.raise_alarm(patient["id"], "7.6")
    for page in pages:
        await expect(alarm(page, "7.6")).to_have_count(1)
        assert await page.evaluate("window.stillTheSamePage") is True


async def test_a_laptop_that_has_slept_misses_nothing(
    server: Server, api: Api, open_page: OpenPage
) -> None:
    """Its connections are gone, and nobody has told it so."""
    patient, nurse, integrator = await somebody(api)
    closed_meanwhile = await integrator.raise_alarm(patient["id"], "7.11")
    async with network(server) as way:
        page = await clocked(open_page, way.url)
        await expect(alarm(page, "7.11")).to_have_count(1)

        way.fail()
        await integrator.raise_alarm(patient["id"], "7.12")
        await nurse.run(ACKNOWLEDGE, input={"criticalResultId": closed_meanwhile, "readBack": 7.11})
        await expect(status(page)).to_have_text(re.compile("Live"))
        await page.clock.fast_forward(HANGS_AFTER_MS)
        await expect(status(page)).to_have_text(re.compile(r"Reconnecting since .*\d+:\d\d"))
        await page.clock.fast_forward(STALE_AFTER_MS)
        await expect(status(page)).to_have_text(re.compile(r"Stale since .*\d+:\d\d"))
        await expect(alarm(page, "7.11")).to_have_count(1)

        way.mend()
        await page.clock.fast_forward(HANGS_AFTER_MS)
        await live(page)
        await expect(alarm(page, "7.12")).to_have_count(1)
        await expect(alarm(page, "7.11")).to_have_count(0)
        assert await page.evaluate("window.stillTheSamePage") is True


async def test_a_page_of_an_older_build_begins_anew_once_and_says_what_has_failed(
    open_page: OpenPage,
) -> None:
    page = await open_page("/", user="nurse")
    await expect(page.get_by_role("heading", name="Wards")).to_be_visible()
    begun = 0

    async def newer(route: Route) -> None:
        nonlocal begun
        if route.request.is_navigation_request():
            begun += 1
            await route.continue_()
            return
        # The page itself is as it was: only who looks is told of another.
        answer = await route.fetch()
        text = (await answer.text()).replace("/assets/", "/assets/newer-")
        await route.fulfill(response=answer, body=text)

    await page.route(
        re.compile(r"/assets/HelpPage-.*\.js"), lambda route: route.fulfill(status=404)
    )
    await page.route(re.compile(r"://[^/]+/(help)?$"), newer)
    await page.get_by_role("link", name="Help").click()
    alert = page.get_by_role("alert")
    await expect(alert.get_by_text("There is a newer version of this page")).to_be_visible()
    assert begun == 1

    nonsense = {"data": {"viewer": None, "wards": [None]}}
    await page.route(
        "**/graphql",
        lambda route: (
            route.fulfill(json=nonsense)
            if '"WardsOfViewer"' in (route.request.post_data or "")
            else route.continue_()
        ),
    )
    await page.get_by_role("link", name="Wardline").click()
    await expect(alert.get_by_text("This part of the page has failed")).to_be_visible()
    await live(page)
    await page.get_by_role("link", name="Find a patient").click()
    await expect(page.get_by_role("heading", name="Find a patient")).to_be_visible()


async def test_what_happens_without_redis_is_heard(
    demo_url: str, own_redis: OwnRedis, open_page: OpenPage, tmp_path: Path
) -> None:
    async with (
        serving(tmp_path, "serve", database_url=demo_url, redis_url=own_redis.url) as own,
        httpx.AsyncClient(base_url=own.url, timeout=10) as client,
    ):
        patient, _, integrator = await somebody(Api(client))
        page = await clocked(open_page, own.url)
        await own_redis.kill()
        await integrator.raise_alarm(patient["id"], "7.3")
        await expect(alarm(page, "7.3")).to_have_count(1)
        await own_redis.start()
        await integrator.raise_alarm(patient["id"], "7.4")
        await expect(alarm(page, "7.4")).to_have_count(1)
        await live(page)
        assert await page.evaluate("window.stillTheSamePage") is True

        async with unanswered(page, "OpenCriticalResults"):
            await page.reload()
            await live(page)
            await page.clock.fast_forward(SLOW_MS)
            await expect(page.get_by_role("alert").get_by_text("could not be read")).to_be_visible()
        await page.clock.fast_forward(READ_WITHIN_MS)
        # Its socket is heard, so the server may be slow: it is given time before it is asked anew.
        await page.clock.fast_forward(WORKS_WITHIN_MS - READ_WITHIN_MS)
        await expect(alarm(page, "7.4")).to_have_count(1)
        await expect(page.get_by_text("could not be read")).to_have_count(0)


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
    patient, _, integrator = await somebody(api)
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
