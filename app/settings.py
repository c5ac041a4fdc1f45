"""Every setting, read from the environment once. There is no settings file.

DATABASE_URL, REDIS_URL, HOST and PORT are called what every host calls them; all others start
with WARDLINE_. Secrets are SecretStr and appear in no log, no repr and no error.
"""

from __future__ import annotations

import re
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from app.socket_limits import SocketLimits
from resolvers.reading.limits import DEFAULT_LIMITS, Limits
from subscriptions.redis_address import RedisAddress

PREFIX = "WARDLINE_"
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


class SettingsError(Exception):
    """One or more settings are wrong: a line each, naming the variable and never its value."""


class Settings(SocketLimits):
    """The settings of one process. Make them with `load_settings`, which explains what is wrong."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    # Where
    database_url: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="postgresql://user:password@host:port/database; PostgreSQL 15 to 18. "
        "Without it the embedded one runs.",
    )
    migrations_database_url: SecretStr | None = Field(
        None,
        validation_alias="MIGRATIONS_DATABASE_URL",
        description="The same database by the login that owns it, for migrations alone; without "
        "it DATABASE_URL's owns it (docs/audit.md).",
    )
    redis_url: SecretStr | None = Field(
        None,
        validation_alias="REDIS_URL",
        description="redis://…, redis+sentinel://… or redis+cluster://…, with rediss for TLS "
        "(docs/redis.md); Redis 7+ or Valkey. Without it the embedded one runs.",
    )
    host: str = Field("127.0.0.1", validation_alias="HOST", description="Address to listen on.")
    port: int = Field(
        8000, ge=1, le=65535, validation_alias="PORT", description="Port to listen on."
    )
    workers: PositiveInt = Field(
        1, description="Processes that serve, of `wardline serve`; each has pools of its own."
    )
    home: Path = Field(Path(".wardline"), description="Folder of the embedded servers' data.")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    # The demo
    simulator: bool = Field(True, description="on or off: whether the demo hospital lives.")
    demo_password: SecretStr = Field(
        SecretStr("wardline"), description="Password of the demo's users; used in the demo alone."
    )

    # Sign-in
    session_idle_minutes: PositiveInt = Field(15, description="A session unused this long ends.")
    session_hours: PositiveInt = Field(12, description="A session ends after this, used or not.")
    cookie_secure: bool = Field(
        False, description="Mark the browser's cookie Secure; turn on wherever TLS ends before us."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Further origins, comma-separated, whose pages may use the cookie and open "
        "sockets; the own origin always may.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Addresses, comma-separated, whose X-Forwarded-For and -Proto are believed.",
    )
    sign_in_account_attempts: PositiveInt = Field(
        10, description="Failed sign-ins of one account in the window before it must wait."
    )
    sign_in_address_attempts: PositiveInt = Field(
        100, description="Failed sign-ins from one address in the window before it must wait."
    )
    sign_in_window_seconds: PositiveInt = Field(300, description="The window of both counts.")
    password_hashes_at_once: PositiveInt = Field(
        2, description="argon2id takes 64 MiB and 0.1 s of a core each; more of them wait."
    )

    # Documents
    trusted_documents: Path | None = Field(
        None,
        description="A manifest of documents that clients name by documentId: {id: document}, or "
        "Apollo's persisted query manifest.",
    )
    trusted_documents_only: bool = Field(
        False,
        description="Serve the documents of the manifest and no others; turn on in production.",
    )
    persisted_queries: bool = Field(
        True, description="on or off: automatic persisted queries, kept in Redis."
    )
    persisted_query_hours: PositiveInt = Field(
        168, description="An automatic persisted query unused this long is forgotten."
    )
    persisted_query_bytes: PositiveInt = Field(
        32_768, description="A longer query is not registered, and must be sent in full each time."
    )

    # Clinical
    stale_result_hours: PositiveInt = Field(
        24, description="A result older than this on arrival is judged and opens no alert."
    )

    # Who sees whom
    emergency_access_hours: PositiveInt = Field(
        4, description="Breaking the glass opens a patient for this long."
    )
    emergency_access_attempts: PositiveInt = Field(
        5, description="Tries of one user in an hour to break the glass, found or not."
    )
    arrival_attempts: PositiveInt = Field(
        10, description="Times in an hour that a user may name nobody by MRN and birth date."
    )
    care_team_tail_hours: PositiveInt = Field(
        24, description="A care team sees the chart for this long after the discharge."
    )

    # Stays
    cancel_stay_hours: PositiveInt = Field(
        24, description="An admission, transfer or discharge in error can be cancelled this long."
    )

    # The live channel
    events_kept_hours: PositiveInt = Field(
        72,
        description="Events stay in the log for this long; a station that was away for longer is "
        "told to read all afresh.",
    )

    # Sizes
    pool_min_size: PositiveInt = Field(2, description="Database connections kept open.")
    pool_max_size: PositiveInt = Field(10, description="Database connections at most.")
    send_deadline_seconds: PositiveFloat = Field(
        5.0, description="A socket that takes no frame for this long is closed, to come again."
    )

    # Looking at it
    metrics: bool = Field(True, description="on or off: the numbers of /metrics (docs/metrics.md).")
    metrics_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="Who brings it as a bearer may read /metrics; without it, who asks on the same "
        "machine.",
    )

    # Limits: docs/limits.md has them in order
    limit_body_bytes: PositiveInt = Field(
        4 * 1024 * 1024, description="A request's body; 1,000 results are about 300 kB."
    )
    limit_stranger_body_bytes: PositiveInt = Field(
        64 * 1024, description="The body of a request of somebody who is not signed in."
    )
    limit_characters: PositiveInt = Field(
        DEFAULT_LIMITS.characters, description="Characters of a document."
    )
    limit_tokens: PositiveInt = Field(
        DEFAULT_LIMITS.tokens, description="Names, numbers, strings and punctuation of a document."
    )
    limit_nesting: PositiveInt = Field(
        DEFAULT_LIMITS.nesting,
        description="Braces, brackets and parentheses of a document inside each other.",
    )
    limit_operations: PositiveInt = Field(
        DEFAULT_LIMITS.operations, description="Operations of a document."
    )
    limit_fragments: PositiveInt = Field(
        DEFAULT_LIMITS.fragments, description="Fragments of a document."
    )
    limit_directives: PositiveInt = Field(
        DEFAULT_LIMITS.directives, description="Directives in a document."
    )
    limit_aliases: PositiveInt = Field(DEFAULT_LIMITS.aliases, description="Aliases in a document.")
    limit_list_elements: PositiveInt = Field(
        DEFAULT_LIMITS.list_elements,
        description="Elements of one list, in a document or in variables.",
    )
    limit_object_fields: PositiveInt = Field(
        DEFAULT_LIMITS.object_fields,
        description="Fields of one input object, in a document or in variables.",
    )
    limit_variables: PositiveInt = Field(
        DEFAULT_LIMITS.variables, description="Variables of an operation."
    )
    limit_variables_bytes: PositiveInt = Field(
        DEFAULT_LIMITS.variables_bytes, description="All variables of a request, as JSON."
    )
    limit_variables_nesting: PositiveInt = Field(
        DEFAULT_LIMITS.variables_nesting,
        description="Lists and objects of variables inside each other.",
    )
    limit_variables_values: PositiveInt = Field(
        DEFAULT_LIMITS.variables_values,
        description="Values in all variables, those in lists and objects counted.",
    )
    limit_roots: PositiveInt = Field(
        DEFAULT_LIMITS.roots, description="Root fields of an operation."
    )
    limit_depth: PositiveInt = Field(
        DEFAULT_LIMITS.depth, description="Fields of an operation inside each other."
    )
    limit_fields: PositiveInt = Field(
        DEFAULT_LIMITS.fields,
        description="Selections of an operation with every fragment spread out.",
    )
    limit_relations: PositiveInt = Field(
        DEFAULT_LIMITS.relations, description="Tables that an operation may enter: each is a join."
    )
    limit_cost: PositiveInt = Field(
        DEFAULT_LIMITS.cost,
        description="Rows and objects that an operation may read, by its pages and lists.",
    )
    limit_comparisons: PositiveInt = Field(
        DEFAULT_LIMITS.comparisons,
        description="What validation may spend on comparing the fields of one response key.",
    )
    # The connections themselves give up after 30 s (resolvers/database), and cannot say why.
    limit_statement_seconds: PositiveFloat = Field(
        DEFAULT_LIMITS.statement_seconds,
        le=29,
        description="PostgreSQL stops a statement that reads for longer.",
    )
    limit_write_seconds: PositiveFloat = Field(
        DEFAULT_LIMITS.write_seconds,
        le=29,
        description="PostgreSQL stops a statement that writes for longer.",
    )
    limit_lock_seconds: PositiveFloat = Field(
        DEFAULT_LIMITS.lock_seconds,
        le=29,
        description="PostgreSQL stops a statement that waits for a lock for longer.",
    )
    budget_per_minute: NonNegativeInt = Field(
        5_000_000,
        description="What one user may spend on operations in a minute, in units of "
        f"{PREFIX}LIMIT_COST; 0 sets no limit.",
    )
    stranger_budget_per_minute: NonNegativeInt = Field(
        500_000,
        description="The same for one address (of IPv6 one /64) from which nobody is signed in.",
    )

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_origin, value))

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: str) -> str:
        try:
            for part in () if value == "*" else value.split(","):
                ip_network(part.strip())
        except ValueError:
            raise ValueError("must be addresses or networks (10.0.0.0/8), or *") from None
        return value

    @field_validator("database_url", "migrations_database_url")
    @classmethod
    def _database_scheme(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, ("postgresql", "postgres"))

    @field_validator("redis_url")
    @classmethod
    def _redis_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            RedisAddress.parse(value.get_secret_value())
        return value

    @field_validator("trusted_documents_only")
    @classmethod
    def _only_of_a_manifest(cls, value: bool, info: Any) -> bool:
        if value and info.data.get("trusted_documents") is None:
            raise ValueError(f"needs the manifest that {PREFIX}TRUSTED_DOCUMENTS names")
        return value

    @field_validator("pool_max_size")
    @classmethod
    def _pool_order(cls, value: int, info: Any) -> int:
        if value < info.data.get("pool_min_size", 1):
            raise ValueError(f"must not be smaller than {PREFIX}POOL_MIN_SIZE")
        return value


def load_settings(**given: Any) -> Settings:
    """The settings of the environment; `given` (by field name) goes before it.

    Raises SettingsError.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = (
            f"{_variable(str(problem['loc'][0]))}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise SettingsError("\n".join(lines)) from None


def _variable(location: str) -> str:
    field = Settings.model_fields.get(location)
    if field is None:
        return location
    alias = field.validation_alias
    return alias if isinstance(alias, str) else PREFIX + location.upper()


def _origin(value: str) -> str:
    """An origin as browsers write it: in small letters, without the port that goes without saying.
    Another spelling of it would never be met."""
    if ORIGIN.fullmatch(written := value.lower()) is None:
        raise ValueError("must be origins, each as https://board.example or http://localhost:5173")
    scheme = written.split("://")[0]
    return written.removesuffix({"http": ":80", "https": ":443"}.get(scheme, ":"))


def _with_scheme(value: SecretStr | None, schemes: tuple[str, ...]) -> SecretStr | None:
    if value is not None and value.get_secret_value().split("://")[0] not in schemes:
        raise ValueError(f"must be a URL that starts with {schemes[0]}://")
    return value


def limits_of(settings: Settings) -> Limits:
    """The limits that the read engine is given."""
    return Limits(**{one.name: getattr(settings, f"limit_{one.name}") for one in fields(Limits)})
