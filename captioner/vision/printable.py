"""Names from samples as messages may show them: short, printable, without passwords."""

from __future__ import annotations

import re
from typing import Final

_SHOWN_CHARACTERS: Final = 200
_USER_AND_QUERY: Final = re.compile(r"(?<=//)[^/?#]*@|[?#].*", re.DOTALL)


def printable(text: str) -> str:
    """`text` short enough for a message, with nothing in it that could upset a terminal."""
    if len(text) > _SHOWN_CHARACTERS:
        text = f"{text[: _SHOWN_CHARACTERS // 2]}…{text[-_SHOWN_CHARACTERS // 2 :]}"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def printable_url(url: str) -> str:
    """A URL without its user, password, query and fragment: any of them may be a secret."""
    return printable(_USER_AND_QUERY.sub("", url))
