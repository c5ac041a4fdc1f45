"""Version the rules: specimen and window of repeats of a rule, who retired it; the rules that ship,
for every hospital that has not got them.

Revision: 0014, after 0013. Created 2026-11-21.

The rules are written out here as they were on this day: what a later release ships is another
migration's. A key that a hospital has already, edited or retired, stays as it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_lab_results_hospital": "superseded_at IS NULL",
    "ix_lab_results_not_judged": "superseded_at IS NULL AND interpretation = 'NOT_JUDGED'",
}

_TESTS = {
    "potassium": ("mmol/L", "2823-3 6298-4"),
    "sodium": ("mmol/L", "2951-2 2947-0"),
    "glucose": ("mg/dL", "2345-7 2339-0 14749-6 15074-8"),
    "calcium": ("mg/dL", "17861-6 49765-1 2000-8"),
    "ionized calcium": ("mmol/L", "1995-0 1994-3"),
    "carbon dioxide": ("mmol/L", "2028-9 20565-8"),
    "magnesium": ("mg/dL", "19123-9 2601-3"),
    "creatinine": ("mg/dL", "2160-0 38483-4 14682-9"),
    "bilirubin, total": ("mg/dL", "1975-2 42719-5 14631-6"),
    "haemoglobin": ("g/dL", "718-7"),
    "leucocytes": ("10*3/uL", "6690-2 26464-8"),
    "platelets": ("10*3/uL", "777-3 26515-7"),
    "neutrophils, absolute": ("10*3/uL", "751-8 26499-4"),
    "INR": ("{INR}", "6301-6"),
    "aPTT": ("s", "14979-9"),
    "fibrinogen": ("mg/dL", "3255-7"),
    "troponin I": ("ng/mL", "10839-9"),
    "lactate": ("mmol/L", "2524-7 32693-4"),
    "arterial pH": ("[pH]", "2744-1"),
    "arterial pCO2": ("mm[Hg]", "2019-8"),
    "arterial pO2": ("mm[Hg]", "2703-7"),
}
_RULES = """
potassium-adult | potassium | W | <=2.5 | >=6.5 | 140256 | -
potassium-child | potassium | U | <3.0 | >6.5 | 0 | 140256
potassium-newborn | potassium | R | - | >7.0 | 0 | 4383
sodium | sodium | U | <120 | >160 | - | -
glucose | glucose | U | <50 | >450 | 730 | -
glucose-newborn | glucose | U | <40 | >300 | 0 | 730
calcium | calcium | U | <6.0 | >13.0 | 730 | -
ionized-calcium-adult | ionized calcium | H | <=0.75 | >=1.50 | 140256 | -
carbon-dioxide-adult | carbon dioxide | U | <10 | >50 | 140256 | -
magnesium-adult | magnesium | U | <1.0 | >4.7 | 140256 | -
creatinine-adult | creatinine | A | - | >=10 | 140256 | -
creatinine-12-to-15-years | creatinine | A | - | >=3 | 105192 | 140256
creatinine-2-to-11-years | creatinine | A | - | >=2.5 | 17532 | 105192
creatinine-infant | creatinine | A | - | >=2 | 840 | 17532
creatinine-newborn | creatinine | A | - | >=1.5 | 24 | 696
creatinine-first-weeks | creatinine | A+ | - | >=1.5 | 0 | 840
bilirubin-adult | bilirubin, total | S | - | >=10 | 140256 | -
bilirubin-first-day | bilirubin, total | U | - | >10 | 0 | 24
bilirubin-newborn | bilirubin, total | U | - | >13 | 24 | 744
haemoglobin-low-adult | haemoglobin | H | <=7.0 | - | 140256 | -
haemoglobin-high-adult | haemoglobin | A | - | >=20 | 140256 | -
leucocytes-adult | leucocytes | W | <=1.0 | >=50 | 140256 | -
platelets-adult | platelets | S | <=20 | >=1000 | 140256 | -
neutrophils-adult | neutrophils, absolute | C | <=0.5 | - | 140256 | -
inr-adult | INR | W | - | >=5.0 | 140256 | -
aptt-adult | aPTT | W | - | >=85 | 140256 | -
fibrinogen-adult | fibrinogen | H | <=100 | - | 140256 | -
troponin-i-adult | troponin I | C | - | >=0.3 | 140256 | -
lactate-adult | lactate | H | - | >=3.5 | 140256 | -
arterial-ph-adult | arterial pH | H | <=7.20 | >=7.60 | 140256 | -
arterial-ph-newborn | arterial pH | W | <7.20 | - | 0 | 730
arterial-pco2-adult | arterial pCO2 | H | <=20 | >=60 | 140256 | -
arterial-pco2-newborn | arterial pCO2 | W | <30 | >60 | 0 | 730
arterial-po2-adult | arterial pO2 | H | <=50 | - | 140256 | -
arterial-po2-newborn | arterial pO2 | W | <40 | >90 | 0 | 730
"""
_SOURCES = {
    "U": "Univ. of Iowa",
    "H": "Houston Methodist",
    "W": "WakeMed",
    "S": "Starling",
    "A": "ansari.egpnl.com",
    "A+": "ansari.egpnl.com, newborn limit carried over days 0 and 29-34",
    "C": "citilab",
    "R": "RCPA-AACB, doi 10.1515/cclm-2017-1114",
}

_INSERT = sa.text(
    "INSERT INTO critical_rules (id, hospital_id, key, version, test, codes, unit, low,"
    " low_inclusive, high, high_inclusive, min_age_hours, max_age_hours, source, active_from)"
    " SELECT :id, :hospital_id, :key, 1, :test, string_to_array(:codes, ' '), :unit,"
    " CAST(:low AS numeric), :inclusive, CAST(:high AS numeric), :inclusive,"
    " CAST(:min_age AS integer), CAST(:max_age AS integer), :source, now()"
    " WHERE NOT EXISTS"
    " (SELECT FROM critical_rules WHERE hospital_id = :hospital_id AND key = :key)"
).bindparams(
    sa.bindparam("id", type_=sa.UUID()),
    sa.bindparam("hospital_id", type_=sa.UUID()),
    sa.bindparam("low", type_=sa.Text()),
    sa.bindparam("high", type_=sa.Text()),
    sa.bindparam("min_age", type_=sa.Text()),
    sa.bindparam("max_age", type_=sa.Text()),
)


def upgrade() -> None:
    # First what is built beside the running hospital: where it fails, nothing else was done, and
    # the next try begins with it.
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name, where in _INDEXES.items():
            op.drop_index(name, "lab_results", postgresql_concurrently=True, if_exists=True)
            op.create_index(
                name,
                "lab_results",
                ["hospital_id", sa.text("observed_at DESC"), sa.text("id DESC")],
                postgresql_where=sa.text(where),
                postgresql_concurrently=True,
            )
        op.execute("RESET lock_timeout")
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("lab_results", sa.Column("specimen", sa.Text(), nullable=True))
    op.add_column("critical_rules", sa.Column("specimen", sa.Text(), nullable=True))
    op.add_column(
        "critical_rules",
        sa.Column("repeat_window", sa.Integer(), server_default="240", nullable=False),
    )
    op.add_column("critical_rules", sa.Column("retired_by", sa.UUID(), nullable=True))
    op.add_column("critical_rules", sa.Column("retired_reason", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_critical_rules_retired_by"), "critical_rules", "users", ["retired_by"], ["id"]
    )
    op.create_index(op.f("ix_critical_rules_retired_by"), "critical_rules", ["retired_by"])
    op.create_check_constraint(
        op.f("ck_critical_rules_repeat_window_plausible"),
        "critical_rules",
        "repeat_window BETWEEN 0 AND 10080",
    )
    op.create_check_constraint(
        op.f("ck_critical_rules_retired_says_when"),
        "critical_rules",
        "retired_at IS NOT NULL OR (retired_by IS NULL AND retired_reason IS NULL)",
    )
    _give_the_rules_that_ship()


def _give_the_rules_that_ship() -> None:
    connection = op.get_bind()
    rows = [_row(line) for line in _RULES.strip().splitlines()]
    for hospital_id in connection.scalars(sa.text("SELECT id FROM hospitals")).all():
        for row in rows:
            connection.execute(_INSERT, {**row, "id": uuid7(), "hospital_id": hospital_id})


def _row(line: str) -> dict[str, str | bool | None]:
    key, test, source, low, high, min_age, max_age = (part.strip() for part in line.split("|"))
    unit, codes = _TESTS[test]
    return {
        "key": key,
        "test": test,
        "unit": unit,
        "codes": codes,
        "source": _SOURCES[source],
        "low": low.lstrip("<=") if low != "-" else None,
        "high": high.lstrip(">=") if high != "-" else None,
        "inclusive": "=" in low + high,
        "min_age": min_age if min_age != "-" else None,
        "max_age": max_age if max_age != "-" else None,
    }


def downgrade() -> None:
    # The rules that were given stay: the version before holds the same, and results point at them.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_critical_rules_retired_says_when"), "critical_rules")
    op.drop_constraint(op.f("ck_critical_rules_repeat_window_plausible"), "critical_rules")
    for column in ("retired_reason", "retired_by", "repeat_window", "specimen"):
        op.drop_column("critical_rules", column)
    op.drop_column("lab_results", "specimen")
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name in _INDEXES:
            op.drop_index(name, "lab_results", postgresql_concurrently=True, if_exists=True)
        op.execute("RESET lock_timeout")
