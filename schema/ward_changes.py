"""Ward changes: wards and beds that come, get another name, and go for good."""

import strawberry

import models
from schema.beds import Bed
from schema.fields import produced
from schema.wards import Ward


@strawberry.input(
    description=(
        "A new ward, or the one that was retired under this code. The code is for ever: feeds,"
        " boards and interfaces know the ward by it."
    )
)
class AddWardInput:
    """Input of addWard."""

    code: str
    name: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of addWard.")
class AddWardPayload:
    """Answer of addWard."""

    ward: Ward | None = produced(models.Ward)


@strawberry.input(description="Give a ward another name.")
class ChangeWardInput:
    """Input of changeWard."""

    ward_id: strawberry.ID
    name: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of changeWard.")
class ChangeWardPayload:
    """Answer of changeWard."""

    ward: Ward | None = produced(models.Ward)


@strawberry.input(
    description=(
        "Take a ward out of service with all of its beds. Refused while a bed is occupied, reserved"
        " or CONTAMINATED, or a critical result is open there; `allowed` says what to do first."
    )
)
class RetireWardInput:
    """Input of retireWard. `reason` goes into the history of each bed."""

    ward_id: strawberry.ID
    reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of retireWard.")
class RetireWardPayload:
    """Answer of retireWard."""

    ward: Ward | None = produced(models.Ward)


@strawberry.input(
    description=(
        "A new bed of a ward, or the one that was retired there under this code; it is UNOCCUPIED."
    )
)
class AddBedInput:
    """Input of addBed."""

    ward_id: strawberry.ID
    code: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of addBed.")
class AddBedPayload:
    """Answer of addBed."""

    bed: Bed | None = produced(models.Bed)


@strawberry.input(description="Give a bed another code.")
class ChangeBedInput:
    """Input of changeBed."""

    bed_id: strawberry.ID
    code: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of changeBed.")
class ChangeBedPayload:
    """Answer of changeBed."""

    bed: Bed | None = produced(models.Bed)


@strawberry.input(
    description=(
        "Take a bed out of service for good; its history stays. Refused while it is occupied,"
        " reserved or CONTAMINATED; `allowed` says what to do first."
    )
)
class RetireBedInput:
    """Input of retireBed. `reason` goes into the history of the bed."""

    bed_id: strawberry.ID
    reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of retireBed.")
class RetireBedPayload:
    """Answer of retireBed."""

    bed: Bed | None = produced(models.Bed)
