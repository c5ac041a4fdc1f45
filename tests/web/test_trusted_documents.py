"""The board on a server that serves the board's own documents and no others."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.first_light.process import Server, serving
from tests.web.board import live
from tests.web.conftest import OpenPage, sign_in

OPERATIONS = Path(__file__).resolve().parents[2] / "web" / "src" / "operations"
MANIFEST = "trusted-documents.json"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(
    built: Path, demo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """In the place of the conftest's."""
    async with serving(
        tmp_path_factory.mktemp("server"),
        "serve",
        database_url=demo_url,
        redis_url=redis_url,
        WARDLINE_TRUSTED_DOCUMENTS=str(built / MANIFEST),
        WARDLINE_TRUSTED_DOCUMENTS_ONLY="on",
    ) as started:
        yield started


def test_the_manifest_has_every_operation_of_the_page(built: Path) -> None:
    named = re.compile(r"^(?:query|mutation|subscription) (\w+)", re.MULTILINE)
    written = {
        name for path in OPERATIONS.glob("*.graphql") for name in named.findall(path.read_text())
    }
    documents = json.loads((built / MANIFEST).read_text()).values()
    assert {name for text in documents for name in named.findall(text)} == written
    assert written


async def test_the_page_asks_for_nothing_else(server: Server, open_page: OpenPage) -> None:
    """It signs in, shows the board and hears its feeds, with trusted documents alone."""
    page = await open_page("/wards/MED1")
    await sign_in(page, "nurse")
    await live(page)
    await expect(page.locator("[data-bed]").first).to_be_visible()
    async with httpx.AsyncClient(base_url=server.url) as stranger:
        response = await stranger.post("/graphql", json={"query": "{ __typename }"})
    assert response.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


async def test_a_broken_manifest_ends_the_start(
    tmp_path: Path, demo_url: str, redis_url: str
) -> None:
    """In a line that names the document."""
    manifest = tmp_path / MANIFEST
    manifest.write_text(json.dumps({"board": "{ wards { colour } }"}))
    with pytest.raises(AssertionError, match="document board: Cannot query field 'colour'"):
        async with serving(
            tmp_path,
            "serve",
            database_url=demo_url,
            redis_url=redis_url,
            WARDLINE_TRUSTED_DOCUMENTS=str(manifest),
        ):
            pass
