"""The parameters beside model and messages: names, types, ranges, dialect. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from captioner.endpoint import api_errors
from captioner.endpoint.options import EndpointOptions

KNOWN: Final = frozenset(
    (
        "audio",
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "modalities",
        "model",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    )
)
"""What the chat completions API takes, as of November 2026."""

_NUMBERS: Final = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
}
_TIERS: Final = ("auto", "default", "flex", "priority")


def check_parameters(body: Mapping[str, Any], options: EndpointOptions) -> int | None:
    """Return the maximum output in tokens, None where none is asked for, or raise ApiError."""
    known = KNOWN - {"max_completion_tokens"} if options.output_cap == "max_tokens" else KNOWN
    if options.unknown_parameters == "reject":
        for name in body:
            if name not in known:
                raise api_errors.unknown(name[:64])
    for name, (low, high) in _NUMBERS.items():
        _check_number(name, body.get(name), low, high)
    _check_temperature(body.get("temperature"), options)
    _check_offered(body)
    tier = body.get("service_tier")
    if tier is not None and tier not in _TIERS:
        raise api_errors.wrong_value("service_tier", str(tier), _TIERS)
    return _max_output(body, options)


def _check_number(name: str, value: object, low: float, high: float) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise api_errors.wrong_type(name, "a decimal", value)
    if not low <= value <= high:
        side, bound, code = (
            ("above maximum", f"<= {high}", "decimal_above_max_value")
            if value > high
            else ("below minimum", f">= {low}", "decimal_below_min_value")
        )
        raise api_errors.invalid(
            f"Invalid '{name}': decimal {side} value. Expected a value {bound}, "
            f"but got {value} instead.",
            param=name,
            code=code,
        )


def _check_temperature(value: object, options: EndpointOptions) -> None:
    if value is None:
        return
    if options.temperatures == "never":
        raise api_errors.invalid(
            "Unsupported parameter: 'temperature' is not supported with this model.",
            param="temperature",
            code="unsupported_parameter",
        )
    if options.temperatures == "only_1" and value != 1:
        raise api_errors.invalid(
            f"Unsupported value: 'temperature' does not support {value} with this "
            "model. Only the default (1) value is supported.",
            param="temperature",
            code="unsupported_value",
        )


def _check_offered(body: Mapping[str, Any]) -> None:
    if _flag(body, "stream"):
        raise api_errors.not_offered("stream", "'stream' with true")
    if _flag(body, "logprobs"):
        raise api_errors.not_offered("logprobs", "'logprobs' with true")
    n = _integer(body, "n")
    if n not in (None, 1):
        raise api_errors.not_offered("n", f"'n' with {n}")
    for name in ("tools", "functions", "audio", "prediction", "web_search_options"):
        if body.get(name):
            raise api_errors.not_offered(name, f"'{name}'")
    format_ = body.get("response_format")
    if format_ is not None and format_ != {"type": "text"}:
        raise api_errors.not_offered("response_format", "'response_format' other than text")


def _max_output(body: Mapping[str, Any], options: EndpointOptions) -> int | None:
    old, new = _integer(body, "max_tokens"), _integer(body, "max_completion_tokens")
    if options.output_cap == "max_tokens":
        new = None  # a name like any other that it does not know, and is here to ignore
    if options.output_cap == "max_completion_tokens" and old is not None:
        raise api_errors.invalid(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )
    if old is not None and new is not None:
        raise api_errors.invalid(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            param="max_tokens",
            code="invalid_parameter_combination",
        )
    name, value = ("max_tokens", old) if new is None else ("max_completion_tokens", new)
    if value is None:
        return None
    if value < 1:
        raise api_errors.invalid(
            f"Invalid '{name}': integer below minimum value. Expected a value >= 1, "
            f"but got {value} instead.",
            param=name,
            code="integer_below_min_value",
        )
    if value > options.max_output_tokens:
        raise api_errors.invalid(
            f"{name} is too large: {value}. This model supports at most "
            f"{options.max_output_tokens} completion tokens.",
            param=name,
            code="invalid_value",
        )
    return value


def _integer(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise api_errors.wrong_type(name, "an integer", value)
    return value


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise api_errors.wrong_type(name, "a boolean", value)
    return bool(value)
