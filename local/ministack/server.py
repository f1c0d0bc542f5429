"""The server in front of the emulator: uvicorn, whose parser and loop are native, instead of hypercorn.

Nearly half of the processor time that writing an object took was the server's, so everything that runs here gets faster.
"""

import asyncio

import hypercorn.asyncio
import uvicorn
import uvloop

# Seconds that a connection may rest, as MiniStack sets it, and that requests may take once the end has come.
KEEP_ALIVE, GRACE = 75, 2


def install() -> None:
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    hypercorn.asyncio.serve = serve


async def serve(application, config) -> None:
    host, port = config.bind[0].rsplit(":", 1)
    await uvicorn.Server(
        uvicorn.Config(
            application,
            host=host,
            port=int(port),
            http="httptools",
            log_level=config.loglevel.lower(),
            access_log=False,
            ssl_certfile=config.certfile,
            ssl_keyfile=config.keyfile,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
            # AWS sends no `server` of this name, and MiniStack sets the date itself.
            server_header=False,
            date_header=False,
        )
    ).serve()
