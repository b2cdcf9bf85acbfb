"""Settings of what may be spent, and of how what was paid for is kept."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from captioner.settings.declare import LEDGER, setting
from captioner.settings.kinds import OptionalAbove0, OptionalAtLeast0, OptionalCount


class Spending(BaseModel):
    """Caps, prices and the ledger. Caps hold for one output, over all lives of its run."""

    max_cost: OptionalAbove0 = setting(
        None, "Most dollars to spend. Unset: no limit.", affects="flow", group=LEDGER
    )
    max_requests: OptionalCount = setting(
        None, "Most requests to pay for. Unset: no limit.", affects="flow", group=LEDGER
    )
    max_total_tokens: OptionalCount = setting(
        None, "Most tokens to pay for, in and out. Unset: no limit.", affects="flow", group=LEDGER
    )
    price_input: OptionalAtLeast0 = setting(
        None,
        "Dollars for a million tokens in. Unset: as published for the model, where known.",
        affects="flow",
        group=LEDGER,
    )
    price_output: OptionalAtLeast0 = setting(
        None,
        "Dollars for a million tokens out. Unset: as published for the model, where known.",
        affects="flow",
        group=LEDGER,
    )
    reuse_captions: bool = setting(
        True, "Pay once for requests that ask the same.", affects="request", group=LEDGER
    )
    durability: Literal["full", "normal"] = setting(
        "full",
        "Replies survive a power cut (full), or only a crash of the process (normal).",
        affects="flow",
        group=LEDGER,
    )
