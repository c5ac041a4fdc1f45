"""PostgreSQL 18 and Redis as children of this process, from the binaries in their wheels.

For a first look, for the tests and for a small hospital. With DATABASE_URL and REDIS_URL the
same application runs on servers of the user's, and nothing here is started.
"""

from app.embedded.folder import FolderInUse
from app.embedded.process import ServerFailed
from app.embedded.servers import Servers, embedded_servers, urls_of_running

__all__ = ["FolderInUse", "ServerFailed", "Servers", "embedded_servers", "urls_of_running"]
