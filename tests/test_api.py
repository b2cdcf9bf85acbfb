"""The Python front door: streams, single pictures, runs, and leaving nothing behind."""

from __future__ import annotations

import asyncio
import errno
import gc
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import captioner as package
from captioner import Captioner, ConfigError, RunStopped, Verdict, caption_file
from captioner.endpoint import AskedRequest, EndpointOptions, RehearsalEndpoint, ScriptedReply
from captioner.errors import Abandoned
from captioner.events import AttemptStarted, Event
from captioner.flow.ledger import MemoryLedger
from captioner.formats.jsonl import JsonlSink, JsonlSource
from captioner.samples.outcome import Outcome
from captioner.samples.sample import Sample


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six images that all differ."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(6):
        Image.new("RGB", (16 + number, 16), (40 * number, 90, 160)).save(folder / f"{number}.png")
    return folder


@pytest.fixture
async def endpoint() -> AsyncIterator[RehearsalEndpoint]:
    """An endpoint that answers at once."""
    async with RehearsalEndpoint(EndpointOptions()) as opened:
        yield opened


def _samples(photos: Path) -> list[dict[str, Any]]:
    return [
        {"id": path.stem, "text": "<__dj__image>", "images": [str(path)]}
        for path in sorted(photos.iterdir())
    ]


async def test_questions_and_answers_become_turns(photos: Path) -> None:
    """In the outcome, and in a generated row that asks for them; the caption keeps its words."""
    settings: dict[str, Any] = {"mode": "description", "conversations_key": "talk"}
    async with Captioner(base_url="embedded", **settings) as captioner:
        outcomes = [outcome async for outcome in captioner.stream(_samples(photos)[:1])]
    (caption,) = outcomes[0].captions
    assert caption.caption is not None
    assert caption.caption.startswith("Q:")
    (turn,) = caption.turns
    assert outcomes[0].rows[-1]["talk"] == [
        {"from": "human", "value": f"<image>\n{turn.question}"},
        {"from": "gpt", "value": turn.answer},
    ]
    assert "talk" not in outcomes[0].rows[0]


async def test_stream_takes_any_iterable_and_keeps_order(photos: Path) -> None:
    """Lists, generators and async generators give the same outcomes in their order."""

    def plain() -> Iterator[dict[str, Any]]:
        yield from _samples(photos)

    async def later() -> AsyncIterator[dict[str, Any]]:
        for sample in _samples(photos):
            await asyncio.sleep(0)
            yield sample

    seen = []
    async with Captioner(base_url="embedded", mode="caption") as captioner:
        for samples in (_samples(photos), plain(), later()):
            outcomes = [outcome async for outcome in captioner.stream(samples)]
            seen.append([[dict(row) for row in outcome.rows] for outcome in outcomes])
            assert [outcome.record.id for outcome in outcomes] == list(range(6))
    assert seen[0] == seen[1] == seen[2]


async def test_outcome_tells_everything(photos: Path) -> None:
    """An outcome has sample, rows and, for each placeholder, caption, usage, attempts, latency."""
    async with Captioner(base_url="embedded", mode="caption") as captioner:
        sample = {"text": "<__dj__image><__dj__image>", "images": [str(photos / "0.png"), "no.png"]}
        (outcome,) = [outcome async for outcome in captioner.stream([sample])]
    fine, missing = outcome.captions
    assert outcome.rows[0] is sample
    assert outcome.rows[1]["text"] == f"<__dj__image> {fine.caption} <__dj__image><|__dj__eoc|>"
    assert fine.verdict is Verdict.OK
    assert fine.usage is not None
    assert fine.usage.prompt_tokens > 0
    assert (fine.attempts, fine.reused) == (1, False)
    assert fine.latency_s > 0
    assert (missing.caption, missing.verdict, missing.reason) == (None, "failed", "missing_image")


async def test_one_picture(photos: Path) -> None:
    """`caption` takes paths, bytes and Pillow images, and its prompt is the user prompt."""
    prompts: list[str] = []

    def reply(asked: AskedRequest) -> ScriptedReply:
        prompts.append(asked.user_text)
        return ScriptedReply(content="A caption.")

    path = photos / "1.png"
    async with RehearsalEndpoint(EndpointOptions(), reply=reply) as endpoint:
        async with Captioner(base_url=endpoint.base_url, mode="caption") as captioner:
            of_path = await captioner.caption(path, prompt="Briefly.")
            of_bytes = await captioner.caption(path.read_bytes())
            with Image.open(path) as image:
                of_pillow = await captioner.caption(image, prompt="In verse.")
            missing = await captioner.caption("nowhere.png")
    assert [of_path.caption, of_bytes.caption, of_pillow.caption] == ["A caption."] * 3
    assert prompts == ["Briefly.", "", "In verse."]
    assert (missing.caption, missing.reason) == (None, "missing_image")


async def test_equal_requests_are_paid_once(photos: Path, endpoint: RehearsalEndpoint) -> None:
    """What asks the same is one request, in flight or done; `reuse_captions` off, one each."""
    samples = [_samples(photos)[0]] * 5
    for reuse, requests in ((True, 1), (False, 5)):
        endpoint.stats.reset()
        async with Captioner(base_url=endpoint.base_url, reuse_captions=reuse) as captioner:
            outcomes = [outcome async for outcome in captioner.stream(samples)]
        assert endpoint.stats.snapshot()["captions"] == requests
        assert sum(outcome.captions[0].reused for outcome in outcomes) == 5 - requests


async def test_breaking_out_leaves_nothing(photos: Path) -> None:
    """Leaving a stream cancels what is unanswered; leaving the Captioner, tasks and threads go."""
    before_tasks, before_threads = asyncio.all_tasks(), set(threading.enumerate())
    options = EndpointOptions(latency_s=0.02)
    async with RehearsalEndpoint(options) as endpoint:
        async with Captioner(base_url=endpoint.base_url, concurrency=2) as captioner:
            async for _outcome in captioner.stream(_samples(photos) * 50):
                break
            gc.collect()
            for _ in range(50):
                if not captioner.streams:
                    break
                await asyncio.sleep(0.01)
            assert captioner.streams == 0
            again = [outcome async for outcome in captioner.stream(_samples(photos))]
            assert len(again) == 6
    assert asyncio.all_tasks() == before_tasks
    assert set(threading.enumerate()) <= before_threads


async def test_cancelling_leaves_nothing(photos: Path) -> None:
    """A cancelled consumer takes its stream's tasks with it."""
    before = asyncio.all_tasks()
    async with RehearsalEndpoint(EndpointOptions(latency_s=30)) as endpoint:
        sent = asyncio.Event()

        def observe(event: Event) -> None:
            if isinstance(event, AttemptStarted):
                sent.set()

        async def consume() -> None:
            async with Captioner(base_url=endpoint.base_url, observer=observe) as captioner:
                async for _ in captioner.stream(_samples(photos)):
                    pass

        task = asyncio.create_task(consume())
        await sent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert asyncio.all_tasks() == before


async def test_window_bounds_what_is_read(endpoint: RehearsalEndpoint, photos: Path) -> None:
    """An endless input is read no further ahead than the window."""
    read = 0

    def endless() -> Iterator[dict[str, Any]]:
        nonlocal read
        while True:
            read += 1
            yield _samples(photos)[0]

    async with Captioner(base_url=endpoint.base_url, sample_window=10) as captioner:
        taken = 0
        async for _ in captioner.stream(endless()):
            taken += 1
            assert read <= taken + 11
            if taken == 40:
                break


async def test_failing_input_is_raised(photos: Path) -> None:
    """What the user's own iterable raises comes out of the stream."""

    def broken() -> Iterator[dict[str, Any]]:
        yield _samples(photos)[0]
        raise LookupError("no more")

    async with Captioner(base_url="embedded") as captioner:
        with pytest.raises(LookupError):
            _ = [outcome async for outcome in captioner.stream(broken())]


async def test_wrong_key_stops_at_the_first_request(photos: Path) -> None:
    """A rejected key ends the stream at once, with few requests sent."""
    options = EndpointOptions.model_validate({"api_key": "right", "models": ("m",)})
    async with RehearsalEndpoint(options) as endpoint:
        async with Captioner(base_url=endpoint.base_url, api_key="wrong", model="m") as captioner:
            with pytest.raises(RunStopped) as stopped:
                [outcome async for outcome in captioner.stream(_samples(photos) * 20)]
        assert stopped.value.verdict == "bad_key"
        assert endpoint.stats.snapshot()["requests"] <= 4


async def test_run_writes_in_order(
    photos: Path, endpoint: RehearsalEndpoint, tmp_path: Path
) -> None:
    """`run` takes a source and a sink, and says how it ended."""
    source_file = tmp_path / "in.jsonl"
    source_file.write_text(
        "".join(f'{{"text": "<__dj__image>", "images": ["photos/{n}.png"]}}\n' for n in range(6))
    )
    sink = JsonlSink(tmp_path / "out.jsonl")
    sink.resume(None)
    async with Captioner(base_url=endpoint.base_url) as captioner:
        end = await captioner.run(JsonlSource(source_file), sink)
    sink.close()
    assert (end.complete, end.samples, end.rows) == (True, 6, 12)
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 12


async def test_what_is_in_flight_is_kept_where_the_output_cannot_be_written(photos: Path) -> None:
    """It is paid for: the run is stopped, and whoever asks again has it from the ledger."""

    def reply(asked: AskedRequest) -> ScriptedReply:
        return ScriptedReply("A boat.", latency_s=0.3 if asked.ask else 0.0)

    class FullDisk(JsonlSink):
        def write(self, batch: Sequence[Outcome]) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    ledger = MemoryLedger()
    async with RehearsalEndpoint(EndpointOptions(), reply=reply) as endpoint:
        settings: dict[str, Any] = {"base_url": endpoint.base_url, "concurrency": 4}
        async with Captioner(**settings, ledger=ledger) as captioner:
            with pytest.raises(RunStopped, match="No space") as stopped:
                await captioner.run(_samples(photos), FullDisk(photos.parent / "out.jsonl"))
        assert stopped.value.verdict == "output_unwritable"
        assert len(ledger) == endpoint.stats.snapshot()["requests"] >= 4


async def test_caption_file_inside_a_running_loop(photos: Path, tmp_path: Path) -> None:
    """A script's call works where a loop runs already, as in a notebook, and nowhere else."""
    end = caption_file(photos, tmp_path / "out.jsonl", base_url="embedded", mode="caption")
    assert end.exit_status == 0
    assert end.summary["counts"]["captions"] == 6


def test_caption_file_raises_what_stops_it(photos: Path, tmp_path: Path) -> None:
    """A script cannot overlook a run that did not go through."""
    with pytest.raises(RunStopped):
        caption_file(photos, tmp_path / "out.jsonl", base_url="http://127.0.0.1:9/v1", model="m")
    with pytest.raises(ConfigError, match="temperature"):
        caption_file(photos, tmp_path / "out.jsonl", base_url="embedded", temperature=3)


async def test_many_streams_share_one_captioner(photos: Path) -> None:
    """Streams of one Captioner go side by side through one gate."""

    async def count(captioner: Captioner) -> int:
        return len([outcome async for outcome in captioner.stream(_samples(photos) * 3)])

    async with Captioner(base_url="embedded", reuse_captions=False) as captioner:
        async with asyncio.TaskGroup() as group:
            counts = [group.create_task(count(captioner)) for _ in range(4)]
    assert [task.result() for task in counts] == [18] * 4


async def test_single_samples_side_by_side(photos: Path) -> None:
    """Each has its own outcome; equal ones are paid once, with reuse off those of one `name`."""
    samples = [Sample(number, fields) for number, fields in enumerate(_samples(photos))]
    async with RehearsalEndpoint(EndpointOptions()) as endpoint:
        async with Captioner(base_url=endpoint.base_url) as captioner:
            outcomes = await asyncio.gather(*map(captioner.sample, samples * 2))
        assert [outcome.record.id for outcome in outcomes] == [*range(6)] * 2
        assert endpoint.stats.captions == 6
        ledger = MemoryLedger()
        for names, paid in ((("a", "b"), 2), (("a", "b"), 0), (("c", ""), 2)):
            before = endpoint.stats.captions
            async with Captioner(
                base_url=endpoint.base_url, reuse_captions=False, ledger=ledger, scope="s"
            ) as captioner:
                for name in names:
                    (caption,) = (await captioner.sample(samples[0], name=name)).captions
                    assert caption.caption is not None
            assert endpoint.stats.captions - before == paid


async def test_single_samples_end_with_a_drain_or_what_stops_them(photos: Path) -> None:
    """Abandoned once it drains, RunStopped as itself where nothing can succeed."""
    sample = Sample(0, _samples(photos)[0])
    options = EndpointOptions.model_validate({"api_key": "right", "models": ("m",)})
    async with RehearsalEndpoint(options) as endpoint:
        async with Captioner(base_url=endpoint.base_url, api_key="wrong", model="m") as captioner:
            with pytest.raises(RunStopped) as stopped:
                await captioner.sample(sample)
            assert stopped.value.verdict == "bad_key"
            captioner.drain()
            with pytest.raises(Abandoned):
                await captioner.sample(sample)


def test_public_names() -> None:
    """The package's surface is short, sorted and there."""
    assert package.__all__ == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError):
        _ = package.nothing
