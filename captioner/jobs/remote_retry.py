"""A retry of an OUTPUT in a bucket."""

from __future__ import annotations

import asyncio
from typing import Any

from captioner.errors import RunStopped
from captioner.formats.remote_output import Delivery
from captioner.jobs.end import JobEnd
from captioner.jobs.retry import Retry


class RemoteRetry(Retry):
    """A Retry whose OUTPUT is a URL: rows take their place in the copy here, which is put there.

    Also where nothing is left to ask for, so that the same command heals what could not be put.
    """

    def __init__(self, output: str, *arguments: Any, **options: Any) -> None:
        super().__init__(output, *arguments, **options)
        self._delivery = Delivery(self.state, output)

    async def run(self) -> JobEnd:
        """As Retry, and the end is one with status 3 where the output cannot be put."""
        end = await super().run()
        if end.summary["status"] != "complete":
            return end
        try:
            await asyncio.to_thread(self._deliver)
        except OSError as error:
            return self._ended("stopped", RunStopped("output_unwritable", f"cannot write: {error}"))
        return end

    def _deliver(self) -> None:
        self._delivery.output()
        self._delivery.summary()
