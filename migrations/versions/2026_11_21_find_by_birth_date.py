"""Find by birth date: `patients(birthDate:)` looks in an index, and not at every patient.

Revision: 0026, after 0025. Created 2026-11-21.
"""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        "ix_patients_birth_date", "patients", ["hospital_id", "birth_date", "name_key", "id"]
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_patients_birth_date", table_name="patients")
