"""Keeping secrets on the command line from who lists processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

SECRET_FLAGS: Final = ("--api-key", "--extra-headers")
"""Flags whose values are hidden from the list of processes."""


def hide_secrets(words: Sequence[str]) -> None:
    """Replace the process's title if a flag holds a secret: anyone on the machine can read it."""
    shown = masked(words)
    if shown == list(words):
        return
    from setproctitle import setproctitle

    setproctitle(" ".join(["captioner", *shown]))


def masked(words: Sequence[str]) -> list[str]:
    """Return the words with stars for secrets, and for what stands after a `?` in --base-url,
    and before the `@` in --queue."""
    shown: list[str] = []
    before = ""
    for word in words:
        name, equals, _ = word.partition("=")
        if before in SECRET_FLAGS:
            shown.append("***")
        elif equals and name in SECRET_FLAGS:
            shown.append(f"{name}=***")
        elif "--base-url" in (before, name if equals else ""):
            shown.append(_without_query(word))
        elif "--queue" in (before, name if equals else ""):
            shown.append(_without_password(word))
        else:
            shown.append(word)
        before = word
    return shown


def _without_query(word: str) -> str:
    address, mark, _ = word.partition("?")
    return f"{address}?***" if mark else address


def _without_password(word: str) -> str:
    front, slashes, place = word.partition("://")
    user, at, host = place.rpartition("@")
    return f"{front}{slashes}***@{host}" if at and user else word
