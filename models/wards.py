"""Ward and room."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital


class Ward(Identified, InHospital, Edited, Base):
    """A ward; `code` is what people say ("MED1") and is unique in the hospital. It names the same
    ward for ever: feeds, boards and interfaces remember it. Once `retired_at` it is in no list, and
    each of its beds is retired, too."""

    __tablename__ = "wards"
    __table_args__ = (UniqueConstraint("hospital_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]
    retired_at: Mapped[datetime | None]


class Room(Identified, InHospital, Edited, Base):
    """A room of a ward."""

    __tablename__ = "rooms"
    __table_args__ = (UniqueConstraint("ward_id", "code"),)

    ward_id: Mapped[UUID] = mapped_column(ForeignKey("wards.id"))
    code: Mapped[str]
