"""uvicorn's server, whose command line stays unloaded, since this room is entered first; its `Date` is never old."""

from uvicorn.config import Config
from uvicorn.server import Server as UvicornServer

__all__ = ["Config", "Server"]


class Server(UvicornServer):
    """Writes `Date` at each tick, ten a second, since clients reckon from it: it must agree with `Retry-After` and `X-RateLimit-Reset`."""

    async def on_tick(self, counter: int) -> bool:
        """Uvicorn's own writes it at each tenth tick, so it was up to a second old, and more on a busy machine."""
        return await super().on_tick(0)
