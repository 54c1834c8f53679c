"""The commands beside `serve`, for the owner of a data directory. A running server does them, else they do it themselves."""
