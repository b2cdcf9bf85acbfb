"""Where requests get leave to spend: the account's async edge, with its durable record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from captioner.dollars import PICODOLLARS, dollars_text
from captioner.errors import RunStopped
from captioner.flow.money import Account, Booking, Step
from captioner.flow.prices import Prices
from captioner.flow.spend import NO_CAPS, NOTHING, Caps, Dimension, Spend
from captioner.samples.outcome import Usage

_SETTINGS: Final[dict[Dimension, str]] = {
    "picodollars": "max_cost",
    "requests": "max_requests",
    "tokens": "max_total_tokens",
}


class Vault(Protocol):
    """Keeps what was spent at most, for the next life of the run."""

    async def save(self, spent: Mapping[str, int]) -> None:
        """Take the place of what was saved before; durable when this returns.

        Where the wait is cancelled it may be saved all the same, but never after a later `save`.
        Raises RunStopped where it cannot be kept.
        """


class Commons(Protocol):
    """Where purses under the same caps tell each other what each spends at most.

    Each waits as long as it takes, so that nothing is sent that the others do not know of.
    """

    async def others(self) -> Mapping[str, int]:
        """What all others have told, in sum."""

    async def claim(self, spent: Mapping[str, int]) -> bool:
        """Tell this in the place of what ours told before.

        False, with nothing told, where another told something since `others` was asked.
        """

    async def leave(self, spent: Mapping[str, int]) -> None:
        """Tell what ours has spent in the end, which may be left undone: it is less than before."""


class Purse:
    """Reserves the worst case of each request before it is sent, and settles it by its usage.

    The caps hold for this life and what earlier ones left in `spent` (as `Vault.save` was given
    it), and with `commons` for all that share these. Without a vault they hold within the process.
    Without caps everything fits, and what is
    spent is counted all the same. Without prices nothing costs dollars; tokens that were spent so
    are taken at the dearer price once there is one.
    """

    def __init__(
        self,
        caps: Caps = NO_CAPS,
        prices: Prices | None = None,
        vault: Vault | None = None,
        *,
        spent: Mapping[str, int] | None = None,
        commons: Commons | None = None,
    ) -> None:
        self._prices = prices
        self._vault = vault
        self._commons = commons
        earlier = Spend.from_dict(spent or {})
        self._saved: Spend | None = earlier
        self._told: Spend | None = None
        self._account = Account(caps, _priced(earlier, prices))
        self._waiting = NOTHING
        self._turn = asyncio.Lock()
        self._saving = asyncio.Lock()
        self._ended = asyncio.Event()

    @property
    def prices(self) -> Prices | None:
        """What a token costs; None where it is not known."""
        return self._prices

    @property
    def settled(self) -> Spend:
        """What was spent, at worst where nobody will ever tell; earlier lives' blocks are in it."""
        return self._account.settled

    @property
    def reserved(self) -> Spend:
        """What the requests in flight may still cost."""
        return self._account.reserved

    async def reserve(self, prompt_tokens: int, completion_tokens: int) -> Booking:
        """Leave to send a request that takes so many tokens at worst; who came first goes first.

        Waits while only what is in flight stands in the way. Raises RunStopped (`budget_reached`)
        where it does not fit, and what the vault raises. Cancelling it leaves no trace.
        """
        worst = self._spend(Usage(prompt_tokens, completion_tokens))
        if not self._waiting.requests and self._account.step(worst) == "go":
            return self._account.reserve(worst)  # mostly so: nobody is before it, and it fits
        self._waiting += worst
        try:
            async with self._turn:
                while (step := await self._step(worst)) != "go":
                    match step:
                        case "raise":
                            await self._raise(worst)
                        case "wait":
                            self._ended.clear()
                            await self._ended.wait()
                        case _:
                            raise self._reached(worst)
                return self._account.reserve(worst)
        finally:
            self._waiting -= worst

    def settle(self, booking: Booking, usage: Usage | None) -> Spend:
        """End a booking by what was billed, or by the worst case where no usage is known.

        Returns what it is taken to have cost. Raises KeyError for one that was ended before.
        """
        actual = None if usage is None else self._spend(usage)
        billed = self._account.settle(booking, actual)
        self._ended.set()
        return billed

    def release(self, booking: Booking) -> None:
        """End a booking that costs nothing. Raises KeyError for one that was ended before."""
        self._account.release(booking)
        self._ended.set()

    async def checkpoint(self) -> None:
        """Bring the record near to what is spent, so that a crash leaves less of it unused.

        Where others share the caps, nothing is kept from them that is not used.
        """
        account = self._account
        async with self._saving:
            is_used = self._commons is None or account.open
            await self._record(account.ceiling_at_rest if is_used else account.ceiling_at_end)

    async def close(self) -> None:
        """Record exactly what was spent; what is still open counts at its worst."""
        async with self._saving:
            spent = self._account.ceiling_at_end()
            await self._save(spent)
            if self._commons is not None:
                await self._commons.leave(spent.to_dict())

    def budget(self) -> dict[str, dict[str, float]]:
        """Setting → its `limit` and what is `spent` of it (dollars for `max_cost`), where set."""
        caps, spent = self._account.caps, self._account.settled
        budget: dict[str, dict[str, float]] = {}
        if caps.picodollars is not None:
            budget["max_cost"] = {
                "limit": caps.picodollars / PICODOLLARS,
                "spent": spent.picodollars / PICODOLLARS,
            }
        if caps.requests is not None:
            budget["max_requests"] = {"limit": caps.requests, "spent": spent.requests}
        if caps.tokens is not None:
            budget["max_total_tokens"] = {"limit": caps.tokens, "spent": spent.tokens}
        return budget

    async def _step(self, worst: Spend) -> Step:
        step = self._account.step(worst)
        if self._commons is None or step in ("go", "raise"):
            return step
        async with self._saving:  # others may have given back what they did not use
            await self._look_at_others()
        return self._account.step(worst)

    async def _raise(self, worst: Spend) -> None:
        async with self._saving:
            # Counted there: who has come meanwhile is served by the same record.
            await self._record(lambda: self._account.ceiling_for(worst, self._waiting))

    async def _record(self, ceiling_now: Callable[[], Spend]) -> None:
        while True:
            await self._look_at_others()
            ceiling = ceiling_now()
            self._account.recording(ceiling)
            if await self._tell(ceiling):
                break
        await self._save(ceiling)
        self._account.recorded(ceiling)

    async def _save(self, ceiling: Spend) -> None:
        if self._vault is not None and ceiling != self._saved:
            # Unknown until it returns: were it cut off, either could stand.
            self._saved = None
            await self._vault.save(ceiling.to_dict())
            self._saved = ceiling

    async def _tell(self, ceiling: Spend) -> bool:
        if self._commons is not None and ceiling != self._told:
            self._told = None
            if not await self._commons.claim(ceiling.to_dict()):
                return False
            self._told = ceiling
        return True

    async def _look_at_others(self) -> None:
        if self._commons is not None:
            others = Spend.from_dict(await self._commons.others())
            self._account.learn(_priced(others, self._prices))

    def _spend(self, usage: Usage) -> Spend:
        tokens = usage.prompt_tokens + usage.completion_tokens
        if self._prices is None:
            return Spend(1, tokens, 0, tokens)
        cost = self._prices.picodollars(usage.prompt_tokens, usage.completion_tokens)
        return Spend(1, tokens, cost)

    def _reached(self, worst: Spend) -> RunStopped:
        caps, spent = self._account.caps, self._account.settled + self._account.others
        passed = caps.passed_by(spent + worst) or "requests"
        setting = _SETTINGS[passed]
        limit, used, more = (
            _amount(passed, getattr(amounts, passed)) for amounts in (caps, spent, worst)
        )
        whose = " by all workers" if self._account.others != NOTHING else ""
        next_one = "" if passed == "requests" else f", and the next request may take {more}"
        return RunStopped(
            "budget_reached",
            f"{setting} of {limit} is reached: spent so far at most {used}{whose}{next_one}; the "
            f"same command with a higher {setting} goes on",
        )

    def __repr__(self) -> str:
        return f"<Purse {self._account!r}>"


def _priced(spent: Spend, prices: Prices | None) -> Spend:
    """What earlier lives spent without a price is taken at the dearer one."""
    if prices is None:
        return spent
    dearer = max(prices.input_picodollars, prices.output_picodollars)
    cost = spent.picodollars + spent.unpriced_tokens * dearer
    return Spend(spent.requests, spent.tokens, cost)


def _amount(dimension: Dimension, amount: int) -> str:
    if dimension == "picodollars":
        return dollars_text(amount / PICODOLLARS)
    return f"{amount:,}"
