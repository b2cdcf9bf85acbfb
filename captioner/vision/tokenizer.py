"""Counts the tokens of a text: with the o200k_base vocabulary that ships here, or with another.

Opening one blocks for a second or, where it must be downloaded, longer: keep it off the event loop.
"""

from __future__ import annotations

import functools
import lzma
import queue
import re
import threading
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Final, TypeVar

from tokenizers import Tokenizer as Backend

T = TypeVar("T")

BUILTIN: Final = "builtin:o200k_base"
"""The vocabulary of gpt-4o and later models; see `data/NOTICE` for where it comes from."""

_CACHED_TEXTS = 512
_DOWNLOAD_DEADLINE_S = 15.0
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?", re.ASCII)


_LOADING = threading.Lock()


class Tokenizer:
    """A vocabulary; `spec` is what it was loaded from. Safe to use from several threads."""

    def __init__(self, spec: str, encode: Callable[[str], Sequence[int]]) -> None:
        self.spec = spec
        self._encode = encode
        # The same few prompts come again with every request.
        self._cached = functools.lru_cache(_CACHED_TEXTS)(self._count)

    def __repr__(self) -> str:
        return f"Tokenizer({self.spec}: {self._cached.cache_info().currsize} texts cached)"

    def count(self, text: str) -> int:
        """Tokens of `text`, without any that a chat format adds around it; never raises.

        Special tokens written in it count as the plain text they are.
        """
        return self._cached(text)

    def _count(self, text: str) -> int:
        # Half a surrogate pair is legal in JSON, but no text that can be encoded.
        plain = text.encode(errors="replace").decode()
        try:
            return len(self._encode(plain))
        except Exception:  # an estimate must not end a run, whatever a foreign vocabulary lacks
            return len(plain.encode())


_LOADED: dict[str, Tokenizer] = {}


def load_tokenizer(
    spec: str, *, download_deadline_s: float = _DOWNLOAD_DEADLINE_S
) -> tuple[Tokenizer, str | None]:
    """The tokenizer that `spec` names, and a warning where the builtin had to take its place.

    `spec` is `builtin:o200k_base`, a folder, a `tokenizer.json`, or a name on the Hugging Face hub,
    which is looked for on this disk first and then downloaded within the deadline. Blocks.

    A process loads each once: several at a time would need several times its memory.
    """
    with _LOADING:
        if spec not in _LOADED:
            loaded, warning = _load(spec, download_deadline_s)
            if warning is not None:
                return loaded, warning
            _LOADED[spec] = loaded
        return _LOADED[spec], None


def _load(spec: str, download_deadline_s: float) -> tuple[Tokenizer, str | None]:
    try:
        return Tokenizer(spec, _open(spec, download_deadline_s)), None
    except Exception as error:  # tokenizers, transformers and hub clients raise all sorts
        why = " ".join(str(error).split())[:300] or type(error).__name__
        warning = (
            f"the tokenizer {spec!r} cannot be used ({why}): text tokens are estimated with "
            f"{BUILTIN} instead; --tokenizer takes that, a folder, a tokenizer.json or a hub name"
        )
        return Tokenizer(BUILTIN, _encoder(open_builtin())), warning


@functools.cache
def open_builtin() -> Backend:
    """The o200k_base vocabulary from the package's data; takes about a second the first time."""
    packed = resources.files("captioner.vision") / "data" / "o200k_base.tokenizer.json.xz"
    return Backend.from_buffer(lzma.decompress(packed.read_bytes()))


def _open(spec: str, deadline_s: float) -> Callable[[str], Sequence[int]]:
    if spec == BUILTIN:
        return _encoder(open_builtin())
    if spec.startswith("builtin:"):
        raise LookupError(f"there is one builtin vocabulary, {BUILTIN}")
    path = Path(spec).expanduser()
    if path.is_dir() and not (path / "tokenizer.json").is_file():
        return _from_transformers(str(path), local_files_only=True)
    if path.exists():
        return _encoder(Backend.from_file(str(path / "tokenizer.json" if path.is_dir() else path)))
    if not _HUB_NAME.fullmatch(spec) or path.suffix == ".json":
        raise FileNotFoundError("there is no such file or folder")
    try:
        return _from_transformers(spec, local_files_only=True)
    except (OSError, ValueError):  # not on this disk; without transformers the download is no help
        return _within(deadline_s, lambda: _from_transformers(spec, local_files_only=False))


def _encoder(backend: Backend) -> Callable[[str], Sequence[int]]:
    backend.encode_special_tokens = True
    backend.no_truncation()
    backend.no_padding()
    return lambda text: backend.encode(text, add_special_tokens=False).ids


def _from_transformers(name: str, *, local_files_only: bool) -> Callable[[str], Sequence[int]]:
    """A tokenizer of whatever form transformers knows; code that comes with it is not run."""
    try:
        from transformers import AutoTokenizer  # seconds to import, and an extra
    except ImportError as error:
        raise ModuleNotFoundError(
            "it needs transformers: pip install 'captioner[transformers]'"
        ) from error
    tokenizer = AutoTokenizer.from_pretrained(
        name, local_files_only=local_files_only, trust_remote_code=False
    )
    if isinstance(getattr(tokenizer, "backend_tokenizer", None), Backend):
        return _encoder(tokenizer.backend_tokenizer)
    return lambda text: list(tokenizer.encode(text, add_special_tokens=False))


def _within(deadline_s: float, work: Callable[[], T]) -> T:
    """`work()`, or TimeoutError after the deadline.

    A download cannot be interrupted: its thread is left to end by itself, and holds up no exit.
    """
    results: queue.SimpleQueue[T | Exception] = queue.SimpleQueue()

    def put_result() -> None:
        try:
            results.put(work())
        except Exception as error:
            results.put(error)

    threading.Thread(target=put_result, name="tokenizer download", daemon=True).start()
    try:
        result = results.get(timeout=deadline_s)
    except queue.Empty:
        raise TimeoutError(f"no answer from the hub within {deadline_s:g} s") from None
    if isinstance(result, Exception):
        raise result
    return result
