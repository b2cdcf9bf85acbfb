"""What a request is estimated to cost the token rate."""

from __future__ import annotations

from captioner.vision.image import Prepared
from captioner.vision.image_tokens import image_tokens
from captioner.vision.request import Parameters, Request
from captioner.vision.tokenizer import Tokenizer

_MESSAGE_TOKENS = 8
"""Roles and separators of a system and a user message, as chat formats add them."""

_BYTES_PER_TOKEN = 4
"""Of English text in the o200k_base vocabulary, roughly; used where no tokenizer is loaded."""


class Costs:
    """Estimates: image tokens by the model's formula, text tokens by a tokenizer if there is one.

    The server's limiter counts the prompt plus the requested maximum output when it admits.
    """

    def __init__(self, parameters: Parameters, tokenizer: Tokenizer | None = None) -> None:
        self._parameters = parameters
        self._tokenizer = tokenizer

    def admission_tokens(self, request: Request, sent: Prepared, cap_tokens: int) -> int:
        """Tokens that the server will count when it admits this request."""
        text_tokens = self.text_tokens(request.system_prompt, request.user_prompt)
        return text_tokens + self.image_tokens(sent.width_px, sent.height_px) + cap_tokens

    def text_tokens(self, system_prompt: str, user_prompt: str) -> int:
        """Tokens of the prompts and of the messages that hold them."""
        return self._count(system_prompt) + self._count(user_prompt) + _MESSAGE_TOKENS

    def image_tokens(self, width_px: int, height_px: int) -> int:
        """Tokens of an image of this size."""
        return image_tokens(self._parameters.model, self._parameters.detail, width_px, height_px)

    def _count(self, text: str) -> int:
        if not text:
            return 0
        if self._tokenizer is None:
            return -(-len(text.encode(errors="replace")) // _BYTES_PER_TOKEN)
        return self._tokenizer.count(text)
