"""LOINC: whether a code can be one."""

import re

SHAPE = re.compile(r"[0-9]{1,7}-[0-9]")
"""Digits, a hyphen, a check digit; any other code is the sender's own."""


def is_loinc(code: str) -> bool:
    """Whether the code has the shape of a LOINC code, and the right check digit.

    Source: LOINC Users' Guide, Mod 10: from the right every other digit is doubled, beginning with
    the last before the hyphen, and the check digit makes the sum of all digits a multiple of ten.
    """
    if SHAPE.fullmatch(code) is None:
        return False
    digits, check = code.split("-")
    total = int(check)
    for place, digit in enumerate(reversed(digits)):
        number = int(digit)
        if place % 2 == 0:
            number = sum(divmod(2 * number, 10))
        total += number
    return total % 10 == 0
