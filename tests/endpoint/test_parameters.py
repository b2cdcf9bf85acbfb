from __future__ import annotations

from typing import Any

import pytest

from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.options import EndpointOptions
from captioner.endpoint.parameters import check_parameters

CLASSIC = EndpointOptions()
REASONING = EndpointOptions(dialect="reasoning")


@pytest.mark.parametrize(
    ("body", "cap"),
    [
        ({}, None),
        ({"max_tokens": 7, "temperature": 2, "top_p": None, "n": 1, "stream": False}, 7),
        ({"max_completion_tokens": 9, "service_tier": "flex"}, 9),
        ({"response_format": {"type": "text"}, "tools": [], "seed": 4, "stop": ["x"]}, None),
    ],
)
def test_what_the_api_knows_passes(body: dict[str, Any], cap: int | None) -> None:
    """Known parameters in their ranges pass, and the cap is read from either name."""
    assert check_parameters(body, CLASSIC) == cap


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"max_token": 5}, "max_token", "unknown_parameter"),
        ({"temperature": 2.1}, "temperature", "decimal_above_max_value"),
        ({"temperature": -1}, "temperature", "decimal_below_min_value"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"top_p": True}, "top_p", "invalid_type"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_tokens": 1.5}, "max_tokens", "invalid_type"),
        ({"max_completion_tokens": 10**6}, "max_completion_tokens", "invalid_value"),
        (
            {"max_tokens": 5, "max_completion_tokens": 5},
            "max_tokens",
            "invalid_parameter_combination",
        ),
        ({"stream": True}, "stream", "unsupported_value"),
        ({"stream": 1}, "stream", "invalid_type"),
        ({"n": 2}, "n", "unsupported_value"),
        ({"tools": [{"type": "function"}]}, "tools", "unsupported_value"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_value"),
        ({"service_tier": "gold"}, "service_tier", "invalid_value"),
    ],
)
def test_what_the_api_rejects_is_rejected(body: dict[str, Any], param: str, code: str) -> None:
    """Each wrong parameter has the official 400 that names it."""
    with pytest.raises(ApiError) as caught:
        check_parameters(body, CLASSIC)
    error = caught.value
    assert (error.status, error.param, error.code) == (400, param, code)


def test_reasoning_models_have_a_dialect() -> None:
    """They name max_completion_tokens in place of max_tokens and take only temperature 1."""
    with pytest.raises(ApiError, match="Use 'max_completion_tokens' instead") as caught:
        check_parameters({"max_tokens": 5}, REASONING)
    assert (caught.value.param, caught.value.code) == ("max_tokens", "unsupported_parameter")
    with pytest.raises(ApiError, match="Only the default") as caught:
        check_parameters({"temperature": 0.2}, REASONING)
    assert (caught.value.param, caught.value.code) == ("temperature", "unsupported_value")
    assert check_parameters({"max_completion_tokens": 5, "temperature": 1.0}, REASONING) == 5


def test_unknown_parameters_can_be_ignored() -> None:
    """Some servers take anything; then only what is known is checked."""
    lenient = EndpointOptions(unknown_parameters="ignore")
    assert check_parameters({"top_k": 5, "max_tokens": 3}, lenient) == 3


@pytest.mark.parametrize(
    ("rules", "passes", "turned_away", "code"),
    [
        (
            {"cap_parameter": "max_completion_tokens"},
            {"max_completion_tokens": 5, "temperature": 0.2},
            {"max_tokens": 5},
            "unsupported_parameter",
        ),
        (
            {"cap_parameter": "max_tokens"},
            {"max_tokens": 5},
            {"max_completion_tokens": 5},
            "unknown_parameter",
        ),
        (
            {"temperature_rule": "only_1"},
            {"max_tokens": 5, "temperature": 1},
            {"temperature": 0},
            "unsupported_value",
        ),
        (
            {"temperature_rule": "never"},
            {"max_tokens": 5},
            {"temperature": 1},
            "unsupported_parameter",
        ),
        (
            {"dialect": "reasoning", "temperature_rule": "any"},
            {"max_completion_tokens": 5, "temperature": 0.2},
            {"max_tokens": 5},
            "unsupported_parameter",
        ),
    ],
)
def test_each_trait_of_a_dialect_can_be_had_alone(
    rules: dict[str, Any], passes: dict[str, Any], turned_away: dict[str, Any], code: str
) -> None:
    """The name of the cap and the temperature, each by itself, whatever the dialect says."""
    options = EndpointOptions(**rules)
    assert check_parameters(passes, options) == 5
    with pytest.raises(ApiError) as caught:
        check_parameters(turned_away, options)
    [name] = turned_away
    assert (caught.value.param, caught.value.code) == (name, code)


def test_a_cap_of_an_unknown_name_can_be_ignored() -> None:
    """A lenient old server takes the newer name for nothing: there is no cap."""
    old = EndpointOptions(cap_parameter="max_tokens", unknown_parameters="ignore")
    assert check_parameters({"max_completion_tokens": 5}, old) is None
