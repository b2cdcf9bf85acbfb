"""How far the copying of an input is: a line now and then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from captioner.events import InputCopied
from captioner.report.wording import byte_size, clean

FIRST_LINE_S: Final = 2.0
LINE_EVERY_S: Final = 10.0


class Copying:
    """Says at which of these events there is something to say, by `clock`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due_s = clock() + FIRST_LINE_S

    def line(self, copied: InputCopied) -> str | None:
        """What to show; None for what came of late, and for inputs that are here at once."""
        if self._clock() < self._due_s:
            return None
        self._due_s = self._clock() + LINE_EVERY_S
        total_bytes = copied.total_bytes
        far = f" of {byte_size(total_bytes)}" if total_bytes else ""
        share = f" ({copied.done_bytes * 100 // total_bytes} %)" if total_bytes else ""
        return f"Copying {clean(copied.url)}: {byte_size(copied.done_bytes)}{far}{share}."
