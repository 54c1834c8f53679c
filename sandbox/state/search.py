"""Finds the documents whose text holds a term, without an index of words: a substring may begin anywhere.

The texts of neighbouring ids are joined in pages, so that most of a collection is passed over in a few long strides; a
write spoils the page of its document alone, which the next search joins anew.
"""

from __future__ import annotations

_IDS_OF_A_PAGE_BITS = 8  # 256 documents: joining them anew takes microseconds, and few pages hold a rare term


class SearchTexts:
    """One text for each document, by id; line ends separate the documents in a page, so that no term may hold one."""

    def __init__(self) -> None:
        self._pages: dict[int, dict[int, str]] = {}
        self._joined: dict[int, str] = {}

    def put(self, doc_id: int, text: str) -> None:
        """Give a document its text, in the place of the one that it had."""
        page = doc_id >> _IDS_OF_A_PAGE_BITS
        self._pages.setdefault(page, {})[doc_id] = text
        self._joined.pop(page, None)

    def remove(self, doc_id: int) -> None:
        """Forget a document; nothing happens where it has no text."""
        page = doc_id >> _IDS_OF_A_PAGE_BITS
        texts = self._pages.get(page, {})
        if texts.pop(doc_id, None) is not None:
            self._joined.pop(page, None)
            if not texts:
                del self._pages[page]

    def containing(self, term: str) -> list[int]:
        """The ids of all documents whose text holds the term, ascending."""
        found: list[int] = []
        for page in sorted(self._pages):
            texts = self._pages[page]
            joined = self._joined.get(page)
            if joined is None:
                joined = self._joined[page] = "\n".join(texts.values())
            if term in joined:
                found += sorted(doc_id for doc_id, text in texts.items() if term in text)
        return found

    def holds(self, doc_id: int, term: str) -> bool:
        """Whether one document's text holds the term."""
        return term in self._pages.get(doc_id >> _IDS_OF_A_PAGE_BITS, {}).get(doc_id, "")
