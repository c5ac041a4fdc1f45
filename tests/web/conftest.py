"""A real Chromium before the built pages, and the demo hospital of first light behind them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from bench.board.browser import NAMES
from tests.first_light.api import SIGN_IN
from tests.first_light.hospital import api, built, demo_template, demo_url, server
from tests.first_light.process import Server

__all__ = ["api", "built", "demo_template", "demo_url", "server"]

PATIENCE_MS = 30_000
QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TOUR_SEEN = """
const kept = Storage.prototype.getItem;
Storage.prototype.getItem = function (key) {
  return key.startsWith("wardline.tour.") ? "seen" : kept.call(this, key);
};
"""
"""As on a machine where the viewer has signed in before: no tour lies over the page."""
OpenPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(built: Path) -> AsyncIterator[Browser]:
    """The machine's Chromium; the test is skipped where there is none."""
    async with async_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = next(filter(None, map(shutil.which, NAMES)), str(own) if own.is_file() else None)
        if found is None:
            pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
        expect.set_options(timeout=PATIENCE_MS)
        opened = await playwright.chromium.launch(executable_path=found, args=QUIETLY)
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, server: Server) -> AsyncIterator[OpenPage]:
    """`await open_page("/wards/MED1", user="nurse")` is a page of a browser profile of its own.

    A whole address is a server other than the module's. `tour` is the tour that a first sign-in
    shows. At the end no page may have thrown, nor asked any other machine for anything.
    """
    contexts, faults = [], []

    async def opening(
        path: str = "/", *, user: str | None = None, width: int = 1280, tour: bool = False
    ) -> Page:
        context = await browser.new_context(
            base_url=server.url, viewport={"width": width, "height": 844}
        )
        context.set_default_timeout(PATIENCE_MS)
        if not tour:
            await context.add_init_script(TOUR_SEEN)
        contexts.append(context)
        page = await context.new_page()
        asked = urlsplit(path)
        served = f"{asked.scheme}://{asked.netloc}" if asked.netloc else server.url
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((served, "data:", "blob:"))
                else faults.append(request.url)
            ),
        )
        if user is not None:
            await let_in(context, served, user)
        await page.goto(path)
        return page

    yield opening
    for context in contexts:
        await context.close()
    assert faults == []


async def let_in(context: BrowserContext, server: str, user: str) -> None:
    """Sign in beside the page, which saves it a way round by the form: the cookie is the same."""
    named = {"username": user, "password": "wardline"}
    answer = await context.request.post(
        f"{server}/graphql",
        data={"query": SIGN_IN, "variables": named},
        headers={"X-Wardline-Client": "web", "Origin": server},
    )
    assert "errors" not in await answer.json(), await answer.text()


async def sign_in(page: Page, user: str, password: str = "wardline") -> None:
    """Fill the form that is on the page."""
    await page.get_by_label("Username").fill(user)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()
