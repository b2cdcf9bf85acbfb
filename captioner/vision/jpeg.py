"""The size of a plain JPEG from its header; Pillow takes many times as long. Pure."""

from __future__ import annotations

from typing import Final

_FRAMES: Final = frozenset((0xC0, 0xC1))
"""Baseline and extended: decoded line by line. Progressive ones may take long, and are Pillow's."""

_SHORTEST_BYTES: Final = {
    0xC4: 2,  # Huffman tables
    0xDD: 2,  # restart interval
    0xE0: 16,  # JFIF
    **dict.fromkeys((*range(0xE3, 0xED), 0xEF), 2),  # applications' own
    0xEE: 14,  # Adobe
    0xFE: 2,  # comment
}
"""Segments that are passed over, and the least that each has if it is whole.

Not among them are APP1, which may hold an orientation, APP2, which may hold a colour profile or
further pictures, and APP13, of which Pillow reads more than its length."""

_TABLES, _SCAN = 0xDB, 0xDA
_TABLE_BYTES: Final = 65
_MOST_SEGMENTS: Final = 100
_COMPONENTS: Final = (1, 3)


def plain_size(source: bytes) -> tuple[int, int] | None:
    """Width and height in px of a JPEG that stands as it is stored, in one scan, grey or coloured.

    None where anything is unusual: metadata that may turn it, four colours, several scans, a
    damaged header. What is returned is what Pillow finds (ITU-T T.81, annex B).
    """
    size_px, components, at_byte, last = None, 0, 2, len(source) - 10
    for _ in range(_MOST_SEGMENTS):
        if at_byte >= last or source[at_byte] != 0xFF:
            return None
        kind = source[at_byte + 1]
        length_bytes = source[at_byte + 2] << 8 | source[at_byte + 3]
        end = at_byte + 2 + length_bytes
        if kind == _SCAN:
            is_whole = source[at_byte + 4] == components and end <= len(source)
            return size_px if is_whole else None
        if kind == _TABLES:
            starts = range(at_byte + 4, min(end, last), _TABLE_BYTES)
            if (length_bytes - 2) % _TABLE_BYTES or any(source[at] > 15 for at in starts):
                return None
        elif kind in _FRAMES:
            components = source[at_byte + 9]
            height_px = source[at_byte + 5] << 8 | source[at_byte + 6]
            width_px = source[at_byte + 7] << 8 | source[at_byte + 8]
            is_usual = source[at_byte + 4] == 8 and components in _COMPONENTS
            if not is_usual or length_bytes != 8 + 3 * components or not width_px * height_px:
                return None
            size_px = width_px, height_px
        elif length_bytes < _SHORTEST_BYTES.get(kind, 2**16):
            return None
        at_byte = end
    return None
