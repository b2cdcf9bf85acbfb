"""The floor of `benchmarks.cpu`: reads images, base64s and posts them, and drops the replies.

python -m benchmarks.bare_loop CHAT_URL FOLDER COUNT
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pybase64

from benchmarks.rehearsal import MODEL
from captioner.samples.prompts import system_prompt_for
from captioner.settings import Settings
from captioner.vision.image import Prepared
from captioner.vision.image_ref import ImageRef
from captioner.vision.request import Dialect, Request, body_parts
from captioner.wiring import parameters_of, rules_of

IN_FLIGHT = 32


def _around_the_image() -> tuple[bytes, bytes]:
    """What captioner's body has before and after the base64 of a JPEG."""
    settings = Settings()
    request = Request(
        0,
        0,
        ImageRef.of("x", ""),
        system_prompt_for(rules_of(settings, "images")),
        settings.user_prompt,
    )
    parts = body_parts(
        request,
        parameters_of(settings, MODEL),
        Dialect(),
        Prepared("image/jpeg", b"", 1, 1, converted=False),
        cap_tokens=settings.max_token,
    )
    return parts[0], parts[2]


async def _work(url: str, paths: Iterator[Path]) -> None:
    before, after = _around_the_image()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer none"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def post_all() -> None:
            for path in paths:
                body = b"".join((before, pybase64.b64encode(path.read_bytes()), after))
                async with session.post(url, data=body) as answer:
                    await answer.read()
                    answer.raise_for_status()

        async with asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(post_all())


def main() -> None:
    """Post so many of the folder's images."""
    url, folder, count = sys.argv[1:]
    asyncio.run(_work(url, iter(sorted(Path(folder).iterdir())[: int(count)])))


if __name__ == "__main__":
    main()
