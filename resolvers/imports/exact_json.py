"""JSON with its numbers as they were written: a result of 6.90 has three digits, not two."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def loads(text: str) -> Any:
    """Parse; a number with a fraction or exponent is a Decimal. Raises ValueError."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refused)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def dumps(value: Any) -> str:
    """Write what `loads` read, every number digit for digit."""
    match value:
        case dict():
            return f"{{{', '.join(f'{json.dumps(k)}: {dumps(v)}' for k, v in value.items())}}}"
        case list():
            return f"[{', '.join(dumps(item) for item in value)}]"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
