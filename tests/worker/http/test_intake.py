"""`POST /v1/captions`: the right answer, the right status, and no effect on other callers."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from captioner.endpoint import ScriptedReply
from captioner.events import AttemptStarted, Event, Observer, SampleRead

if TYPE_CHECKING:
    from tests.worker.http.conftest import Serving

from importlib import import_module


async def test_an_image_and_a_sample_come_back_with_their_captions(serving: Serving) -> None:
    """Rows, captions with verdict and usage, and what failed, of the short and the long form."""
    async with serving() as bench:
        short = await bench.caption(1, prompt="What is it?")
        picture = bench_picture(2)
        sample = {"text": "<__dj__image> here <|__dj__eoc|>", "images": [picture], "own": 7}
        long = await bench.post("/v1/captions", {"sample": sample})
        for answer in (short, long):
            assert answer.status == 200, answer.text
            (caption,) = answer.json["outcome"]["captions"]
            assert caption["verdict"] == "ok"
            assert caption["caption"]
            assert caption["usage"]["completion_tokens"] > 0
            assert answer.json["outcome"]["failures"] == []
        original, generated = long.json["outcome"]["rows"]
        assert original == sample
        assert generated["own"] == 7
        assert "<__dj__image>" in generated["text"]


async def test_a_prompt_takes_the_place_of_the_profiles(serving: Serving) -> None:
    """The words of `prompt` are what is sent; without them it is the profile's own."""
    seen: list[str] = []

    def reply(asked: Any) -> ScriptedReply | None:
        seen.append(json.dumps(asked.body) if hasattr(asked, "body") else repr(asked))
        return None

    profiles = {"": {"mode": "custom", "user_prompt": "Profile words."}}
    async with serving(reply=reply, profiles=profiles) as bench:
        assert (await bench.caption(1)).status == 200
        assert (await bench.caption(2, prompt="Caller words.")).status == 200
    assert "Profile words." in seen[0]
    assert "Caller words." in seen[1]
    assert "Profile words." not in seen[1]


async def test_what_fails_is_told_in_the_answer(serving: Serving) -> None:
    """An image that is none is a failure with its reason, not an error of the call."""
    async with serving() as bench:
        answer = await bench.post("/v1/captions", {"image": "data:image/png;base64,AAAA"})
        assert answer.status == 200
        (failure,) = answer.json["outcome"]["failures"]
        assert failure["reason"] in ("unsupported_image", "unreadable_image")
        assert answer.json["outcome"]["captions"][0]["caption"] is None


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"data": b"{"}, 400, "JSON"),
    ({"data": b"[]"}, 400, "a list"),
    ({"data": b"\xff"}, 400, "UTF-8"),
    ({"data": b"[" * 60_000}, 400, "JSON"),
    ({"json": {}}, 400, "sample"),
    ({"json": {"sample": 1}}, 400, "object"),
    ({"json": {"sample": {}, "image": "x"}}, 400, "keep one"),
    ({"json": {"image": "x", "promt": "y"}}, 400, "promt"),
    ({"json": {"image": "x", "prompt": 1}}, 400, "prompt"),
    ({"json": {"image": "x", "profile": 1}}, 400, "profile"),
    ({"json": {"sample": {"text": "<__dj__image>" * 2, "images": ["x"]}}}, 400, "malformed"),
    ({"json": {"image": "x", "profile": "nobody"}}, 404, "nobody"),
    ({"json": {"image": "x"}, "headers": {"X-Captioner-Profile": "nobody"}}, 404, "nobody"),
    ({"json": {"image": "x" * 70_000}}, 413, "bytes"),
    ({"json": {"image": "x"}, "headers": {"Authorization": "Bearer wrong"}}, 401, "token"),
    ({"json": {"image": "x"}, "headers": {"Authorization": ""}}, 401, "token"),
    ({"json": {"image": "x"}, "headers": {"Idempotency-Key": "k" * 300}}, 400, "255"),
    ({"data": b"{}", "headers": {"Content-Type": "text/plain"}}, 415, "application/json"),
]


async def test_each_bad_call_has_its_status_and_harms_nobody(serving: Serving) -> None:
    """While they come, good calls have their captions; of the bad ones nothing is asked."""
    async with serving(max_body_bytes=65_536) as bench:
        good = [asyncio.ensure_future(bench.caption(number)) for number in range(20)]
        for how, status, words in BAD:
            how = dict(how)
            if "data" in how:
                how["headers"] = {"Content-Type": "application/json", **how.get("headers", {})}
            answer = await bench.call("POST", "/v1/captions", **how)
            assert answer.status == status, (how, answer.text[:200])
            assert words in answer.json["error"], answer.text[:200]
        for answer in await asyncio.gather(*good):
            assert answer.status == 200
        assert bench.endpoint.stats.requests == 20
        assert (await bench.call("GET", "/v1/captions")).status == 405
        assert (await bench.get("/nothing")).status == 404


async def test_a_slow_sender_is_sent_away_and_holds_nobody_up(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that does not come in time ends with 408, however it dribbles; so does a chunked one
    that never ends. Meanwhile others are served."""
    intake = import_module("captioner.worker.intake")
    monkeypatch.setitem(intake.Intake.__init__.__kwdefaults__, "body_timeout_s", 0.4)

    async with serving() as bench:
        host, port = bench.address.removeprefix("http://").split(":")

        async def dribble(head: str, piece: bytes) -> bytes:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(
                f"POST /v1/captions HTTP/1.1\r\nHost: {host}\r\n{head}\r\n"
                f"Authorization: {bench.headers['Authorization']}\r\n"
                "Content-Type: application/json\r\n\r\n".encode()
            )
            reading = asyncio.ensure_future(reader.read())
            while not reading.done():
                writer.write(piece)
                await asyncio.wait([reading], timeout=0.05)
            writer.close()
            return reading.result()

        slow = [
            asyncio.ensure_future(dribble("Content-Length: 1000000", b"x")),
            asyncio.ensure_future(dribble("Transfer-Encoding: chunked", b"1\r\nx\r\n")),
        ]
        assert (await bench.caption(1)).status == 200
        for answer in await asyncio.gather(*slow):
            assert answer.startswith(b"HTTP/1.1 408 "), answer[:300]


async def test_the_same_key_gets_the_same_answer_and_is_paid_once(serving: Serving) -> None:
    """At the same time and later, also where equal samples are paid for each time; with another
    body it is refused; without success nothing is remembered."""
    profiles = {"": {"reuse_captions": False}, "other": {"reuse_captions": False}}
    async with serving({"latency_s": 0.2}, profiles=profiles) as bench:
        key = {"Idempotency-Key": "one"}
        calls = [bench.caption(1, headers=key) for _ in range(5)]
        answers = await asyncio.gather(*calls)
        answers.append(await bench.caption(1, headers=key))
        assert {answer.status for answer in answers} == {200}
        assert len({answer.text for answer in answers}) == 1
        assert bench.endpoint.stats.captions == 1
        assert (await bench.caption(2, headers=key)).status == 422
        await bench.caption(1, headers={"Idempotency-Key": "two"})
        await bench.caption(1)
        assert bench.endpoint.stats.captions == 3
        # Keys of profiles are their own.
        other = {**key, "X-Captioner-Profile": "other"}
        assert (await bench.caption(1, headers=other)).status == 200
        bad = {"sample": {"text": 1, "images": ["x"]}}
        for _ in range(2):
            failed = await bench.post("/v1/captions", bad, headers={"Idempotency-Key": "bad"})
            assert failed.status == 400


async def test_work_with_a_key_outlives_its_caller(serving: Serving) -> None:
    """Who lost his connection asks again by the key and gets what was paid for meanwhile."""
    async with serving({"latency_s": 0.3}, profiles={"": {"reuse_captions": False}}) as bench:
        call = asyncio.ensure_future(bench.caption(1, headers={"Idempotency-Key": "k"}))

        async def asked() -> bool:
            return bench.endpoint.stats.in_flight == 1

        await bench.until(asked)
        call.cancel()
        await asyncio.wait([call])
        assert (await bench.caption(1, headers={"Idempotency-Key": "k"})).status == 200
        assert bench.endpoint.stats.captions == 1
        assert bench.endpoint.stats.abandoned == 0


async def test_who_would_wait_too_long_is_told_when_to_come_again(serving: Serving) -> None:
    """429 with Retry-After, at once, while those who came before get their captions."""
    profiles = {"": {"requests_per_minute": 120}}
    async with serving(profiles=profiles, max_wait_s=3.0) as bench:
        answers = await asyncio.gather(*(bench.caption(number) for number in range(40)))
        turned_away = [answer for answer in answers if answer.status == 429]
        assert turned_away
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in turned_away)
        assert len([answer for answer in answers if answer.status == 200]) >= 4
        assert {answer.status for answer in answers} == {200, 429}


@pytest.mark.parametrize("concurrency", [256, None])
async def test_callers_of_two_profiles_are_served_alike(
    serving: Serving, concurrency: int | None
) -> None:
    """200 at once at a request rate, three of one profile for each of the other: the 99th
    percentile of the wait is within three times the median, and those of the smaller profile do
    not stand behind all of the larger one.

    The wait is all of it, from the call to the start of its request: while a concurrency of None
    is found out, most of them stand before the gate, with their images unread."""
    heard = Waits()
    profiles: dict[str, dict[str, Any]] = {"": {}, "cats": {}}
    slow = {"latency_s": 0.05}
    async with serving(slow, profiles=profiles, hearers=[heard], max_wait_s=600.0) as bench:
        for profile in ("", "cats"):
            await bench.caption(100_000, profile=profile)
        limits = {"requests_per_minute": 2400, "concurrency": concurrency}
        assert (await bench.post("/control/limits", limits)).status == 200
        heard.started.clear()
        calls = [
            bench.caption(number, profile="cats" if number < 150 else "") for number in range(200)
        ]
        answers = await asyncio.gather(*calls)
        assert {answer.status for answer in answers} == {200}
    started = heard.started
    assert Counter(profile for profile, _ in started) == {"": 50, "cats": 150}
    waits = [wait for _, wait in started]
    assert percentile(waits, 0.99) <= 3 * statistics.median(waits)
    # The rate lets some start before the others have come; from then on they take turns.
    last = max(place for place, (profile, _) in enumerate(started) if profile == "")
    assert last < 170


async def test_a_caller_who_leaves_frees_his_place(serving: Serving) -> None:
    """What he asked is not sent any more."""
    async with serving(profiles={"": {"requests_per_minute": 60, "concurrency": 1}}) as bench:
        await bench.caption(0)
        calls = [asyncio.ensure_future(bench.caption(number)) for number in range(1, 6)]
        (seat,) = bench.service.desk.seats

        async def waiting() -> bool:
            return seat.front.singles.unsent >= 4

        await bench.until(waiting)
        for call in calls:
            call.cancel()

        async def gone() -> bool:
            return seat.front.singles.unsent == 0 and seat.road.gate.waiting == 0

        await bench.until(gone)


async def test_callers_have_their_answers_while_it_drains(serving: Serving) -> None:
    """What is in flight is answered; what comes later is sent elsewhere with 503."""
    async with serving({"latency_s": 0.5}) as bench:
        call = asyncio.ensure_future(bench.caption(1))

        async def asked() -> bool:
            return bench.endpoint.stats.in_flight == 1

        await bench.until(asked)
        assert (await bench.post("/control/drain")).status == 202
        late = await bench.caption(2)
        assert late.status == 503
        assert late.headers["Retry-After"]
        assert (await call).status == 200
        await bench.running


def bench_picture(number: int) -> str:
    """As the bench makes them."""
    from tests.worker.http.conftest import picture

    return picture(number)


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


class Waits:
    """Hears whose each request is, and how many seconds after its call it starts."""

    def __init__(self) -> None:
        self.started: list[tuple[str, float]] = []

    def listen(self, profile: str, run: str) -> Observer:
        """Of one profile's callers."""
        del run
        called_s: dict[int, float] = {}

        def observe(event: Event) -> None:
            if isinstance(event, SampleRead):
                called_s[event.sample] = time.monotonic()
            elif isinstance(event, AttemptStarted):
                self.started.append((profile, time.monotonic() - called_s[event.sample]))

        return observe
