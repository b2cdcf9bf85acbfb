"""Amounts of money: counted in picodollars, which are whole numbers, and written in dollars."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

PICODOLLARS: Final = 10**12
"""In a dollar. A token at a dollar a million costs a million of them: prices are exact."""

_PER_TOKEN: Final = Decimal(PICODOLLARS) / 1_000_000


def price_picodollars(dollars_per_million: float | Decimal) -> int:
    """A price per million tokens, for one token; what is finer than a picodollar counts as one."""
    price = Decimal(str(dollars_per_million)) * _PER_TOKEN
    return int(price.to_integral_value(ROUND_CEILING))


def limit_picodollars(dollars: float) -> int:
    """A limit in dollars, never more than what was set."""
    return int((Decimal(str(dollars)) * PICODOLLARS).to_integral_value(ROUND_FLOOR))


def dollars_text(dollars: float) -> str:
    """`$31.20`, `$0.25`; of less than ten cents two digits that tell something: `$0.0031`."""
    if dollars >= 0.095 or dollars <= 0:
        return f"${dollars:,.2f}"
    amount = Decimal(f"{dollars:.1e}")
    return f"${amount:f}"
