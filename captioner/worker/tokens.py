"""A secret in a file, which may be changed while the worker runs."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Final

from captioner.errors import ConfigError
from captioner.worker.hearing import Log
from captioner.worker.keys import file_state

_LOOK_EVERY_S: Final = 1.0


class TokenFile:
    """The token that a file holds, read again as the file changes.

    The file is looked at when a token is asked about, once a second at most (`now_s` gives seconds
    that never go back). One that is empty or cannot be read leaves the token before in force, and
    is logged once. `flag` is the option that names the file. Raises ConfigError where there is no
    token to begin with.
    """

    def __init__(self, path: Path, flag: str, log: Log, now_s: Callable[[], float]) -> None:
        self._path, self._log, self._now_s = path, log, now_s
        self._looked_s = now_s()
        self._state = file_state(path)
        try:
            self._token = _read(path)
        except ValueError as error:
            raise ConfigError(f"{flag} {path} {error}: put a long random token in it") from None

    def __repr__(self) -> str:
        return f"<TokenFile {self._path}>"

    def is_token(self, given: bytes) -> bool:
        """Whether this is the token; takes as long for a wrong one of this length."""
        self._renew()
        return hmac.compare_digest(given, self._token)

    def is_same(self, other: TokenFile) -> bool:
        """Whether both hold one token."""
        return hmac.compare_digest(self._token, other._token)

    def _renew(self) -> None:
        now_s = self._now_s()
        if now_s - self._looked_s < _LOOK_EVERY_S:
            return
        self._looked_s = now_s
        state = file_state(self._path)
        if state == self._state:
            return
        # Before it is read: what is written meanwhile has another state the next time.
        self._state = state
        try:
            token = _read(self._path)
        except ValueError as error:
            self._log.warning(
                "token file unusable: the token before stays", file=str(self._path), why=str(error)
            )
            return
        if token != self._token:
            self._token = token
            self._log.info("token changed", file=str(self._path))


def _read(path: Path) -> bytes:
    """Raises ValueError that says what is wrong."""
    try:
        token = path.read_text("utf-8").strip().encode()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("cannot be read: it is no text") from None
    if not token:
        raise ValueError("is empty")
    return token
