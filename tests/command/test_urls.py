"""Images that are addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captioner.endpoint import AskedRequest, ScriptedReply

if TYPE_CHECKING:
    from tests.command.conftest import Bench


def test_addresses_are_handed_on(bench: Bench) -> None:
    """--send-urls: the endpoint gets the address; one that it must not be told fails alone."""
    asked: list[AskedRequest] = []

    def reply(request: AskedRequest) -> ScriptedReply:
        asked.append(request)
        return ScriptedReply("A picture.")

    served = bench.serve(reply, accept_urls=True)
    urls = ["https://example.org/a.jpg", "http://169.254.169.254/latest", "https://example.org/b"]
    bench.write("in.txt", *urls)
    words = ("in.txt", "out.jsonl", "--base-url", served.base_url, "--send-urls")
    bench.run(*words).check(1, "image_refused")
    assert [image.url for request in asked for image in request.images] == [urls[0], urls[2]]
    captions = [row["caption"] for row in bench.rows("out.jsonl")]
    assert captions == ["A picture.", None, "A picture."]


def test_samples_that_are_not_trusted(bench: Bench) -> None:
    """--no-allow-local-files, as for samples that others send: they name no file of this machine,
    but for those below --image-root, and no address in its network."""
    bench.photos(2)
    secret = bench.photos(1, "others") / "000.png"
    names = ["photos/000.png", str(secret), "photos/../others/000.png", "http://127.0.0.1:1/a"]
    bench.write("in.jsonl", *({"text": "<__dj__image>", "images": [name]} for name in names))
    served = bench.serve()
    endpoint = ("--base-url", served.base_url, "--mode", "caption")
    flags = (*endpoint, "--rows", "captions", "--no-allow-local-files")
    bench.run("in.jsonl", "none.jsonl", *flags).check(1, "image_refused  4")
    assert served.stats.requests == 0
    bench.run("in.jsonl", "some.jsonl", *flags, "--image-root", "photos").check(1)
    kept = [row["caption"] is not None for row in bench.rows("some.jsonl")]
    assert kept == [True, False, False, False]
    assert served.stats.requests == 1
