"""Compression of answers, at levels that cost less than they save on a hospital's Wi-Fi.

A secret that is compressed together with text that an attacker chooses can be guessed from the
length (BREACH). The one secret in an answer is the token of signIn, and that answer is sent as it
is. What else is secret, a patient's data, is answered to a bearer token or to a cookie that no
foreign page can send (SameSite, and the rules of app/graphql_http.py): an attacker who cannot make
the requests chooses no text in them.
"""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import Callable, Mapping

import brotli
import zstandard

WORTHWHILE = 1024
"""Bytes; a smaller answer fits a packet or two as it is."""
LONG = 256 * 1024
"""Bytes above which it is done in a thread: the loop must not stand still for it."""
ZSTD_LEVEL = 3
BROTLI_QUALITY = 3
GZIP_LEVEL = 1
ONCE_BROTLI_QUALITY, ONCE_ZSTD_LEVEL, ONCE_GZIP_LEVEL = 9, 15, 9
"""For what is compressed once and sent for as long as the process lives."""

_OF_THREAD = threading.local()


async def compressed(body: bytes, coding: str) -> bytes:
    """`body` in a content coding of app/negotiation.py."""
    compress = _COMPRESS[coding]
    return await asyncio.to_thread(compress, body) if len(body) > LONG else compress(body)


async def compressed_once(body: bytes, coding: str) -> bytes:
    """The same, smaller, in a thread: for what the caller keeps."""
    return await asyncio.to_thread(_ONCE[coding], body)


def _zstd(body: bytes) -> bytes:
    # Making one costs more than the compression of a board, and it is no thread's but its own.
    compressor: zstandard.ZstdCompressor | None = getattr(_OF_THREAD, "zstd", None)
    if compressor is None:
        compressor = _OF_THREAD.zstd = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
    return compressor.compress(body)


def _brotli(body: bytes) -> bytes:
    made: bytes = brotli.compress(body, quality=BROTLI_QUALITY, lgwin=18)
    return made


def _gzip(body: bytes) -> bytes:
    return zlib.compress(body, GZIP_LEVEL, wbits=31)


_COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {"zstd": _zstd, "br": _brotli, "gzip": _gzip}
_ONCE: Mapping[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=ONCE_ZSTD_LEVEL).compress(body),
    "br": lambda body: bytes(brotli.compress(body, quality=ONCE_BROTLI_QUALITY)),
    "gzip": lambda body: zlib.compress(body, ONCE_GZIP_LEVEL, wbits=31),
}
