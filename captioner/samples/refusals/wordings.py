"""What a language's table of refusals holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wordings:
    """Patterns over casefolded clauses of one language.

    `opening` is an apology or regret that begins a clause, or is all of it; it is cut off before
    the others must match the whole rest. `declines` say that the writer will not or cannot do
    what was asked: a first-person denial with a word of service ("help", "describe the image"),
    since "I cannot see a dog" may be a fine answer. `courtesies` may stand around such a clause.
    """

    opening: str
    declines: tuple[str, ...]
    courtesies: tuple[str, ...]


def any_of(*ways: str) -> str:
    """Return a pattern that matches any of these."""
    return f"(?:{'|'.join(ways)})"
