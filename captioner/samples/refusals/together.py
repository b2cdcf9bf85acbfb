"""Several lexicons at once: a word is looked up one time for all languages that share letters."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias, TypeVar

from captioner.samples.refusals.lexicon import Lexicon, words_of
from captioner.samples.refusals.splitting import folded

T = TypeVar("T")

Meanings: TypeAlias = tuple[int, tuple[int | None, ...]]
"""Of a word: which lexicons do not know it, packed, and its parts in each (None: unknown)."""

_CACHED_WORDS: Final = 32_768
_FIELD_BITS: Final = 32
"""Room for a count: packed numbers are added up for all lexicons in one go."""

_STRANGE: Final = 2
"""Three for each word that no lexicon knows, less one for each word: above none, more than a third
is not known; above this, it is more than one word as well."""

_Found: TypeAlias = dict[str, list[tuple[int, int]]]
"""Word or beginning → (which lexicon, parts)."""


class _Memo(dict[str, T]):
    """What is known of the words that were met lately; a hit costs no call."""

    def __init__(self, find: Callable[[str], T]) -> None:
        self._find = find

    def __missing__(self, word: str) -> T:
        if len(self) >= _CACHED_WORDS:
            self.clear()
        found = self[word] = self._find(word)
        return found


class Together:
    """Lexicons of spaced languages."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        self.lexicons = tuple(lexicons)
        self._counts = struct.Struct(f"<{len(lexicons)}I")
        self._whole: _Found = {}
        self._stems: _Found = {}
        for at, lexicon in enumerate(lexicons):
            whole, stems, _ = lexicon.tables
            for found, table in (self._whole, whole), (self._stems, stems):
                for word, parts in table.items():
                    found.setdefault(word, []).append((at, parts))
        self._lengths = sorted(set(map(len, self._stems)))
        self._by_head: dict[str, tuple[str, ...]] = {}
        for stem in self._stems:
            head = stem[: self._lengths[0]]
            self._by_head[head] = (*self._by_head.get(head, ()), stem)
        self._unknown = self._packed_with([None] * len(lexicons))
        self.meanings = _Memo(self._meanings)
        self._packed = _Memo(lambda word: self.meanings[word][0])
        self._strangeness = _Memo(self._strangeness_of)

    def is_strange(self, text: str) -> bool:
        """Say whether more than a third of a text, and more than one word, is in no lexicon.

        So it is with most captions, and this is told in half the time that counting takes.
        """
        # Cut at blanks alone, words keep their case and marks.
        return sum(map(self._strangeness.__getitem__, text.split())) > _STRANGE

    def unknown(self, text: str) -> tuple[tuple[int, ...], int]:
        """How many words of a folded text each lexicon does not know, and how many there are."""
        words = words_of(text)
        packed = sum(map(self._packed.__getitem__, words))
        return self._counts.unpack(packed.to_bytes(self._counts.size, "little")), len(words)

    def _strangeness_of(self, between_blanks: str) -> int:
        words = words_of(folded(between_blanks))
        return 3 * len([word for word in words if not self._is_known(word)]) - len(words)

    def _is_known(self, word: str) -> bool:
        begins_so = self._by_head.get(word[: self._lengths[0]], ())
        return word in self._whole or word.startswith(begins_so) or word.isdecimal()

    def _meanings(self, word: str) -> Meanings:
        if not self._is_known(word):
            return self._unknown
        found = list(self._whole.get(word, ()))
        for length in self._lengths:
            found += self._stems.get(word[:length], ())
        nothing = 0 if word.isdecimal() else None
        played: list[int | None] = [nothing] * len(self.lexicons)
        for at, parts in found:
            played[at] = parts | (played[at] or 0)
        return self._packed_with(played)

    def _packed_with(self, played: list[int | None]) -> Meanings:
        lacking = [at for at, parts in enumerate(played) if parts is None]
        return sum([1 << _FIELD_BITS * at for at in lacking]), tuple(played)
