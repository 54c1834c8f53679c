"""uvicorn's server, whose command line stays unloaded, since this room is entered first."""

from uvicorn.config import Config
from uvicorn.server import Server

__all__ = ["Config", "Server"]
