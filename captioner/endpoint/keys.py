"""Who may ask: the key of a request, in either of its two headers. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from captioner.endpoint.api_errors import ApiError
from captioner.endpoint.options import EndpointOptions


def check_key(headers: Mapping[str, str], options: EndpointOptions) -> None:
    """Raise the 401 (ApiError) where the options ask for a key that the request does not bring.

    `Authorization: Bearer …` and `api-key: …` (Azure) are both taken.
    """
    wanted = options.api_key.get_secret_value() if options.api_key else None
    if wanted is None and not options.require_key:
        return
    key = _key_of(headers)
    if not key:
        raise ApiError(
            401,
            "You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY' "
            "or as 'api-key: YOUR_KEY'.",
        )
    if wanted is not None and not hmac.compare_digest(key.encode(), wanted.encode()):
        raise ApiError(401, f"Incorrect API key provided: {_masked(key)}.", code="invalid_api_key")


def _key_of(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("api-key", "").strip()


def _masked(key: str) -> str:
    return f"{key[:3]}***{key[-4:]}" if len(key) >= 20 else "***"
