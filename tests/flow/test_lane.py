"""A lane: retries, adaptations, the dialect, and what its trouble means for others."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import pytest
from multidict import CIMultiDict
from PIL import Image

from captioner.errors import Abandoned, PlaceholderError, RunStopped, TransientError
from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    DialectLearned,
    EndpointDown,
    EndpointUp,
    Event,
    RetryBegun,
    RetryScheduled,
    SlowedDown,
)
from captioner.flow.admission import Gate
from captioner.flow.binding import Binding
from captioner.flow.breaker import Breaker
from captioner.flow.concurrency import Concurrency
from captioner.flow.costs import Costs
from captioner.flow.drain import Drain
from captioner.flow.lane import ChatLane
from captioner.flow.ledger import MemoryLedger, Page, Paid
from captioner.flow.pictures import Picture
from captioner.flow.places import Places
from captioner.flow.prices import Prices
from captioner.flow.purse import Purse
from captioner.flow.rate_account import RateAccount
from captioner.flow.retrying import RetryPolicy
from captioner.flow.spend import NO_CAPS, NOTHING, Caps, Spend
from captioner.vision.client import Answer, ChatClient, Endpoint
from captioner.vision.image_ref import ImageRef
from captioner.vision.request import Parameters, Request

if TYPE_CHECKING:
    from tests.flow.conftest import FakeClock

T = TypeVar("T")
Body: TypeAlias = dict[str, Any]


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(buffer, "PNG")
    return buffer.getvalue()


PNG = _png()


def _ok(text: str = "A dog.", finish_reason: str = "stop") -> Answer:
    body = {
        "choices": [{"message": {"content": text}, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 7},
    }
    return Answer(200, CIMultiDict(), json.dumps(body).encode())


def _error(status: int, message: str = "", headers: Body | None = None, **fields: str) -> Answer:
    body = {"error": {"message": message, **fields}}
    return Answer(status, CIMultiDict(headers or {}), json.dumps(body).encode())


def _rejects(parameter: str) -> Answer:
    return _error(400, "no", code="unsupported_parameter", param=parameter)


Say: TypeAlias = Answer | Exception
Respond: TypeAlias = Callable[[int, Body], Say]


class FakeClient(ChatClient):
    """Answers by a function of the request's number and body, after `takes_s`."""

    def __init__(self, clock: FakeClock, respond: Respond, takes_s: float) -> None:
        super().__init__(Endpoint("http://e/v1", "http://e/v1", "http://e/v1", {}))
        self._clock = clock
        self._respond = respond
        self._takes_s = takes_s
        self.bodies: list[Body] = []

    async def post(self, parts: Sequence[bytes]) -> Answer:
        """Note the body, take the time, answer."""
        body = json.loads(b"".join(parts))
        self.bodies.append(body)
        said = self._respond(len(self.bodies), body)
        await self._clock.sleep_s(self._takes_s)
        if isinstance(said, Exception):
            raise said
        return said


class Bench:
    """A lane over a fake client."""

    def __init__(
        self,
        clock: FakeClock,
        *answers: Say,
        respond: Respond | None = None,
        parameters: Parameters | None = None,
        max_attempts: int = 8,
        deadline_s: float = 900.0,
        patience_s: float = 1800.0,
        concurrency: int | None = 4,
        takes_s: float = 1.0,
        purse: Purse | None = None,
    ) -> None:
        self.purse = purse or Purse()
        left = list(answers)
        self.clock = clock
        self.events: list[Event] = []
        self.client = FakeClient(clock, respond or (lambda _n, _body: left.pop(0)), takes_s)
        parameters = parameters or Parameters("m", max_tokens=500, temperature=0.5)
        breaker = Breaker(patience_s)
        self.gate = Gate(
            concurrency=Concurrency(fixed=concurrency, maximum=64),
            requests=RateAccount(None, now_s=clock.now_s()),
            tokens=RateAccount(None, now_s=clock.now_s()),
            guard=None,
            breaker=breaker,
            clock=clock,
            binding=Binding(lambda _event: None),
        )
        policy = RetryPolicy(max_attempts=max_attempts, deadline_s=deadline_s)
        self.lane = ChatLane(
            client=self.client,
            parameters=parameters,
            gate=self.gate,
            breaker=breaker,
            costs=Costs(parameters),
            policy=policy,
            clock=clock,
            observe=self.events.append,
            purse=self.purse,
            unix_s=lambda: 0.0,
        )

        self.places = Places(lambda: 100)
        self.studio = clock.studio(self.places)
        self.drain = Drain()

    def submit(self, sample: int = 0, image: object = PNG) -> asyncio.Task[Paid]:
        """Send as a task; its result is the latest reply that was kept."""
        request = Request(sample, 0, ImageRef.of(image, "/"), "System.", "User.")
        picture = Picture(request, self.studio)

        async def submit() -> Paid:
            page = Page(MemoryLedger(), b"key")
            paid: list[Paid] = []
            try:
                await self.lane.submit(request, picture, self.drain, page)
            except PlaceholderError:
                if not any(isinstance(kept, Paid) for kept in page.kept):
                    raise
            finally:
                picture.put_away()
                paid = [kept for kept in page.kept if isinstance(kept, Paid)]
            return paid[-1]

        return asyncio.ensure_future(submit())

    @property
    def worst_tokens(self) -> int:
        """What a request of `submit` may cost at worst: three images, the prompts' bytes, a cap."""
        costs = Costs(Parameters("m"))
        return 3 * costs.image_tokens(300, 200) + len("System.User.") + 32 + 500

    async def reply(self) -> Paid:
        """The reply to one request."""
        return await self.clock.run(self.submit())

    def of(self, kind: type[T]) -> list[T]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def is_clean(self) -> bool:
        """Whether what began has ended and nothing is held."""
        started, ended = len(self.of(AttemptStarted)), len(self.of(AttemptEnded))
        waiting = len(self.of(RetryScheduled)) - len(self.of(RetryBegun))
        held = (self.gate.in_flight, self.gate.waiting, self.places.taken, self.places.waiting)
        return (started - ended, waiting, *held) == (0, 0, 0, 0, 0, 0)


async def test_a_clean_reply(clock: FakeClock) -> None:
    """One request, its cost and its bill told."""
    bench = Bench(clock, _ok())
    paid = await bench.reply()
    assert (paid.reply.content, paid.attempts, paid.latency_s) == ("A dog.", 1, 1.0)
    (started,) = bench.of(AttemptStarted)
    assert started.attempt == 1
    assert started.tokens > 500
    assert bench.of(AttemptEnded) == [AttemptEnded(0, 0, 1, 200, "", 1.0, 100, 7)]
    assert bench.is_clean()


# --- retries


async def test_what_is_transient_is_tried_again(clock: FakeClock) -> None:
    """Server errors, lost connections and broken replies; the reply rests on its answer alone."""
    bench = Bench(
        clock,
        _error(500),
        TransientError("timeout", "no answer"),
        Answer(200, CIMultiDict(), b"{"),
        _ok(),
    )
    paid = await bench.reply()
    assert paid.attempts == 1
    assert [event.attempt for event in bench.of(AttemptStarted)] == [1, 2, 3, 4]
    assert [(event.status, event.reason) for event in bench.of(AttemptEnded)] == [
        (500, "server_error"),
        (None, "timeout"),
        (200, "bad_reply"),
        (200, ""),
    ]
    assert [event.attempt for event in bench.of(RetryScheduled)] == [1, 2, 3]
    assert bench.is_clean()


async def test_retries_end(clock: FakeClock) -> None:
    """The placeholder fails with the last reason and the requests that were sent for it."""
    bench = Bench(clock, respond=lambda _n, _body: _error(503, "busy"), max_attempts=3)
    with pytest.raises(PlaceholderError) as caught:
        await bench.reply()
    error = caught.value
    assert (error.reason, error.detail, error.attempts) == ("server_error", "HTTP 503: busy", 3)
    assert len(bench.client.bodies) == 3
    assert bench.is_clean()


async def test_no_place_is_held_while_waiting_to_try_again(clock: FakeClock) -> None:
    """Neither at the gate nor in memory; with one place another request goes meanwhile."""
    bench = Bench(clock, _error(500, headers={"Retry-After": "60"}), _ok(), _ok(), concurrency=1)
    first = bench.submit(0)
    await clock.advance(1.5)
    assert (bench.gate.in_flight, bench.places.taken) == (0, 0)
    await clock.run(bench.submit(1))
    assert not first.done()
    await clock.run(first)
    assert bench.is_clean()


async def test_a_permanent_error_fails_at_once(clock: FakeClock) -> None:
    """With the server's words, after one request."""
    bench = Bench(clock, _error(400, "odd request"))
    with pytest.raises(PlaceholderError) as caught:
        await bench.reply()
    assert (caught.value.reason, caught.value.attempts) == ("rejected", 1)
    assert "odd request" in caught.value.detail
    assert bench.is_clean()


async def test_an_unusable_image_sends_nothing(clock: FakeClock) -> None:
    """And counts no request."""
    bench = Bench(clock)
    with pytest.raises(PlaceholderError) as caught:
        await clock.run(bench.submit(image=b"no image"))
    assert (caught.value.reason, caught.value.attempts) == ("unsupported_image", 0)
    assert bench.events == []
    assert bench.is_clean()


# --- slowing down


async def test_one_429_makes_everybody_wait(clock: FakeClock) -> None:
    """Nobody starts before the time that was told; the one told comes back first."""

    def respond(number: int, _body: Body) -> Say:
        return _error(429, headers={"Retry-After": "30"}) if number == 1 else _ok()

    bench = Bench(clock, respond=respond, concurrency=1)
    tasks = [bench.submit(sample) for sample in range(3)]
    await clock.advance(1.0)
    assert bench.of(SlowedDown) == [SlowedDown(30.0)]
    assert len(bench.client.bodies) == 1
    await clock.advance(29.9)
    assert len(bench.client.bodies) == 1
    await clock.run(asyncio.gather(*tasks))
    assert bench.is_clean()


async def test_many_429s_of_one_congestion_cut_once(clock: FakeClock) -> None:
    """All four that were in flight are rejected: four fifths of the places stay."""

    def respond(number: int, _body: Body) -> Say:
        return _error(429) if 9 <= number <= 12 else _ok()

    bench = Bench(clock, respond=respond, concurrency=None)
    for sample in range(8):
        await clock.run(bench.submit(sample))
    assert bench.gate.limit == 64
    tasks = [bench.submit(sample) for sample in range(8, 12)]
    await clock.advance(1.0)
    assert bench.gate.limit == 51
    assert len(bench.of(SlowedDown)) == 4
    await clock.run(asyncio.gather(*tasks))
    assert bench.gate.limit == 51
    assert bench.is_clean()


async def test_429s_use_up_no_attempt(clock: FakeClock) -> None:
    """The limit is nobody's fault."""
    bench = Bench(clock, *[_error(429, headers={"Retry-After": "5"})] * 30, _ok(), max_attempts=1)
    paid = await bench.reply()
    assert (paid.attempts, len(bench.client.bodies)) == (1, 31)
    assert [event.wait_s for event in bench.of(RetryScheduled)] == [0.0] * 30
    assert clock.now_s() == pytest.approx(1000 + 30 * (1 + 5) + 1)
    assert bench.is_clean()


async def test_waiting_for_everybodys_turn_does_not_count(clock: FakeClock) -> None:
    """`sample_deadline_s` counts flight and backoff, not the gate and not a pause."""
    bench = Bench(
        clock,
        _ok(),
        *[_error(429, headers={"Retry-After": "100"})] * 3,
        _ok(),
        deadline_s=10.0,
        concurrency=1,
        takes_s=2.0,
    )
    first = bench.submit(0)
    await clock.settle()
    await clock.run(bench.submit(1))
    assert len(bench.client.bodies) == 5
    assert clock.now_s() > 1300
    await first


async def test_time_in_flight_and_between_attempts_counts(clock: FakeClock) -> None:
    """Three answers of four seconds and the waits between them are more than ten."""
    bench = Bench(clock, respond=lambda _n, _body: _error(500), deadline_s=10.0, takes_s=4.0)
    with pytest.raises(PlaceholderError) as caught:
        await bench.reply()
    assert caught.value.attempts in (2, 3)
    bench = Bench(
        clock,
        _error(500, headers={"Retry-After": "9"}),
        _error(500),
        _ok(),
        deadline_s=10.0,
        takes_s=1.0,
    )
    with pytest.raises(PlaceholderError) as caught:
        await bench.reply()
    assert caught.value.attempts == 2


async def test_only_resets_make_everybody_wait_too(clock: FakeClock) -> None:
    """A 429 whose headers tell no more than when the limit is full again."""
    headers = {
        "x-ratelimit-limit-tokens": "6000",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "7s",
    }
    bench = Bench(clock, _error(429, headers=headers), _ok())
    await bench.reply()
    assert bench.of(SlowedDown) == [SlowedDown(7.0)]


async def test_a_429_without_a_hint_backs_off(clock: FakeClock) -> None:
    """Longer each time for the same request, up to some seconds."""
    bench = Bench(clock, *[_error(429)] * 6, _ok())
    await bench.reply()
    assert [event.wait_s for event in bench.of(SlowedDown)] == [0.5, 1, 2, 4, 4, 4]


async def test_server_errors_neither_cut_nor_pause(clock: FakeClock) -> None:
    """Only a 429 tells of congestion."""
    bench = Bench(clock, _error(500), _ok(), concurrency=None)
    task = bench.submit()
    await clock.advance(1.1)
    assert bench.gate.limit == 4
    await clock.run(task)
    assert bench.gate.limit == 64
    assert bench.of(SlowedDown) == []


# --- adaptations


async def test_a_reply_cut_at_the_cap_is_asked_again_with_twice_the_cap(clock: FakeClock) -> None:
    """Once; the longer reply is taken, and both requests are counted."""
    bench = Bench(clock, _ok("A do", "length"), _ok("A dog."))
    paid = await bench.reply()
    assert (paid.reply.content, paid.attempts) == ("A dog.", 2)
    assert [body["max_tokens"] for body in bench.client.bodies] == [500, 1000]
    first, second = bench.of(AttemptStarted)
    assert first.tokens > 500
    assert second.tokens > 1000


async def test_a_reply_cut_twice_is_kept(clock: FakeClock) -> None:
    """The second one, to be judged truncated."""
    bench = Bench(clock, _ok("A do", "length"), _ok("A dog and", "length"))
    assert (await bench.reply()).reply.content == "A dog and"
    assert len(bench.client.bodies) == 2


@pytest.mark.parametrize(
    "later",
    [
        [_error(400, "max_tokens is too large")],
        [_error(500), _error(502), _error(500)],
        [TransientError("timeout", "")] * 3,
    ],
)
async def test_a_paid_reply_is_kept_where_asking_again_fails(
    clock: FakeClock, later: list[Say]
) -> None:
    """What is paid for is better than nothing, however the second request goes."""
    bench = Bench(clock, _ok("A do", "length"), *later, max_attempts=3)
    paid = await bench.reply()
    assert (paid.reply.content, paid.reply.finish_reason) == ("A do", "length")
    assert (paid.attempts, len(bench.client.bodies)) == (1, 1 + len(later))
    assert bench.is_clean()


async def test_a_cap_in_extra_body_is_not_doubled(clock: FakeClock) -> None:
    """The same request again would be paid for twice and cut again."""
    parameters = Parameters("m", extra_body={"max_completion_tokens": 50})
    bench = Bench(clock, _ok("A do", "length"), parameters=parameters)
    assert (await bench.reply()).attempts == 1
    (started,) = bench.of(AttemptStarted)
    assert started.tokens < 500


async def test_a_rejected_image_is_encoded_anew_once(clock: FakeClock) -> None:
    """Then its placeholder fails."""
    bad = _error(400, "unsupported image", code="invalid_image_format")
    bench = Bench(clock, bad, _ok())
    assert (await bench.reply()).attempts == 2
    assert [_mime(body) for body in bench.client.bodies] == ["image/png", "image/jpeg"]
    bench = Bench(clock, bad, bad)
    with pytest.raises(PlaceholderError) as caught:
        await bench.reply()
    assert (caught.value.reason, caught.value.attempts) == ("unreadable_image", 2)
    assert bench.is_clean()


async def test_a_request_that_is_too_large_is_shrunk_once(clock: FakeClock) -> None:
    """Half as wide; a 429 that can never pass makes nobody wait."""
    large = _error(429, "Request too large: Limit 100, Requested 900")
    bench = Bench(clock, large, _error(413), takes_s=1.0)
    with pytest.raises(PlaceholderError) as caught:
        await bench.reply()
    assert (caught.value.reason, caught.value.attempts) == ("too_large", 2)
    assert [_mime(body) for body in bench.client.bodies] == ["image/png", "image/jpeg"]
    assert clock.now_s() == 1002.0
    assert bench.of(SlowedDown) == []


def _mime(body: Body) -> str:
    url = str(body["messages"][-1]["content"][-1]["image_url"]["url"])
    return url.removeprefix("data:").partition(";")[0]


# --- the dialect


def _newer_model(_number: int, body: Body) -> Say:
    if "max_tokens" in body:
        return _rejects("max_tokens")
    if "temperature" in body:
        return _error(400, "only 1", code="unsupported_value", param="temperature")
    return _ok()


async def test_the_dialect_is_learned_once_for_all(clock: FakeClock) -> None:
    """Requests in flight learn it together, without waiting; later ones know it."""
    bench = Bench(clock, respond=_newer_model)
    paid = await clock.run(asyncio.gather(*(bench.submit(sample) for sample in range(4))))
    assert len(paid) == 4
    assert len(bench.client.bodies) == 12
    assert bench.of(DialectLearned) == [
        DialectLearned("output cap as max_completion_tokens"),
        DialectLearned("output cap as max_completion_tokens, no temperature"),
    ]
    assert bench.of(RetryScheduled) == []
    before = len(bench.client.bodies)
    assert (await clock.run(bench.submit(9))).attempts == 1
    assert len(bench.client.bodies) == before + 1
    assert bench.client.bodies[-1]["max_completion_tokens"] == 500


@pytest.mark.parametrize(
    "respond",
    [
        lambda _n, body: _rejects(
            "max_tokens" if "max_tokens" in body else "max_completion_tokens"
        ),
        lambda _n, _body: _rejects("seed"),
        lambda _n, _body: _error(400, "no", code="unsupported_parameter"),
        lambda _n, _body: _rejects("temperature"),
    ],
)
async def test_what_no_dialect_can_mend_stops_the_run(clock: FakeClock, respond: Respond) -> None:
    """Both forms rejected, a parameter of the user's own, none named, one never sent."""
    bench = Bench(clock, respond=respond)
    ended = await clock.run(
        asyncio.gather(*(bench.submit(sample) for sample in range(3)), return_exceptions=True)
    )
    assert [type(end) for end in ended] == [RunStopped] * 3
    assert all(getattr(end, "verdict", "") == "bad_request_settings" for end in ended)
    assert len(bench.client.bodies) <= 15
    assert bench.is_clean()


# --- verdicts about the run


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (_error(401, "Incorrect API key"), "bad_key"),
        (_error(429, "You exceeded", code="insufficient_quota"), "no_quota"),
        (_error(404, "none", code="model_not_found"), "bad_request_settings"),
    ],
)
async def test_some_answers_stop_the_run_at_once(
    clock: FakeClock, answer: Answer, verdict: str
) -> None:
    """After one request, with the server's words."""
    bench = Bench(clock, answer)
    with pytest.raises(RunStopped, match="HTTP 4") as caught:
        await bench.reply()
    assert caught.value.verdict == verdict
    assert bench.is_clean()


async def test_an_endpoint_that_is_not_there_stops_the_run(clock: FakeClock) -> None:
    """Within seconds where it never answered; the message names it and the setting."""
    lost = TransientError("connection", "no connection to e: Connection refused")
    bench = Bench(clock, respond=lambda _n, _body: lost, takes_s=0.01)
    with pytest.raises(RunStopped, match=r"http://e/v1 cannot be reached.*--base-url") as caught:
        await bench.reply()
    assert caught.value.verdict == "endpoint_gone"
    assert clock.now_s() < 1015
    assert bench.is_clean()


async def test_a_lone_request_to_nowhere_stops_the_run_too(clock: FakeClock) -> None:
    """Where nothing ever answered, used-up attempts mean a wrong address."""
    lost = TransientError("connection", "no connection to e: Connection refused")
    bench = Bench(clock, respond=lambda _n, _body: lost, max_attempts=1)
    with pytest.raises(RunStopped, match="cannot be reached"):
        await bench.reply()


async def test_one_answer_shows_that_an_endpoint_is_there(clock: FakeClock) -> None:
    """Afterwards lost connections are this request's trouble."""
    bench = Bench(clock, _error(500), *[TransientError("connection", "reset")] * 6, _ok())
    await bench.reply()
    assert len(bench.client.bodies) == 8


# --- an endpoint that goes away


class Outage:
    """Answers, but not between `from_s` and `to_s` after the start."""

    def __init__(
        self,
        clock: FakeClock,
        from_s: float,
        to_s: float,
        say: Callable[[], Say] = lambda: TransientError("connection", "refused", sent=False),
    ) -> None:
        self.clock = clock
        self.from_s, self.to_s = 1000 + from_s, 1000 + to_s
        self.say = say
        self.asked_meanwhile: list[float] = []

    def __call__(self, _number: int, _body: Body) -> Say:
        """As the server does at this moment."""
        if not self.from_s <= self.clock.now_s() < self.to_s:
            return _ok()
        self.asked_meanwhile.append(self.clock.now_s())
        return self.say()


@pytest.mark.parametrize(
    "say",
    [
        lambda: TransientError("connection", "refused", sent=False),
        lambda: TransientError("connection", "reset"),
        lambda: _error(503, "no backend"),
    ],
)
@pytest.mark.parametrize("concurrency", [4, 32])
async def test_an_outage_loses_nothing(
    clock: FakeClock, concurrency: int, say: Callable[[], Say]
) -> None:
    """Twenty seconds in the middle: a pause, probes five seconds apart, and everything goes on."""
    outage = Outage(clock, 5.0, 25.0, say)
    bench = Bench(clock, respond=outage, concurrency=concurrency, takes_s=0.5)
    tasks = [bench.submit(sample) for sample in range(20 * concurrency)]
    paid = await clock.run(asyncio.gather(*tasks))
    assert len(paid) == 20 * concurrency
    (down,) = bench.of(EndpointDown)
    assert (down.endpoint, down.probe_every_s) == ("http://e/v1", 5.0)
    (up,) = bench.of(EndpointUp)
    assert up.down_s == pytest.approx(20, abs=6)
    down_s = 1000 + 25 - up.down_s  # not exactly, for a probe finds out late
    probes = [at_s for at_s in outage.asked_meanwhile if at_s > down_s + 6]
    assert len(probes) <= 4
    assert bench.is_clean()


@pytest.mark.parametrize(
    "say",
    [
        lambda: TransientError("connection", "refused", sent=False),
        lambda: _error(503),
        lambda: TransientError("timeout", "no whole answer"),
    ],
)
async def test_an_endpoint_that_is_down_uses_up_no_attempts(
    clock: FakeClock, say: Callable[[], Say]
) -> None:
    """Ten minutes of probes, always by the oldest: nothing is given up for it."""
    outage = Outage(clock, 5.0, 605.0)
    bench = Bench(clock, respond=outage, max_attempts=8, takes_s=0.5)
    tasks = [bench.submit(sample) for sample in range(60)]
    await clock.advance(15.0)
    assert len(bench.of(EndpointDown)) == 1
    outage.say = say
    await clock.run(asyncio.gather(*tasks))
    assert len(bench.of(EndpointUp)) == 1
    assert 100 <= len(outage.asked_meanwhile) <= 140
    assert bench.is_clean()


async def test_a_lone_request_outlives_an_outage_too(clock: FakeClock) -> None:
    """A connection that was refused is not the request's fault, with few failures as with many."""
    bench = Bench(clock, respond=Outage(clock, 2.0, 300.0), max_attempts=2, concurrency=1)
    await clock.run(bench.submit(0))
    await clock.advance(2.0)
    assert (await clock.run(bench.submit(1))).reply.content == "A dog."
    assert len(bench.of(EndpointDown)) == 1


async def test_patience_ends_the_run(clock: FakeClock) -> None:
    """With a verdict that names the endpoint, for every request that is open."""
    bench = Bench(clock, respond=Outage(clock, 5.0, 1e9), patience_s=60.0, takes_s=0.5)
    tasks = [bench.submit(sample) for sample in range(60)]
    done, waiting = set[asyncio.Task[Paid]](), set(tasks)
    while not any(task.exception() for task in done):
        await clock.advance(1.0)
        done = {task for task in waiting if task.done()}
    (error,) = [error for task in done if (error := task.exception()) is not None]
    assert isinstance(error, RunStopped)
    assert error.verdict == "endpoint_gone"
    assert "http://e/v1 cannot be reached (refused)" in error.detail
    assert clock.now_s() == pytest.approx(1000 + 5 + 60, abs=6)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert bench.is_clean()


async def test_nothing_but_429s_ends_the_run_as_well(clock: FakeClock) -> None:
    """After the same patience; the last words of the server are shown."""
    bench = Bench(
        clock,
        respond=lambda _n, _body: _error(429, "busy", headers={"Retry-After": "20"}),
        patience_s=60.0,
    )
    with pytest.raises(RunStopped, match=r"nothing but 429: HTTP 429: busy") as caught:
        await bench.reply()
    assert caught.value.verdict == "endpoint_gone"
    assert clock.now_s() == pytest.approx(1064, abs=1)


async def test_a_probe_that_is_left_makes_room_for_another(clock: FakeClock) -> None:
    """Whoever drains or is cancelled leaves the way open to others of the same lane."""
    bench = Bench(clock, respond=Outage(clock, 5.0, 60.0), takes_s=0.5)
    tasks = [bench.submit(sample) for sample in range(60)]
    await clock.advance(10.0)
    while not bench.gate.in_flight:
        await clock.advance(0.1)
    probing = next(task for task in tasks if bench.drain.finishes_by_itself(task))
    probing.cancel()
    ended = await clock.run(asyncio.gather(*tasks, return_exceptions=True))
    assert sum(isinstance(end, Paid) for end in ended) == 59


# --- what is lost is told


@pytest.mark.parametrize(
    ("error", "costs"),
    [
        (TransientError("timeout", "no whole answer"), True),
        (TransientError("connection", "reset"), True),
        (TransientError("connection", "refused", sent=False), False),
    ],
)
async def test_an_abandoned_attempt_is_booked_at_its_worst(
    clock: FakeClock, error: TransientError, costs: bool
) -> None:
    """Nobody will ever tell what it cost; one that never left cost nothing."""
    bench = Bench(clock, error, _ok())
    await bench.reply()
    lost, clean = bench.of(AttemptEnded)
    assert lost.lost_tokens == (bench.worst_tokens if costs else 0)
    assert clean.lost_tokens == 0


# --- limits that are learned


async def test_headers_steer_the_gate(clock: FakeClock) -> None:
    """No leap where rates are told, and the starts follow what is left."""

    def respond(_number: int, _body: Body) -> Say:
        answer = _ok()
        assert isinstance(answer.headers, CIMultiDict)
        answer.headers.update(
            {
                "X-RateLimit-Limit-Requests": "60",
                "X-RateLimit-Remaining-Requests": "0",
                "X-RateLimit-Reset-Requests": "3s",
            }
        )
        return answer

    bench = Bench(clock, respond=respond, concurrency=None)
    await clock.run(asyncio.gather(*(bench.submit(sample) for sample in range(14))))
    assert bench.gate.limit == 4 + 14
    assert clock.now_s() >= 1000 + 10
    assert bench.of(SlowedDown) == []


async def test_eaten_replies_teach_everybody(clock: FakeClock) -> None:
    """Three whose cap was used up before a word came: later ones begin with twice the cap."""

    def respond(_number: int, body: Body) -> Say:
        return _ok("", "length") if body["max_tokens"] == 500 else _ok()

    bench = Bench(clock, respond=respond)
    for sample in range(3):
        assert (await clock.run(bench.submit(sample))).attempts == 2
    assert (await clock.run(bench.submit(3))).attempts == 1
    assert len(bench.of(DialectLearned)) == 1
    assert bench.is_clean()


# --- draining and cancelling


async def test_a_drain_lets_what_is_in_flight_finish_and_starts_nothing(clock: FakeClock) -> None:
    """Who waits at the gate or for a retry is left for a later run."""
    bench = Bench(clock, _ok(), _error(500), _ok(), concurrency=2)
    in_flight, failing, waiting = (bench.submit(sample) for sample in range(3))
    await clock.advance(0.5)
    assert bench.drain.finishes_by_itself(in_flight)
    assert not bench.drain.finishes_by_itself(waiting)
    bench.drain.requested = True
    ended = await clock.run(asyncio.gather(in_flight, failing, waiting, return_exceptions=True))
    assert [type(end) for end in ended] == [Paid, Abandoned, Abandoned]
    assert len(bench.client.bodies) == 2
    assert clock.now_s() == 1001.0
    assert bench.is_clean()


async def test_a_cancelled_request_is_counted_and_leaves_nothing(clock: FakeClock) -> None:
    """It was sent; its place is free again."""
    bench = Bench(clock, _ok())
    task = bench.submit()
    await clock.advance(0.5)
    task.cancel()
    await clock.settle()
    assert task.cancelled()
    assert bench.of(AttemptEnded) == [
        AttemptEnded(0, 0, 1, None, "abandoned", 0.5, lost_tokens=bench.worst_tokens)
    ]
    assert bench.is_clean()


async def test_a_wait_that_is_cancelled_is_over(clock: FakeClock) -> None:
    """Nobody is counted as waiting to retry afterwards."""
    bench = Bench(clock, _error(500, headers={"Retry-After": "60"}))
    task = bench.submit()
    await clock.advance(2.0)
    assert len(bench.of(RetryScheduled)) == 1
    task.cancel()
    await clock.settle()
    assert bench.is_clean()


async def test_a_reply_that_came_broken_is_booked_at_its_worst(clock: FakeClock) -> None:
    """A cut 200 was paid for and will never tell how much; an error costs nothing."""
    bench = Bench(clock, Answer(200, CIMultiDict(), b'{"choices": ['), _error(503), _ok())
    await bench.reply()
    ended = bench.of(AttemptEnded)
    assert [event.lost_tokens for event in ended] == [bench.worst_tokens, 0, 0]


# --- what it costs


PRICES = Prices.per_million(2, 8)


async def test_each_attempt_says_what_it_cost(clock: FakeClock) -> None:
    """A reply by its usage, a lost one at its worst, an error nothing; all of it is settled."""
    bench = Bench(
        clock, TransientError("timeout", ""), _error(503), _ok(), purse=Purse(NO_CAPS, PRICES)
    )
    await bench.reply()
    worst = PRICES.picodollars(bench.worst_tokens - 500, 500)
    assert [event.picodollars for event in bench.of(AttemptEnded)] == [worst, 0, 256_000_000]
    assert bench.purse.settled == Spend(2, bench.worst_tokens + 107, worst + 256_000_000)
    assert bench.purse.reserved == NOTHING


async def test_without_a_price_nothing_is_said_of_its_cost(clock: FakeClock) -> None:
    """Not known is not nothing."""
    bench = Bench(clock, _error(503), _ok())
    await bench.reply()
    assert [event.picodollars for event in bench.of(AttemptEnded)] == [None, None]


@pytest.mark.parametrize("replies", [1, 3])
async def test_what_does_not_fit_is_not_sent(clock: FakeClock, replies: int) -> None:
    """The run stops; asked for several replies at once, each may be as long as allowed."""
    parameters = Parameters("m", extra_body={"n": replies} if replies > 1 else {})
    needed = Bench(clock).worst_tokens + 500 * (replies - 1)
    for tokens, sent in ((needed - 1, 0), (needed, 1)):
        purse = Purse(Caps(tokens=tokens))
        bench = Bench(clock, _ok(), purse=purse, parameters=parameters)
        if sent:
            await bench.reply()
        else:
            with pytest.raises(RunStopped, match="max_total_tokens") as caught:
                await bench.reply()
            assert caught.value.verdict == "budget_reached"
        assert len(bench.client.bodies) == sent
        assert bench.is_clean()


async def test_who_waits_for_settlements_goes_on_when_they_come(clock: FakeClock) -> None:
    """Replies cost less than their worst case: with room for one at a time, all get theirs."""
    room = Bench(clock).worst_tokens
    bench = Bench(clock, respond=lambda _n, _body: _ok(), purse=Purse(Caps(tokens=room + 2 * 107)))
    tasks = [bench.submit(sample) for sample in range(3)]
    await clock.run(asyncio.gather(*tasks))
    assert clock.now_s() == 1003.0
    assert [event.latency_s for event in bench.of(AttemptEnded)] == [1.0, 1.0, 1.0]
    assert bench.is_clean()


async def test_a_drain_leaves_who_waits_for_money(clock: FakeClock) -> None:
    """As who waits at the gate: nothing of it is sent, and nothing stays reserved."""
    room = Bench(clock).worst_tokens
    bench = Bench(clock, _ok(), purse=Purse(Caps(tokens=room)))
    first, second = bench.submit(0), bench.submit(1)
    await clock.advance(0.5)
    assert not bench.drain.finishes_by_itself(second)
    second.cancel()
    await clock.run(first)
    assert second.cancelled()
    assert bench.purse.reserved == NOTHING
    assert bench.is_clean()


async def test_who_waits_for_money_holds_no_place(clock: FakeClock) -> None:
    """Others at the same gate have purses of their own."""
    room = Bench(clock).worst_tokens
    purse = Purse(Caps(tokens=room))
    booking = await purse.reserve(room - 500, 500)
    bench = Bench(clock, _ok(), purse=purse, concurrency=1)
    task = bench.submit()
    await clock.settle()
    assert (bench.gate.in_flight, bench.gate.waiting) == (0, 0)
    purse.release(booking)
    await clock.run(task)
    assert bench.is_clean()


@pytest.mark.parametrize("drains", [True, False])
async def test_who_goes_from_the_gate_gives_back_his_money(clock: FakeClock, drains: bool) -> None:
    """Whether he is cancelled there, or let in only to find that nothing more may start."""
    bench = Bench(clock, _ok(), purse=Purse(Caps(tokens=10_000)), concurrency=1)
    first, second = bench.submit(0), bench.submit(1)
    await clock.advance(0.5)
    assert bench.purse.reserved.requests == 2
    bench.drain.requested = drains
    if not drains:
        second.cancel()
    await clock.run(first)
    await clock.settle()
    with pytest.raises(Abandoned if drains else asyncio.CancelledError):
        await second
    assert bench.purse.reserved == NOTHING
    assert len(bench.client.bodies) == 1
    assert bench.is_clean()
