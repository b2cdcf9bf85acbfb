from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from captioner.endpoint.options import EndpointOptions, FaultKind
from captioner.endpoint.replies import ScriptedReply
from captioner.endpoint.server import RehearsalEndpoint
from captioner.errors import ConfigError

MakeBody = Callable[..., dict[str, Any]]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client, closed afterwards."""
    async with aiohttp.ClientSession() as session:
        yield session


async def ask(
    session: aiohttp.ClientSession, endpoint: RehearsalEndpoint, body: object, **options: Any
) -> tuple[int, dict[str, Any]]:
    """Post a chat request; its status and JSON."""
    url = f"{endpoint.base_url}/chat/completions"
    async with session.post(url, json=body, **options) as response:
        return response.status, await response.json()


async def until(reached: Callable[[], bool]) -> None:
    """Wait until the endpoint has noticed, for five seconds at most."""
    async with asyncio.timeout(5):
        while not reached():  # noqa: ASYNC110 (what it waits for happens in the server's own tasks)
            await asyncio.sleep(0.005)


async def test_a_caption_in_the_official_shape(
    session: aiohttp.ClientSession, make_body: MakeBody
) -> None:
    """Every field of the official reply, a text that is true, and usage that adds up."""
    async with RehearsalEndpoint() as endpoint:
        status, reply = await ask(session, endpoint, make_body())
    assert status == 200
    assert reply["id"].startswith("chatcmpl-")
    assert (reply["object"], reply["model"]) == ("chat.completion", "rehearsal")
    [choice] = reply["choices"]
    assert (choice["index"], choice["finish_reason"], choice["logprobs"]) == (0, "stop", None)
    message = choice["message"]
    assert (message["role"], message["refusal"]) == ("assistant", None)
    assert "16 by 12 pixels" in message["content"]
    assert "red (100%)" in message["content"]
    usage = reply["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["prompt_tokens_details"]["cached_tokens"] == 0
    assert {"system_fingerprint", "service_tier", "created"} <= reply.keys()


async def test_different_images_have_different_captions(
    session: aiohttp.ClientSession, make_body: MakeBody, make_image: Callable[..., bytes]
) -> None:
    """And the same image with the same prompts has the same, in another endpoint too."""
    bodies = [make_body(make_image(color)) for color in ("red", "blue", "white", "tan")]
    texts = []
    for _ in range(2):
        async with RehearsalEndpoint() as endpoint:
            replies = [await ask(session, endpoint, body) for body in bodies]
            texts.append([reply["choices"][0]["message"]["content"] for _, reply in replies])
    assert texts[0] == texts[1]
    assert len(set(texts[0])) == len(bodies)


async def test_azure_and_sloppy_addresses_work(
    session: aiohttp.ClientSession, make_body: MakeBody
) -> None:
    """A deployment's path names the model, needs an api-version, and takes the api-key header."""
    options = EndpointOptions(api_key=SecretStr("sk-right"))
    body = make_body()
    del body["model"]
    async with RehearsalEndpoint(options) as endpoint:
        root = endpoint.base_url.removesuffix("/v1")
        path = f"{root}/openai/deployments/rehearsal/chat/completions"
        key = {"api-key": "sk-right"}
        async with session.post(f"{path}?api-version=1", json=body, headers=key) as response:
            assert response.status == 200
            assert (await response.json())["model"] == "rehearsal"
        async with session.post(path, json=body, headers=key) as response:
            assert response.status == 404
        bearer = {"Authorization": "Bearer sk-right"}
        for prefix in ("", "/v1", "/openai/v1"):
            url = f"{root}{prefix}/chat/completions"
            async with session.post(url, json=make_body(), headers=bearer) as response:
                assert response.status == 200


async def test_models_are_listed(session: aiohttp.ClientSession) -> None:
    """The list holds what is known, and each can be asked for by its name."""
    async with RehearsalEndpoint(EndpointOptions(models=("a", "org/b"))) as endpoint:
        async with session.get(f"{endpoint.base_url}/models") as response:
            cards = (await response.json())["data"]
        assert [card["id"] for card in cards] == ["a", "org/b"]
        async with session.get(f"{endpoint.base_url}/models/org/b") as response:
            assert (await response.json())["object"] == "model"
        async with session.get(f"{endpoint.base_url}/models/c") as response:
            assert response.status == 404


async def test_wrong_addresses_have_official_errors(session: aiohttp.ClientSession) -> None:
    """An unknown path is a 404, a wrong method a 405, both with the error object."""
    async with RehearsalEndpoint() as endpoint:
        async with session.get(f"{endpoint.base_url}/chat/completions") as response:
            assert (response.status, response.headers["Allow"]) == (405, "POST")
            assert (await response.json())["error"]["code"] == "method_not_supported"
        async with session.post(f"{endpoint.base_url}/embeddings", json={}) as response:
            assert response.status == 404
            assert "Invalid URL" in (await response.json())["error"]["message"]


async def test_a_body_over_the_limit_is_a_413(
    session: aiohttp.ClientSession, make_body: MakeBody
) -> None:
    """The request as a whole has a limit."""
    async with RehearsalEndpoint(EndpointOptions(max_request_bytes=2000)) as endpoint:
        status, reply = await ask(session, endpoint, make_body(system="x" * 5000))
    assert (status, reply["error"]["code"]) == (413, "payload_too_large")


async def test_limits_are_told_with_every_reply(
    session: aiohttp.ClientSession, make_body: MakeBody, make_image: Callable[..., bytes]
) -> None:
    """Headers come with captions, with 429s, and with errors found after admission."""
    now_s = 50.0
    options = EndpointOptions(requests_per_minute=60, burst_s=2)
    async with RehearsalEndpoint(options, clock=lambda: now_s) as endpoint:
        url = f"{endpoint.base_url}/chat/completions"
        torn = make_body(make_image(size=(200, 200))[:100])
        seen = []
        for body in (make_body(), torn, make_body()):
            async with session.post(url, json=body) as response:
                remaining = response.headers["x-ratelimit-remaining-requests"]
                seen.append((response.status, remaining))
        assert seen == [(200, "1"), (400, "0"), (429, "0")]
        assert response.headers["retry-after-ms"] == "1000"
        now_s = 51.0
        assert (await ask(session, endpoint, make_body()))[0] == 200


async def test_latency_is_slept_and_not_added_to_the_work(
    session: aiohttp.ClientSession, make_body: MakeBody
) -> None:
    """The endpoint's own sleep gets what is left of the latency after what the work took."""
    slept: list[float] = []
    times = iter((0.0, 0.1, 0.25))

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    options = EndpointOptions(latency_s=2)
    async with RehearsalEndpoint(options, clock=lambda: next(times), sleep=sleep) as endpoint:
        assert (await ask(session, endpoint, make_body()))[0] == 200
    assert slept == [1.75]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", aiohttp.ClientOSError),
        ("truncated", aiohttp.ClientPayloadError),
        ("hang", TimeoutError),
    ],
)
async def test_connections_break_as_they_do(
    session: aiohttp.ClientSession, make_body: MakeBody, kind: FaultKind, error: type[Exception]
) -> None:
    """A reset before the reply, a body that stops half way, a reply that never comes."""
    options = EndpointOptions(fault_share=1, fault_kinds=(kind,))
    async with RehearsalEndpoint(options) as endpoint:
        with pytest.raises(error):
            await ask(session, endpoint, make_body(), timeout=aiohttp.ClientTimeout(total=0.3))
        await until(lambda: not endpoint.stats.in_flight)
        assert endpoint.stats.faults == {kind: 1}
        assert endpoint.stats.captions == 0


async def test_a_hanging_request_ends(session: aiohttp.ClientSession, make_body: MakeBody) -> None:
    """After hang_s the connection is broken even if the client is still there."""
    options = EndpointOptions(fault_share=1, fault_kinds=("hang",), hang_s=0.02)
    async with RehearsalEndpoint(options) as endpoint:
        with pytest.raises(aiohttp.ClientOSError):
            await ask(session, endpoint, make_body())


async def test_faults_pass_on_retrying(session: aiohttp.ClientSession, make_body: MakeBody) -> None:
    """With half of the requests failing, everything is captioned after some turns."""
    options = EndpointOptions(fault_share=0.5, fault_kinds=("500", "502", "503", "504"))
    async with RehearsalEndpoint(options) as endpoint:
        url = f"{endpoint.base_url}/chat/completions"
        for n in range(10):
            for _ in range(20):
                async with session.post(url, json=make_body(user=str(n))) as response:
                    await response.read()
                if response.status == 200:
                    break
            assert response.status == 200
        snapshot = endpoint.stats.snapshot()
    assert snapshot["captions"] == 10
    assert snapshot["paid_twice"] == 0
    assert sum(snapshot["faults"].values()) == snapshot["requests"] - 10 > 0


async def test_stats_can_be_asked_for(session: aiohttp.ClientSession, make_body: MakeBody) -> None:
    """Over HTTP they are what they are in the process, and can be set back."""
    async with RehearsalEndpoint() as endpoint:
        root = endpoint.base_url.removesuffix("/v1")
        await asyncio.gather(*(ask(session, endpoint, make_body(user=str(n))) for n in range(4)))
        await ask(session, endpoint, {})
        async with session.get(f"{root}/stats") as response:
            told = await response.json()
        assert told == json.loads(json.dumps(endpoint.snapshot()))
        assert told["statuses"] == {"200": 4, "400": 1}
        assert told["captions_per_image"] == {"images": 1, "most": 4}
        assert 1 <= told["most_in_flight"] <= 4
        async with session.post(f"{root}/stats/reset") as response:
            assert (await response.json())["requests"] == 0


async def test_a_client_that_leaves_frees_its_place(make_body: MakeBody) -> None:
    """What it asked for was made all the same, so it counts as paid and as abandoned."""
    async with RehearsalEndpoint(EndpointOptions(latency_s=60)) as endpoint:
        async with aiohttp.ClientSession() as session:
            asking = asyncio.ensure_future(ask(session, endpoint, make_body()))
            await until(lambda: endpoint.stats.captions == 1)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        await until(lambda: not endpoint.stats.in_flight)
        stats = endpoint.stats
        assert (stats.abandoned, stats.cut_off, stats.captions) == (1, 0, 1)


async def test_a_script_answers_over_http(
    session: aiohttp.ClientSession, make_body: MakeBody
) -> None:
    """Its words, status and headers arrive as they were written."""
    replies = iter(
        [ScriptedReply("Hello."), ScriptedReply(status=503, headers={"retry-after": "7"})]
    )
    async with RehearsalEndpoint(reply=lambda asked: next(replies)) as endpoint:
        _, reply = await ask(session, endpoint, make_body())
        assert reply["choices"][0]["message"]["content"] == "Hello."
        url = f"{endpoint.base_url}/chat/completions"
        async with session.post(url, json=make_body()) as response:
            assert (response.status, response.headers["retry-after"]) == (503, "7")


async def test_nothing_is_left_behind(make_body: MakeBody) -> None:
    """Closing with requests in flight and connections open leaves no task, thread or port."""
    threads, tasks = threading.active_count(), asyncio.all_tasks()
    async with aiohttp.ClientSession() as session:
        async with RehearsalEndpoint(EndpointOptions(latency_s=60)) as endpoint:
            asking = [
                asyncio.ensure_future(ask(session, endpoint, make_body(user=str(n))))
                for n in range(3)
            ]
            await until(lambda: endpoint.stats.captions == 3)
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        assert all(isinstance(outcome, aiohttp.ClientError) for outcome in outcomes)
        with pytest.raises(aiohttp.ClientConnectorError):
            await ask(session, endpoint, make_body())
    assert (endpoint.stats.in_flight, endpoint.stats.cut_off, endpoint.stats.abandoned) == (0, 3, 0)
    assert threading.active_count() == threads
    assert asyncio.all_tasks() == tasks
    assert "closed" in repr(endpoint)


class Gates:
    """A sleep that ends when the gate of its seconds is opened."""

    def __init__(self) -> None:
        self._gates: defaultdict[float, asyncio.Event] = defaultdict(asyncio.Event)

    async def sleep(self, seconds: float) -> None:
        """Wait for the gate."""
        await self._gates[seconds].wait()

    def open(self, seconds: float) -> None:
        """Let through who sleeps so long."""
        self._gates[seconds].set()


async def test_an_outage_refuses_and_ends(
    session: aiohttp.ClientSession, make_body: MakeBody
) -> None:
    """Requests in flight are cut off, new ones refused, and then all is as before, at the same
    address; whoever was cut off did not leave by itself."""
    gates, now_s = Gates(), 10.0
    options = EndpointOptions(latency_s=60, outage_after_s=3, outage_s=20)
    async with RehearsalEndpoint(options, clock=lambda: now_s, sleep=gates.sleep) as endpoint:
        stats = endpoint.stats
        asking = asyncio.ensure_future(ask(session, endpoint, make_body()))
        await until(lambda: stats.captions == 1)
        now_s = 13.0
        gates.open(3)
        with pytest.raises(aiohttp.ClientError):
            await asking
        await until(lambda: not stats.in_flight)
        for _ in range(3):
            with pytest.raises(aiohttp.ClientConnectorError) as caught:
                await ask(session, endpoint, make_body())
            assert isinstance(caught.value.os_error, ConnectionRefusedError)
        now_s = 33.0
        gates.open(20)
        await until(lambda: stats.outage_ended_s is not None)
        gates.open(60)
        assert (await ask(session, endpoint, make_body()))[0] == 200
        assert (stats.cut_off, stats.abandoned, stats.requests) == (1, 0, 2)
        assert endpoint.snapshot()["outage"] == {"began_s": 3.0, "ended_s": 23.0}


async def test_an_outage_can_answer_503(
    session: aiohttp.ClientSession, make_body: MakeBody
) -> None:
    """Everything but the statistics: what is in flight, what is new, the list of models."""
    gates = Gates()
    options = EndpointOptions(
        latency_s=60, outage_after_requests=2, outage_after_s=3, outage_s=20, outage_kind="503"
    )
    gates.open(3)
    async with RehearsalEndpoint(options, clock=lambda: 0.0, sleep=gates.sleep) as endpoint:
        stats, root = endpoint.stats, endpoint.base_url.removesuffix("/v1")
        first = asyncio.ensure_future(ask(session, endpoint, make_body(user="1")))
        await until(lambda: stats.captions == 1)
        assert stats.outage_began_s is None
        second = asyncio.ensure_future(ask(session, endpoint, make_body(user="2")))
        await until(lambda: stats.outage_began_s is not None)
        gates.open(60)
        for status, reply in (await first, await second, await ask(session, endpoint, {})):
            assert (status, reply["error"]["type"]) == (503, "server_error")
        async with session.get(f"{endpoint.base_url}/models") as response:
            assert response.status == 503
        async with session.get(f"{root}/stats") as response:
            assert (await response.json())["statuses"] == {"503": 3}
        gates.open(20)
        await until(lambda: stats.outage_ended_s is not None)
        assert (await ask(session, endpoint, make_body()))[0] == 200


async def test_closing_in_an_outage_leaves_nothing(
    session: aiohttp.ClientSession, make_body: MakeBody
) -> None:
    """The port is free again, no task remains, and an error of the body stays what it was."""
    tasks, gates = asyncio.all_tasks(), Gates()
    gates.open(0)
    endpoint = RehearsalEndpoint(EndpointOptions(outage_s=20), clock=lambda: 0.0, sleep=gates.sleep)

    async def fail_in_the_outage() -> None:
        async with endpoint:
            with contextlib.suppress(aiohttp.ClientError):
                await ask(session, endpoint, make_body())
            await until(lambda: endpoint.stats.outage_began_s is not None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_in_the_outage()
    assert asyncio.all_tasks() == tasks
    port = int(endpoint.base_url.rpartition(":")[2].partition("/")[0])
    async with RehearsalEndpoint(EndpointOptions(port=port)) as again:
        assert (await ask(session, again, make_body()))[0] == 200


async def test_a_second_client_is_seen_by_its_traces(
    session: aiohttp.ClientSession, make_body: MakeBody
) -> None:
    """Its spending shows in the headers of replies and of 429s, and by name in the statistics."""
    now_s = 0.0
    options = EndpointOptions(
        requests_per_minute=600,
        burst_s=1,
        other_requests_per_minute=600,
        other_after_s=10,
    )
    async with RehearsalEndpoint(options, clock=lambda: now_s) as endpoint:
        url, seen = f"{endpoint.base_url}/chat/completions", []
        for now_s in (0.0, 9.9, 10.05, 30.0):  # noqa: B007 (the clock reads it)
            for _ in range(10):
                async with session.post(url, json=make_body()) as response:
                    left = int(response.headers["x-ratelimit-remaining-requests"])
                    seen.append((response.status, left))
        told = endpoint.snapshot()
    assert seen[:10] == [(200, left) for left in range(9, -1, -1)]
    assert seen[19] == (200, 0)
    assert seen[-1][0] == 429
    assert told["limited"]["requests"] == told["statuses"]["429"]
    assert told["other"]["requests"] >= 195
    assert told["admitted"] + told["other"]["requests"] <= 10 + 300


async def test_a_taken_port_is_a_clear_error() -> None:
    """It names host and port and says what to do."""
    async with RehearsalEndpoint() as first:
        port = int(first.base_url.rpartition(":")[2].partition("/")[0])
        with pytest.raises(ConfigError, match=f"127.0.0.1 port {port}.*another port"):
            async with RehearsalEndpoint(EndpointOptions(port=port)):
                pass
