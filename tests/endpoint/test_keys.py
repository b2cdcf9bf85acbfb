from __future__ import annotations

import pytest
from multidict import CIMultiDict
from pydantic import SecretStr

from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.keys import check_key
from captioner.endpoint.options import EndpointOptions

KEY = "sk-rehearsal-0123456789-abcdef"


def headers(**given: str) -> CIMultiDict[str]:
    """Headers as a server sees them."""
    return CIMultiDict({name.replace("_", "-"): value for name, value in given.items()})


@pytest.mark.parametrize(
    "sent",
    [{"authorization": f"Bearer {KEY}"}, {"api_key": KEY}, {"Authorization": f"bearer {KEY}"}],
)
def test_the_right_key_passes_in_either_header(sent: dict[str, str]) -> None:
    """As a bearer token and in Azure's header, whatever the case of the names."""
    check_key(headers(**sent), EndpointOptions(api_key=SecretStr(KEY)))


def test_no_key_is_needed_unless_asked_for() -> None:
    """By default anyone may ask."""
    check_key(headers(), EndpointOptions())


@pytest.mark.parametrize("sent", [{}, {"authorization": "Bearer "}, {"authorization": "Basic x"}])
def test_a_missing_key_is_a_401(sent: dict[str, str]) -> None:
    """Without a bearer token there is no key."""
    with pytest.raises(ApiError, match="didn't provide an API key") as caught:
        check_key(headers(**sent), EndpointOptions(require_key=True))
    assert caught.value.status == 401


@pytest.mark.parametrize(
    "key", ["short", "sk-rehearsal-0123456789-abcdeX", "schlüssel-mit-umlauten-ü"]
)
def test_a_wrong_key_is_a_401_that_keeps_it(key: str) -> None:
    """The message may show its ends, never the whole."""
    with pytest.raises(ApiError) as caught:
        check_key(headers(api_key=key), EndpointOptions(api_key=SecretStr(KEY)))
    assert (caught.value.status, caught.value.code) == (401, "invalid_api_key")
    assert key not in caught.value.message
    assert KEY not in caught.value.message
