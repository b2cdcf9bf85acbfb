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
