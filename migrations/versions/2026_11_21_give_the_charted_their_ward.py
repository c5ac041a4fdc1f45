"""Give the charted the ward in which they lie.

Revision: 0025, after 0024. Created 2026-11-21.

Where a patient lies is found with the position, behind the lock in which positions are given: what
was committed before it is seen, so that the ward is right at this place in the log, whoever moved
the patient meanwhile. Events of before stay without one.
"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_ASSIGN_POSITIONS = """
CREATE OR REPLACE FUNCTION assign_event_positions() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    pending bigint;
    base bigint;
BEGIN
    SELECT count(*) INTO pending FROM events
    WHERE hospital_id = NEW.hospital_id AND position IS NULL;
    IF pending = 0 THEN
        RETURN NULL;
    END IF;
    INSERT INTO event_counters AS counter (hospital_id, position)
    VALUES (NEW.hospital_id, pending)
    ON CONFLICT (hospital_id) DO UPDATE SET position = counter.position + pending
    RETURNING position - pending INTO base;
    UPDATE events SET position = base + numbered.rank{ward}
    FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS rank FROM events
        WHERE hospital_id = NEW.hospital_id AND position IS NULL
    ) AS numbered
    WHERE events.id = numbered.id;
    RETURN NULL;
END
$$
"""
_WARD = """, ward_id = CASE
        WHEN kind = 'PatientCharted' THEN (
            SELECT stay.ward_id FROM bed_stays AS stay
            WHERE stay.patient_id = events.patient_id AND stay.ended_at IS NULL
        )
        ELSE ward_id
    END"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(_ASSIGN_POSITIONS.format(ward=_WARD))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(_ASSIGN_POSITIONS.format(ward=""))
