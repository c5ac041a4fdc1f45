"""Who is to arrive: found by MRN and birth date, told as far as it takes to be sure."""

from datetime import date

import strawberry

import models
from schema.admissions import Admission, under_way
from schema.enums import Sex
from schema.fields import column, identifier, one, produced


@strawberry.type(
    description=(
        "A patient who is to be admitted, or for whom a bed is to be kept: who it is, and nothing"
        " of the chart."
    )
)
class ArrivingPatient:
    """`id` is the patient's. `admission` is there where it may be read: the patient lies in a bed
    already, and is transferred."""

    id: strawberry.ID = identifier(models.Patient)
    mrn: str = column()
    given_name: str = column()
    family_name: str = column()
    birth_date: date | None = column()
    sex: Sex = column()
    admission: Admission | None = one(models.Admission, under_way)


@strawberry.input(
    description=(
        "Find the patient of just this MRN and birth date, who lies in no bed or is in sight"
        " anyway. NOT_FOUND tells nothing of why; THROTTLED after too many of them. Writes nothing"
        " but the audit."
    )
)
class FindArrivingPatientInput:
    """Input of findArrivingPatient."""

    mrn: str
    birth_date: date


@strawberry.type(description="Answer of findArrivingPatient.")
class FindArrivingPatientPayload:
    """Answer of findArrivingPatient."""

    patient: ArrivingPatient | None = produced(models.Patient)
