"""How a run ends that cannot go on, and one that should not even begin."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from captioner.endpoint import AskedRequest, ScriptedReply
from captioner.endpoint.options import FaultKind

if TYPE_CHECKING:
    from tests.command.conftest import Bench

TOKEN = "<__dj__image>"


def test_wrong_usage_and_input_are_found_before_anything_is_sent(bench: Bench) -> None:
    """Status 2, a message that names what is wrong and says what to do, and no file is left."""
    bench.photos(1)
    bench.write("in.jsonl", {"text": "x"})
    (bench.folder / "in.xlsx").write_text("a,b")
    (bench.folder / "packed.jsonl").write_bytes(b"\x1f\x8b\x08\x00")
    served = bench.serve()
    at = ("--base-url", served.base_url)
    cases: list[tuple[tuple[object, ...], tuple[str, ...]]] = [
        (("gone", "out.jsonl", *at), ("gone: no such file or folder", "check INPUT")),
        (("gone.jsonl", "out.jsonl", *at), ("gone.jsonl", "no such file")),
        (("in.xlsx", "out.jsonl", *at), ("in.xlsx", "format is not known", ".jsonl")),
        (("packed.jsonl", "out.jsonl", *at), ("packed.jsonl", "gzip", ".gz")),
        (("photos", "no/out.jsonl", *at), ("/no: no such folder", "create it")),
        (("photos", "out.xlsx", *at), ("out.xlsx", "must end in .jsonl")),
        (("in.jsonl", "in.jsonl", *at), ("overwritten", "choose another OUTPUT")),
        (("photos", "out.jsonl", *at, "--state-dir", "no"), ("state_dir no", "no such folder")),
        (("photos", "out.jsonl", *at, "--max-tokens", 3), ("--max-tokens", "--max-token?")),
        (("photos", "out.jsonl", *at, "--temperature", 3), ("--temperature", "from 0 to 1")),
        (("photos", "out.jsonl", *at, "--api-key-file", "no"), ("api_key_file no", "cannot be")),
        (("photos", "out.jsonl"), ("no key for api.openai.com", "OPENAI_API_KEY", "--rehearse")),
    ]
    before = bench.names()
    for words, said in cases:
        ended = bench.run(*words).check(2, *said)
        assert ended.err.count("\n") <= 2, words
        assert ended.out == ""
    assert bench.names() == before
    assert served.stats.requests == 0


def test_a_misspelt_variable_is_an_error(bench: Bench) -> None:
    """In the environment and in .env, with the nearest right name; entries of others are none."""
    bench.photos(1)
    ended = bench.run("photos", "out.jsonl", "--rehearse", env={"CAPTIONER_MAX_TOKENS": "5"})
    ended.check(2, "CAPTIONER_MAX_TOKENS", "did you mean CAPTIONER_MAX_TOKEN?")
    (bench.folder / ".env").write_text("DATABASE=x\nCAPTIONER_TEMPRATURE=1\n")
    ended = bench.run("photos", "out.jsonl", "--rehearse")
    ended.check(2, "CAPTIONER_TEMPRATURE in .env", "did you mean CAPTIONER_TEMPERATURE in")
    (bench.folder / ".env").write_text("DATABASE=x\nCAPTIONER_MODE=caption\n")
    bench.run("photos", "out.jsonl", "--rehearse").check(0, "mode caption")


def test_without_a_model_the_endpoints_list_is_asked(bench: Bench) -> None:
    """A single one is taken; of several at most fifteen are listed, and nothing is sent."""
    bench.photos(1)
    one = bench.serve(models=("only-one",))
    many = bench.serve(models=tuple(f"model-{number:02}" for number in range(20)))
    bench.run("photos", "1.jsonl", "--base-url", one.base_url).check(0, "only-one")
    assert bench.summary("1.summary.json")["model"] == "only-one"
    ended = bench.run("photos", "2.jsonl", "--base-url", many.base_url)
    ended.check(2, "20 models", "--model", "model-00", "model-14", "and 5 more")
    assert "model-15" not in ended.err
    assert many.stats.requests == 0
    unknown = bench.run("photos", "3.jsonl", "--base-url", many.base_url, "--model", "model-99")
    unknown.check(3, "model-99")


@pytest.mark.parametrize("model", ["", "rehearsal"])
def test_a_wrong_key_stops_the_run_at_once(bench: Bench, model: str) -> None:
    """Status 3 with a verdict, hardly a request sent; with the right key the command goes on."""
    bench.photos(60)
    served = bench.serve(api_key="right-key")
    words = ("photos", "out.jsonl", "--base-url", served.base_url, "--model", model)
    ended = bench.run(*words, env={"CAPTIONER_API_KEY": "wrong-key-of-some-length"})
    ended.check(3, "bad_key")
    assert "wrong-key" not in ended.err
    assert served.stats.requests <= 8
    assert served.stats.captions == 0
    bench.run(*words, env={"CAPTIONER_API_KEY": "right-key"}).check(0)
    assert len(bench.rows("out.jsonl")) == 60
    assert served.stats.paid_twice == 0


def test_without_quota_the_state_is_kept(bench: Bench) -> None:
    """Money runs out in the middle: status 3, whole rows in order; the same command completes
    later, and nothing that is in the partial file is paid again."""
    photos = bench.photos(40)
    poor = bench.serve(quota_requests=15)
    words = (photos, "out.jsonl", "--concurrency", 1, "--base-url")
    bench.run(*words, poor.base_url).check(3, "no_quota", "The same command continues")
    assert "out.jsonl" not in bench.names()
    kept = bench.rows("out.partial.jsonl")
    assert [row["sample"] for row in kept] == list(range(15))
    assert all(row["caption"] for row in kept)
    summary = bench.summary()
    assert (summary["status"], summary["verdict"], summary["exit_status"]) == (
        "stopped",
        "no_quota",
        3,
    )
    assert poor.stats.requests <= 17
    # The same address, as after a payment.
    poor.close()
    rich = bench.serve(port=poor.port)
    bench.run(*words, poor.base_url).check(0, "Going on after 15 samples")
    rows = bench.rows("out.jsonl")
    assert rows[:15] == kept
    assert [row["sample"] for row in rows] == list(range(40))
    assert rich.stats.captions == 25
    counts = bench.summary()["counts"]
    assert (counts["samples"], counts["captions"], counts["failed"]) == (40, 40, 0)


def test_an_endpoint_that_is_not_there(bench: Bench) -> None:
    """Nothing listens: status 3 within seconds, with or without a model named; no caption is
    marked as failed for it."""
    bench.photos(30)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        begun_s = time.monotonic()
        named, unnamed, nowhere = bench.run_all(
            ("photos", "1.jsonl", "--base-url", url, "--model", "m"),
            ("photos", "2.jsonl", "--base-url", url),
            ("photos", "3.jsonl", "--base-url", "http://no-such-host.invalid/v1", "--model", "m"),
        )
        assert time.monotonic() - begun_s < 15
    port = url.split(":")[2].split("/")[0]
    for ended in (named, unnamed):
        ended.check(3, "endpoint_gone", port)
    nowhere.check(3, "endpoint_gone", "no-such-host.invalid", "--base-url")
    assert not [name for name in bench.names() if "failures" in name]


def test_what_is_no_chat_endpoint(bench: Bench) -> None:
    """A web server that knows no such address: told to check --base-url."""
    bench.photos(2)
    served = bench.serve()
    wrong = served.base_url.removesuffix("/v1") + "/elsewhere"
    unnamed, named = bench.run_all(
        ("photos", "1.jsonl", "--base-url", wrong),
        ("photos", "2.jsonl", "--base-url", wrong, "--model", "rehearsal"),
    )
    unnamed.check(2, "--base-url")
    named.check(3, "bad_request_settings", "404")


def test_all_transient_faults_are_survived(bench: Bench) -> None:
    """Three in ten requests go wrong, in every transient way: every caption comes, in order."""
    bench.photos(40)
    faulty = bench.serve(
        fault_share=0.3,
        fault_kinds=(
            "500",
            "502",
            "503",
            "504",
            "reset",
            "truncated",
            "empty_choices",
            "error_body",
        ),
    )
    calm = bench.serve()
    broken, whole = bench.run_all(
        *(
            ("photos", f"{number}.jsonl", "--base-url", served.base_url, "--mode", "caption")
            for number, served in enumerate([faulty, calm])
        )
    )
    broken.check(0, "of them again")
    whole.check(0)
    assert len(faulty.stats.faults) == 8
    assert (bench.folder / "0.jsonl").read_bytes() == (bench.folder / "1.jsonl").read_bytes()
    counts = bench.summary("0.summary.json")["counts"]
    assert counts["attempts"] == counts["requests"] + counts["retries"] == faulty.stats.requests
    assert counts["retries"] > 8


@pytest.mark.parametrize(
    ("fault", "statuses"), [("hang", {"200": 3, "none": 1}), ("sanitizer", {"200": 3, "400": 1})]
)
def test_what_fails_once_is_asked_again(
    bench: Bench, fault: FaultKind, statuses: dict[str, int]
) -> None:
    """A request that is never answered is given up after request_timeout_s; an image that is
    found odd is encoded anew. Both then have their captions."""
    bench.photos(3)
    failed: list[int] = []

    def once(asked: AskedRequest) -> ScriptedReply | None:
        failed.append(asked.ask)
        return ScriptedReply(fault=fault) if len(failed) == 1 else None

    served = bench.serve(once)
    words = ("photos", "out.jsonl", "--base-url", served.base_url, "--request-timeout-s", 1)
    bench.run(*words).check(0)
    assert all(row["caption"] for row in bench.rows("out.jsonl"))
    assert bench.summary()["counts"]["statuses"] == statuses


def test_refusals_and_their_like_are_no_captions(bench: Bench) -> None:
    """Each verdict costs its own caption, is told with what would help, and can be accepted."""
    photos = bench.photos(4)
    replies = [
        ScriptedReply(None, refusal="I cannot help with that."),
        ScriptedReply("", finish_reason="content_filter"),
        ScriptedReply("cut in the", finish_reason="length"),
        ScriptedReply("A fine picture."),
    ]
    contents = [(photos / f"{number:03}.png").read_bytes() for number in range(4)]
    served = bench.serve(lambda asked: replies[contents.index(asked.image_bytes)])
    words = ("photos", "out.jsonl", "--base-url", served.base_url)
    bench.run(*words).check(1, "refused", "filtered", "truncated", "--max-token")
    assert [(row["verdict"], row["caption"]) for row in bench.rows("out.jsonl")] == [
        ("refused", None),
        ("filtered", None),
        ("truncated", None),
        ("ok", "A fine picture."),
    ]
    bench.run(*words, "--restart", "--accept", "truncated").check(1)
    assert bench.rows("out.jsonl")[2]["caption"] == "cut in the"
