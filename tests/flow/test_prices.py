"""Prices: what is set, else what the price list knows of the endpoint's own address; else none."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from genai_prices.data_snapshot import DataSnapshot, set_custom_snapshot
from genai_prices.types import (
    ClauseEquals,
    ClauseStartsWith,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    Tier,
    TieredPrices,
)

from captioner.errors import ConfigError
from captioner.flow.prices import FROM_SETTINGS, Prices, check_caps, price_of
from captioner.flow.spend import NO_CAPS, Caps

OPENAI = "https://api.openai.com/v1"


def _price(model: str, base_url: str = OPENAI, *, service_tier: str = "") -> tuple[int, int] | None:
    prices = price_of(model, base_url, None, None, service_tier=service_tier)
    return None if prices is None else (prices.input_picodollars, prices.output_picodollars)


@pytest.fixture
def listed() -> None:
    """A price list of our own, so that no test depends on what vendors charge today."""

    def model(name: str, **prices: Decimal | TieredPrices) -> ModelInfo:
        return ModelInfo(id=name, match=ClauseEquals(equals=name), prices=ModelPrice(**prices))

    dollar = Decimal(1)
    fine = model("fine", input_mtok=Decimal("0.075"), output_mtok=Decimal("0.3"))
    fine.price_variants = [
        PriceVariant(
            when={"service_tier": "flex"},
            prices=ModelPrice(input_mtok=Decimal("0.0375"), output_mtok=Decimal("0.15")),
        )
    ]
    tiers = [Tier(start=16_000, price=2 * dollar), Tier(start=200_000, price=9 * dollar)]
    own = Provider(
        id="own",
        name="Own",
        api_pattern=r"https://api\.own\.com",
        models=[
            fine,
            model("tiered", input_mtok=TieredPrices(dollar, tiers), output_mtok=4 * dollar),
            model("pictures", input_mtok=dollar, output_mtok=dollar, input_image_mtok=3 * dollar),
            model("free", input_mtok=Decimal(0), output_mtok=Decimal(0)),
            model("blank"),
            model("half", input_mtok=dollar),
            ModelInfo(
                id="family",
                match=ClauseStartsWith(starts_with="family-"),
                prices=ModelPrice(input_mtok=dollar, output_mtok=dollar),
            ),
        ],
    )
    reseller = Provider(
        id="reseller",
        name="Reseller",
        api_pattern=r"https://[^.]+\.reseller\.com",
        fallback_model_providers=["own"],
    )
    set_custom_snapshot(DataSnapshot(providers=[own, reseller], from_auto_update=False))


@pytest.fixture(autouse=True)
def _restore() -> object:
    yield
    set_custom_snapshot(None)


def test_what_is_set_wins() -> None:
    """Wherever the endpoint is; 0 is a price, too, if somebody sets it."""
    assert price_of("gpt-4o", OPENAI, 1.5, 6) == Prices(1_500_000, 6_000_000, FROM_SETTINGS)
    assert price_of("x", "http://localhost:8000/v1", 0, 0) == Prices(0, 0)


@pytest.mark.parametrize(("given", "missing"), [(0, 1), (1, 0)])
def test_one_price_alone_is_a_mistake(given: int, missing: int) -> None:
    """The other one would be a guess; the text says which is missing."""
    names = ("price_input", "price_output")
    both: list[float | None] = [None, None]
    both[given] = 2.0
    with pytest.raises(ConfigError, match=f"{names[given]} is set and {names[missing]} is not"):
        price_of("gpt-4o", OPENAI, *both)


def test_the_list_that_ships_knows_the_usual_ones() -> None:
    """OpenAI's own endpoint, and Azure's; with what they are from."""
    prices = price_of("gpt-4o", OPENAI, None, None)
    assert prices is not None
    assert 0 < prices.input_picodollars < prices.output_picodollars
    assert prices.source.startswith("genai-prices 0.")
    for azure in ("https://me.openai.azure.com/openai/v1", "https://me.services.ai.azure.com/v1"):
        assert price_of("gpt-4o", azure, None, None) is not None


@pytest.mark.parametrize(
    "base_url",
    [
        "http://localhost:8000/v1",
        "http://127.0.0.1:8000/v1",
        "http://[::1]:8000/v1",
        "http://vllm:8000/v1",
        "https://gpu.example.org/v1",
        "https://10.0.0.7/api.openai.com/v1",
        "embedded",
        "http://[broken/v1",
    ],
)
def test_a_models_name_says_nothing_about_anothers_price(base_url: str) -> None:
    """A server of one's own may serve a model by any name, and takes nothing or something else."""
    assert price_of("gpt-4o", base_url, None, None) is None


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("fine", (75_000, 300_000)),
        ("FINE", (75_000, 300_000)),
        ("family-2026", (1_000_000, 1_000_000)),
        ("tiered", (2_000_000, 4_000_000)),
        ("pictures", (3_000_000, 1_000_000)),
        ("free", None),
        ("blank", None),
        ("half", None),
        ("unheard-of", None),
    ],
)
def test_what_the_list_does_not_say_is_not_nothing(
    model: str, price: tuple[int, int] | None
) -> None:
    """Nor is a 0 of it taken for one; where it has several prices the dearest that may hold."""
    assert _price(model, "https://api.own.com/v1") == price


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("tier", "price"),
    [
        ("auto", (75_000, 300_000)),
        ("default", (75_000, 300_000)),
        ("flex", (37_500, 150_000)),
        ("priority", None),
    ],
)
def test_a_service_tier_has_its_own_price(tier: str, price: tuple[int, int] | None) -> None:
    """Where the list knows none, the usual one would be wrong."""
    assert _price("fine", "https://api.own.com/v1", service_tier=tier) == price


@pytest.mark.usefixtures("listed")
def test_a_reseller_has_the_prices_the_list_gives_it() -> None:
    """As Azure has OpenAI's; but its tiers are its own affair."""
    assert _price("fine", "https://me.reseller.com/v1") == (75_000, 300_000)
    assert _price("fine", "https://me.reseller.com/v1", service_tier="flex") is None


def test_tokens_in_and_out_have_their_own_price() -> None:
    """In whole picodollars, however many."""
    assert Prices.per_million(2.5, 10).picodollars(4, 1) == 20_000_000
    assert Prices.per_million(0.1, 0.2).picodollars(3 * 10**12, 0) == 3 * 10**17


def test_a_cap_on_the_cost_needs_a_price() -> None:
    """The text names model, host and what to set; other caps need none."""
    with pytest.raises(ConfigError) as caught:
        check_caps(Caps(picodollars=1), None, model="m", endpoint="https://u:pw@host:8000/v1?k=S")
    assert str(caught.value) == (
        "max_cost needs a price: that of m at host is not known; set price_input and price_output, "
        "in dollars per million tokens"
    )
    check_caps(Caps(picodollars=1), Prices(0, 0), model="m", endpoint=OPENAI)
    check_caps(Caps(1, 1), None, model="m", endpoint=OPENAI)
    check_caps(NO_CAPS, None, model="m", endpoint=OPENAI)


def test_the_list_is_only_imported_where_it_may_help() -> None:
    """Not for a server of one's own, nor where the prices are set."""
    code = (
        "import sys\n"
        "from captioner.flow.prices import price_of\n"
        "price_of('m', 'http://localhost:8000/v1', None, None)\n"
        "price_of('gpt-4o', 'https://api.openai.com/v1', 1, 2)\n"
        "sys.exit('genai_prices' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
