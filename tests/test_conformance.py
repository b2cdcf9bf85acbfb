"""The conformance vectors through the whole path: Captioner or command, HTTP, endpoint."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from captioner import Captioner
from captioner.endpoint import AskedRequest, EndpointOptions, RehearsalEndpoint, ScriptedReply
from captioner.jobs.job import Job
from captioner.samples.prompts import system_prompt_for
from captioner.samples.rules import Rules
from captioner.settings import Settings, settings_from

_FOLDER = Path(__file__).parent / "conformance"
_VECTORS: list[dict[str, Any]] = json.loads((_FOLDER / "vectors.json").read_bytes())
_IMAGES = _FOLDER / "images"
_SEED = 7


class _Script:
    """Answers a vector's requests with its replies, and notes what was asked.

    A reply belongs to a placeholder, and a request does not say whose it is. Requests that differ
    are told apart by what they ask; those that ask the same get their replies in the order in
    which they arrive, which is that of the samples.
    """

    def __init__(self, vector: dict[str, Any], *, shuffled: bool) -> None:
        self.asked: list[AskedRequest] = []
        self._random = random.Random(f"{_SEED} {vector['name']}") if shuffled else None
        self._replies: dict[tuple[bytes, str], list[str | None]] = defaultdict(list)
        for (image, user), reply in zip(_placeholders(vector), vector["replies"], strict=True):
            self._replies[(_IMAGES / image).read_bytes(), user].append(reply)

    @property
    def ambiguous(self) -> bool:
        """Whether the order of arrival decides which reply is whose."""
        return any(len(set(replies)) > 1 for replies in self._replies.values())

    def __call__(self, asked: AskedRequest) -> ScriptedReply:
        self.asked.append(asked)
        reply = self._replies[asked.image_bytes, asked.user_text].pop(0)
        latency_s = self._random.uniform(0, 0.03) if self._random else 0.0
        if reply is None:
            error = {"error": {"message": "no", "type": "invalid_request_error", "code": "no"}}
            return ScriptedReply(status=400, body=error, latency_s=latency_s)
        return ScriptedReply(content=reply, latency_s=latency_s)


def _placeholders(vector: dict[str, Any]) -> list[tuple[str, str]]:
    """Image and user prompt of each reply, in reading order."""
    settings = vector["settings"]
    found: list[tuple[str, str]] = []
    for sample in vector["samples"]:
        images = sample.get("images") or []
        wanted = sample.get("text", "").count("<__dj__image>")
        own = sample.get(settings["user_prompt_key"] or "")
        user = own if isinstance(own, str) else settings["user_prompt"]
        found += [(image, user) for image in images[:wanted]]
    return found


def _check_requests(vector: dict[str, Any], script: _Script) -> None:
    if vector["requests"] is None:
        return
    expected = []
    for request in vector["requests"]:
        system = request["system"]
        if isinstance(system, dict):
            system = system_prompt_for(Rules(mode=system["prompt_of_mode"]))
        image = (_IMAGES / request["image"]).read_bytes()
        expected.append((system or "", request["user"] or "", image))
    got = [(asked.system_prompt, asked.user_text, asked.image_bytes) for asked in script.asked]
    assert sorted(got) == sorted(expected)


def _settings(vector: dict[str, Any], endpoint: RehearsalEndpoint, **more: Any) -> Settings:
    return settings_from(
        **{**vector["settings"], "base_url": endpoint.base_url, "image_base": _IMAGES, **more}
    )


@pytest.mark.parametrize("shuffled", [False, True], ids=["in_order", "random_order"])
@pytest.mark.parametrize("vector", _VECTORS, ids=lambda vector: vector["name"])
async def test_vectors_through_captioner(vector: dict[str, Any], shuffled: bool) -> None:
    """Rows and requests are those of the vector, in whatever order the replies arrive."""
    script = _Script(vector, shuffled=shuffled)
    concurrency = 1 if script.ambiguous or not shuffled else 16
    async with RehearsalEndpoint(EndpointOptions(), reply=script) as endpoint:
        settings = _settings(vector, endpoint, concurrency=concurrency)
        async with Captioner(settings) as captioner:
            rows = [
                row async for outcome in captioner.stream(vector["samples"]) for row in outcome.rows
            ]
    assert rows == vector["rows"]
    _check_requests(vector, script)


async def test_vectors_through_files(tmp_path: Path) -> None:
    """A samples file gives the vector's rows as lines, columns in their order."""
    for vector in _VECTORS:
        folder = tmp_path / vector["name"]
        folder.mkdir()
        samples, output = folder / "in.jsonl", folder / "out.jsonl"
        samples.write_text(
            "".join(json.dumps(sample, ensure_ascii=False) + "\n" for sample in vector["samples"]),
            encoding="utf-8",
        )
        script = _Script(vector, shuffled=False)
        async with RehearsalEndpoint(EndpointOptions(), reply=script) as endpoint:
            job = Job(samples, output, _settings(vector, endpoint, concurrency=1))
            end = await asyncio.wait_for(job.run(), 30)
        lines = output.read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        assert rows == vector["rows"], vector["name"]
        assert [list(row) for row in rows] == [list(row) for row in vector["rows"]]
        assert end.exit_status == (1 if end.summary["failures"] else 0)
        assert len(end.summary["failures"]) >= (None in vector["replies"])
        _check_requests(vector, script)
