"""The judgement of a laboratory result: pure, on the safe side, and never silent.

Which limits apply: of the rules for the code, those that cover the patient's age and sex and the
specimen; on each side (low, high) the most specific one that has a limit there: the ward's before
the hospital's, then one for the specimen, then one for the sex, then the narrowest ages. Where none
covers the age, the adult limits apply and `assumption` says so. Where age, sex or specimen is not
known, all that could apply are tried and the most severe verdict stands, and `assumption` says that
too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from uuid import UUID

from models.rules.critical_rules import CriticalRule, Side, describe, specificity
from models.rules.patients import Sex
from models.rules.results import CRITICAL, INTERPRETATION_OF_FLAG, Interpretation, NotJudged
from models.rules.starter_rules import STARTER_RULES
from models.rules.units import canonical, convert

__all__ = [
    "STARTER_RULES",
    "CriticalRule",
    "Interpretation",
    "NotJudged",
    "Observation",
    "Side",
    "Verdict",
    "describe",
    "judge",
]

COMPARATORS = frozenset({"<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Observation:
    """A result as sent. `reference_low` and `reference_high` are in `unit`, both inclusive."""

    code: str
    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    age_hours: int | None = None
    age_hours_oldest: int | None = None
    """Where only the date of birth is known: see `patients.age_in_hours`. None: age is exact."""
    sex: Sex | None = None
    reference_low: Decimal | None = None
    reference_high: Decimal | None = None
    sender_flag: str | None = None
    """OBX-8 or the FHIR interpretation code."""
    ward: UUID | None = None
    specimen: str | None = None
    """What was examined, in the words of the sender (LOINC System, FHIR Specimen); None: not said,
    which is not the same as another one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason_not_judged` is set exactly where `interpretation` is NOT_JUDGED. `applied` are the
    rules that the value was held against, be a limit of theirs passed, not passed, or (a
    comparator) left open; empty where none applies or could be applied. `rule` and `side` are set
    where a rule's limit was passed; a sender's own critical flag has neither. `because` is the
    verdict in words for people: limits and sources, never the patient's value."""

    interpretation: Interpretation
    critical: bool
    rule: CriticalRule | None = None
    side: Side | None = None
    reason_not_judged: NotJudged | None = None
    canonical_value: Decimal | None = None
    canonical_unit: str | None = None
    assumption: str | None = None
    because: str = ""
    applied: tuple[CriticalRule, ...] = ()


class _Answer(Enum):
    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class _Limit:
    rule: CriticalRule
    side: Side
    borrowed: bool
    """The adult limit, for want of one for the age."""


def judge(rules: Iterable[CriticalRule], observation: Observation) -> Verdict:
    """What `observation` means under `rules`. Total: every input has a verdict, none raises.

    A critical flag of the sender (LL, HH, AA) counts even where the rules find nothing critical or
    cannot judge: it is the one mistake that must not be made in the other direction.
    """
    flag = INTERPRETATION_OF_FLAG.get((observation.sender_flag or "").strip().upper())
    for_code = [
        rule
        for rule in rules
        if observation.code in rule.codes
        and rule.ward in {None, observation.ward}
        and (rule.specimen is None or _of_specimen(rule, observation.specimen))
    ]
    if observation.value is None:
        return _by_flag(flag, NotJudged.TEXT)
    if not observation.value.is_finite() or abs(observation.value.adjusted()) > 30:
        return _by_critical_flag(flag, NotJudged.VALUE)
    if observation.comparator and observation.comparator not in COMPARATORS:
        return _by_critical_flag(flag, NotJudged.COMPARATOR)
    if not for_code:
        # Kept in UCUM all the same, so that whoever draws it over time need not guess.
        known = canonical(observation.unit)
        return replace(
            _by_reference_range(observation, flag),
            canonical_value=None if known is None else observation.value,
            canonical_unit=known,
        )

    unit = for_code[0].unit
    value = convert(observation.value, observation.unit, observation.code, unit)
    if value is None:
        return _by_critical_flag(flag, NotJudged.UNIT)
    return _by_rules(for_code, observation, value, unit, flag)


def _by_rules(
    rules: Sequence[CriticalRule],
    observation: Observation,
    value: Decimal,
    unit: str,
    flag: Interpretation | None,
) -> Verdict:
    limits, assumption = _limits(rules, observation)
    applied = tuple(dict.fromkeys(limit.rule for limit in limits))
    undecided = False
    passed: list[_Limit] = []
    for limit in limits:
        own = convert(value, unit, observation.code, limit.rule.unit)
        if own is None:
            return _by_critical_flag(flag, NotJudged.UNIT)
        answer = _passes(own, observation.comparator, limit.rule, limit.side)
        undecided = undecided or answer is _Answer.MAYBE
        if answer is _Answer.YES:
            passed.append(limit)
    if passed:
        first = passed[0]
        interpretation = (
            Interpretation.CRITICAL_LOW if first.side is Side.LOW else Interpretation.CRITICAL_HIGH
        )
        verdict = Verdict(
            interpretation,
            critical=True,
            rule=first.rule,
            side=first.side,
            because=describe(first.rule, first.side),
        )
    elif undecided:
        verdict = _by_critical_flag(flag, NotJudged.COMPARATOR)
    else:
        # Without a limit for this patient there is nothing that it is within.
        otherwise = Interpretation.NORMAL if limits else Interpretation.NOT_JUDGED
        verdict = _by_reference_range(observation, flag, otherwise=otherwise)
    said = "; ".join(filter(None, (verdict.assumption, assumption))) or None
    return replace(
        verdict,
        canonical_value=value,
        canonical_unit=unit,
        assumption=said,
        applied=applied,
    )


def _limits(
    rules: Sequence[CriticalRule], observation: Observation
) -> tuple[list[_Limit], str | None]:
    """The limits that apply, each once, and what had to be assumed to say so."""
    sexes: tuple[Sex | None, ...] = (observation.sex,)
    sex_known = observation.sex in {Sex.FEMALE, Sex.MALE}
    if not sex_known:
        sexes = (None, *sorted({rule.sex for rule in rules if rule.sex is not None}))
    specimens: tuple[str | None, ...] = (observation.specimen,)
    specimen_known = observation.specimen is not None
    if not specimen_known:
        specimens = (None, *sorted({rule.specimen for rule in rules if rule.specimen is not None}))
    choices = [
        tuple(_limits_of(rules, age, sex, specimen))
        for age in _ages(rules, observation)
        for sex in sexes
        for specimen in specimens
    ]
    limits = list(dict.fromkeys(limit for choice in choices for limit in choice))
    said = []
    age_known = observation.age_hours is not None
    if len({frozenset(choice) for choice in choices}) > 1:
        unknown = [
            *([] if age_known else ["age"]),
            *(["hour of birth"] if age_known and observation.age_hours_oldest is not None else []),
            *(["sex"] if not sex_known and len(sexes) > 1 else []),
            *(["specimen"] if not specimen_known and len(specimens) > 1 else []),
        ]
        said.append(f"{' and '.join(unknown)} not known: every limit tried")
    if age_known and any(limit.borrowed for limit in limits):
        said.append("no limits for this age: adult limits applied")
    return limits, "; ".join(said) or None


def _ages(rules: Sequence[CriticalRule], observation: Observation) -> list[int]:
    """Ages that stand for all that are possible: the youngest, and each edge of a band above it."""
    edges = {edge for rule in rules for edge in (rule.min_age_hours, rule.max_age_hours) if edge}
    youngest = observation.age_hours
    if youngest is None:
        return sorted({0, *edges})
    oldest = observation.age_hours_oldest
    if oldest is None:
        return [youngest]
    return sorted({youngest, *(edge for edge in edges if youngest < edge <= oldest)})


def _of_specimen(rule: CriticalRule, specimen: str | None) -> bool:
    """Whether the rule may be for the specimen; one that is not said may be any."""
    if rule.specimen is None or specimen is None:
        return True
    return rule.specimen.casefold() == specimen.casefold()


def _limits_of(
    rules: Sequence[CriticalRule], age: int, sex: Sex | None, specimen: str | None
) -> Iterator[_Limit]:
    """The limits for somebody of this age and sex. `specimen` None: of the rules for any alone."""
    fitting = [
        rule
        for rule in rules
        if rule.sex in {None, sex}
        and (rule.specimen is None or (specimen is not None and _of_specimen(rule, specimen)))
    ]
    for side in Side:
        having = [rule for rule in fitting if rule.limit(side) is not None]
        covering = [rule for rule in having if rule.covers(age)]
        if covering:
            yield _Limit(min(covering, key=specificity), side, borrowed=False)
            continue
        adult = [rule for rule in having if rule.max_age_hours is None]
        if adult:
            yield _Limit(min(adult, key=specificity), side, borrowed=True)


def _passes(value: Decimal, comparator: str | None, rule: CriticalRule, side: Side) -> _Answer:
    limit = rule.limit(side)
    if limit is None:
        return _Answer.NO
    bound, inclusive = limit
    if side is Side.LOW:
        return _below(value, comparator, bound, inclusive=inclusive)
    # Above is below in the mirror; copy_negate, because unary minus rounds.
    return _below(
        value.copy_negate(), _MIRROR.get(comparator or ""), bound.copy_negate(), inclusive=inclusive
    )


_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _below(value: Decimal, comparator: str | None, bound: Decimal, *, inclusive: bool) -> _Answer:
    """Is the true value below `bound` (or at it, where `inclusive`)? `value` with a comparator says
    only on which side of it the true value lies."""
    within = value <= bound if inclusive else value < bound
    match comparator:
        case "<":
            return _Answer.YES if value <= bound else _Answer.MAYBE
        case "<=":
            return _Answer.YES if within else _Answer.MAYBE
        case ">":
            return _Answer.NO if value >= bound else _Answer.MAYBE
        case ">=":
            return _Answer.MAYBE if within else _Answer.NO
        case _:
            return _Answer.YES if within else _Answer.NO


def _by_reference_range(
    observation: Observation,
    flag: Interpretation | None,
    otherwise: Interpretation = Interpretation.NOT_JUDGED,
) -> Verdict:
    """Where no rule finds anything critical: the sender's critical flag, then the sender's range,
    then any other flag, then `otherwise`."""
    if flag in CRITICAL:
        return _by_critical_flag(flag, NotJudged.NO_RULE)
    value, low, high = observation.value, observation.reference_low, observation.reference_high
    if value is None or (low is None and high is None):
        return _by_flag(flag, NotJudged.NO_RULE, otherwise)
    if low is not None and low.is_zero() and value > 0:
        low = None  # nothing measured from zero up lies below zero, also where it is "<0.01"
    mirrored = _MIRROR.get(observation.comparator or "")
    below = above = _Answer.NO
    if low is not None and low.is_finite():
        below = _below(value, observation.comparator, low, inclusive=False)
    if high is not None and high.is_finite():
        above = _below(value.copy_negate(), mirrored, high.copy_negate(), inclusive=False)
    because = "the sender's reference range"
    if below is _Answer.YES:
        return Verdict(Interpretation.LOW, critical=False, because=because)
    if above is _Answer.YES:
        return Verdict(Interpretation.HIGH, critical=False, because=because)
    if _Answer.MAYBE in {below, above}:
        return _by_flag(flag, NotJudged.COMPARATOR)
    return Verdict(Interpretation.NORMAL, critical=False, because=because)


def _by_critical_flag(flag: Interpretation | None, reason: NotJudged) -> Verdict:
    """Nothing could be judged: only a critical flag of the sender still counts."""
    if flag not in CRITICAL:
        return _by_flag(None, reason)
    verdict = _by_flag(flag, reason)
    if reason is NotJudged.NO_RULE:
        return verdict
    return replace(verdict, assumption=f"not judged by the rules: {reason.value}")


def _by_flag(
    flag: Interpretation | None,
    reason: NotJudged,
    otherwise: Interpretation = Interpretation.NOT_JUDGED,
) -> Verdict:
    if flag is not None:
        words = flag.lower().replace("_", " ")
        return Verdict(flag, critical=flag in CRITICAL, because=f"{words}, flagged by the sender")
    if otherwise is not Interpretation.NOT_JUDGED:
        return Verdict(otherwise, critical=False, because="not beyond a critical limit")
    return Verdict(
        Interpretation.NOT_JUDGED,
        critical=False,
        reason_not_judged=reason,
        because=f"not judged: {reason.value}",
    )
