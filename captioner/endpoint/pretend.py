"""The model that is not there: what a request costs, whether it is let in, what it is answered.

Pure: requests, measured pictures and times come in, answers come out; only counts are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from captioner.endpoint import api_errors, describe, faults, replies
from captioner.endpoint.allowance import limit_report
from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.bucket import LimitReachedError, RateLimits
from captioner.endpoint.checks import AskedRequest, digest_int
from captioner.endpoint.options import EndpointOptions, FaultKind
from captioner.endpoint.other_client import OtherClient
from captioner.endpoint.replies import Answer, Heading, ScriptedReply, Words
from captioner.endpoint.stats import Stats
from captioner.vision.image_tokens import image_tokens

Script: TypeAlias = Callable[[AskedRequest], ScriptedReply | None]
"""Answers a valid, admitted request in the endpoint's place; None leaves it to the endpoint."""

_TOKENS_A_MESSAGE: Final = 4


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that passed the limits; `headers` are those of the moment of its admission."""

    asked: AskedRequest
    prompt_tokens: int
    headers: dict[str, str]


class PretendModel:
    """Admits requests and answers them, counting into `stats`."""

    def __init__(self, options: EndpointOptions, script: Script | None = None) -> None:
        self.stats = Stats()
        self._options = options
        self._script = script
        self._limits = RateLimits(
            options.requests_per_minute,
            options.tokens_per_minute,
            burst_s=options.burst_s,
            style=options.rate_headers,
        )
        self._other = OtherClient(options, self._limits, self.stats)
        self._seen: dict[int, int] = {}
        self.let_in = 0
        """Requests admitted since the start; unlike the statistics it is never set back."""

    def snapshot(self, now_s: float) -> dict[str, Any]:
        """The statistics, and how much of each limit was used, as JSON values."""
        self._other.settle(now_s)
        return {**self.stats.snapshot(), "limits": limit_report(self._limits.buckets, self.stats)}

    def reset_stats(self, now_s: float) -> None:
        """Start counting anew; buckets, quota and draws go on as they are."""
        self._other.settle(now_s)
        self.stats.reset()

    def admit(
        self, asked: AskedRequest, sizes_px: Sequence[tuple[int, int]], now_s: float
    ) -> Admitted:
        """Charge the request to quota and rates, or raise ApiError: too long, no money, a 429.

        `sizes_px` are width and height of its images.
        """
        prompt_tokens = self._prompt_tokens(asked, sizes_px)
        tokens = prompt_tokens + (asked.max_output_tokens or 0)
        if tokens > self._options.context_window_tokens:
            raise api_errors.invalid(
                "This model's maximum context length is "
                f"{self._options.context_window_tokens} tokens. However, you requested {tokens}.",
                param="messages",
                code="context_length_exceeded",
            )
        quota = self._options.quota_requests
        if quota is not None and self.let_in >= quota:
            raise api_errors.no_quota()
        headers = self._pass_limits(asked.model, tokens, now_s)
        # Counted here and not on arrival, so that a 429 does not change what is drawn.
        seen = self._seen.get(asked.ask, 0)
        self._seen[asked.ask] = seen + 1
        return Admitted(replace(asked, seen=seen), prompt_tokens, headers)

    def _pass_limits(self, model: str, tokens: int, now_s: float) -> dict[str, str]:
        stats = self.stats
        self._start_other(now_s)
        self._other.settle(now_s)
        stats.opened(self._limits.levels(now_s), now_s)
        try:
            headers = self._limits.admit(model, tokens, now_s)
        except LimitReachedError as error:
            stats.limited[error.kind] += 1
            raise
        self.let_in += 1
        stats.admit(tokens, now_s)
        self._start_other(now_s)
        return headers

    def _start_other(self, now_s: float) -> None:
        if self.let_in >= self._options.other_after_requests:
            self._other.start(now_s + self._options.other_after_s)

    def answer(
        self,
        admitted: Admitted,
        pictures: Sequence[describe.Picture],
        *,
        created_s: int,
        azure: bool = False,
    ) -> tuple[Answer, float]:
        """The answer, and the seconds between arrival and reply.

        `pictures` are its images, measured; none where nothing was decoded. `created_s` is Unix
        time. `azure` chooses that service's form where the two differ.
        """
        options, asked = self._options, admitted.asked
        script = self._script(asked) if self._script else None
        latency_s = script.latency_s if script else None
        if latency_s is None:
            latency_s = faults.draw_latency_s(
                options.seed,
                asked.ask,
                asked.seen,
                latency_s=options.latency_s,
                p99_s=options.latency_p99_s,
            )
        heading = self._heading(admitted, created_s)
        if script and script.fault is None:
            answer = self._scripted(admitted, script, heading)
        else:
            text = script.content if script else None
            words, hidden_tokens = replies.capped(
                self._text(asked, pictures) if text is None else text,
                asked.max_output_tokens,
                options.hidden_reasoning_tokens,
            )
            heading = replace(heading, hidden_tokens=hidden_tokens)
            fault = script.fault if script else self._fault(asked)
            answer = (
                self._faulty(admitted, fault, heading, words, azure=azure)
                if fault
                else self._paid(admitted, heading, words)
            )
        return replace(answer, headers={**admitted.headers, **answer.headers}), latency_s

    def _prompt_tokens(self, asked: AskedRequest, sizes_px: Sequence[tuple[int, int]]) -> int:
        pictures = sum(
            image_tokens(asked.model, image.detail, *size)
            for image, size in zip(asked.images, sizes_px, strict=True)
        )
        return (
            -(-asked.text_chars // replies.CHARS_PER_TOKEN)
            + _TOKENS_A_MESSAGE * len(asked.body["messages"])
            + round(pictures * self._options.image_token_multiplier)
        )

    def _heading(self, admitted: Admitted, created_s: int) -> Heading:
        asked = admitted.asked
        tier = asked.body.get("service_tier")
        mark = digest_int(f"{self._options.seed} id {asked.ask} {asked.seen}".encode())
        return Heading(
            id=f"chatcmpl-{mark:016x}",
            model=asked.model,
            created_s=created_s,
            prompt_tokens=admitted.prompt_tokens,
            service_tier=tier if tier in ("flex", "priority") else "default",
            as_parts=self._options.reply_content == "parts",
        )

    def _text(self, asked: AskedRequest, pictures: Sequence[describe.Picture]) -> str:
        if self._options.reply_text is not None:
            return self._options.reply_text
        if not pictures:
            return describe.undecoded(asked)
        form = describe.form_of(asked.system_prompt)
        return describe.describe(pictures, form, describe.wording(self._options.seed, asked))

    def _fault(self, asked: AskedRequest) -> FaultKind | None:
        return faults.draw_fault(
            self._options.seed,
            asked.ask,
            asked.seen,
            share=self._options.fault_share,
            kinds=self._options.fault_kinds,
        )

    def _faulty(
        self, admitted: Admitted, kind: FaultKind, heading: Heading, words: Words, *, azure: bool
    ) -> Answer:
        self.stats.faults[kind] += 1
        asked = admitted.asked
        html = faults.uniform(self._options.seed, "html", asked.ask, asked.seen) < 0.5
        return faults.faulty(kind, heading, words, html=html, azure=azure)

    def _scripted(self, admitted: Admitted, script: ScriptedReply, heading: Heading) -> Answer:
        if isinstance(script.body, str):
            return Answer(script.status, script.body.encode(), script.headers, "text/html")
        if script.body is not None:
            return Answer(script.status, json.dumps(script.body).encode(), script.headers)
        if script.status != 200:
            error = ApiError(script.status, script.content or "Scripted.", type_="server_error")
            return replace(error.answer(), headers=script.headers)
        words = Words(script.content, script.finish_reason, script.refusal)
        return replace(self._paid(admitted, heading, words), headers=script.headers)

    def _paid(self, admitted: Admitted, heading: Heading, words: Words) -> Answer:
        asked = admitted.asked
        self.stats.cut_short += words.finish_reason == "length"
        self.stats.paid(
            asked.ask,
            asked.image_digest,
            heading.prompt_tokens,
            replies.completion_tokens(heading, words),
        )
        return replies.completion_answer(heading, words)
