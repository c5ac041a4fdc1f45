"""The ward that is listened to: its patients, its stations' users, and their sessions."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

import models
from models.rules.roles import Role
from resolvers.sessions import token_hash

CODE = "W01"
SOCKETS_OF_USER = 25
"""A user has a few screens, and not three thousand: each has a session of its own."""
ROLES: tuple[tuple[Role, ...], ...] = (
    (Role.NURSE,),
    (Role.CHARGE_NURSE,),
    (Role.DOCTOR,),
    (Role.LAB,),
    (Role.ADMIN,),
    (Role.NURSE, Role.CLERK),
)
"""Sets of roles with six different rights, each of which hears the critical results of the ward and
may read all that is asked."""


@dataclass(frozen=True, slots=True)
class Ward:
    """Whose results are recorded, and who writes."""

    code: str
    patients: tuple[UUID, ...]
    writer: str
    """A token of the laboratory."""


async def opened(database_url: str) -> Ward:
    """The ward, with a session of the laboratory that has just begun."""
    connection = await asyncpg.connect(database_url)
    try:
        lying = await connection.fetch(
            "SELECT patient_id FROM bed_stays JOIN wards ON wards.id = ward_id"
            " WHERE wards.code = $1 AND ended_at IS NULL ORDER BY bed_id",
            CODE,
        )
        writer = await connection.fetchval("SELECT id FROM users WHERE username = 'lab'")
        (token,) = await _sessions(connection, [writer])
    finally:
        await connection.close()
    return Ward(CODE, tuple(row["patient_id"] for row in lying), token)


async def stations(database_url: str, sockets: int, roles: int) -> list[str]:
    """A token for each socket, of users who hold the first so many of `ROLES` in turn."""
    connection = await asyncpg.connect(database_url)
    try:
        users = [
            await _users(connection, number, -(-sockets // (roles * SOCKETS_OF_USER)))
            for number in range(roles)
        ]
        tokens = []
        for number in range(sockets):
            of_role = users[number % roles]
            tokens.append(of_role[number // roles % len(of_role)])
        return await _sessions(connection, tokens)
    finally:
        await connection.close()


async def _users(connection: asyncpg.Connection[Any], number: int, many: int) -> list[UUID]:
    """So many users with a set of roles, made where they are not there. Nobody signs in as one of
    them, so they all have the password of the nurse."""
    found: list[UUID] = []
    for count in range(many):
        name = f"station-{number}-{count}"
        user_id = await connection.fetchval("SELECT id FROM users WHERE username = $1", name)
        if user_id is None:
            user_id = models.new_id()
            await connection.execute(
                "INSERT INTO users (id, hospital_id, username, display_name, password_hash)"
                " SELECT $1, hospital_id, $2, $2, password_hash FROM users"
                " WHERE username = 'nurse'",
                user_id,
                name,
            )
            await connection.executemany(
                "INSERT INTO role_memberships (user_id, role) VALUES ($1, $2)",
                [(user_id, role.value) for role in ROLES[number]],
            )
            await connection.execute(
                "INSERT INTO ward_memberships (user_id, ward_id)"
                " SELECT $1, id FROM wards WHERE code = $2",
                user_id,
                CODE,
            )
        found.append(user_id)
    return found


async def _sessions(connection: asyncpg.Connection[Any], users: Sequence[UUID]) -> list[str]:
    """A session for each, as signing in would open it: hashing thousands of passwords is not what
    is measured."""
    now = datetime.now(UTC)
    tokens = [secrets.token_urlsafe(32) for _ in users]
    await connection.executemany(
        "INSERT INTO sessions (id, hospital_id, user_id, token_hash, created_at, last_seen_at,"
        " expires_at, address) SELECT $1, hospital_id, id, $3, $4, $4, $5, '127.0.0.1' FROM users"
        " WHERE id = $2",
        [
            (models.new_id(), user_id, token_hash(token), now, now + timedelta(hours=1))
            for user_id, token in zip(users, tokens, strict=True)
        ],
    )
    return tokens


async def order(database_url: str, first: str) -> list[str]:
    """The results whose raising is in the log from that of `first` on, in the log's order."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT lab_result_id FROM events JOIN critical_results"
            " ON critical_results.id = subject_id WHERE events.kind = 'CriticalResultRaised'"
            " ORDER BY position"
        )
    finally:
        await connection.close()
    told = [f"lab_{row['lab_result_id']}" for row in rows]
    return told[told.index(first) :]
