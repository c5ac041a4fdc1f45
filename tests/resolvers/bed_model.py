"""A second telling of what may be done with beds and stays, in memory and without a line of ours.

Written from docs/decisions/0024 and the tables of HL7. Each operation says what must come of it:
`None` where it is done, and otherwise what the refusal allows instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field

DAY = 24 * 60
"""In the minutes of the model's clock."""
BY_HAND = {
    "UNOCCUPIED": {"HOUSEKEEPING", "CONTAMINATED", "ISOLATED", "CLOSED"},
    "HOUSEKEEPING": {"UNOCCUPIED", "CONTAMINATED", "ISOLATED", "CLOSED"},
    "CONTAMINATED": {"HOUSEKEEPING"},
    "ISOLATED": {"UNOCCUPIED", "HOUSEKEEPING", "CONTAMINATED", "CLOSED"},
    "CLOSED": {"UNOCCUPIED", "HOUSEKEEPING", "CONTAMINATED", "ISOLATED"},
}
NEXT = {
    "IN_PROGRESS": {"ON_LEAVE", "FINISHED", "CANCELLED"},
    "ON_LEAVE": {"IN_PROGRESS", "FINISHED"},
    "FINISHED": {"IN_PROGRESS"},
    "CANCELLED": set(),
}
HERE = {"IN_PROGRESS", "ON_LEAVE"}
LEFT_BEHIND = {"CONTACT", "DROPLET", "AIRBORNE"}

Refused = set[str] | None
DONE: Refused = None
NOTHING: set[str] = set()
"""Refused, and nothing is allowed instead."""
EMPTYING = {"DISCHARGED", "TRANSFERRED_OUT"}
OF_ANOTHER = {"RELEASED"}


@dataclass
class Stay:
    bed: int
    patient: int
    admission: Admission
    began: int
    ended: int | None = None
    cancelled: bool = False


@dataclass(eq=False)
class Admission:
    patient: int
    began: int
    status: str = "IN_PROGRESS"
    ended: int = 0
    charted: bool = False


@dataclass
class Bed:
    status: str = "UNOCCUPIED"
    kept_for: int | None = None
    fit_for: set[str] = field(default_factory=set)


@dataclass
class Ward:
    """Beds and patients by number; `now` is moved by whoever asks."""

    beds: list[Bed]
    now: int = 0
    stays: list[Stay] = field(default_factory=list)
    latest: dict[int, Admission] = field(default_factory=dict)
    isolations: list[list[object]] = field(default_factory=list)
    """Patient, kind, since, until (None: it goes on)."""

    # -- what is so ----------------------------------------------------------------------------

    def lying(self, patient: int) -> Stay | None:
        return next((s for s in self.stays if s.patient == patient and s.ended is None), None)

    def inside(self, bed: int) -> int | None:
        return next((s.patient for s in self.stays if s.bed == bed and s.ended is None), None)

    def isolated(self, patient: int) -> set[str]:
        return {str(k) for who, k, _, until in self.isolations if who == patient and until is None}

    def _held(self, bed: int, patient: int) -> Refused:
        """What has to come first of a bed that somebody else has."""
        one = self.beds[bed]
        if one.status == "OCCUPIED":
            return EMPTYING
        return DONE if one.kept_for in (None, patient) else OF_ANOTHER

    def _entered(self, bed: int, patient: int) -> Refused:
        """What is to be done with the bed before the patient comes to it."""
        one = self.beds[bed]
        held = self._held(bed, patient)
        if held is not DONE:
            return held
        if one.status == "ISOLATED":
            return DONE if one.kept_for == patient else {"RESERVED"} | BY_HAND["ISOLATED"]
        if one.status != "UNOCCUPIED":
            return BY_HAND[one.status]
        return DONE if self.isolated(patient) <= one.fit_for else NOTHING

    def _had_again(self, stay: Stay) -> Refused:
        """The same of the bed that the patient has left."""
        one = self.beds[stay.bed]
        held = self._held(stay.bed, stay.patient)
        if held is not DONE:
            return held
        if one.status in {"ISOLATED", "CLOSED"}:
            return BY_HAND[one.status]
        since = [
            s
            for s in self.stays
            if s.bed == stay.bed
            and not s.cancelled
            and s is not stay
            and (s.ended is None or s.ended > (stay.ended or 0))
        ]
        return NOTHING if since else DONE

    # -- what is done --------------------------------------------------------------------------

    def _enter(self, bed: int, admission: Admission) -> None:
        self.stays.append(Stay(bed, admission.patient, admission, self.now))
        self.beds[bed].status, self.beds[bed].kept_for = "OCCUPIED", None

    def _leave(self, stay: Stay, *, cancelled: bool = False) -> None:
        stay.ended, stay.cancelled = self.now, cancelled
        kinds = {
            kind
            for who, kind, since, until in self.isolations
            if who == stay.patient
            and since <= self.now  # type: ignore[operator]
            and (until is None or until > stay.began)  # type: ignore[operator]
        }
        soiled = bool(kinds & LEFT_BEHIND)
        self.beds[stay.bed].status = "CONTAMINATED" if soiled else "HOUSEKEEPING"

    def _return(self, stay: Stay) -> None:
        stay.ended = None
        self.beds[stay.bed].status, self.beds[stay.bed].kept_for = "OCCUPIED", None

    def admit(self, patient: int, bed: int) -> Refused:
        before = self.latest.get(patient)
        if before is not None and before.status in HERE:
            return NOTHING
        entered = self._entered(bed, patient)
        if entered is not DONE:
            return entered
        self.latest[patient] = Admission(patient, self.now)
        self._enter(bed, self.latest[patient])
        return DONE

    def transfer(self, patient: int, bed: int) -> Refused:
        admission = self.latest[patient]
        if admission.status not in HERE:
            return NEXT[admission.status]
        stay = self.lying(patient)
        assert stay is not None
        if stay.bed == bed:
            return NOTHING
        entered = self._entered(bed, patient)
        if entered is not DONE:
            return entered
        self._leave(stay)
        self._enter(bed, admission)
        return DONE

    def swap(self, one: int, other: int) -> Refused:
        for patient in (one, other):
            if self.latest[patient].status not in HERE:
                return NEXT[self.latest[patient].status]
        mine, theirs = self.lying(one), self.lying(other)
        assert mine is not None
        assert theirs is not None
        if not self.isolated(one) <= self.beds[theirs.bed].fit_for:
            return NOTHING
        if not self.isolated(other) <= self.beds[mine.bed].fit_for:
            return NOTHING
        self._leave(mine)
        self._leave(theirs)
        self._enter(theirs.bed, self.latest[one])
        self._enter(mine.bed, self.latest[other])
        return DONE

    def discharge(self, patient: int) -> Refused:
        admission = self.latest[patient]
        if admission.status not in HERE:
            return NEXT[admission.status]
        stay = self.lying(patient)
        assert stay is not None
        self._leave(stay)
        admission.status, admission.ended = "FINISHED", self.now
        for bed in self.beds:
            bed.kept_for = None if bed.kept_for == patient else bed.kept_for
        return DONE

    def start_leave(self, patient: int) -> Refused:
        return self._become(patient, "IN_PROGRESS", "ON_LEAVE")

    def end_leave(self, patient: int) -> Refused:
        return self._become(patient, "ON_LEAVE", "IN_PROGRESS")

    def _become(self, patient: int, before: str, after: str) -> Refused:
        admission = self.latest[patient]
        if admission.status != before:
            return NEXT[admission.status]
        admission.status = after
        return DONE

    def cancel_admission(self, patient: int) -> Refused:
        admission = self.latest[patient]
        if admission.status != "IN_PROGRESS":
            return NEXT[admission.status]
        if admission.charted:
            return NEXT["IN_PROGRESS"] - {"CANCELLED"}
        if self.now - admission.began > DAY:
            return NOTHING
        stay = self.lying(patient)
        assert stay is not None
        self._leave(stay, cancelled=True)
        for one in self.stays:
            one.cancelled = one.cancelled or one.admission is admission
        admission.status = "CANCELLED"
        return DONE

    def cancel_transfer(self, patient: int) -> Refused:
        admission = self.latest[patient]
        if admission.status not in HERE:
            return NEXT[admission.status]
        stay = self.lying(patient)
        assert stay is not None
        before = next(
            (
                s
                for s in self.stays
                if s.admission is admission and not s.cancelled and s.ended == stay.began
            ),
            None,
        )
        if before is None or self.now - stay.began > DAY:
            return NOTHING
        again = self._had_again(before)
        if again is not DONE:
            return again
        self._leave(stay, cancelled=True)
        self._return(before)
        return DONE

    def cancel_discharge(self, patient: int, bed: int | None) -> Refused:
        admission = self.latest[patient]
        if admission.status != "FINISHED":
            return NEXT[admission.status]
        if self.now - admission.ended > DAY:
            return NOTHING
        counted = [s for s in self.stays if s.admission is admission and not s.cancelled]
        before = max(counted, key=lambda s: s.ended or 0)
        if bed in (None, before.bed):
            again = self._had_again(before)
            if again is not DONE:
                return again
            self._return(before)
        else:
            assert bed is not None
            entered = self._entered(bed, patient)
            if entered is not DONE:
                return entered
            self._enter(bed, admission)
        admission.status = "IN_PROGRESS"
        return DONE

    def set_status(self, bed: int, status: str) -> Refused:
        one = self.beds[bed]
        if one.status == "OCCUPIED":
            return EMPTYING
        if status != one.status and status not in BY_HAND[one.status]:
            return BY_HAND[one.status]
        one.status = status
        return DONE

    def reserve(self, bed: int, patient: int) -> Refused:
        one = self.beds[bed]
        held = self._held(bed, patient)
        if held is not DONE:
            return held
        if one.status not in {"UNOCCUPIED", "HOUSEKEEPING", "ISOLATED"}:
            return BY_HAND[one.status]
        one.kept_for = patient
        return DONE

    def release(self, bed: int) -> Refused:
        if self.beds[bed].kept_for is None:
            return NOTHING
        self.beds[bed].kept_for = None
        return DONE

    def isolate(self, patient: int, kind: str) -> Refused:
        if kind not in self.isolated(patient):
            self.isolations.append([patient, kind, self.now, None])
        return DONE

    def end_isolation(self, patient: int, kind: str) -> Refused:
        for one in self.isolations:
            if one[0] == patient and one[1] == kind and one[3] is None:
                one[3] = self.now
                return DONE
        return NOTHING
