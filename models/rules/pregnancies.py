"""Pregnancies, as far as other rules ask for them: in one, NEWS2 is not used (RCP 2017)."""

from datetime import date, timedelta

from models.rules.refusals import Refusal

TERM = timedelta(days=280)
"""From the first day of the last menstrual period to the expected delivery (Naegele's rule)."""
LONGEST = timedelta(days=294)
"""42 weeks: what is recorded as going on for longer is one whose end nobody wrote down (ACOG
Committee Opinion 579, 2013: 42 0/7 weeks and beyond is postterm). A score too many is seen and
dismissed, one too few is not seen."""


def onset(given: date | None, expected: date | None, today: date) -> date:
    """The day from which the pregnancy counts: as given, else by the expected delivery, else from
    the day on which it is recorded."""
    if given is not None:
        return given
    return today if expected is None else min(expected - TERM, today)


def lasts_until(began: date, ended: date | None) -> date:
    """The day on which it no longer counts."""
    return began + LONGEST if ended is None else min(ended, began + LONGEST)


def pregnant(began: date, ended: date | None, day: date) -> bool:
    """Whether a pregnancy counts on that day: from its onset on, and not on the day of its end."""
    return began <= day < lasts_until(began, ended)


def end(ended: date | None, taken_back: bool) -> Refusal | None:
    """Why a pregnancy cannot be ended; None: it can."""
    if taken_back:
        return Refusal("the pregnancy was entered in error")
    return None if ended is None else Refusal("the pregnancy has ended already")
