"""Orders, allergies and warnings told a second time, for tests: a small world of drugs, of which is
written down by hand what speaks against what."""

from __future__ import annotations

from dataclasses import dataclass, field

DRUGS = (
    "Warfarin Sodium 5 MG Oral Tablet",
    "aspirin",
    "Paracetamol 1 g",
    "Acetaminophen 500 MG Oral Tablet",
    "amoxicillin",
    "Ibuprofen 200 MG",
    "simvastatin",
    "clarithromycin",
)
WARFARIN, ASPIRIN, PARACETAMOL, ACETAMINOPHEN = range(4)
AMOXICILLIN, IBUPROFEN, SIMVASTATIN, MACROLIDE = range(4, 8)
TOGETHER: dict[frozenset[int], list[str]] = {
    frozenset({WARFARIN, ASPIRIN}): ["INTERACTION"],
    frozenset({WARFARIN, IBUPROFEN}): ["INTERACTION"],
    frozenset({ASPIRIN, IBUPROFEN}): ["DUPLICATE_CLASS"],
    frozenset({PARACETAMOL, ACETAMINOPHEN}): ["DUPLICATE_DRUG"],
    frozenset({SIMVASTATIN, MACROLIDE}): ["INTERACTION"],
    **{frozenset({drug}): ["DUPLICATE_DRUG"] for drug in range(8)},
}
ALLERGIES = ("Penicillin", "Aspirin", "Latex")
AGAINST: dict[tuple[int, int], str] = {
    (0, AMOXICILLIN): "ALLERGY_CLASS",
    (1, ASPIRIN): "ALLERGY_SUBSTANCE",
    (1, IBUPROFEN): "ALLERGY_CLASS",
}
RUNNING = ("DRAFT", "ACTIVE", "ON_HOLD")
NEXT = {
    "DRAFT": {"ACTIVE", "CANCELLED", "ENTERED_IN_ERROR"},
    "ACTIVE": {"ON_HOLD", "COMPLETED", "STOPPED", "CANCELLED", "ENTERED_IN_ERROR"},
    "ON_HOLD": {"ACTIVE", "STOPPED", "CANCELLED", "ENTERED_IN_ERROR"},
    "COMPLETED": {"ENTERED_IN_ERROR"},
    "STOPPED": {"ENTERED_IN_ERROR"},
    "CANCELLED": {"ENTERED_IN_ERROR"},
    "ENTERED_IN_ERROR": set[str](),
}


class Refused(Exception):
    """The model refuses: with the moves that it allows, or with the kinds of the warnings."""

    def __init__(self, *, allowed: set[str] | None = None, warned: list[str] | None = None) -> None:
        super().__init__(allowed, warned)
        self.allowed = allowed
        self.warned = warned


@dataclass
class Order:
    drug: int
    status: str
    starts: float
    steps: list[str]
    warned: dict[tuple[str, str, int], bool] = field(default_factory=dict)
    """(kind, "allergy" or "order", number of it) → overridden."""


@dataclass
class World:
    """One patient. `now` is in hours."""

    now: float = 0
    orders: list[Order] = field(default_factory=list)
    allergies: list[tuple[int, bool]] = field(default_factory=list)
    """Which substance, and whether it was taken back."""

    def order(self, drug: int, *, draft: bool, later: float, override: bool) -> None:
        found = {
            (AGAINST[what, drug], "allergy", number)
            for number, (what, gone) in enumerate(self.allergies)
            if not gone and (what, drug) in AGAINST
        } | {
            (kind, "order", number)
            for number, other in enumerate(self.orders)
            if other.status in RUNNING
            for kind in TOGETHER.get(frozenset({drug, other.drug}), [])
        }
        if found and not override:
            raise Refused(warned=sorted(kind for kind, _, _ in found))
        steps = ["ORDERED", "OVERRIDDEN"] if found else ["ORDERED"]
        status = "DRAFT" if draft else "ACTIVE"
        warned = dict.fromkeys(found, True)
        self.orders.append(Order(drug, status, self.now + later, steps, warned))

    def start(self, number: int, *, override: bool) -> None:
        one = self.orders[number]
        waits = one.status == "DRAFT" or (one.status == "ACTIVE" and one.starts > self.now)
        self._allow(one, waits)
        self._answer(one, override)
        one.status, one.starts = "ACTIVE", self.now
        one.steps.append("STARTED")

    def hold(self, number: int) -> None:
        one = self.orders[number]
        self._allow(one, one.status == "ACTIVE")
        one.status = "ON_HOLD"
        one.steps.append("HELD")

    def resume(self, number: int, *, override: bool) -> None:
        one = self.orders[number]
        self._allow(one, one.status == "ON_HOLD")
        self._answer(one, override)
        one.status = "ACTIVE"
        one.steps.append("RESUMED")

    def stop(self, number: int) -> None:
        one = self.orders[number]
        self._allow(one, one.status in RUNNING)
        begun = one.status == "ON_HOLD" or (one.status == "ACTIVE" and one.starts <= self.now)
        self._end(number, "STOPPED" if begun else "CANCELLED")

    def complete(self, number: int) -> None:
        self._allow(self.orders[number], self.orders[number].status == "ACTIVE")
        self._end(number, "COMPLETED")

    def mistake(self, number: int) -> None:
        self._allow(self.orders[number], self.orders[number].status != "ENTERED_IN_ERROR")
        self._end(number, "ENTERED_IN_ERROR")

    def allergy(self, what: int) -> None:
        self.allergies.append((what, False))
        for one in self.orders:
            if one.status in RUNNING and (what, one.drug) in AGAINST:
                key = (AGAINST[what, one.drug], "allergy", len(self.allergies) - 1)
                one.warned[key] = False

    def take_back(self, number: int) -> None:
        what, gone = self.allergies[number]
        if gone:
            raise Refused
        self.allergies[number] = (what, True)
        self._forget("allergy", number)

    @staticmethod
    def _allow(one: Order, may: bool) -> None:
        if not may:
            raise Refused(allowed=NEXT[one.status])

    @staticmethod
    def _answer(one: Order, override: bool) -> None:
        open_ = sorted(kind for (kind, _, _), done in one.warned.items() if not done)
        if open_ and not override:
            raise Refused(warned=open_)
        if open_:
            one.warned = dict.fromkeys(one.warned, True)
            one.steps.append("OVERRIDDEN")

    def _end(self, number: int, status: str) -> None:
        one = self.orders[number]
        one.status = status
        one.steps.append(status)
        one.warned.clear()
        self._forget("order", number)

    def _forget(self, kind: str, number: int) -> None:
        for one in self.orders:
            one.warned = {
                key: done for key, done in one.warned.items() if key[1:] != (kind, number)
            }
