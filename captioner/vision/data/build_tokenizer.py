"""Builds `o200k_base.tokenizer.json.xz` from OpenAI's ranks, and checks it against an oracle.

    pip install bpe-openai && python captioner/vision/data/build_tokenizer.py [--check]

`bpe-openai` carries the ranks and is the oracle; it is needed here only, never at run time.
`--check` compares the file that stands here and writes nothing. Exit status 1 where they differ.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import importlib
import json
import lzma
import random
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

RANKS_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
TARGET = Path(__file__).with_name("o200k_base.tokenizer.json.xz")
SPECIAL_TOKENS = {"<|endoftext|>": 199_999, "<|endofprompt|>": 200_018}

_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_SUFFIX = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
# Plain quantifiers only: this regex engine reads a possessive `{1,3}+` as a repetition.
PATTERN = "|".join(
    [
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_SUFFIX}",
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_SUFFIX}",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)


def main() -> int:
    """Build or check, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    check = parser.parse_args().check
    built = json.dumps(
        json.loads(build(read_ranks()).to_str()), ensure_ascii=False, separators=(",", ":")
    ).encode()
    if check:
        if lzma.decompress(TARGET.read_bytes()) != built:
            print(f"{TARGET.name} is not what the ranks make; run without --check", file=sys.stderr)
            return 1
    else:
        TARGET.write_bytes(lzma.compress(built, preset=9 | lzma.PRESET_EXTREME))
    texts, wrong = compare(Tokenizer.from_str(built.decode()))
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes; {wrong} of {texts} texts differ")
    return 1 if wrong else 0


def read_ranks() -> dict[bytes, int]:
    """Token → rank, from the installed `bpe-openai`; RuntimeError if they are other ranks."""
    packed = resources.files("bpe_openai.data").joinpath("o200k_base.tiktoken.gz").read_bytes()
    text = gzip.decompress(packed)
    if hashlib.sha256(text).hexdigest() != RANKS_SHA256:
        raise RuntimeError("bpe-openai carries other o200k_base ranks than the ones expected")
    pairs = (line.split() for line in text.splitlines())
    return {base64.b64decode(token): int(rank) for token, rank in pairs}


def build(ranks: dict[bytes, int]) -> Tokenizer:
    """The same tokenizer in Hugging Face's form: one merge a token, in the order of ranks."""
    letters = _byte_letters()

    def spelled(token: bytes) -> str:
        return "".join(letters[byte] for byte in token)

    merges = []
    for token, rank in sorted(ranks.items(), key=lambda pair: pair[1]):
        parts = _merged(token, ranks, rank)
        if len(parts) == 2:  # single bytes have none
            merges.append((spelled(parts[0]), spelled(parts[1])))
    vocab = {spelled(token): rank for token, rank in ranks.items()}
    # A special token gets its true id only if the vocabulary already knows it.
    tokenizer = Tokenizer(
        BPE(vocab={**vocab, **SPECIAL_TOKENS}, merges=merges, fuse_unk=False, ignore_merges=True)
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(text, special=True, normalized=False) for text in SPECIAL_TOKENS]
    )
    return tokenizer


def _merged(token: bytes, ranks: dict[bytes, int], below: int) -> list[bytes]:
    """`token` cut into the parts that merges of a rank under `below` leave."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while True:
        candidates = [
            (rank, i)
            for i in range(len(parts) - 1)
            if (rank := ranks.get(parts[i] + parts[i + 1], below)) < below
        ]
        if not candidates:
            return parts
        _, i = min(candidates)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]


def _byte_letters() -> dict[int, str]:
    """The printable letter that stands for each byte in byte-level vocabularies."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {
        byte: chr(256 + n) for n, byte in enumerate(others)
    }


def compare(tokenizer: Tokenizer) -> tuple[int, int]:
    """How many texts were tried against the oracle, and how many came out differently."""
    oracle: Any = importlib.import_module("bpe_openai").get_encoding("o200k_base")
    texts = list(_texts())
    wrong = 0
    for text in texts:
        if tokenizer.encode(text, add_special_tokens=False).ids != list(oracle.encode(text)):
            wrong += 1
            print(f"differs: {text[:60]!r}", file=sys.stderr)
    return len(texts), wrong


def _texts() -> list[str]:
    """Real prose and code from Python's own library, and seeded noise over many scripts."""
    rng = random.Random(200)
    texts = []
    for path in sorted(Path(json.__file__).parent.parent.glob("*.py"))[:120]:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        texts += ["".join(lines[i : i + 12]) for i in range(0, len(lines), 12)]
    blocks = [(0x20, 0x7F), (0xA0, 0x250), (0x370, 0x530), (0x590, 0x700), (0x900, 0xE00)]
    blocks += [(0x3040, 0x3100), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x1F300, 0x1F700)]
    blanks_and_marks = " \t\n\r\u00a0\u3000'’\u0301/.,!?0123456789"
    for _ in range(12_000):
        low, high = rng.choice(blocks)
        letters = [chr(rng.randrange(low, high)) for _ in range(rng.randrange(1, 24))]
        letters += rng.choices(blanks_and_marks, k=rng.randrange(0, 8))
        rng.shuffle(letters)
        texts.append("".join(letters))
    return texts


if __name__ == "__main__":
    raise SystemExit(main())
