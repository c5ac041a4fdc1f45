"""What has just happened in the demo hospital when it opens: alarms, answers, promised beds, who is
responsible for whom, and a broken glass that nobody has judged yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.demo import labs
from app.demo.labs import Drawn
from app.demo.people import Person
from models.rules.care_teams import CareTeamRole
from models.rules.isolations import IsolationKind


@dataclass(frozen=True, slots=True)
class Reply:
    """Somebody reads the value back, so long ago; `misheard_by` is how far off they are."""

    ago: timedelta
    note: str | None = None
    misheard_by: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Again:
    """The test was repeated, so long ago: still critical, and not worse."""

    ago: timedelta
    value: Decimal


@dataclass(frozen=True, slots=True)
class Alarm:
    """A critical result raised so long ago, what was answered, and whether the test was repeated;
    without a reply it is open."""

    ward: str
    code: str
    value: Decimal
    ago: timedelta
    replies: tuple[Reply, ...] = ()
    again: Again | None = None

    def drawn(self, person: Person, now: datetime) -> Drawn:
        return labs.finding(self.code, self.value, person.hours_old(now - self.ago), person.sex)


@dataclass(frozen=True, slots=True)
class Promise:
    """A bed of a ward is kept for a patient who still lies on another."""

    ward: str
    come_from: str


@dataclass(frozen=True, slots=True)
class Isolated:
    """Somebody on a ward is isolated, so long after the admission."""

    ward: str
    kind: IsolationKind
    reason: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class Responsible:
    """The doctor is on the care team of somebody on this ward, since the admission."""

    ward: str
    role: CareTeamRole


@dataclass(frozen=True, slots=True)
class Emergency:
    """The nurse broke the glass for somebody on a ward that is not theirs, and ended it by hand."""

    ward: str
    ago: timedelta
    lasted: timedelta
    reason: str


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


ALARMS: tuple[Alarm, ...] = (
    Alarm(
        "ICU",
        "2524-7",
        Decimal("5.2"),
        _minutes(184),
        (Reply(_minutes(181), "Repeat in 2 h, fluids running"),),
        Again(_minutes(58), Decimal("4.1")),
    ),
    Alarm(
        "MED1",
        "2823-3",
        Decimal("6.8"),
        _minutes(52),
        (
            Reply(_minutes(49), misheard_by=Decimal("-0.2")),
            Reply(_minutes(48), "Doctor informed, ECG taken"),
        ),
    ),
    Alarm("MED1", "718-7", Decimal("6.4"), _minutes(3)),
    Alarm("PEDS", "2345-7", Decimal(43), _minutes(2)),
)

PROMISES: tuple[Promise, ...] = (Promise("MED1", "ED"), Promise("SURG1", "ICU"))

# One in a room that does for it, one who waits for such a bed.
ISOLATIONS: tuple[Isolated, ...] = (
    Isolated("ICU", IsolationKind.CONTACT, "MRSA in the nasal swab", _minutes(26)),
    Isolated("MED1", IsolationKind.DROPLET, "Influenza A suspected, swab sent", _minutes(31)),
)
FIT_FOR = (IsolationKind.CONTACT, IsolationKind.DROPLET)
"""What every room with a single bed does for."""

# On a ward of the doctor's, and on one that is not: there the team alone opens the chart.
CARE_TEAMS: tuple[Responsible, ...] = (
    Responsible("MED1", CareTeamRole.ATTENDER),
    Responsible("NICU", CareTeamRole.CONSULTANT),
)

EMERGENCY = Emergency(
    "ED",
    ago=_minutes(95),
    lasted=_minutes(12),
    reason="Collapsed by the lift, nobody of the ED near: allergies and medication needed at once",
)
