"""Hearsay: what the audit says that somebody heard, held against what they were told."""

from __future__ import annotations

from typing import Any

from tests.subscriptions.stage import Stage

STAYS = """
SELECT audience_id, user_id, min(first_position) AS first, max(last_position) AS last
FROM audit_entries WHERE hospital_id = $1 AND stay_id IS NOT NULL
GROUP BY stay_id, audience_id, user_id
"""
PUSHES = """
SELECT audience_id, first_position AS first, last_position AS last, patient_ids
FROM audit_entries WHERE hospital_id = $1 AND audience_id IS NOT NULL AND user_id IS NULL
"""


async def audited(stage: Stage) -> None:
    """Nobody was told of an event without its trace, and no trace tells of who had no right."""
    stays = await stage.pool.fetch(STAYS, stage.hospital.id)
    pushes: dict[Any, list[Any]] = {}
    for push in await stage.pool.fetch(PUSHES, stage.hospital.id):
        pushes.setdefault(push["audience_id"], []).append(push)
    heard: dict[Any, set[int]] = {}
    for stay in stays:
        last = stay["last"] if stay["last"] is not None else 2**62
        for push in pushes.get(stay["audience_id"], ()):
            known = range(max(stay["first"], push["first"]), min(last, push["last"]) + 1)
            heard.setdefault(stay["user_id"], set()).update(known)
            for end in {push["first"], push["last"]} & set(known):
                assert end in stage.entitled.get(stay["user_id"], ()), (stay, push)
    for screen in stage.screens:
        unknown = screen.seen - heard.get(screen.person.id, set())
        assert not unknown, f"{screen.name} was told of {sorted(unknown)} without a trace"
