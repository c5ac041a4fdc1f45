"""Beds: their status and what a station hears about them."""

from enum import StrEnum


class BedStatus(StrEnum):
    """Operational status. Source: HL7 v2 table 0116 (U, O, H, K, I, C)."""

    UNOCCUPIED = "UNOCCUPIED"
    OCCUPIED = "OCCUPIED"
    HOUSEKEEPING = "HOUSEKEEPING"
    CONTAMINATED = "CONTAMINATED"
    ISOLATED = "ISOLATED"
    CLOSED = "CLOSED"


class BedChangeEventKind(StrEnum):
    """What a station hears about a bed."""

    ADMITTED = "ADMITTED"
    TRANSFERRED_IN = "TRANSFERRED_IN"
    TRANSFERRED_OUT = "TRANSFERRED_OUT"
    DISCHARGED = "DISCHARGED"
    RESERVED = "RESERVED"
    RELEASED = "RELEASED"
    STATUS_CHANGED = "STATUS_CHANGED"
