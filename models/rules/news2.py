"""NEWS2, the National Early Warning Score. Source: Royal College of Physicians, 2017."""

from enum import StrEnum


class News2Risk(StrEnum):
    """Clinical risk. LOW_MEDIUM is any single 3 in a total under 5."""

    LOW = "LOW"
    LOW_MEDIUM = "LOW_MEDIUM"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
