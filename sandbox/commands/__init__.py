"""The commands other than `serve`, for the operator of a data directory. They ask the running server, or do the work themselves."""
