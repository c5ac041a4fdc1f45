"""The laws of beds, asked of the tables themselves: they hold whatever was done."""

from __future__ import annotations

from typing import Any

import asyncpg

LAWS = {
    "no bed has two patients": """
        SELECT bed_id FROM bed_stays WHERE hospital_id = $1 AND ended_at IS NULL
        GROUP BY bed_id HAVING count(*) > 1""",
    "no patient lies in two beds": """
        SELECT patient_id FROM bed_stays WHERE hospital_id = $1 AND ended_at IS NULL
        GROUP BY patient_id HAVING count(*) > 1""",
    "a bed is OCCUPIED exactly while somebody lies in it": """
        SELECT b.id FROM beds b LEFT JOIN bed_stays s ON s.bed_id = b.id AND s.ended_at IS NULL
        WHERE b.hospital_id = $1 AND (b.status = 'OCCUPIED') <> (s.id IS NOT NULL)""",
    "who lies in a bed is admitted, and by that admission": """
        SELECT s.id FROM bed_stays s JOIN admissions a ON a.id = s.admission_id
        WHERE s.hospital_id = $1 AND s.ended_at IS NULL
          AND (a.status NOT IN ('IN_PROGRESS', 'ON_LEAVE') OR a.patient_id <> s.patient_id)""",
    "no two stays of a bed or of a patient overlap, but for those in error": """
        SELECT s.id FROM bed_stays s JOIN bed_stays o
          ON o.id > s.id AND (o.bed_id = s.bed_id OR o.patient_id = s.patient_id)
        WHERE s.hospital_id = $1 AND s.cancelled_at IS NULL AND o.cancelled_at IS NULL
          AND tstzrange(s.started_at, s.ended_at) && tstzrange(o.started_at, o.ended_at)""",
    "a cancelled admission has no stay that counts": """
        SELECT s.id FROM bed_stays s JOIN admissions a ON a.id = s.admission_id
        WHERE s.hospital_id = $1 AND a.status = 'CANCELLED' AND s.cancelled_at IS NULL""",
    "each change of a bed begins where the one before ended": """
        SELECT id FROM (
          SELECT id, from_status, lag(to_status, 1, 'UNOCCUPIED')
            OVER (PARTITION BY bed_id ORDER BY occurred_at) AS before
          FROM bed_transitions WHERE hospital_id = $1) AS t
        WHERE from_status <> before""",
    "the last change of a bed led to what it is": """
        SELECT b.id FROM beds b JOIN LATERAL (
          SELECT to_status FROM bed_transitions t WHERE t.bed_id = b.id
          ORDER BY occurred_at DESC LIMIT 1) AS last ON true
        WHERE b.hospital_id = $1 AND last.to_status <> b.status""",
    "a bed waits exactly while it is unclean": """
        SELECT id FROM beds WHERE hospital_id = $1
          AND (status IN ('HOUSEKEEPING', 'CONTAMINATED')) <> (waiting_since IS NOT NULL)""",
    "nobody comes into a bed that has not become ready since it was left": """
        SELECT id FROM bed_transitions WHERE hospital_id = $1
          AND kind IN ('ADMITTED') AND from_status NOT IN ('UNOCCUPIED', 'ISOLATED')""",
    "a bed is kept for one": """
        SELECT bed_id FROM reservations WHERE hospital_id = $1 AND ended_at IS NULL
        GROUP BY bed_id HAVING count(*) > 1""",
}


async def broken(pool: asyncpg.Pool[Any], hospital_id: Any) -> list[str]:
    """The laws that do not hold in a hospital whose beds began UNOCCUPIED."""
    return [law for law, query in LAWS.items() if await pool.fetch(query, hospital_id)]
