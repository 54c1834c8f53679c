"""Finds the documents whose text contains a term, without a word index: a match may begin anywhere.

The texts of neighbouring ids are joined in pages, which are searched in long strides; a write spoils the page of its
document alone, which the next search joins anew. The answers to the last terms are kept until the next write, since a
client that turns pages asks the same again.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

_IDS_OF_A_PAGE_BITS = 8  # 256 documents, which are joined anew in microseconds
_MOST_ANSWERS = 128


@dataclass(frozen=True, slots=True)
class _Joined:
    """A page's texts one behind the other: ids ascending, and where in `text` each one's begins."""

    text: str
    ids: list[int]
    begins: list[int]

    def containing(self, term: str) -> list[int]:
        """The ids whose text holds the term: from each hit on to the next document."""
        found: list[int] = []
        hit = self.text.find(term)
        while hit >= 0:
            place = bisect_right(self.begins, hit)
            found.append(self.ids[place - 1])
            hit = self.text.find(term, self.begins[place]) if place < len(self.begins) else -1
        return found


class SearchTexts:
    """One text for each document, by id; line ends separate the documents in a page, so that no term may hold one."""

    def __init__(self) -> None:
        self._pages: dict[int, dict[int, str]] = {}
        self._joined: dict[int, _Joined] = {}
        self._answers: dict[str, list[int]] = {}

    def fork(self) -> SearchTexts:
        """A copy that changes for itself; what was joined is shared, since it is joined anew and never changed."""
        copy = SearchTexts()
        copy._pages = {number: texts.copy() for number, texts in self._pages.items()}
        copy._joined, copy._answers = self._joined.copy(), self._answers.copy()
        return copy

    def put(self, doc_id: int, text: str) -> None:
        """Give a document its text, in the place of the one that it had."""
        page = doc_id >> _IDS_OF_A_PAGE_BITS
        self._pages.setdefault(page, {})[doc_id] = text
        self._spoil(page)

    def remove(self, doc_id: int) -> None:
        """Forget a document; nothing happens where it has no text."""
        page = doc_id >> _IDS_OF_A_PAGE_BITS
        texts = self._pages.get(page, {})
        if texts.pop(doc_id, None) is not None:
            self._spoil(page)
            if not texts:
                del self._pages[page]

    def containing(self, term: str) -> list[int]:
        """The ids of all documents whose text holds the term, ascending; never change the list."""
        found = self._answers.get(term)
        if found is None:
            found = [doc_id for page in sorted(self._pages) for doc_id in self._page(page).containing(term)]
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            self._answers[term] = found
        return found

    def holds(self, doc_id: int, term: str) -> bool:
        """Whether one document's text holds the term."""
        return term in self._pages.get(doc_id >> _IDS_OF_A_PAGE_BITS, {}).get(doc_id, "")

    def _page(self, number: int) -> _Joined:
        joined = self._joined.get(number)
        if joined is None:
            texts = dict(sorted(self._pages[number].items()))
            begins = accumulate((len(text) + 1 for text in list(texts.values())[:-1]), initial=0)
            joined = self._joined[number] = _Joined("\n".join(texts.values()), list(texts), list(begins))
        return joined

    def _spoil(self, page: int) -> None:
        self._joined.pop(page, None)
        self._answers.clear()
