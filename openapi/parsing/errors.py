"""Why two documents cannot be compared."""

from __future__ import annotations


class SourceError(ValueError):
    """A document cannot be used; the message is `file:line:column: what is wrong and what would be right`.

    Lines and columns count from 1; where they are not known they are None, and the message goes without.
    """

    def __init__(self, file: str, what: str, line: int | None = None, column: int | None = None) -> None:
        self.file, self.what, self.line, self.column = file, what, line, column
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(f"{place}: {what}")
