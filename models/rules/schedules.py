"""Schedules: when the doses of an order are due, and how far apart two must lie.

Times of a day are local, so a dose of 08:00 is given at 08:00 by the ward's clock all year. Where
the clock jumps, a time that does not exist is taken by the clock of before (02:30 is then shown as
03:30), and of a time that comes twice the second counts: PostgreSQL reads local times in the same
way, and the list of what is due is made there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from models.rules.medications import DEFAULT_TIMES, HOURS_BETWEEN, Frequency

TOLERANCE = timedelta(minutes=60)
"""How early a dose may be given, and after how long it is late. Ours for every drug; ISMP, Acute
Care Guidelines for Timely Administration of Scheduled Medications, 2011, has an hour for what is
given more often than daily and not more often than every 4 hours, and is not that strict about the
rest but for time-critical drugs (30 minutes), which an order does not name yet."""
LOOKED_BACK = timedelta(hours=24)
"""For how long a dose that nobody recorded is still one to give. Ours."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The doses of an order: at `times` (HH:MM in `zone`) from `begins` on and before `ends`."""

    times: tuple[str, ...]
    begins: datetime
    ends: datetime | None
    zone: ZoneInfo
    every_other_day: bool = False


def times(frequency: str | None, chosen: Sequence[str], *, as_needed: bool) -> tuple[str, ...]:
    """The times of a day of an order: those it names, else ours; none as needed, or where how often
    is not said."""
    if as_needed or frequency is None or frequency not in Frequency.__members__:
        return ()
    return tuple(chosen) or DEFAULT_TIMES[Frequency(frequency)]


def due(schedule: Schedule, since: datetime, until: datetime) -> Iterator[datetime]:
    """The due times from `since` on and before `until`, in order."""
    since = max(since, schedule.begins)
    until = until if schedule.ends is None else min(until, schedule.ends)
    first = schedule.begins.astimezone(schedule.zone).date()
    # A local day may begin a day before or after that of UTC.
    day, last = (each.astimezone(schedule.zone).date() for each in (since, max(since, until)))
    day, last = max(day - DAY, first), last + DAY
    found: set[datetime] = set()
    while day <= last:
        if not schedule.every_other_day or (day - first).days % 2 == 0:
            found.update(moment(day, at, schedule.zone) for at in schedule.times)
        day += DAY
    yield from sorted(at for at in found if since <= at < until)


def is_due(schedule: Schedule, at: datetime) -> bool:
    """Whether a dose is due exactly then."""
    return any(due(schedule, at, at + timedelta(microseconds=1)))


def moment(day: date, at: str, zone: ZoneInfo) -> datetime:
    """The moment of a local time of a day, in UTC."""
    local = datetime.combine(day, time.fromisoformat(at))
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    assert first is not None
    assert second is not None
    # The offset falls where a time comes twice, and grows where it does not exist.
    fold = 1 if second < first else 0
    return local.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def spacing(frequency: str | None, of_day: Sequence[str], *, as_needed: bool) -> timedelta:
    """How far apart two doses of an order must lie at least.

    As needed with a frequency of hours: those hours. Else the shortest way from one time of the day
    to the next, less what the one may be late and the other early, and never less than half of it.
    """
    if as_needed:
        known = frequency is not None and frequency in Frequency.__members__
        return timedelta(hours=HOURS_BETWEEN.get(Frequency(str(frequency)), 0) if known else 0)
    if not of_day:
        return timedelta()
    every = 2 if frequency == Frequency.QOD else 1
    minutes = sorted(int(at[:2]) * 60 + int(at[3:]) for at in of_day)
    around = [*minutes, minutes[0] + every * 24 * 60]
    shortest = timedelta(minutes=min(b - a for a, b in pairwise(around)))
    return max(shortest - 2 * TOLERANCE, shortest / 2)


def next_allowed(
    given: Sequence[datetime], at: datetime, *, apart: timedelta, most: int | None
) -> datetime:
    """The first moment from `at` on at which another dose may be given, beside those `given`.

    `most`: the most doses in any 24 hours; None: any number.
    """
    later = [one + wait for one in given for wait in (apart, DAY)]
    for moment_ in sorted({at, *(one for one in later if one > at)}):
        if _fits(given, moment_, apart, most):
            return moment_
    raise AssertionError("after a day without any dose there may be one")


def full(given: Sequence[datetime], at: datetime, most: int | None) -> bool:
    """Whether another dose then would be one too many in 24 hours, however far it is from each."""
    return not _fits(given, at, timedelta(), most)


def _fits(given: Sequence[datetime], at: datetime, apart: timedelta, most: int | None) -> bool:
    if any(abs(at - one) < apart for one in given):
        return False
    if most is None:
        return True
    all_ = sorted([*given, at])
    return not any(
        last - first < DAY and first <= at <= last
        for first, last in zip(all_, all_[most:], strict=False)
    )
