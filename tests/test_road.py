"""The way to an endpoint: its name, its key while it is open, and its limits."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from captioner.endpoint import EndpointOptions, RehearsalEndpoint
from captioner.errors import ConfigError
from captioner.events import Event
from captioner.flow.limits import Limits
from captioner.road import Road, open_road
from captioner.settings import Settings, settings_from
from tests.flow.conftest import FakeClock


async def _opened(
    stack: AsyncExitStack, settings: Settings, warned: list[str] | None = None
) -> Road:
    events: list[Event] = []
    warn = (warned if warned is not None else []).append
    return await open_road(stack, settings, clock=FakeClock(), observe=events.append, warn=warn)


async def test_a_key_file_that_changes_renews_the_key(tmp_path: Path) -> None:
    """The next request carries it. The same key is no change, and one that is gone leaves it."""
    key = tmp_path / "key"
    key.write_text("sk-wrong\n")
    options = EndpointOptions.model_validate({"api_key": "sk-right", "models": ("m",)})
    async with RehearsalEndpoint(options) as endpoint, AsyncExitStack() as stack:
        settings = settings_from(base_url=endpoint.base_url, model="m", api_key_file=key)
        road = await _opened(stack, settings)
        assert not road.renew_key(settings)
        assert (await road.client.post([b"{}"])).status == 401
        key.write_text("sk-right")
        assert (await road.client.post([b"{}"])).status == 401
        assert road.renew_key(settings)
        assert not road.renew_key(settings)
        assert (await road.client.post([b"{}"])).status == 400
        for wrong in ("", "sk-ri\nght"):
            key.write_text(wrong)
            with pytest.raises(ConfigError, match="api_key_file") as raised:
                road.renew_key(settings)
            assert "ght" not in str(raised.value)
        key.unlink()
        with pytest.raises(ConfigError, match="cannot be read"):
            road.renew_key(settings)
        assert (await road.client.post([b"{}"])).status == 400


async def test_limits_that_are_set_hold_and_are_told(tmp_path: Path) -> None:
    """From the settings at first; then those that a person sets, each anew."""
    async with RehearsalEndpoint(EndpointOptions()) as endpoint, AsyncExitStack() as stack:
        settings = settings_from(base_url=endpoint.base_url, concurrency=7, requests_per_minute=60)
        road = await _opened(stack, settings)
        assert road.limits == road.gate.limits == Limits(7, 60.0, None)
        road.set_limits(Limits(None, None, 900.0))
        assert road.limits == Limits(None, None, 900.0)
        assert road.gate.limits == Limits(7, None, 900.0)


async def test_the_endpoints_only_model_is_taken_and_one_of_many_is_asked_for() -> None:
    """The message lists what there is."""
    for models, said in ((("a",), ""), (("b", "a"), "offers 2 models: .* They are a, b$")):
        options = EndpointOptions(models=models)
        async with RehearsalEndpoint(options) as endpoint, AsyncExitStack() as stack:
            settings = settings_from(base_url=endpoint.base_url)
            if said:
                with pytest.raises(ConfigError, match=said):
                    await _opened(stack, settings)
            else:
                assert (await _opened(stack, settings)).model == "a"


async def test_the_embedded_endpoint_has_the_same_name_each_time() -> None:
    """It listens somewhere else each time; what asks the same must look the same."""
    names, addresses = set(), set()
    async with AsyncExitStack() as stack:
        for _ in range(2):
            road = await _opened(stack, settings_from(base_url="embedded", model="m"))
            names.add(road.name)
            addresses.add(road.base_url)
    assert names == {"embedded"}
    assert len(addresses) == 2


async def test_a_key_that_is_held_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI's key goes to nobody else, and is not shown."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    warned: list[str] = []
    async with RehearsalEndpoint(EndpointOptions()) as endpoint, AsyncExitStack() as stack:
        road = await _opened(stack, settings_from(base_url=endpoint.base_url), warned)
        assert road.client.endpoint.headers == {}
    (told,) = warned
    assert told.startswith("OPENAI_API_KEY was withheld")
    assert "sk-of-openai" not in told


async def test_a_way_that_is_down_is_open_again_once_the_endpoint_answers() -> None:
    """By its list of models, which costs nothing; also where it answers without one. It is
    forsaken while no request is left that would find out."""
    options = EndpointOptions.model_validate({"api_key": "sk-right", "models": ("m",)})
    async with AsyncExitStack() as stack, AsyncExitStack() as first:
        endpoint = await first.enter_async_context(RehearsalEndpoint(options))
        settings = settings_from(base_url=endpoint.base_url, model="m", api_key="sk-wrong")
        road = await _opened(stack, settings)
        for second in range(12):
            road.breaker.failed(road.clock.now_s() + second, admission=second, answered=True)
        assert road.is_forsaken
        waiting = asyncio.create_task(road.gate.enter((0, 0), 1))
        await asyncio.sleep(0)
        assert not road.is_forsaken
        waiting.cancel()
        await asyncio.wait([waiting])
        assert road.is_forsaken
        await first.aclose()
        assert not await road.answers()
        assert road.is_forsaken
        port = int(endpoint.base_url.split(":")[2].split("/")[0])
        async with RehearsalEndpoint(options.model_copy(update={"port": port})) as again:
            assert await road.answers(), "a key that is rejected is an answer"
            assert not road.breaker.is_down
            assert not road.is_forsaken
            assert again.stats.requests == 0


@pytest.mark.parametrize(
    ("status", "is_there"), [(404, True), (500, True), (502, False), (503, False)]
)
async def test_a_gateway_that_answers_for_an_endpoint_opens_no_way(
    status: int, is_there: bool
) -> None:
    """What has no list of models may say so with any status; a gateway's tells that nobody is."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/v1/models", answer)
    async with AsyncExitStack() as stack, TestServer(app) as server:
        road = await _opened(stack, settings_from(base_url=str(server.make_url("/v1")), model="m"))
        for second in range(12):
            road.breaker.failed(road.clock.now_s() + second, admission=second, answered=True)
        assert await road.answers() is is_there
        assert road.breaker.is_down is not is_there
