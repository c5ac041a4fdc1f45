"""Patient: the person, not the stay."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Computed, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital, one_of
from models.rules.patients import Sex


class Patient(Identified, InHospital, Edited, Base):
    """A patient, known in the hospital by the medical record number (`mrn`).

    `name_key` orders and finds by family name, `given_key` by given name; both are lower case and
    compared byte by byte (collation C), so that a prefix is a range of the index.
    """

    __tablename__ = "patients"
    __table_args__ = (
        UniqueConstraint("hospital_id", "mrn"),
        one_of("sex", Sex),
        Index("ix_patients_name_key", "hospital_id", "name_key", "id"),
        Index("ix_patients_given_key", "hospital_id", "given_key"),
        Index("ix_patients_birth_date", "hospital_id", "birth_date", "name_key", "id"),
        Index(
            "ix_patients_national_id",
            "hospital_id",
            "national_id",
            postgresql_where=text("national_id IS NOT NULL"),
        ),
    )

    mrn: Mapped[str]
    given_name: Mapped[str]
    family_name: Mapped[str]
    birth_date: Mapped[date | None]
    sex: Mapped[str]
    deceased_at: Mapped[datetime | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    address: Mapped[str | None]
    national_id: Mapped[str | None]
    name_key: Mapped[str] = mapped_column(
        Text(collation="C"), Computed("lower(family_name || ' ' || given_name)", persisted=True)
    )
    given_key: Mapped[str] = mapped_column(
        Text(collation="C"), Computed("lower(given_name || ' ' || family_name)", persisted=True)
    )
