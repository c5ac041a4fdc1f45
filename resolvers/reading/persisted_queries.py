"""Automatic persisted queries: how a request names a document by its hash.

https://www.apollographql.com/docs/apollo-server/performance/apq: `extensions.persistedQuery`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SHA256 = re.compile(r"[0-9a-f]{64}")


def digest_of(extensions: Mapping[str, Any]) -> str | None:
    """The SHA-256, in lower-case hexadecimal digits, that the extensions of a request name; None
    where they name none. Raises ValueError, whose text says what is wrong."""
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None
    if type(persisted) is not dict or persisted.get("version") != 1:
        raise ValueError("extensions.persistedQuery: version 1 is served")
    digest = persisted.get("sha256Hash")
    if type(digest) is not str or _SHA256.fullmatch(digest) is None:
        raise ValueError("extensions.persistedQuery: sha256Hash must be 64 hexadecimal digits")
    return digest
