"""How much script a browser loads before the board stands, as the server sends it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from playwright.async_api import Request

from tests.first_light.process import Server
from tests.web.board import live
from tests.web.conftest import OpenPage

MOST = 200_000
"""Bytes, compressed. The alarm, its words and its sound are among them."""


async def test_the_board_stands_on_little_script(
    server: Server, open_page: OpenPage, record_property: Callable[[str, object], None]
) -> None:
    page = await open_page("/wards/MED1", user="nurse")
    await live(page)
    asked: set[str] = set()

    def count(request: Request) -> None:
        if request.resource_type == "script":
            asked.add(request.url)

    page.on("request", count)
    await page.reload()
    await live(page)
    await page.get_by_role("list", name="Beds").wait_for()
    page.remove_listener("request", count)
    assert asked
    sizes = {}
    async with httpx.AsyncClient() as client:
        # Without TLS a browser takes nothing better than gzip, except from its own machine.
        for coding in ("gzip", "br"):
            total = 0
            for url in asked:
                headers = {"accept-encoding": coding}
                response = await client.get(url, headers=headers)
                total += int(response.headers["content-length"])
            sizes[coding] = total
    record_property("script", sizes)
    assert max(sizes.values()) < MOST
