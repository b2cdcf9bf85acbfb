"""What all streams of one Captioner share: the road it takes, lane, ledger and threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace

from captioner.errors import RunStopped
from captioner.events import Observer
from captioner.flow.asking import Asker, Sharing
from captioner.flow.clock import Clock
from captioner.flow.costs import Costs
from captioner.flow.lane import ChatLane
from captioner.flow.ledger import Ledger
from captioner.flow.line import SOLE, Share
from captioner.flow.pictures import Studio
from captioner.flow.prices import check_caps, price_of
from captioner.flow.purse import Commons, Purse, Vault
from captioner.flow.threads import Threads
from captioner.ledger import SqliteLedger
from captioner.road import Road
from captioner.settings import EMBEDDED, Settings
from captioner.vision.fetch import Fetcher
from captioner.vision.request import Parameters
from captioner.vision.tokenizer import load_tokenizer
from captioner.wiring import (
    caps_of,
    fetch_limits_of,
    hand_on_of,
    parameters_of,
    policy_of,
    reach_of,
)

_SOURCE_BYTES = 128 * 2**20
"""The largest image that is read; what is sent of it is far smaller."""

_FETCH_ATTEMPTS = 4
"""A host of images that is gone must not hold up every sample for long."""

_THREADS = 4
_SHORT_RUN_S = 2.0


@dataclass(frozen=True, slots=True)
class Connection:
    """A road, and all that one Captioner has to itself."""

    road: Road
    parameters: Parameters
    costs: Costs
    purse: Purse
    asker: Asker
    executor: Executor


async def open_connection(
    stack: AsyncExitStack,
    settings: Settings,
    road: Road,
    *,
    share: Share = SOLE,
    ledger: Ledger,
    scope: str,
    vault: Vault | None,
    spent: Mapping[str, int] | None,
    purse: Purse | None,
    clock: Clock,
    observe: Observer,
) -> Connection:
    """Open what is needed to ask along a road; `stack` closes it. For the rest see `Captioner`.

    Raises ConfigError for settings that cannot work with its model.
    """
    reach = reach_of(settings)
    fetcher = await stack.enter_async_context(Fetcher(reach, fetch_limits_of(settings)))
    executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="captioner")
    stack.callback(executor.shutdown, wait=True, cancel_futures=True)
    image_threads = Threads(_THREADS, "captioner-images")
    stack.callback(image_threads.close)
    parameters = parameters_of(settings, road.model)
    own_purse = None
    if purse is None:
        own_purse = purse = purse_of(settings, parameters, road.base_url, vault, spent)
    if own_purse is not None:
        stack.push_async_callback(close_purse, own_purse)
    costs = Costs(parameters)
    policy = policy_of(settings)
    asker = Asker(
        lane=ChatLane(
            client=road.client,
            parameters=parameters,
            gate=road.gate,
            breaker=road.breaker,
            costs=costs,
            policy=policy,
            clock=clock,
            observe=observe,
            purse=purse,
            share=share,
        ),
        ledger=ledger.bind(road.name) if isinstance(ledger, SqliteLedger) else ledger,
        studio=Studio(
            most=lambda: road.gate.limit,
            workers=image_threads,
            fetch=fetcher.fetch,
            reach=reach,
            hand_on=hand_on_of(settings),
            max_bytes=_SOURCE_BYTES,
            observe=observe,
            image_tokens=costs.image_tokens,
            images=parameters.images,
            retries=replace(policy, max_attempts=min(policy.max_attempts, _FETCH_ATTEMPTS)),
            clock=clock,
        ),
        parameters=parameters,
        sharing=Sharing(
            settings.endpoint_id or (EMBEDDED if settings.base_url == EMBEDDED else road.base_url),
            scope=None if settings.reuse_captions else scope,
        ),
    )
    return Connection(road, parameters, costs, purse, asker, executor)


def purse_of(
    settings: Settings,
    parameters: Parameters,
    base_url: str,
    vault: Vault | None,
    spent: Mapping[str, int] | None,
    commons: Commons | None = None,
) -> Purse:
    """Caps and prices; `commons` is where others share the caps.

    Raises ConfigError for a cap on a cost that is not known.
    """
    tier = parameters.extra_body.get("service_tier")
    prices = price_of(
        parameters.model,
        base_url,
        settings.price_input,
        settings.price_output,
        service_tier=tier if isinstance(tier, str) else "",
    )
    caps = caps_of(settings)
    check_caps(caps, prices, model=parameters.model, endpoint=base_url)
    return Purse(caps, prices, vault, spent=spent, commons=commons)


async def close_purse(purse: Purse) -> None:
    """Record what was spent, where that can be."""
    # What is on record stands where this fails: it is not too low.
    with suppress(RunStopped):
        await purse.close()


async def count_with_tokenizer(
    connection: Connection, settings: Settings, clock: Clock, warn: Callable[[str], None]
) -> None:
    """Load the tokenizer beside the work; until it is there, estimates do without.

    A run that is over before is spared the loading, unless a token rate is set.
    """
    if settings.tokens_per_minute is None:
        await clock.sleep_s(_SHORT_RUN_S)
    loop = asyncio.get_running_loop()
    tokenizer, warning = await loop.run_in_executor(
        connection.executor, load_tokenizer, settings.tokenizer
    )
    connection.costs.tokenizer_loaded(tokenizer)
    if warning:
        warn(warning)
