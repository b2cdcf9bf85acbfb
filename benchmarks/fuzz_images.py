"""Prepares images with bytes changed, cut out, doubled and taken from others.

    python -m benchmarks.fuzz_images [COUNT] [SEED]

The images are Pillow's own test images of at most 60 kB (`pillow_images` gets them) and some of our
own, each format as often as another; but one of ten is of the rare formats, which are decoded by a
process of their own. Promised: each of 20,000 ends as prepared or as a failure with a reason,
within 10 s and 1 GB.
"""

from __future__ import annotations

import functools
import io
import random
import sys
from collections import Counter

from PIL import Image

from benchmarks.pillow_images import pillow_images
from benchmarks.rehearsal import verdict
from benchmarks.watched import Case, watch
from captioner.vision.image_formats import format_of

_SEED_BYTES = 60_000
_COUNT = 20_000
_A_PROCESS = 100
_RARE_SHARE = 0.1
_TELLING = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)
_TELLING_WORDS = (0, 1, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x00010000, 65_500)


def seeds() -> dict[str | None, list[bytes]]:
    """The images that are changed, by format; None stands for all the rare ones."""
    picture = Image.effect_noise((160, 120), 60).convert("RGB")
    found = [path.read_bytes() for path in pillow_images() if path.stat().st_size <= _SEED_BYTES]
    for form, options in (
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("WEBP", {}),
        ("AVIF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "jpeg"}),
        ("HEIF", {}),
    ):
        if form == "HEIF":
            from pillow_heif import register_heif_opener

            register_heif_opener()
        file = io.BytesIO()
        picture.save(file, form, **options)
        found.append(file.getvalue())
    images: dict[str | None, list[bytes]] = {}
    for source in filter(None, found):
        images.setdefault(format_of(source), []).append(source)
    return images


def mutant(images: dict[str | None, list[bytes]], name: str) -> bytes:
    """One image with a few things wrong; the same for the same name."""
    chance = random.Random(name)
    common = sorted(form for form in images if form is not None)

    def image() -> bytes:
        form = None if chance.random() < _RARE_SHARE else chance.choice(common)
        return chance.choice(images[form])

    source = bytearray(image())
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = int(len(source) * chance.random() ** chance.choice((1, 3)))
        length = chance.choice((1, 2, 4, 16, 200, len(source) // 3))
        match chance.randrange(8):
            case 0 | 1:
                source[at : at + 1] = bytes([chance.randrange(256)])
            case 2:
                source[at : at + 1] = bytes([chance.choice(_TELLING)])
            case 3:
                word = chance.choice(_TELLING_WORDS)
                source[at : at + 4] = word.to_bytes(4, chance.choice(("big", "little")))
            case 4:
                del source[at:]
            case 5:
                del source[at : at + length]
            case 6:
                source[at:at] = source[at : at + length] * chance.choice((1, 2, 50))
            case _:
                other = image()
                start = int(len(other) * chance.random())
                source[at : at + length] = other[start : start + length]
        if not source:
            break
    return bytes(source)


def main() -> None:
    """Watch them all."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT
    seed = sys.argv[2] if len(sys.argv) > 2 else "0"
    images = seeds()
    cases = []
    for number in range(count):
        name = f"{seed}-{number:06}"
        read = functools.partial(mutant, images, name)
        cases.append(Case(name, read, "reencode" if number % 2 else "as_is"))
    endings = watch(cases, a_process=_A_PROCESS)
    for what, times in Counter(ending.what for ending in endings).most_common():
        print(f"{times:6} {what}")
    slowest = max(endings, key=lambda ending: ending.seconds)
    largest = max(endings, key=lambda ending: ending.peak_bytes)
    print(f"slowest {slowest.seconds:.2f} s ({slowest.name}: {slowest.what}, {slowest.detail})")
    print(f"most memory of a process {largest.peak_bytes / 1e6:.0f} MB ({largest.name})")
    broken = [ending for ending in endings if not ending.is_held]
    for ending in broken:
        print(ending)
    print(f"{count} mutants, {len(broken)} not as promised  {verdict(not broken)}")


if __name__ == "__main__":
    main()
