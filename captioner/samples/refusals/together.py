"""Several lexicons at once: a word is looked up one time for all languages that share letters."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias, TypeVar

from captioner.samples.refusals.lexicon import Lexicon, words_of

T = TypeVar("T")

Meanings: TypeAlias = tuple[int, tuple[int | None, ...]]
"""Of a word: which lexicons do not know it, packed, and its parts in each (None: unknown)."""

_CACHED_WORDS: Final = 8192
_FIELD_BITS: Final = 32
"""Room for a count: packed numbers are added up for all lexicons in one go."""

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
        self._heads = {stem[: self._lengths[0]] for stem in self._stems}
        self._unknown = self._packed_with([None] * len(lexicons))
        self.meanings = _Memo(self._meanings)
        self._packed = _Memo(lambda word: self.meanings[word][0])

    def unknown(self, text: str) -> tuple[tuple[int, ...], int]:
        """How many words each lexicon does not know, and how many there are."""
        words = words_of(text)
        packed = sum(map(self._packed.__getitem__, words))
        return self._counts.unpack(packed.to_bytes(self._counts.size, "little")), len(words)

    def _meanings(self, word: str) -> Meanings:
        found = list(self._whole.get(word, ()))
        if word[: self._lengths[0]] in self._heads:
            for length in self._lengths:
                found += self._stems.get(word[:length], ())
        if not found and not word.isdecimal():
            return self._unknown
        nothing = 0 if word.isdecimal() else None
        played: list[int | None] = [nothing] * len(self.lexicons)
        for at, parts in found:
            played[at] = parts | (played[at] or 0)
        return self._packed_with(played)

    def _packed_with(self, played: list[int | None]) -> Meanings:
        lacking = [at for at, parts in enumerate(played) if parts is None]
        return sum([1 << _FIELD_BITS * at for at in lacking]), tuple(played)
