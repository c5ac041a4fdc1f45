"""What is said of a failure: one clear line, and nothing that a patient's data could be in."""

from __future__ import annotations

import asyncpg
from redis.exceptions import AuthenticationError, RedisError

from app.archives import ArchiveFailed
from app.embedded import FolderInUse, ServerFailed
from app.settings import SettingsError
from resolvers.errors import Refusal


class Mistake(Exception):
    """The user can mend it: the message says what is wrong and what to do."""


def explain(error: Exception) -> str:
    """The sentence for `error`. Messages of PostgreSQL repeat values, so only its class is told."""
    match error:
        case Mistake() | SettingsError() | FolderInUse() | ServerFailed() | ArchiveFailed():
            return str(error)
        case Refusal():
            return error.message
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return "the database refuses the user or password of DATABASE_URL"
        case asyncpg.InvalidCatalogNameError():
            return "the database that DATABASE_URL names does not exist"
        case asyncpg.UndefinedTableError() | asyncpg.UndefinedColumnError():
            return "the database is not at this version; run: wardline migrate"
        case asyncpg.PostgresError():
            return f"the database refuses: {type(error).__name__} ({error.sqlstate})"
        case AuthenticationError():
            return "Redis refuses the password of REDIS_URL"
        case RedisError():
            return f"Redis can not be reached: {type(error).__name__}"
        case FileNotFoundError() | FileExistsError() | PermissionError() | IsADirectoryError() if (
            error.filename
        ):
            return f"{error.filename}: {error.strerror}"
        case OSError():
            return f"the database can not be reached: {error.strerror or type(error).__name__}"
        case _:
            return f"unexpected {type(error).__name__}; `wardline --debug …` shows where"
