"""The OpenAPI version of a document, which is checked first, since everything else depends on it."""

from __future__ import annotations

import re
from typing import Any

from openapi.document import DocumentError, kind_of
from openapi.wording import quoted

_BEGINS = "an OpenAPI document begins with `openapi: 3.0.3`, and has `info` and `paths`"
_NEWER = "write 3.0.3, and in its words: `nullable: true` for the type 'null', an `enum` of one value for `const`"


def refuse_other_versions(document: Any, file: str) -> None:
    """Raises DocumentError for what is no OpenAPI 3.0, whatever else may be wrong with it."""
    if document is None:
        raise DocumentError(file, "$", f"is empty; {_BEGINS}")
    if not isinstance(document, dict):
        raise DocumentError(file, "$", f"is {kind_of(document)}, not a mapping; {_BEGINS}")
    if "openapi" not in document:
        if "swagger" in document:
            raise DocumentError(
                file, "$.swagger", f"must be OpenAPI 3.0.x, which the server speaks, not Swagger {document['swagger']}: convert it first"
            )
        raise DocumentError(file, "$", f"lacks `openapi`, which says the version; {_BEGINS}")
    version = document["openapi"]
    if not isinstance(version, str):
        raise DocumentError(file, "$.openapi", f"must be 3.0.x, which the server speaks, as text such as '3.0.3', not {quoted(version)}")
    if not re.fullmatch(r"3\.0\.\d+(-.+)?", version):
        hint = f": {_NEWER}" if version.startswith("3.") else ""
        raise DocumentError(file, "$.openapi", f"must be 3.0.x, which the server speaks, not {quoted(version)}{hint}")
