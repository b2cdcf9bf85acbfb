"""The way to one endpoint, with one key, for one model: what several Captioners may share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from captioner.errors import ConfigError, RunStopped
from captioner.events import Observer
from captioner.flow.admission import Gate
from captioner.flow.binding import Binding
from captioner.flow.breaker import Breaker
from captioner.flow.clock import Clock
from captioner.flow.limits import Limits
from captioner.settings import EMBEDDED, Settings, normalise_base_url, resolve_key
from captioner.vision.client import ChatClient, NoModelsError
from captioner.wiring import endpoint_of, gate_of, guard_of, limits_of, timeouts_of

_MODELS_SHOWN = 15
_ANSWER_S = 10.0
_OF_A_GATEWAY = (502, 503, 504)


@dataclass(slots=True)
class Road:
    """An open client and the gate before it.

    `name` is the endpoint's, free of secrets and the same each time; `base_url` is where it is.
    `limits` are those that are set; what is in force the gate tells.
    """

    name: str
    base_url: str
    model: str
    client: ChatClient
    gate: Gate
    breaker: Breaker
    binding: Binding
    clock: Clock
    limits: Limits = field(default_factory=Limits)

    def set_limits(self, limits: Limits) -> None:
        """Let other ceilings hold, at once."""
        self.limits = limits
        self.gate.set_limits(limits, guard_of(limits.requests_per_minute))

    def renew_key(self, settings: Settings) -> bool:
        """Send the key that the settings give now; whether it is another.

        Raises ConfigError where they give none; the one before is then kept.
        """
        endpoint = endpoint_of(settings, self.base_url, resolve_key(settings, os.environ))
        if endpoint == self.client.endpoint:
            return False
        self.client.use(endpoint)
        return True

    @property
    def is_forsaken(self) -> bool:
        """Whether the endpoint is down and no request is left that would find it again."""
        return self.breaker.is_down and not (self.gate.waiting or self.gate.in_flight)

    async def answers(self) -> bool:
        """Whether the endpoint answers when it is asked for its models, which costs nothing.

        If so the way is open again; what the answer is worth the next request shows.
        """
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self.client.models()
        except TimeoutError:
            return False
        except RunStopped as error:
            if error.verdict == "endpoint_gone":
                return False
        except NoModelsError as error:
            # Without a list it is there all the same, unless a gateway answers in its stead.
            if error.status in _OF_A_GATEWAY:
                return False
        self.breaker.answered(self.clock.now_s())
        self.gate.changed()
        return True


async def open_road(
    stack: AsyncExitStack,
    settings: Settings,
    *,
    clock: Clock,
    observe: Observer,
    warn: Callable[[str], None],
) -> Road:
    """Open the way that the settings name; `stack` closes it.

    Raises ConfigError where key, address or model cannot work, and RunStopped where the endpoint
    rejects the key or cannot be reached.
    """
    key = resolve_key(settings, os.environ)
    if key.withheld:
        warn(key.withheld)
    base_url = await _base_url(stack, settings)
    endpoint = endpoint_of(settings, base_url, key)
    client = await stack.enter_async_context(ChatClient(endpoint, timeouts_of(settings)))
    model = settings.model or _only_model(await client.models(), endpoint.name)
    binding = Binding(observe)
    breaker = Breaker(settings.patience_s)
    return Road(
        # Embedded endpoints listen somewhere else each time: what asks the same must look the same.
        name=EMBEDDED if settings.base_url == EMBEDDED else endpoint.name,
        base_url=base_url,
        model=model,
        client=client,
        gate=gate_of(settings, breaker, clock, binding),
        breaker=breaker,
        binding=binding,
        clock=clock,
        limits=limits_of(settings),
    )


async def _base_url(stack: AsyncExitStack, settings: Settings) -> str:
    """The endpoint's address; the embedded one is started, and imported, only where it is used."""
    if settings.base_url != EMBEDDED:
        return normalise_base_url(settings.base_url)
    from captioner.endpoint import EndpointOptions, RehearsalEndpoint
    from captioner.endpoint.options import ANY_MODEL

    # One name is listed and any is known: a rehearsal takes the settings of the real job.
    options = EndpointOptions(models=("rehearsal", ANY_MODEL))
    endpoint = await stack.enter_async_context(RehearsalEndpoint(options))
    return endpoint.base_url


def _only_model(models: list[str], endpoint: str) -> str:
    """The model of an endpoint that has one. Raises ConfigError that lists what there is."""
    if len(models) == 1:
        return models[0]
    if not models:
        raise ConfigError(f"{endpoint} offers no model: name one with --model")
    shown = ", ".join(sorted(models)[:_MODELS_SHOWN])
    more = len(models) - _MODELS_SHOWN
    raise ConfigError(
        f"{endpoint} offers {len(models)} models: choose one with --model. They are {shown}"
        + (f", and {more} more" if more > 0 else "")
    )
