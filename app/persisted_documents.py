"""Persisted documents: the text behind a `documentId` or a hash.

Trusted documents come with a release, in a manifest that is read at the start; in production
nothing else is served. Automatic persisted queries are registered by clients while it runs, and are
a saving of bytes alone: whoever may register one could have sent it in full.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import orjson

from app.settings import SettingsError
from resolvers.actors import Actor
from resolvers.reading.documents import GraphQLRequest
from resolvers.reading.request_errors import RequestError

APOLLO = "apollo-persisted-query-manifest"
ALGORITHM = "sha256:"
"""May stand before an id that is the hash of its document (GraphQL over HTTP, appendix A)."""

Check = Callable[[str], object]
"""Parses and validates a document; raises RequestError."""
CheckOf = Callable[[str, Actor], bool]
"""The same for somebody, who pays for it; False: they cannot."""


class Registry(Protocol):
    """Where automatic persisted queries are kept."""

    async def find(self, digest: str) -> str | None:
        """The document of a hash."""

    async def keep(self, digest: str, text: str, actor: Actor) -> None:
        """Keep a document under its hash, as far as there is room for one more of this user."""


def trusted_documents(manifest: Path | None, check: Check) -> Mapping[str, str]:
    """The documents of a manifest by id; every one of them is checked.

    It is `{id: document}`, as Relay writes it, or Apollo's `apollo-persisted-query-manifest`.
    Raises SettingsError, which names each id that is wrong and what is wrong with it.
    """
    if manifest is None:
        return {}
    variable = "WARDLINE_TRUSTED_DOCUMENTS"
    try:
        documents = _documents(orjson.loads(manifest.read_bytes()))
    except OSError as error:
        raise SettingsError(f"{variable}: {manifest}: {error.strerror}") from None
    except orjson.JSONDecodeError:
        raise SettingsError(f"{variable}: {manifest} is no JSON in UTF-8") from None
    except ValueError as error:
        raise SettingsError(f"{variable}: {manifest}: {error}") from None
    wrong: list[str] = []
    for id_, text in documents.items():
        try:
            check(text)
        except RequestError as refused:
            wrong += (f"{variable}: document {id_}: {one['message']}" for one in refused.errors)
    if wrong:
        raise SettingsError("\n".join(wrong))
    return documents


def _documents(manifest: Any) -> dict[str, str]:
    if not isinstance(manifest, dict):
        raise ValueError("the manifest is no object of documents by id")  # noqa: TRY004
    if "format" in manifest or "operations" in manifest:
        if manifest.get("format") != APOLLO or manifest.get("version") != 1:
            raise ValueError(f"of manifests with a format, {APOLLO} version 1 is read")
        operations = manifest.get("operations")
        if not isinstance(operations, list) or not all(isinstance(o, dict) for o in operations):
            raise ValueError("operations: a list of objects is needed")
        pairs = [(one.get("id"), one.get("body")) for one in operations]
    else:
        pairs = list(manifest.items())
    found: dict[str, str] = {}
    for id_, text in pairs:
        if not isinstance(id_, str) or not id_:
            raise ValueError("a document has no id")
        if not isinstance(text, str) or not text:
            raise ValueError(f"document {id_}: the text is no string")
        if found.setdefault(id_, text) != text:
            raise ValueError(f"document {id_}: it is there twice, with different texts")
    return found


class PersistedDocuments:
    """Finds the document that a request names.

    `trusted` by id. `only`: nothing but these is served, however it is sent. `registry` keeps
    automatic persisted queries of up to `most` bytes; None where they are off.
    """

    def __init__(
        self,
        trusted: Mapping[str, str],
        *,
        only: bool,
        check: CheckOf,
        registry: Registry | None,
        most: int,
    ) -> None:
        self._trusted = dict(trusted)
        self._texts = frozenset(trusted.values())
        self._by_hash = {_hash(text): text for text in self._texts}
        self._only = only
        self._check = check
        self._registry = registry
        self._most = most

    def plain(self, request: GraphQLRequest) -> bool:
        """Whether a request can be executed as it is."""
        return not self._only and request.document_id is None and request.digest is None

    async def __call__(self, request: GraphQLRequest, actor: Actor | None) -> GraphQLRequest:
        """The request with its document in it. Raises RequestError."""
        if self.plain(request):
            return request
        if request.document_id is not None:
            return replace(request, query=self._named(request, request.document_id))
        if request.digest is None:
            if request.query in self._texts:
                return request
            raise _untrusted()
        return replace(request, query=await self._hashed(request, request.digest, actor))

    def _named(self, request: GraphQLRequest, id_: str) -> str:
        text = self._trusted.get(id_)
        if text is None:
            bare = id_.removeprefix(ALGORITHM)
            text = self._trusted.get(bare) or self._by_hash.get(bare)
        if text is None:
            raise RequestError.of(
                "documentId: no document has this id here",
                "PERSISTED_DOCUMENT_NOT_FOUND",
                field="documentId",
            )
        if request.query and request.query != text:
            raise RequestError.of(
                "send documentId or query, not both", "BAD_USER_INPUT", field="documentId"
            )
        return text

    async def _hashed(self, request: GraphQLRequest, digest: str, actor: Actor | None) -> str:
        # Apollo's clients name a document of their manifest this way.
        trusted = self._by_hash.get(digest) or self._trusted.get(digest)
        if request.query and request.query != trusted and _hash(request.query) != digest:
            raise RequestError.of(
                "extensions.persistedQuery.sha256Hash is not the hash of query",
                "PERSISTED_QUERY_HASH_MISMATCH",
                field="sha256Hash",
            )
        if trusted is not None:
            return trusted
        if self._only:
            raise _untrusted()
        if self._registry is None:
            # The words that clients look for: they send the document in full from then on.
            if not request.query:
                raise RequestError.of("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")
            return request.query
        if not request.query:
            found = await self._registry.find(digest)
            if found is None:
                raise RequestError.of("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
            return found
        fits = len(request.query.encode()) <= self._most
        if actor is not None and fits and self._check(request.query, actor):
            await self._registry.keep(digest, request.query, actor)
        return request.query


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _untrusted() -> RequestError:
    return RequestError.of(
        "only the documents of this installation's manifest are served: send its documentId",
        "DOCUMENT_NOT_TRUSTED",
        field="query",
    )
