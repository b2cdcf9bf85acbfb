"""The size of a plain JPEG from its header; Pillow takes many times as long. Pure."""

from __future__ import annotations

import re
import struct
from typing import Final

_FRAMES: Final = frozenset((0xFFC0, 0xFFC1))
"""Baseline and extended: decoded line by line. Progressive ones may take long, and are Pillow's."""

_SHORTEST_BYTES: Final = {
    0xFFC4: 2,  # Huffman tables
    0xFFDD: 2,  # restart interval
    0xFFE0: 16,  # JFIF
    **dict.fromkeys((*range(0xFFE3, 0xFFED), 0xFFEF), 2),  # applications' own
    0xFFEE: 14,  # Adobe
    0xFFFE: 2,  # comment
}
"""Segments that are passed over, and the least that each has if it is whole.

Not among them are APP1, which may hold an orientation, APP2, which may hold a colour profile or
further pictures, and APP13, of which Pillow reads more than its length."""

_TABLES, _SCAN = 0xFFDB, 0xFFDA
_TABLE_BYTES: Final = 65
_USUAL: Final = re.compile(
    rb"(?:\xFF\xDB\x00(?:\x43|\x84[\x00-\x0F].{64})[\x00-\x0F].{64})+"
    rb"\xFF[\xC0\xC1]\x00\x11\x08(.{4})\x03.{9}"
    # The Huffman tables of the standard.
    rb"(?:\xFF\xC4(?:\x00\x1F.{29}|\x00\xB5.{179}|\x01\xA2.{416}))+"
    rb"\xFF\xDA\x00\x0C\x03.{9}",
    re.DOTALL,
)
"""What most encoders write of a coloured picture, from its tables on; the loop knows it, too."""
_SEGMENTS: Final = range(100)
_COMPONENTS: Final = (1, 3)
# Compiled, as an image has a dozen segments.
_SEGMENT: Final = struct.Struct(">HH").unpack_from
_FRAME: Final = struct.Struct(">BHHB").unpack_from
_SIZE: Final = struct.Struct(">HH").unpack
_shortest_bytes: Final = _SHORTEST_BYTES.get
_NEVER_BYTES: Final = 2**16


def plain_size(source: bytes) -> tuple[int, int] | None:
    """Width and height in px of a JPEG that stands as it is stored, in one scan, grey or coloured.

    None where anything is unusual: metadata that may turn it, four colours, several scans, a
    damaged header. What is returned is what Pillow finds (ITU-T T.81, annex B).
    """
    try:
        return _size_by_segment(source) if source.startswith(b"\xff\xd8") else None
    except (IndexError, struct.error):  # it ends within its header
        return None


def _size_by_segment(source: bytes) -> tuple[int, int] | None:
    size_px, components, at_byte = None, 0, 2
    for _ in _SEGMENTS:
        marker, length_bytes = _SEGMENT(source, at_byte)
        if length_bytes >= _shortest_bytes(marker, _NEVER_BYTES):
            pass
        elif marker == _TABLES:
            usual = _USUAL.match(source, at_byte)
            if usual is not None:
                height_px, width_px = _SIZE(usual[1])
                return (width_px, height_px) if width_px and height_px else None
            if not _are_plain(source, at_byte + 4, length_bytes - 2):
                return None
        elif marker == _SCAN:
            is_whole = at_byte + 2 + length_bytes <= len(source)
            return size_px if is_whole and source[at_byte + 4] == components else None
        elif marker in _FRAMES:
            depth_bits, height_px, width_px, components = _FRAME(source, at_byte + 4)
            is_usual = depth_bits == 8 and components in _COMPONENTS
            if not is_usual or length_bytes != 8 + 3 * components or not width_px * height_px:
                return None
            size_px = width_px, height_px
        else:
            return None
        at_byte += 2 + length_bytes
    return None


def _are_plain(source: bytes, at_byte: int, size_bytes: int) -> bool:
    """Whether these are quantisation tables of 8 bits, under one of their sixteen numbers."""
    if size_bytes == _TABLE_BYTES:
        return source[at_byte] <= 15
    starts = range(at_byte, at_byte + size_bytes, _TABLE_BYTES)
    return size_bytes % _TABLE_BYTES == 0 and all(source[at] <= 15 for at in starts)
