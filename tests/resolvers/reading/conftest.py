"""The hospital that a module's tests read."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest_asyncio

from models.rules.roles import Role
from resolvers.actors import Actor
from tests.resolvers.reading.hospital import Hospital, furnish


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hospital(pool: asyncpg.Pool[Any]) -> Hospital:
    """A hospital, beside another with the same ward codes and MRNs."""
    await furnish(pool)
    return await furnish(pool)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def admin(hospital: Hospital) -> Actor:
    return await hospital.user(Role.ADMIN)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def nurse(hospital: Hospital) -> Actor:
    """A nurse of MED1."""
    return await hospital.user(Role.NURSE, wards=["MED1"])
