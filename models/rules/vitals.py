"""Enums of vital signs."""

from enum import StrEnum


class Consciousness(StrEnum):
    """ACVPU. Source: RCP, NEWS2, 2017 (C is new confusion)."""

    ALERT = "ALERT"
    CONFUSION = "CONFUSION"
    VOICE = "VOICE"
    PAIN = "PAIN"
    UNRESPONSIVE = "UNRESPONSIVE"
