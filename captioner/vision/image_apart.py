"""Decodes one image in a process of its own, which may crash, hang or swell without harm.

For rare formats and compressed TIFF: their decoders are slow, hold the interpreter's lock for
seconds, write to stderr, or have seen few hostile files. The process knows no key and nothing but
this image. It is started anew for each.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import subprocess
import sys
from typing import Final

from captioner.errors import PlaceholderError
from captioner.samples.reasons import REASONS
from captioner.vision.image_policy import ImagePolicy
from captioner.vision.prepared import Prepared

_DEADLINE_S: Final = 8.0
_ADDRESSES_BYTES: Final = 1_000_000_000
_KEPT_VARIABLES: Final = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "LANG", "LC_ALL", "TMPDIR")


def prepare_apart(
    source: bytes,
    label: str,
    known: str | None,
    max_side_px: int | None,
    policy: ImagePolicy,
    *,
    deadline_s: float = _DEADLINE_S,
) -> Prepared:
    """`image.prepare` for a source that has to be converted, in a process of its own; blocks.

    Raises PlaceholderError as `prepare` does, and where the process crashes or takes too long.
    """
    asked = pickle.dumps((label, known, max_side_px, policy))
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "captioner.vision.image_apart"],
            input=b"".join((len(asked).to_bytes(8), asked, source)),
            capture_output=True,
            timeout=deadline_s,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PlaceholderError(
            "too_large", f"{label} takes more than {deadline_s:g} s to decode; convert it to JPEG"
        ) from error
    head, _, data = done.stdout.partition(b"\n")
    try:
        answer = json.loads(head)
        if "reason" in answer and answer["reason"] in REASONS:
            raise PlaceholderError(answer["reason"], answer["detail"])
        width_px, height_px, source_width_px, source_height_px = map(int, answer["size_px"])
    except (ValueError, KeyError, TypeError) as error:
        raise PlaceholderError(
            "unreadable_image", f"{label} cannot be decoded: its decoder ended ({done.returncode})"
        ) from error
    return Prepared(
        "image/jpeg", data, width_px, height_px, True, source_width_px, source_height_px
    )


def _limit_this_process() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # there is none on Windows

        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES_BYTES, _ADDRESSES_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        seconds = int(_DEADLINE_S) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def main() -> None:
    """Read one image from standard input, and write it as JPEG, or its error, to the output."""
    _limit_this_process()
    from captioner.vision.image import prepare_here
    from captioner.vision.image_decoding import guarded

    length = int.from_bytes(sys.stdin.buffer.read(8))
    asked = pickle.loads(sys.stdin.buffer.read(length))  # noqa: S301 - our own words
    label, known, max_side_px, policy = asked
    source = sys.stdin.buffer.read()
    out = sys.stdout.buffer
    try:
        with guarded(label, source):
            prepared = prepare_here(source, label, known, "reencode", max_side_px, policy)
    except PlaceholderError as error:
        out.write(json.dumps({"reason": error.reason, "detail": error.detail}).encode() + b"\n")
        return
    size_px = (
        prepared.width_px,
        prepared.height_px,
        prepared.source_width_px,
        prepared.source_height_px,
    )
    out.write(json.dumps({"size_px": size_px}).encode() + b"\n")
    out.write(prepared.data)


if __name__ == "__main__":
    main()
