"""A refusal: the answer of a rule that does not allow what was asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, in words for people and without patient data, and what is allowed instead (values
    of the enum that was asked for, or of that of what has to happen first; empty: nothing)."""

    reason: str
    allowed: tuple[str, ...] = ()
