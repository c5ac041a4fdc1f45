"""The wards of the demo hospital, their rooms and beds, and how full they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.demo.people import Generation
from models.rules.beds import BedStatus

HOSPITAL_CODE = "DEMO"
HOSPITAL_NAME = "Wardline General Hospital"
TIME_ZONE = "Europe/London"


@dataclass(frozen=True, slots=True)
class Plan:
    """A ward: how many beds, how many of them in a room, and what is in them at the start.

    `occupied` beds hold patients; `unready` are the statuses of beds after those; the rest is free.
    `generations` are drawn in turn for its patients. `vitals_every` is hours between rounds,
    `labs_every` between blood draws.
    """

    code: str
    name: str
    beds: int
    beds_a_room: int
    occupied: int
    unready: tuple[BedStatus, ...]
    generations: tuple[Generation, ...]
    vitals_every: float
    labs_every: float
    longest_stay_hours: float

    def bed_codes(self) -> Iterator[tuple[str, str]]:
        """Room and bed, in order: `("03", "03B")`, or `("03", "03")` where a room has one bed."""
        for number in range(self.beds):
            room = f"{number // self.beds_a_room + 1:02d}"
            letter = "ABCD"[number % self.beds_a_room] if self.beds_a_room > 1 else ""
            yield room, room + letter


_MOSTLY_OLD = (Generation.ELDER, Generation.ADULT, Generation.ELDER)
_MOSTLY_ADULT = (Generation.ADULT, Generation.ADULT, Generation.ELDER)

PLANS: tuple[Plan, ...] = (
    Plan(
        code="ICU",
        name="Intensive Care Unit",
        beds=12,
        beds_a_room=1,
        occupied=10,
        unready=(BedStatus.HOUSEKEEPING,),
        generations=_MOSTLY_ADULT,
        vitals_every=1,
        labs_every=6,
        longest_stay_hours=48 * 4,
    ),
    Plan(
        code="MED1",
        name="General Medicine 1",
        beds=20,
        beds_a_room=2,
        occupied=17,
        unready=(BedStatus.HOUSEKEEPING,),
        generations=_MOSTLY_OLD,
        vitals_every=4,
        labs_every=24,
        longest_stay_hours=24 * 7,
    ),
    Plan(
        code="SURG1",
        name="General Surgery 1",
        beds=20,
        beds_a_room=2,
        occupied=16,
        unready=(BedStatus.CLOSED, BedStatus.HOUSEKEEPING),
        generations=_MOSTLY_ADULT,
        vitals_every=4,
        labs_every=24,
        longest_stay_hours=24 * 5,
    ),
    Plan(
        code="PEDS",
        name="Paediatrics",
        beds=20,
        beds_a_room=2,
        occupied=15,
        unready=(BedStatus.CLOSED, BedStatus.CONTAMINATED),
        generations=(Generation.CHILD,),
        vitals_every=4,
        labs_every=24,
        longest_stay_hours=24 * 3,
    ),
    Plan(
        code="NICU",
        name="Neonatal Intensive Care Unit",
        beds=20,
        beds_a_room=4,
        occupied=14,
        unready=(BedStatus.HOUSEKEEPING,),
        generations=(Generation.NEWBORN,),
        vitals_every=3,
        labs_every=24,
        longest_stay_hours=24 * 20,
    ),
    Plan(
        code="ED",
        name="Emergency Department",
        beds=20,
        beds_a_room=1,
        occupied=17,
        unready=(BedStatus.HOUSEKEEPING, BedStatus.HOUSEKEEPING),
        generations=(Generation.ADULT, Generation.ELDER, Generation.ADULT, Generation.CHILD),
        vitals_every=1,
        labs_every=12,
        longest_stay_hours=9,
    ),
)

PLAN_OF: dict[str, Plan] = {plan.code: plan for plan in PLANS}
