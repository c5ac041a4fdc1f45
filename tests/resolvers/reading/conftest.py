"""The hospital that a module's tests read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import asyncpg
import pytest_asyncio

from models.rules.roles import Role
from resolvers.actors import Actor
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.limits import DEFAULT_LIMITS
from schema.execution import Engine
from tests.resolvers.reading.hospital import Hospital, furnish


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hospital(pool: asyncpg.Pool[Any]) -> Hospital:
    """A hospital, beside another with the same ward codes and MRNs."""
    await furnish(pool)
    return await furnish(pool)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(hospital: Hospital) -> Hospital:
    """The same hospital with the limits as they are served."""
    pool = hospital.pool
    engine = Engine(pool, pool, DEFAULT_POLICY, hospital.rung.append, limits=DEFAULT_LIMITS)
    return replace(hospital, engine=engine)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def admin(hospital: Hospital) -> Actor:
    return await hospital.user(Role.ADMIN)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def nurse(hospital: Hospital) -> Actor:
    """A nurse of MED1."""
    return await hospital.user(Role.NURSE, wards=["MED1"])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(hospital: Hospital) -> dict[Role, Actor]:
    """One user a role: nurses on MED1, the doctor on all but NICU, the patient is Ben."""
    found: dict[Role, Actor] = {}
    for role in Role:
        wards: tuple[str, ...] = ()
        if role in (Role.NURSE, Role.CHARGE_NURSE):
            wards = ("MED1",)
        elif role is Role.DOCTOR:
            wards = ("MED1", "ICU", "SURG1")
        found[role] = await hospital.user(
            role, wards=wards, own="Ben" if role is Role.PATIENT else None
        )
    # What an integrator sees is what it wrote.
    found[Role.INTEGRATOR] = hospital.charts["Gus"].author
    return found
