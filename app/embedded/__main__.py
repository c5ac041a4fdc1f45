"""`python -m app.embedded COMMAND…`: run a command beside throw-away servers.

It finds them in DATABASE_URL and REDIS_URL, the database empty; they end with it. The exit code
is the command's. `make check` and `make migration` use it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from app.embedded import embedded_servers


async def run_beside(command: list[str]) -> int:
    """The exit code of `command`."""
    with tempfile.TemporaryDirectory(prefix="wardline-") as home:
        async with embedded_servers(Path(home), fast=True) as servers:
            urls = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
            process = await asyncio.create_subprocess_exec(*command, env=os.environ | urls)
            return await process.wait()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m app.embedded COMMAND…")
    sys.exit(asyncio.run(run_beside(sys.argv[1:])))
