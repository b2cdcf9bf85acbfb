"""A lane: retries, adaptations, the dialect, and what its trouble means for others."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import pytest
from multidict import CIMultiDict
from PIL import Image

from captioner.errors import Abandoned, PlaceholderError, RunStopped, TransientError
from captioner.events import (
    AttemptEnded,
    AttemptStarted,
    DialectLearned,
    Event,
    RetryBegun,
    RetryScheduled,
    SlowedDown,
)
from captioner.flow.admission import Gate
from captioner.flow.binding import Binding
from captioner.flow.concurrency import Concurrency
from captioner.flow.costs import Costs
from captioner.flow.drain import Drain
from captioner.flow.lane import ChatLane
from captioner.flow.ledger import Paid
from captioner.flow.pictures import Picture, Studio
from captioner.flow.places import Places
from captioner.flow.retrying import RetryPolicy
from captioner.vision.client import Answer, ChatClient, Endpoint
from captioner.vision.image_ref import ImageRef
from captioner.vision.request import Parameters, Request

if TYPE_CHECKING:
    from tests.flow.conftest import FakeClock

T = TypeVar("T")
Body: TypeAlias = dict[str, Any]


class AtOnce(Executor):
    """Does the work where it stands."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Do it now."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


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
        concurrency: int | None = 4,
        takes_s: float = 1.0,
    ) -> None:
        left = list(answers)
        self.clock = clock
        self.events: list[Event] = []
        self.client = FakeClient(clock, respond or (lambda _n, _body: left.pop(0)), takes_s)
        parameters = parameters or Parameters("m", max_tokens=500, temperature=0.5)
        self.gate = Gate(
            concurrency=Concurrency(fixed=concurrency, maximum=64),
            requests=None,
            tokens=None,
            guard=None,
            clock=clock,
            binding=Binding(lambda _event: None),
        )
        policy = RetryPolicy(max_attempts=max_attempts)
        self.lane = ChatLane(
            client=self.client,
            parameters=parameters,
            gate=self.gate,
            costs=Costs(parameters),
            policy=policy,
            clock=clock,
            observe=self.events.append,
            unix_s=lambda: 0.0,
        )

        async def fetch(_url: str, _max_bytes: int) -> bytes:
            raise AssertionError

        self.places = Places(lambda: 100)
        self.studio = Studio(
            places=self.places,
            executor=AtOnce(),
            fetch=fetch,
            max_bytes=10**6,
            observe=lambda _event: None,
        )
        self.drain = Drain()

    def submit(self, sample: int = 0, image: object = PNG) -> asyncio.Task[Paid]:
        """Send as a task."""
        request = Request(sample, 0, ImageRef.of(image, "/"), "System.", "User.")
        picture = Picture(request, self.studio)

        async def submit() -> Paid:
            try:
                return await self.lane.submit(request, picture, self.drain)
            finally:
                picture.put_away()

        return asyncio.ensure_future(submit())

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
    """Server errors, lost connections and broken replies; every request is counted."""
    bench = Bench(
        clock,
        _error(500),
        TransientError("timeout", "no answer"),
        Answer(200, CIMultiDict(), b"{"),
        _ok(),
    )
    paid = await bench.reply()
    assert paid.attempts == 4
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
    assert bench.gate.limit == 12
    tasks = [bench.submit(sample) for sample in range(8, 12)]
    await clock.advance(1.0)
    assert bench.gate.limit == 9
    assert len(bench.of(SlowedDown)) == 4
    await clock.run(asyncio.gather(*tasks))
    assert bench.gate.limit == 13
    assert bench.is_clean()


async def test_server_errors_neither_cut_nor_pause(clock: FakeClock) -> None:
    """Only a 429 tells of congestion."""
    bench = Bench(clock, _error(500), _ok(), concurrency=None)
    await bench.reply()
    assert bench.gate.limit == 5
    assert bench.of(SlowedDown) == []


# --- adaptations


async def test_a_reply_cut_at_the_cap_is_asked_again_with_twice_the_cap(clock: FakeClock) -> None:
    """Once; the longer reply is taken, and both requests are counted."""
    bench = Bench(clock, _ok("A do", "length"), _ok("A dog."))
    paid = await bench.reply()
    assert (paid.reply.content, paid.attempts) == ("A dog.", 2)
    assert [body["max_tokens"] for body in bench.client.bodies] == [500, 1000]
    first, second = bench.of(AttemptStarted)
    assert second.tokens == first.tokens + 500


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
    """What is paid for is better than nothing; the requests in vain are counted."""
    bench = Bench(clock, _ok("A do", "length"), *later, max_attempts=3)
    paid = await bench.reply()
    assert (paid.reply.content, paid.reply.finish_reason) == ("A do", "length")
    assert paid.attempts == 1 + len(later)
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
    assert [one.attempts for one in paid] == [3, 3, 3, 3]
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
    lost = TransientError("connection", "reset")
    bench = Bench(clock, _error(500), *[lost] * 6, _ok())
    assert (await bench.reply()).attempts == 8


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
    assert bench.of(AttemptEnded) == [AttemptEnded(0, 0, 1, None, "abandoned", 0.5)]
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
