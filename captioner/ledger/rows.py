"""One entry as one row: what is kept, flat, for the database and for the lifeboat. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from captioner.flow.ledger import Kept, Paid, Rejected
from captioner.record import record
from captioner.samples.outcome import Usage
from captioner.vision.reply import Reply

COLUMNS = (
    "id",
    "key",
    "state",
    "try",
    "content",
    "refusal",
    "finish_reason",
    "prompt_tokens",
    "completion_tokens",
    "model",
    "tier",
    "endpoint",
    "external_id",
    "attempts",
    "latency_ms",
    "at_unix_ms",
    "reason",
    "detail",
)
NAMED = tuple(map(COLUMNS.index, ("finish_reason", "model", "tier", "endpoint", "reason")))
"""Where a row has a name: in the database, a number in the table of names."""

_ANSWERED, _REJECTED = "answered", "rejected"
_NAME_CHARACTERS = 200
_LARGEST = 2**63 - 1

Row: TypeAlias = list[Any]
"""Values in the order of `COLUMNS`, names as text."""


@record
class Entry:
    """What is to be kept under a key, and which endpoint said it."""

    key: bytes
    kept: Kept
    endpoint: str


def row_of(number: int, entry: Entry, at_unix_ms: int) -> Row:
    """The row of an entry; the text of a model that is no Unicode becomes bytes."""
    kept = entry.kept
    endpoint = _name(entry.endpoint)
    if isinstance(kept, Rejected):
        row: Row = [None] * len(COLUMNS)
        row[:3] = number, entry.key, _REJECTED
        row[11:] = (
            *(endpoint, None, kept.attempts, None, at_unix_ms),
            *(_name(kept.reason), _text(kept.detail)),
        )
        return row
    reply, usage = kept.reply, kept.reply.usage
    return [
        number,
        entry.key,
        _ANSWERED,
        2 if kept.doubled else 1,
        _text(reply.content),
        _text(reply.refusal),
        _name(reply.finish_reason),
        _whole(usage.prompt_tokens) if usage else None,
        _whole(usage.completion_tokens) if usage else None,
        _name(reply.model),
        _name(reply.tier),
        endpoint,
        None,
        kept.attempts,
        round(kept.latency_s * 1000),
        at_unix_ms,
        None,
        None,
    ]


def kept_of(row: Sequence[Any]) -> Kept | None:
    """What a row keeps; None for a state that is no answer."""
    state, tried, content, refusal, finish_reason, prompt_tokens, completion_tokens = row[2:9]
    model, tier, _, _, attempts, latency_ms, _, reason, detail = row[9:]
    if state == _ANSWERED:
        usage = None if prompt_tokens is None else Usage(prompt_tokens, completion_tokens)
        reply = Reply(_read(content), _read(refusal), finish_reason, usage, model, tier)
        return Paid(reply, attempts, latency_ms / 1000, doubled=tried == 2)
    if state == _REJECTED:
        return Rejected(reason, _read(detail) or "", attempts)
    return None


def _text(text: str | None) -> str | bytes | None:
    if text is None or text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON can hold half a surrogate pair, UTF-8 cannot
        return text.encode(errors="surrogatepass")
    return text


def _read(stored: str | bytes | None) -> str | None:
    return stored.decode(errors="surrogatepass") if isinstance(stored, bytes) else stored


def _name(name: str | None) -> str | None:
    """A name that can be stored: what a server sends is not always one."""
    if name is None or (name.isascii() and len(name) <= _NAME_CHARACTERS):
        return name
    return name[:_NAME_CHARACTERS].encode(errors="replace").decode()


def _whole(number: int) -> int:
    return max(-_LARGEST, min(int(number), _LARGEST))
