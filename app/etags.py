"""ETags: an answer about a ward that the client holds already is not read again (RFC 9110, 13.1.2).

They are weak: the same answer has the same tag in every content coding. What makes them is
schema/tags.py, and why a 304 is never wrong is told in docs/decisions/0009.
"""

from __future__ import annotations

import re

_TAG = re.compile(rb'(?:W/)?"([!\x23-\x7e]*)"')


def etag(tag: str) -> bytes:
    """The value of the header ETag."""
    return b'W/"%s"' % tag.encode("ascii")


def held(if_none_match: bytes | None, tag: str) -> bool:
    """Whether the client holds what the tag stands for. `*`, which means anything at all, does not
    say that it holds this."""
    return if_none_match is not None and tag.encode("ascii") in _TAG.findall(if_none_match)
