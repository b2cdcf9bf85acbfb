"""What a token costs: as set, or as a price list knows it for this endpoint's own address."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from captioner.dollars import price_picodollars
from captioner.errors import ConfigError
from captioner.flow.spend import Caps

if TYPE_CHECKING:
    from genai_prices.types import TieredPrices

FROM_SETTINGS: Final = "settings"

_LARGEST_PROMPT_TOKENS: Final = 32_768
"""Prices that only hold for longer prompts than this are left out: one image is far below."""

_USUAL_TIERS: Final = ("", "auto", "default", "standard")


@dataclass(frozen=True, slots=True)
class Prices:
    """Picodollars per token; a dollar per million tokens is 1,000,000 of them.

    `source` is `settings`, or the price list and its version. Input from a provider's cache is
    taken at the full price.
    """

    input_picodollars: int
    output_picodollars: int
    source: str = FROM_SETTINGS

    @classmethod
    def per_million(
        cls,
        input_dollars: float | Decimal,
        output_dollars: float | Decimal,
        source: str = FROM_SETTINGS,
    ) -> Prices:
        """From dollars per million tokens, as they are published."""
        return cls(price_picodollars(input_dollars), price_picodollars(output_dollars), source)

    def picodollars(self, prompt_tokens: int, completion_tokens: int) -> int:
        """What so many tokens cost."""
        return prompt_tokens * self.input_picodollars + completion_tokens * self.output_picodollars


def price_of(
    model: str,
    base_url: str,
    price_input: float | None,
    price_output: float | None,
    *,
    service_tier: str = "",
) -> Prices | None:
    """The prices of `model` at `base_url`, None where they are not known.

    What is set (dollars per million tokens) wins. Otherwise the price list is asked, which knows a
    provider by its address: a model's name says nothing about what somebody else takes for it.
    `service_tier` is the one that is asked for; where the list does not know its price, the price
    is not known. Imports the list (0.15 s, 25 MB) only where the address may be a provider's.

    Raises ConfigError where only one of the two prices is set.
    """
    if price_input is not None and price_output is not None:
        return Prices.per_million(price_input, price_output)
    if price_input is not None or price_output is not None:
        alone, missing = ("price_input", "price_output")[:: 1 if price_output is None else -1]
        raise ConfigError(f"{alone} is set and {missing} is not: set both, or neither")
    if not _is_public(base_url):
        return None
    return _listed(model, base_url, service_tier)


def check_caps(caps: Caps, prices: Prices | None, *, model: str, endpoint: str) -> None:
    """Raises ConfigError for a cap on the cost where the price is not known."""
    if caps.picodollars is not None and prices is None:
        raise ConfigError(
            f"max_cost needs a price: that of {model} at {_host(endpoint) or endpoint} is not "
            "known; set price_input and price_output, in dollars per million tokens"
        )


def _host(base_url: str) -> str:
    try:
        return urlsplit(base_url).hostname or ""
    except ValueError:
        return ""


def _is_public(base_url: str) -> bool:
    """Whether the host has a name that may be a provider's: no bare name, no number."""
    host = _host(base_url)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host
    return False


def _listed(model: str, base_url: str, service_tier: str) -> Prices | None:
    from genai_prices import __version__
    from genai_prices.data_snapshot import get_snapshot

    try:
        provider, listed = get_snapshot().find_provider_model(model, None, None, base_url)
    except LookupError:
        return None
    now = datetime.now(UTC)
    context = None
    if service_tier not in _USUAL_TIERS:
        context = {"service_tier": service_tier}
        own = any(listed is one for one in provider.models)
        variants = listed.price_variants or ()
        if not own or not any(one.when == context for one in variants):
            return None
    prices = listed.get_prices(now, context)
    input_dollars, output_dollars = _dearest(prices.input_mtok), _dearest(prices.output_mtok)
    image_dollars = _dearest(prices.input_image_mtok)
    # An entry may be there without a price, or with one that is no price a token.
    if not input_dollars or output_dollars is None:
        return None
    dearer = max(input_dollars, image_dollars or input_dollars)
    return Prices.per_million(dearer, output_dollars, f"genai-prices {__version__}")


def _dearest(price: Decimal | TieredPrices | None) -> Decimal | None:
    """The price, or the highest of those that hold for prompts as long as ours may be."""
    if price is None or isinstance(price, Decimal):
        return price
    tiers = [tier.price for tier in price.tiers if tier.start < _LARGEST_PROMPT_TOKENS]
    return max([price.base, *tiers])
