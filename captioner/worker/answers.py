"""Outcomes as JSON, and what is remembered of them for callers that ask twice."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from captioner.formats.encode import encode_json, encode_outcome
from captioner.formats.failures import failure_lines
from captioner.samples.outcome import CaptionOutcome, Outcome

_LOCAL: Final = ("sample", "image_base", "record", "help")
"""What of a failure's line tells a caller nothing."""
_ENTRY_BYTES: Final = 500


def outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON values: rows, captions with verdict and usage, failures, usage in all."""
    usages = [caption.usage for caption in outcome.captions if caption.usage is not None]
    return {
        "rows": [json.loads(line) for line in encode_outcome(outcome).splitlines()],
        "captions": [_caption(caption) for caption in outcome.captions],
        "failures": [_failure(line) for line in failure_lines(outcome, "")],
        "usage": {
            "prompt_tokens": sum(usage.prompt_tokens for usage in usages),
            "completion_tokens": sum(usage.completion_tokens for usage in usages),
        },
    }


def _caption(caption: CaptionOutcome) -> dict[str, Any]:
    usage = caption.usage
    return {
        "placeholder": caption.index,
        "image": caption.image,
        "caption": caption.caption,
        "verdict": caption.verdict.value,
        "attempts": caption.attempts,
        "latency_s": caption.latency_s,
        "reused": caption.reused,
        "usage": usage
        and {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
        },
    }


def _failure(line: bytes) -> dict[str, Any]:
    return {name: value for name, value in json.loads(line).items() if name not in _LOCAL}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller is told."""

    status: int
    body: bytes

    @classmethod
    def of(cls, status: int, value: Any) -> Answer:
        """The value as JSON."""
        return cls(status, encode_json(value))


class OtherBodyError(Exception):
    """The same key came with another body."""


@dataclass(slots=True)
class _Asked:
    digest: bytes
    answer: asyncio.Future[Answer]
    size_bytes: int = 0


class Answers:
    """Answers by idempotency key, those that are under way among them.

    The oldest are forgotten beyond `max_bytes`; one that is under way is always kept. Work goes on
    in `group` when its caller has left: he will ask again, by the same key.
    """

    def __init__(self, group: asyncio.TaskGroup, max_bytes: int = 32 * 2**20) -> None:
        self._group = group
        self._max_bytes = max_bytes
        self._bytes = 0
        self._asked: OrderedDict[str, _Asked] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def cancel(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()

    async def answer(
        self, key: str, digest: bytes, work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """What `work` gives or gave for this key.

        Raises what `work` raises, which is not remembered, and OtherBodyError where the key was
        used for something with another digest.
        """
        asked = self._asked.get(key)
        if asked is None:
            asked = _Asked(digest, asyncio.get_running_loop().create_future())
            self._asked[key] = asked
            task = self._group.create_task(self._work(key, asked, work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif asked.digest != digest:
            raise OtherBodyError
        return await asyncio.shield(asked.answer)

    async def _work(self, key: str, asked: _Asked, work: Callable[[], Awaitable[Answer]]) -> None:
        try:
            answer = await work()
        except Exception as error:
            del self._asked[key]
            asked.answer.set_exception(error)
            asked.answer.exception()  # whoever asked may have left
        except asyncio.CancelledError:
            del self._asked[key]
            asked.answer.cancel()
            raise
        else:
            asked.answer.set_result(answer)
            asked.size_bytes = len(answer.body) + len(key) + _ENTRY_BYTES
            self._bytes += asked.size_bytes
            self._forget()

    def _forget(self) -> None:
        done = [(key, asked) for key, asked in self._asked.items() if asked.size_bytes]
        for key, asked in done:
            if self._bytes <= self._max_bytes:
                return
            self._bytes -= asked.size_bytes
            del self._asked[key]
