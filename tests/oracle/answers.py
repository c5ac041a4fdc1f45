"""Answers: what the engine said beside what the oracle says, byte for byte but for cursors."""

from __future__ import annotations

import json
from typing import Any

from tests.oracle.cursors import MARK, Cursors
from tests.oracle.execution import Expected


def read(raw: bytes) -> dict[str, Any]:
    """The body; a key that comes twice in an object is no answer at all."""
    body = json.loads(raw, object_pairs_hook=_once)
    assert isinstance(body, dict)
    return body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    assert len(found) == len(pairs), [key for key, _ in pairs]
    return found


def departures(raw: bytes, wanted: Expected, cursors: Cursors) -> list[str]:
    """Where the engine's answer is not what the oracle expects; empty where it is."""
    body = read(raw)
    if wanted.refused:
        return _refused(body, wanted)
    if "data" not in body:
        return [f"refused: {body}"]
    found = differences(body["data"], wanted.data, cursors)
    told = sorted(_told(error) for error in body.get("errors", ()))
    meant = sorted((path, scope, name) for path, name, scope in wanted.errors)
    if [one[:2] for one in told] != [one[:2] for one in meant]:
        found.append(f"errors: {told} is not {meant}")
    elif any(name not in message for (*_, message), (*_, name) in zip(told, meant, strict=True)):
        found.append(f"messages: {told} is not {meant}")
    return found


def _told(error: dict[str, Any]) -> tuple[tuple[Any, ...], str, str]:
    extensions = error["extensions"]
    assert extensions["code"] == "FORBIDDEN", error
    return tuple(error["path"]), extensions["requires"], error["message"]


def _refused(body: dict[str, Any], wanted: Expected) -> list[str]:
    if body.get("data") is not None:
        return [f"answered, where {sorted(map(str, wanted.refused))} was to be told"]
    extensions = body["errors"][0]["extensions"]
    told = (extensions["code"], extensions.get("field"))
    fits = any(
        told[0] == code and (field is None or told[1] == field) for code, field in wanted.refused
    )
    return [] if fits else [f"{body['errors'][0]} is none of {sorted(map(str, wanted.refused))}"]


def differences(found: Any, expected: Any, cursors: Cursors, path: str = "data") -> list[str]:
    """The same of two values: keys in their order, types, every character."""
    if isinstance(found, dict) and isinstance(expected, dict) and list(found) == list(expected):
        return [
            fault
            for key in found
            for fault in differences(found[key], expected[key], cursors, f"{path}.{key}")
        ]
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        return [
            fault
            for place, (one, other) in enumerate(zip(found, expected, strict=True))
            for fault in differences(one, other, cursors, f"{path}[{place}]")
        ]
    if isinstance(expected, str) and expected.startswith(MARK) and isinstance(found, str):
        return [] if cursors.learn(found, expected) else [f"{path}: the cursor of another row"]
    if type(found) is type(expected) and found == expected:
        return []
    return [f"{path}: {found!r} is not {expected!r}"]
