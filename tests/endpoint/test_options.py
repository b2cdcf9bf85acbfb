from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from captioner.endpoint.options import EndpointOptions


def test_options_are_light() -> None:
    """Flags can be made from the options without aiohttp or Pillow being imported."""
    code = (
        "import sys, captioner.endpoint.options, captioner.commands.endpoint;"
        "print(sorted({'aiohttp', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_option_is_explained() -> None:
    """Each option says what it does."""
    fields = EndpointOptions.model_fields
    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"fault_share": 1.1},
        {"fault_kinds": ("500", "flood")},
        {"latency_s": 1.0, "latency_p99_s": 0.5},
        {"latency_p99_s": 2.0},
        {"burst_s": 0},
        {"models": ()},
        {"misspelt": 1},
        {"other_tokens_per_minute": 10},
        {"other_requests_per_minute": 10},
        {"other_requests_per_minute": 10, "tokens_per_minute": 10},
        {
            "other_requests_per_minute": 10,
            "other_tokens_per_minute": 400,
            "tokens_per_minute": 600,
        },
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """Values out of range, kinds nobody knows, a percentile below the median, a second client
    without a limit to share or whose requests never fit: errors."""
    with pytest.raises(ValidationError):
        EndpointOptions(**wrong)


def test_the_key_is_not_shown() -> None:
    """A repr of the options does not give the key away."""
    assert "sk-secret" not in repr(EndpointOptions(api_key=SecretStr("sk-secret")))
