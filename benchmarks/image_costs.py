"""What a 12-megapixel photo costs on each family of models, as it is and made ready.

    python -m benchmarks.image_costs

Prints the table of `docs/images.md`, by the formulas in `captioner/vision/image_tokens.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from captioner.vision.image_policy import ImagePolicy
from captioner.vision.image_sizing import sent_size
from captioner.vision.image_tokens import FAMILIES, UNKNOWN, Family, PatchFamily

_PHOTO_PX = (4000, 3000)
_ASKED_TOKENS = 300


def _details(family: Family) -> Iterator[str]:
    yield from ("low", "high")
    if isinstance(family, PatchFamily) and family.original is not None:
        yield "original"


def table() -> str:
    """A row for each family and level of detail."""
    models: defaultdict[Family, list[str]] = defaultdict(list)
    for model, family in FAMILIES.items():
        models[family].append(model)
    models[UNKNOWN].append("any other (estimated)")
    lines = [
        "| models | detail | photo as it is | `resize=auto` | `image_tokens=300` |",
        "|---|---|---|---|---|",
    ]
    for family, names in models.items():
        for detail in _details(family):
            cells = [f"{family.tokens(detail, *_PHOTO_PX):,}"]
            for asked_tokens in (None, _ASKED_TOKENS):
                policy = ImagePolicy(detail=detail, family=family, image_tokens=asked_tokens)
                width_px, height_px = sent_size(*_PHOTO_PX, policy)
                tokens = family.tokens(detail, width_px, height_px)
                cells.append(f"{tokens:,} ({width_px}×{height_px})")
            lines.append(f"| {', '.join(names)} | {detail} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print it."""
    print(table())


if __name__ == "__main__":
    main()
