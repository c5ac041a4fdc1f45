"""Sightings: whom an answer tells of, asked by every way there is."""

from __future__ import annotations

from typing import Any

from tests.resolvers.reading.hospital import MRNS

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"


def names_in(value: Any) -> set[str]:
    """Every patient that an answer tells of, wherever in it."""
    if isinstance(value, dict):
        return set().union(*(names_in(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(names_in(each) for each in value))
    return {name for name in MRNS if isinstance(value, str) and name in value}


EVERYBODY = """{
  viewer { wards { beds { reservedFor { givenName } admission { patient { ...P } } } } }
  wards { code beds { code reservedFor { givenName } admission { reason patient { ...P } } } }
  patients { totalCount nodes { ...P } edges { node { givenName } } }
  criticalResults { totalCount nodes { patient { ...P } labResult { patient { givenName } } } }
}
fragment P on Patient {
  givenName
  allergies { substance }
  medications { nodes { drug patient { givenName } } }
  labResults { nodes { patient { givenName } criticalResult { patient { givenName } }
    history { patient { givenName } } } }
  admission { patient { givenName } bed { admission { patient { givenName } }
    reservedFor { givenName } ward { beds { admission { patient { givenName } } } } } }
  admissions { nodes { patient { givenName } stays { bed { admission { patient { givenName } }
    reservedFor { givenName } ward { beds { reservedFor { givenName }
      admission { patient { givenName } } } } } } } }
}"""
