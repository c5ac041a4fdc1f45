"""The payload that the floor and the peers deliver: an event as Wardline reads it from its tables.

The floor sends it as it is, in the order and the words of the first of `asked.documents`; the peers
build their own in the same form, and choose from it by each subscriber's document.
"""

from __future__ import annotations

from typing import Any


def feed(made: str, result: dict[str, Any], now: str) -> dict[str, Any]:
    """What the feed says of a result that has just been recorded under the id `made`."""
    return {
        "cursor": "djEuMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwLjEwMDAw",
        "live": True,
        "resync": False,
        "events": [
            {
                "cursor": "djEuMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwLjEwMDAw",
                "criticalResult": {
                    "id": f"crt_{made}",
                    "labResult": {
                        "id": f"lab_{made}",
                        "code": result["code"],
                        "display": result["display"],
                        "value": result["value"],
                        "unit": result["unit"],
                        "interpretation": "CRITICAL_HIGH",
                        "observedAt": result["observedAt"],
                    },
                    "status": "OPEN",
                    "raisedAt": now,
                    "escalationLevel": 0,
                    "rule": "high",
                    "patient": {
                        "id": result["patientId"],
                        "mrn": "B0000001",
                        "givenName": "Margaret",
                        "familyName": "Campbell",
                        "birthDate": "1951-07-14",
                        "sex": "FEMALE",
                    },
                },
                "occurredAt": now,
                "kind": "RAISED",
            }
        ],
    }
