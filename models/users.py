"""User, memberships in roles and wards."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital, one_of
from models.rules.roles import Role


class User(Identified, InHospital, Edited, Base):
    """Someone, or some system, that signs in. Never deleted: `disabled_at` ends every session.

    `username` is lower case and unique over all hospitals, since sign-in does not name one.
    `patient_id` is the own record of somebody with the role PATIENT.
    """

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("username = lower(username)", name="username_lower"),)

    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    password_hash: Mapped[str]
    patient_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("patients.id", use_alter=True), index=True
    )
    disabled_at: Mapped[datetime | None]
    rights_version: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Moved by triggers with whatever changes what the user may see (migration 0008)."""


class RoleMembership(Base):
    """A user's role."""

    __tablename__ = "role_memberships"
    __table_args__ = (one_of("role", Role),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class WardMembership(Base):
    """A ward on which a user works."""

    __tablename__ = "ward_memberships"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    ward_id: Mapped[UUID] = mapped_column(ForeignKey("wards.id"), primary_key=True, index=True)
